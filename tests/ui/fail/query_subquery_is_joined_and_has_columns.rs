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

#[derive(FromRow)]
pub struct Totals {
    pub author: Id<User>,
    pub posts: i64,
}

#[derive(FromRow)]
pub struct Whole {
    pub user: Handle<User>,
}

fn main() {
    let posts = select::<Post>().group_by(Post::author);
    let totals = posts.clone().select(TotalsColumns { author: Post::author, posts: count(Post::id) }).cte("totals");
    let _ = select::<User>().filter(totals.c.posts.gt(1));
    //~^ ERROR `Totals` is not part of this query
    let _ = select::<User>().join(totals.on(totals.c.posts.eq("one")));
    //~^ ERROR a column of `i64` cannot be compared with `&str`
    let _ = select::<User>().select(WholeColumns { user: entity::<User>() }).subquery("whole");
    //~^ ERROR is no column that another query could speak of
    let _ = totals.union_all(|_| select::<User>().select((User::id, User::age)));
    //~^ ERROR the rows of the two queries differ
}
