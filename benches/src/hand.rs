//! The work written by hand on rusqlite, as its documentation shows it: statements from the connection's cache, rows
//! through `query_map` and `Row::get`, values through `params!`, a `Transaction` around writes.
//!
//! Nothing here is tuned: this is the code a user of the ORM would have written instead.

mod graph;
mod query;

use rusqlite::{Connection, Result, Row, params};

use crate::data::{self, Post, User};
use crate::database;
use crate::witness::{Record, Witness, describe_posts, describe_user, describe_users};
use crate::workload::{Implementation, Task, Work};

/// The work written by hand on rusqlite.
#[derive(Debug, Clone, Copy)]
pub struct Hand;

impl Implementation for Hand {
    fn name(&self) -> &'static str {
        "rusqlite"
    }

    fn task(&self, work: Work) -> Option<Box<dyn Task>> {
        make_task(work).expect("a task opens its database")
    }
}

fn make_task(work: Work) -> Result<Option<Box<dyn Task>>> {
    Ok(Some(match work {
        Work::LoadUsers { rows, tracking: _ } => {
            Box::new(LoadUsers { connection: database::open_with_users(rows)? })
        }
        Work::LoadPosts { rows, tracking: _ } => {
            Box::new(LoadPosts { connection: database::open_with_posts(rows)? })
        }
        Work::LoadGraph { tracking: _ } => Box::new(graph::LoadGraph::new(database::open_with_graph()?)),
        Work::GetByKey => Box::new(GetByKey {
            connection: database::open_with_users(data::GETS)?,
            keys: data::shuffled_keys(),
        }),
        Work::FilterByKey => Box::new(query::FilterByKey::new(database::open_with_users(data::GETS)?)),
        Work::LeftJoin { rows } => {
            Box::new(query::LeftJoin { connection: database::open_with_some_posts(rows)? })
        }
        Work::GetHit | Work::FlushClean { .. } => return Ok(None),
        Work::InsertFamilies { parents, children } => Box::new(InsertFamilies {
            connection: database::open()?,
            parents,
            children,
            users: Vec::new(),
            posts: Vec::new(),
        }),
        Work::Insert { rows } => Box::new(Insert { connection: database::open()?, rows, users: Vec::new() }),
        Work::Change { rows, step } => {
            Box::new(Change { connection: database::open_with_users(rows)?, step, turn: 0 })
        }
    }))
}

struct LoadUsers {
    connection: Connection,
}

impl Task for LoadUsers {
    fn run(&mut self, witness: &mut Witness) {
        let users = load_users(&self.connection).expect("users load");
        witness.see(users.as_slice(), describe_users);
    }
}

struct LoadPosts {
    connection: Connection,
}

impl Task for LoadPosts {
    fn run(&mut self, witness: &mut Witness) {
        let posts = load_posts(&self.connection).expect("posts load");
        witness.see(posts.as_slice(), describe_posts);
    }
}

struct GetByKey {
    connection: Connection,
    keys: Vec<i64>,
}

impl GetByKey {
    fn get_all(&mut self, witness: &mut Witness) -> Result<()> {
        let transaction = self.connection.transaction()?;
        for &key in &self.keys {
            let user = get_user(&transaction, key)?;
            witness.see(&user, describe_user);
        }
        transaction.commit()
    }
}

impl Task for GetByKey {
    fn run(&mut self, witness: &mut Witness) {
        self.get_all(witness).expect("each key has a user");
    }
}

struct Insert {
    connection: Connection,
    rows: usize,
    users: Vec<User>,
}

impl Insert {
    fn insert_all(&mut self) -> Result<()> {
        let transaction = self.connection.transaction()?;
        insert_users(&transaction, &mut self.users)?;
        transaction.commit()
    }
}

impl Task for Insert {
    fn prepare(&mut self) {
        self.users = data::new_users(self.rows);
    }

    fn run(&mut self, witness: &mut Witness) {
        self.insert_all().expect("users are stored");
        witness.see(self.users.as_slice(), describe_users);
    }

    fn record_stored(&mut self, record: &mut Record) {
        database::record_users(&self.connection, record).expect("users load");
    }

    fn clear(&mut self) {
        database::clear(&self.connection).expect("the table is emptied");
        self.users.clear();
    }
}

struct InsertFamilies {
    connection: Connection,
    parents: usize,
    children: usize,
    users: Vec<User>,
    posts: Vec<Post>,
}

impl InsertFamilies {
    fn insert_all(&mut self) -> Result<()> {
        let transaction = self.connection.transaction()?;
        insert_users(&transaction, &mut self.users)?;
        let mut statement =
            transaction.prepare_cached("INSERT INTO posts (user_id, title, body) VALUES (?1, ?2, ?3)")?;
        for (index, post) in self.posts.iter_mut().enumerate() {
            post.user_id = self.users[index / self.children].id;
            post.id = statement.insert(params![post.user_id, post.title, post.body])?;
        }
        drop(statement);
        transaction.commit()
    }
}

impl Task for InsertFamilies {
    fn prepare(&mut self) {
        self.users = data::new_users(self.parents);
        self.posts = data::new_posts(self.parents, self.children);
    }

    fn run(&mut self, witness: &mut Witness) {
        self.insert_all().expect("users and posts are stored");
        witness.see(self.users.as_slice(), describe_users);
        witness.see(self.posts.as_slice(), describe_posts);
    }

    fn record_stored(&mut self, record: &mut Record) {
        database::record_users(&self.connection, record).expect("users load");
        database::record_posts(&self.connection, record).expect("posts load");
    }

    fn clear(&mut self) {
        database::clear(&self.connection).expect("the tables are emptied");
        self.users.clear();
        self.posts.clear();
    }
}

struct Change {
    connection: Connection,
    step: usize,
    turn: usize,
}

impl Change {
    fn change(&mut self, witness: &mut Witness) -> Result<()> {
        let transaction = self.connection.transaction()?;
        let mut users = load_users(&transaction)?;
        let mut update = transaction.prepare_cached("UPDATE users SET hair_color = ?1 WHERE id = ?2")?;
        for user in users.iter_mut().step_by(self.step) {
            user.hair_color = Some(data::changed_hair_color(self.turn).to_owned());
            update.execute(params![user.hair_color, user.id])?;
        }
        drop(update);
        witness.see(users.as_slice(), describe_users);
        transaction.commit()
    }
}

impl Task for Change {
    fn run(&mut self, witness: &mut Witness) {
        self.change(witness).expect("users are changed");
        self.turn += 1;
    }

    fn record_stored(&mut self, record: &mut Record) {
        database::record_users(&self.connection, record).expect("users load");
    }
}

fn load_users(connection: &Connection) -> Result<Vec<User>> {
    connection
        .prepare_cached("SELECT id, name, hair_color FROM users ORDER BY id")?
        .query_map([], decode_user)?
        .collect()
}

fn load_posts(connection: &Connection) -> Result<Vec<Post>> {
    connection
        .prepare_cached("SELECT id, user_id, title, body FROM posts ORDER BY id")?
        .query_map([], decode_post)?
        .collect()
}

fn get_user(connection: &Connection, key: i64) -> Result<User> {
    connection
        .prepare_cached("SELECT id, name, hair_color FROM users WHERE id = ?1")?
        .query_row([key], decode_user)
}

fn insert_users(connection: &Connection, users: &mut [User]) -> Result<()> {
    let mut statement = connection.prepare_cached("INSERT INTO users (name, hair_color) VALUES (?1, ?2)")?;
    for user in users {
        user.id = statement.insert(params![user.name, user.hair_color])?;
    }
    Ok(())
}

fn decode_user(row: &Row<'_>) -> Result<User> {
    Ok(User { id: row.get(0)?, name: row.get(1)?, hair_color: row.get(2)? })
}

fn decode_post(row: &Row<'_>) -> Result<Post> {
    Ok(Post { id: row.get(0)?, user_id: row.get(1)?, title: row.get(2)?, body: row.get(3)? })
}
