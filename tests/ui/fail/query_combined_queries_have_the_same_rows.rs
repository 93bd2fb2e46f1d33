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
    let users = select::<User>().select((User::name, User::age));
    let _ = users.clone().union(select::<Post>().select((Post::title, Post::title)));
    //~^ ERROR the rows of the two queries differ
    let _ = users.clone().union_all(select::<Post>().select(Post::title));
    //~^ ERROR the rows of the two queries differ
    let _ = select::<User>().except(select::<Post>());
    //~^ ERROR the rows of the two queries differ
    let _ = users.clone().union(users).filter(User::age.gt(1));
    //~^ ERROR queries that are combined cannot be changed any more
}
