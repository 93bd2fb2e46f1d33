//! Two databases in one program, each with its base, its engine and its transactions: `cargo run --example two_databases`.

use orm_core::prelude::*;
use orm_sqlite::Sqlite;

#[derive(DeclarativeBase)]
struct ShopDb;

#[derive(DeclarativeBase)]
struct LogDb;

#[derive(Model, Clone, Debug)]
#[model(base = ShopDb, table = "articles", default)]
struct Article {
    #[column(primary_key)]
    id: Id<Article>,
    name: String,
    stock: i64,
}

#[derive(Model, Clone, Debug)]
#[model(base = LogDb, table = "events", default)]
struct Event {
    #[column(primary_key)]
    id: Id<Event>,
    text: String,
}

fn main() -> Result<(), Error> {
    // One engine per base, bound once; from here on a base knows its engine.
    ShopDb::bind(Engine::builder(Sqlite::memory()).build()?)?;
    LogDb::bind(Engine::builder(Sqlite::memory()).build()?)?;
    ShopDb::engine()?.create_all()?;
    LogDb::engine()?.create_all()?;
    println!("the shop has {} table, the log has {}", tables::<ShopDb>(), tables::<LogDb>());

    let shop = SessionMaker::new(ShopDb::engine()?);
    let log = SessionMaker::new(LogDb::engine()?);
    let name = shop.transaction(|s| {
        let lamp = s.add(Article { name: "lamp".into(), stock: 3, ..Default::default() });
        // s.add(Event::default());    does not compile: "`Event` is not a model of `ShopDb`"
        Ok(s[lamp].name.clone())
    })?;
    log.transaction(|s| {
        s.add(Event { text: format!("{name} is new"), ..Default::default() });
        Ok(())
    })?;

    // A transaction belongs to one database: this one fails, and the other stays as it is.
    let failed = shop.transaction(|s| {
        let lamp = s.query::<Article>().one()?;
        s[lamp].stock = 0;
        Err::<(), _>(Error::misuse("the customer changed his mind"))
    });
    println!("rolled back: {}", failed.expect_err("the closure failed"));

    for article in ShopDb::session()?.query::<Article>().untracked().all()? {
        println!("{article:?}");
    }
    for event in LogDb::session()?.query::<Event>().untracked().all()? {
        println!("{event:?}");
    }
    Ok(())
}

fn tables<B: DeclarativeBase>() -> usize {
    B::metadata().tables().len()
}
