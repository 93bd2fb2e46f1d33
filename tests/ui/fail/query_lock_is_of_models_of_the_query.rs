use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db, table = "users")]
#[relation(posts = many(Post::author))]
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
    pub name: String,
    pub bio: Option<String>,
    pub age: i64,
}

#[derive(Model, Clone)]
#[model(base = Db, table = "posts")]
pub struct Post {
    #[column(primary_key)]
    pub id: Id<Post>,
    pub author: Id<User>,
    pub editor: Option<Id<User>>,
    pub title: String,
    pub views: i64,
}

#[derive(Model, Clone)]
#[model(base = Db, table = "tags")]
pub struct Tag {
    #[column(primary_key)]
    pub id: Id<Tag>,
    pub word: String,
}

fn main() {
    let s: &mut Session<Db> = &mut Db::session().unwrap();
    let _ = s.query::<Post>().with_for_update(orm_core::expr::Lock::new().of::<User>());
    //~^ ERROR `User` is not part of this query
    let _ = s;
}
