// Every field is filled, by a model of the query, with its own type; and not everything is made from a row.

use orm_core::prelude::*;

#[derive(DeclarativeBase)]
struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
#[relation(posts = many(Post::author))]
struct User {
    #[column(primary_key)]
    id: Id<User>,
    name: String,
}

#[derive(Model, Clone)]
#[model(base = Db)]
struct Post {
    #[column(primary_key)]
    id: Id<Post>,
    author: Id<User>,
    title: String,
}

#[derive(FromRow)]
struct Line {
    name: String,
    title: String,
}

struct Other;

fn main() {
    let _ = select::<Post>().join(Post::author).select(LineColumns { name: User::name });
    //~^ ERROR missing field `title` in initializer of `LineColumns
    let _ = select::<Post>().select(LineColumns { name: User::name, title: Post::title });
    //~^ ERROR `User` is not part of this query
    let users = select::<User>().left_join(User::posts);
    let _ = users.select(LineColumns { name: User::name, title: Post::title });
    //~^ ERROR a field of `String` cannot be filled from an expression of `Option<String>`
}

fn raw(s: &mut Session<Db>) -> orm_core::Result<Vec<Other>> {
    s.sql("SELECT 1", params![])?.fetch::<Other>()
    //~^ ERROR a row cannot become `Other`
}
