//! A page of 50 posts with authors, tags and comments, and the same as JSON: `cargo run --example front_page`.
//!
//! However the code around it loops, each relation is one statement: the session loads it for all posts at once. For an API
//! that only reads, `untracked()` gives plain nested values, which serialise as nested JSON.

use orm_core::prelude::*;
use orm_sqlite::Sqlite;
use serde::Serialize;

#[derive(DeclarativeBase)]
struct BlogDb;

#[derive(Model, Clone, Debug, Serialize)]
#[model(base = BlogDb, table = "users", default)]
struct User {
    #[column(primary_key)]
    id: Id<User>,
    name: String,
    /// Never leaves the server: what serde is told of a field holds in nested values too.
    #[serde(skip)]
    password_hash: String,
}

#[derive(Model, Clone, Debug, Serialize)]
#[model(base = BlogDb, table = "posts", default)]
#[relation(comments = many(Comment::post, order_by = Comment::id))]
#[relation(tags = many_through(Tagging::post, Tagging::tag, order_by = Tag::name))]
struct Post {
    #[column(primary_key)]
    id: Id<Post>,
    #[column(on_delete = cascade, index)]
    author: Id<User>,
    title: String,
}

#[derive(Model, Clone, Debug, Serialize)]
#[model(base = BlogDb, table = "comments", default)]
struct Comment {
    #[column(primary_key)]
    id: Id<Comment>,
    #[serde(skip)]
    #[column(on_delete = cascade, index)]
    post: Id<Post>,
    body: String,
}

#[derive(Model, Clone, Debug, Serialize)]
#[model(base = BlogDb, table = "tags", default)]
struct Tag {
    #[column(primary_key)]
    id: Id<Tag>,
    #[column(unique)]
    name: String,
}

#[derive(Model, Clone, Debug)]
#[model(base = BlogDb, table = "taggings", default)]
struct Tagging {
    #[column(primary_key)]
    post: Id<Post>,
    #[column(primary_key)]
    tag: Id<Tag>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::<BlogDb>::builder(Sqlite::memory()).build()?;
    engine.create_all()?;
    let maker = SessionMaker::new(engine);
    maker.transaction(fill)?;

    let mut s = maker.session();
    let lines = front_page(&mut s)?;
    lines.iter().take(3).for_each(|line| println!("{line}"));
    let sent = s.reset_statistics().total();
    println!("{} posts in {sent} statements", lines.len());
    assert_eq!((lines.len(), sent), (50, 3));

    let json = front_page_as_json(&mut s)?;
    let sent = s.statistics().total();
    println!("{} bytes of JSON in {sent} statements:\n{:.300} ..", json.len(), json);
    assert_eq!(sent, 4);
    Ok(())
}

/// Entities: posts with the number of their comments, their authors, their tags.
fn front_page(s: &mut Session<BlogDb>) -> Result<Vec<String>, Error> {
    let posts = s
        .query::<Post>()
        .order_by(Post::id.desc())
        .limit(50)
        .select((entity::<Post>(), Post::comments.count()))
        .with(Post::author)
        .with(Post::tags)
        .fetch()?;
    let mut lines = Vec::new();
    for (post, comments) in posts {
        let author = s.related(post, Post::author)?; // loaded already, as are the tags
        let tags = s.related(post, Post::tags)?;
        let tags: Vec<&str> = tags.iter().map(|&tag| s[tag].name.as_str()).collect();
        let (title, author) = (&s[post].title, &s[author].name);
        lines.push(format!("{title} by {author}, {comments} comments, tagged {}", tags.join(", ")));
    }
    Ok(lines)
}

/// Values that no session knows: the same with the last two comments of each post. The last line is all that a handler does.
fn front_page_as_json(s: &mut Session<BlogDb>) -> Result<String, Box<dyn std::error::Error>> {
    let posts: Vec<Loaded<Post>> = s
        .query::<Post>()
        .order_by(Post::id.desc())
        .limit(50)
        .untracked()
        .with(Post::author)
        .with(Post::tags)
        .with(Post::comments.order_by(Comment::id.desc()).limit(2))
        .all()?;
    Ok(serde_json::to_string(&posts)?)
}

/// Sixty posts of three authors, with up to four comments and two tags.
fn fill(s: &mut Session<BlogDb>) -> Result<(), Error> {
    let users = ["ann", "bob", "cat"]
        .map(|name| s.add(User { name: name.into(), password_hash: "secret".into(), ..Default::default() }));
    let tags = ["orm", "rust", "sql"].map(|name| s.add(Tag { name: name.into(), ..Default::default() }));
    for number in 1..=60 {
        let author = users[number % users.len()].into();
        let post = s.add(Post { author, title: format!("Post {number}"), ..Default::default() });
        for comment in 0..number % 5 {
            let body = format!("Comment {comment} on post {number}");
            s.add(Comment { post: post.into(), body, ..Default::default() });
        }
        s.link(post, Post::tags, tags[number % 3])?;
        s.link(post, Post::tags, tags[(number + 1) % 3])?;
    }
    Ok(())
}
