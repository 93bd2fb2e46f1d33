use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
#[relation(posts = many(Post::author))]
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
}

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Post {
    #[column(primary_key)]
    pub id: Id<Post>,
    pub author: Id<User>,
}

fn related(s: &mut Session<Db>, post: Handle<Post>) {
    let _ = s.related(post, User::posts);
    //~^ ERROR `Many<User, Post>` is no relation of `Post`
}

fn main() {}
