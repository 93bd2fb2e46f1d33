use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Post {
    #[column(primary_key)]
    pub id: Id<Post>,
    pub author: Id<User>,
    pub parent: Option<Id<Post>>,
    pub title: String,
}

#[derive(Model, Clone)]
#[model(base = Db)]
#[relation(posts = many_through(Post::author, Post::title))]
//~^ ERROR this path of a relation is no foreign key
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
}

fn main() {}
