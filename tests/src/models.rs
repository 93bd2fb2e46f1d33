//! The models of the suite: a small blog, and a table for each kind of key and column that has rules of its own.

use chrono::NaiveDate;
use orm_core::prelude::*;

/// The base of all models of the suite.
#[derive(DeclarativeBase)]
pub struct Blog;

/// Someone who writes.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Blog, table = "users", default)]
#[relation(posts = many(Post::author, order_by = Post::id))]
#[relation(edited = many(Post::editor, order_by = Post::id))]
#[relation(groups = many_through(Membership::user, Membership::group, order_by = Group::id))]
#[relation(received = many_via(Post::author, Comment::post, order_by = Comment::id))]
pub struct User {
    /// The key.
    #[column(primary_key)]
    pub id: Id<User>,
    /// NOT NULL.
    pub name: String,
    /// NOT NULL and unique.
    #[column(unique)]
    pub email: String,
    /// NULL allowed.
    pub bio: Option<String>,
    /// NOT NULL.
    #[column(default = 18)]
    pub age: i32,
}

impl User {
    /// A user whose email is made from the name.
    pub fn named(name: &str) -> Self {
        User { name: name.into(), email: format!("{name}@x.org"), ..User::default() }
    }
}

/// What someone wrote.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Blog, table = "posts", default)]
#[relation(comments = many(Comment::post, order_by = Comment::id))]
pub struct Post {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Post>,
    /// Goes with its author.
    #[column(on_delete = cascade)]
    pub author: Id<User>,
    /// Nobody, at first.
    pub editor: Option<Id<User>>,
    /// NOT NULL.
    pub title: String,
    /// NOT NULL.
    pub views: i64,
}

impl Post {
    /// A post without an editor.
    pub fn by(author: impl Into<Id<User>>, title: &str) -> Self {
        Post { author: author.into(), title: title.into(), ..Post::default() }
    }
}

/// What was said of a post; its author's key is two steps away.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Blog, table = "comments", default)]
pub struct Comment {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Comment>,
    /// NO ACTION.
    pub post: Id<Post>,
    /// NOT NULL.
    pub body: String,
}

/// Several users.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Blog, table = "groups", default)]
#[relation(members = many_through(Membership::group, Membership::user, order_by = User::id))]
pub struct Group {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Group>,
    /// NOT NULL.
    pub name: String,
}

/// A user in a group: a composite key of two foreign keys.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Blog, table = "memberships", default)]
pub struct Membership {
    /// The first half of the key.
    #[column(primary_key)]
    pub user: Id<User>,
    /// The other half.
    #[column(primary_key)]
    pub group: Id<Group>,
    /// NOT NULL.
    pub role: String,
}

/// A natural key of text, and a foreign key to the same table.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Blog, table = "countries")]
#[relation(parts = many(Country::parent, order_by = Country::code))]
pub struct Country {
    /// The key, set by the program.
    #[column(primary_key)]
    pub code: String,
    /// The country that it is a part of.
    pub parent: Option<Id<Country, String>>,
    /// NOT NULL.
    pub name: String,
}

impl Country {
    /// A country that is a part of none.
    pub fn new(code: &str, name: &str) -> Self {
        Country { code: code.into(), parent: None, name: name.into() }
    }
}

/// A tree by a generated key.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Blog, table = "employees", default)]
#[relation(reports = many(Employee::manager, order_by = Employee::id))]
pub struct Employee {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Employee>,
    /// NULL for the head.
    pub manager: Option<Id<Employee>>,
    /// NOT NULL.
    pub name: String,
}

impl Employee {
    /// An employee under a manager.
    pub fn under(manager: impl Into<Option<Id<Employee>>>, name: &str) -> Self {
        Employee { manager: manager.into(), name: name.into(), ..Employee::default() }
    }
}

/// One half of a cycle: it may lack its favourite.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Blog, table = "persons", default)]
#[relation(balls = many(Ball::owner, order_by = Ball::id))]
pub struct Person {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Person>,
    /// NULL allowed: the cycle is broken here.
    pub favourite: Option<Id<Ball>>,
    /// NOT NULL.
    pub name: String,
}

/// The other half: it never lacks its owner.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Blog, table = "balls", default)]
#[relation(fan = one(Person::favourite))]
pub struct Ball {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Ball>,
    /// NOT NULL.
    pub owner: Id<Person>,
    /// NOT NULL.
    pub colour: String,
}

/// One half of a cycle that has no foreign key to break it at.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Blog, table = "hens", default)]
pub struct Hen {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Hen>,
    /// NOT NULL.
    pub hatched_from: Id<Egg>,
}

/// The other half.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Blog, table = "eggs", default)]
pub struct Egg {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Egg>,
    /// NOT NULL.
    pub laid_by: Id<Hen>,
}

/// What the database and the session fill in.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Blog, table = "docs", default)]
pub struct Doc {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Doc>,
    /// NOT NULL.
    pub title: String,
    /// Filled in by the database when unset.
    #[column(server_default = "'free'")]
    pub plan: Generated<String>,
    /// Set by each UPDATE that does not set it anyway.
    #[column(default = "made", on_update = "edited")]
    pub note: String,
    /// The optimistic lock.
    #[column(version)]
    pub version: Version,
}

impl Doc {
    /// A document with a title.
    pub fn titled(title: &str) -> Self {
        Doc { title: title.into(), ..Doc::default() }
    }
}

/// A mood, stored as text.
#[derive(ColumnEnum, Clone, Copy, Debug, Default, PartialEq)]
pub enum Mood {
    /// As ever.
    #[default]
    Calm,
    /// Better not asked.
    Cross,
}

/// A column of each type whose values can be wrong.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Blog, table = "samples", default, check = "score >= 0")]
pub struct Sample {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Sample>,
    /// Narrower than the database's integer.
    pub small: i16,
    /// Not negative.
    pub count: u32,
    /// As wide as no column is.
    pub wide: u64,
    /// A float.
    pub ratio: f64,
    /// NULL allowed.
    pub factor: Option<f64>,
    /// Text.
    pub text: String,
    /// Bytes.
    pub bytes: Vec<u8>,
    /// An enum.
    pub mood: Mood,
    /// A date.
    #[column(default = first_day)]
    pub day: NaiveDate,
    /// True or false.
    pub flag: bool,
    /// Never negative, says the table.
    pub score: i64,
}

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 2, 29).unwrap()
}

/// Names that are keywords, hold quotes, or try to become SQL.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Blog, table = "select \"x\"; DROP TABLE users; --", default)]
pub struct Odd {
    /// The key.
    #[column(primary_key, name = "order")]
    pub id: Id<Odd>,
    /// A raw identifier.
    pub r#type: String,
    /// A keyword as a field's name.
    pub group: Option<i64>,
    /// A quote, a space and an apostrophe.
    #[column(name = "it\"s a 'name'")]
    pub quoted: String,
    /// An upper-case name with a dot.
    #[column(name = "A.b")]
    pub dotted: i64,
}
