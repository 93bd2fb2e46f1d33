//! The in-memory database a baseline works on: its tables, their rows, and what they hold afterwards.
//!
//! Both baselines open it here, so that they differ in how they talk to SQLite and in nothing else. An implementation
//! that opens its own database creates the same tables ([`SCHEMA`]) and may fill them in its own way.

use rusqlite::{Connection, Result, params};

use crate::data::{self, Post, User};
use crate::witness::Record;

/// The tables of all workloads.
pub const SCHEMA: &str = "
    CREATE TABLE users (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        hair_color TEXT NULL
    );
    CREATE TABLE posts (
        id INTEGER PRIMARY KEY,
        user_id INTEGER NOT NULL REFERENCES users (id),
        title TEXT NOT NULL,
        body TEXT NULL
    );
    CREATE TABLE comments (
        id INTEGER PRIMARY KEY,
        post_id INTEGER NOT NULL REFERENCES posts (id),
        body TEXT NOT NULL
    );
";

/// A new database with empty tables, foreign keys enforced.
///
/// # Errors
/// What SQLite says.
pub fn open() -> Result<Connection> {
    let connection = Connection::open_in_memory()?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

/// A new database with `count` users, whose keys are `1..=count`.
///
/// # Errors
/// What SQLite says.
pub fn open_with_users(count: usize) -> Result<Connection> {
    let connection = open()?;
    fill_users(&connection, &data::new_users(count))?;
    Ok(connection)
}

/// A new database with `count` posts, whose keys are `1..=count`, and their authors.
///
/// # Errors
/// What SQLite says.
pub fn open_with_posts(count: usize) -> Result<Connection> {
    let connection = open_with_users(data::AUTHORS)?;
    fill_posts(&connection, &data::posts(count))?;
    Ok(connection)
}

/// A new database with a graph of users, posts and comments.
///
/// # Errors
/// What SQLite says.
pub fn open_with_graph() -> Result<Connection> {
    let connection = open_with_users(data::GRAPH_USERS)?;
    fill_posts(&connection, &data::graph_posts())?;
    let transaction = connection.unchecked_transaction()?;
    for comment in data::graph_comments() {
        let sql = "INSERT INTO comments (id, post_id, body) VALUES (?1, ?2, ?3)";
        transaction.prepare_cached(sql)?.execute(params![comment.id, comment.post_id, comment.body])?;
    }
    transaction.commit()?;
    Ok(connection)
}

/// A new database with `count` users, of whom every other one has a post.
///
/// # Errors
/// What SQLite says.
pub fn open_with_some_posts(count: usize) -> Result<Connection> {
    let connection = open_with_users(count)?;
    fill_posts(&connection, &data::posts_of_every_other(count))?;
    Ok(connection)
}

/// Empties the tables.
///
/// # Errors
/// What SQLite says.
pub fn clear(connection: &Connection) -> Result<()> {
    connection.execute_batch("DELETE FROM posts; DELETE FROM users")
}

/// Writes down all users that are stored.
///
/// # Errors
/// What SQLite says.
pub fn record_users(connection: &Connection, record: &mut Record) -> Result<()> {
    let mut statement = connection.prepare("SELECT id, name, hair_color FROM users ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let hair_color: Option<String> = row.get(2)?;
        record.user(row.get(0)?, &row.get::<_, String>(1)?, hair_color.as_deref());
    }
    Ok(())
}

/// Writes down all posts that are stored.
///
/// # Errors
/// What SQLite says.
pub fn record_posts(connection: &Connection, record: &mut Record) -> Result<()> {
    let mut statement = connection.prepare("SELECT id, user_id, title, body FROM posts ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let body: Option<String> = row.get(3)?;
        record.post(row.get(0)?, row.get(1)?, &row.get::<_, String>(2)?, body.as_deref());
    }
    Ok(())
}

fn fill_users(connection: &Connection, users: &[User]) -> Result<()> {
    let transaction = connection.unchecked_transaction()?;
    let mut statement = transaction.prepare("INSERT INTO users (name, hair_color) VALUES (?1, ?2)")?;
    for user in users {
        statement.execute(params![user.name, user.hair_color])?;
    }
    drop(statement);
    transaction.commit()
}

fn fill_posts(connection: &Connection, posts: &[Post]) -> Result<()> {
    let transaction = connection.unchecked_transaction()?;
    let mut statement =
        transaction.prepare("INSERT INTO posts (id, user_id, title, body) VALUES (?1, ?2, ?3, ?4)")?;
    for post in posts {
        statement.execute(params![post.id, post.user_id, post.title, post.body])?;
    }
    drop(statement);
    transaction.commit()
}
