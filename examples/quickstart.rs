//! Models created, stored, changed, queried and deleted in a SQLite file: `cargo run --example quickstart`.

use orm_core::prelude::*;
use orm_sqlite::Sqlite;

#[derive(DeclarativeBase)]
struct BlogDb;

#[derive(Model, Clone, Debug)]
#[model(base = BlogDb, table = "users", default)]
struct User {
    #[column(primary_key)]
    id: Id<User>,
    #[column(length = 50, unique)]
    name: String,
    bio: Option<String>,
}

#[derive(Model, Clone, Debug)]
#[model(base = BlogDb, table = "posts", default)]
struct Post {
    #[column(primary_key)]
    id: Id<Post>,
    #[column(on_delete = cascade)]
    author: Id<User>,
    title: String,
    #[column(default = 0)]
    views: i64,
}

fn main() -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("blog.db");
    let engine = Engine::<BlogDb>::builder(Sqlite::file(&file)).pool_size(5).build()?;
    engine.create_all()?;
    println!("created {} tables in {}", engine.metadata().tables().len(), file.display());

    let factory = SessionMaker::new(engine);
    let mut s = factory.session();
    let alice = s.add(User { name: "alice".into(), ..Default::default() });
    let hello = s.add(Post { author: alice.into(), title: "Hello".into(), ..Default::default() });
    println!("a flush would do:\n{}", s.plan()?);
    s.commit()?;
    println!("stored {:?} with key {:?}", s[hello].title, s.key(hello));

    s[hello].views += 1;
    s[hello].title = format!("{} by {}", s[hello].title, s[alice].name);
    println!("changed, so a flush would do:\n{}", s.plan()?);
    s.commit()?;

    for post in s.query::<Post>().filter(Post::views.ge(1)).order_by(Post::title).all()? {
        println!("found {:?}", s[post]);
    }
    s.delete(hello);
    s.commit()?;
    let (users, posts) = (s.query::<User>().count()?, s.query::<Post>().count()?);
    println!("deleted; users left: {users}, posts left: {posts}");
    Ok(())
}
