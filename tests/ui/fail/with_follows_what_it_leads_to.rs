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

fn plan(s: &mut Session<Db>) {
    let _ = s.query::<User>().with(User::posts.then(User::posts)).all();
    //~^ ERROR `Many<User, Post>` is no relation of `Post`
}

fn main() {}
