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
#[relation(posts = many_via(Post::author, Comment::writer))]
//~^ ERROR this path does not lead back to `Post`
#[relation(far = many_via(Post::author, Post::parent, Comment::writer))]
//~^ ERROR this path does not lead back to `Post`
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
}

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Comment {
    #[column(primary_key)]
    pub id: Id<Comment>,
    pub writer: Id<User>,
}

fn main() {}
