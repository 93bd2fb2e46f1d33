//! What the program does. A struct that a function returns is the caller's own: it is read after the session is closed.

use std::fmt;

use orm_core::prelude::*;

use crate::db;
use crate::models::{Post, User};

/// Why something was not done, in the words of the service.
#[derive(Debug)]
pub enum Refusal {
    EmailTaken(String),
    NoSuchUser(i64),
    HasPosts(i64),
    /// Nobody's mistake: the database failed.
    Database(Error),
}

/// So that `?` works in a transaction.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Database(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::EmailTaken(email) => write!(f, "{email} is taken"),
            Refusal::NoSuchUser(id) => write!(f, "there is no user {id}"),
            Refusal::HasPosts(id) => write!(f, "user {id} has posts"),
            Refusal::Database(error) => write!(f, "the database failed: {error}"),
        }
    }
}

/// Adds a user; the database makes the key.
pub fn create_user(name: &str, email: &str) -> Result<User, Refusal> {
    let created = db::transaction(|s| {
        let user = s.add(User { name: name.into(), email: email.into(), ..Default::default() });
        s.flush()?;
        s.to_owned(user)
    });
    created.map_err(|error: Error| match error.is_unique() {
        true => Refusal::EmailTaken(email.to_owned()),
        false => error.into(),
    })
}

/// A user by key.
pub fn user(id: i64) -> Result<User, Refusal> {
    db::transaction(|s| {
        let user = s.get::<User>(id)?.ok_or(Refusal::NoSuchUser(id))?;
        Ok(s.to_owned(user)?)
    })
}

/// Adds a post of a user.
pub fn create_post(author: i64, title: &str) -> Result<Post, Refusal> {
    db::transaction(|s| {
        let author = s.get::<User>(author)?.ok_or(Refusal::NoSuchUser(author))?;
        let post = s.add(Post { author: author.into(), title: title.into(), ..Default::default() });
        s.flush()?;
        Ok(s.to_owned(post)?)
    })
}

/// The posts of a user, oldest first. Rows that are only shown need no session to track them.
pub fn posts_of(author: i64) -> Result<Vec<Post>, Refusal> {
    db::transaction(|s| {
        let query = s.query::<Post>().filter(Post::author.eq(author));
        Ok(query.order_by(Post::id).untracked().all()?)
    })
}

/// Removes a user who has written nothing; the foreign key of the posts keeps the others.
pub fn delete_user(id: i64) -> Result<(), Refusal> {
    let deleted = db::transaction(|s| {
        let user = s.get_one::<User>(id)?;
        s.delete(user);
        Ok(())
    });
    deleted.map_err(|error: Error| match error.kind() {
        ErrorKind::NotFound => Refusal::NoSuchUser(id),
        ErrorKind::ForeignKey => Refusal::HasPosts(id),
        _ => error.into(),
    })
}
