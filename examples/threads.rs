//! A session for each thread, behind one static: `cargo run --example threads`.

use std::sync::LazyLock;
use std::thread;

use orm_core::prelude::*;
use orm_sqlite::Sqlite;

#[derive(DeclarativeBase)]
struct CountDb;

#[derive(Model, Clone, Debug)]
#[model(base = CountDb, table = "visits", default)]
struct Visit {
    #[column(primary_key)]
    id: Id<Visit>,
    page: String,
}

/// What a web application has: whoever handles a request asks it for the session of the thread.
static SESSION: LazyLock<ScopedSession<CountDb>> = LazyLock::new(|| {
    ScopedSession::new(SessionMaker::new(CountDb::engine().expect("`main` binds the engine")))
});

fn main() -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let engine =
        Engine::<CountDb>::builder(Sqlite::file(folder.path().join("visits.db"))).pool_size(4).build()?;
    engine.create_all()?;
    CountDb::bind(engine.clone())?;

    thread::scope(|threads| {
        let requests: Vec<_> = (1..=4).map(|number| threads.spawn(move || handle_request(number))).collect();
        requests.into_iter().try_for_each(|request| request.join().expect("no thread panics"))
    })?;

    let count = SESSION.with(|s| s.query::<Visit>().count())?;
    println!("{count} visits; {}", engine.pool_status());
    SESSION.remove(); // rolls back, and its connection goes back to the pool
    println!("after `remove`: {}", engine.pool_status());
    Ok(())
}

/// Both calls of `with` get this thread's session, so the second one sees what the first one added.
fn handle_request(number: u32) -> Result<(), Error> {
    let visit =
        SESSION.with(|s| Ok(s.add(Visit { page: format!("/page/{number}"), ..Default::default() })))?;
    SESSION.with(|s| {
        s.commit()?;
        println!("request {number}: {} has key {:?}", s[visit].page, s.key(visit));
        Ok(())
    })?;
    SESSION.remove(); // at the end of a request; the end of the thread would do it too
    Ok(())
}
