//! The work on SQLite's C interface: the limit that nothing on SQLite can be faster than.
//!
//! Statements are prepared once and kept, columns are read in place and copied straight into structs, texts are
//! validated as UTF-8, values are bound without a copy, vectors have their capacity from the start. What a library has
//! to ask or look up for each row is known here: types of values are not asked for, only NULL where the column allows
//! it.
//!
//! All that is unsafe lies in the module `statement`.

mod graph;
mod query;
mod statement;

use std::rc::Rc;

use rusqlite::Connection;

use self::statement::{Parameter, Row, Statement};
use crate::data::{self, Post, User};
use crate::database;
use crate::witness::{Record, Witness, describe_posts, describe_user, describe_users};
use crate::workload::{Implementation, Task, Work};

const SELECT_USERS: &str = "SELECT id, name, hair_color FROM users ORDER BY id";
const SELECT_POSTS: &str = "SELECT id, user_id, title, body FROM posts ORDER BY id";
const SELECT_USER: &str = "SELECT id, name, hair_color FROM users WHERE id = ?1";
const INSERT_USER: &str = "INSERT INTO users (name, hair_color) VALUES (?1, ?2)";
const INSERT_POST: &str = "INSERT INTO posts (user_id, title, body) VALUES (?1, ?2, ?3)";
const UPDATE_USER: &str = "UPDATE users SET hair_color = ?1 WHERE id = ?2";

/// The work on SQLite's C interface.
#[derive(Debug, Clone, Copy)]
pub struct Raw;

impl Implementation for Raw {
    fn name(&self) -> &'static str {
        "raw C"
    }

    fn task(&self, work: Work) -> Option<Box<dyn Task>> {
        make_task(work).expect("a task opens its database")
    }
}

fn make_task(work: Work) -> rusqlite::Result<Option<Box<dyn Task>>> {
    Ok(Some(match work {
        Work::LoadUsers { rows, tracking: _ } => {
            Box::new(LoadUsers::new(database::open_with_users(rows)?, rows))
        }
        Work::LoadPosts { rows, tracking: _ } => {
            Box::new(LoadPosts::new(database::open_with_posts(rows)?, rows))
        }
        Work::LoadGraph { tracking: _ } => Box::new(graph::LoadGraph::new(database::open_with_graph()?)),
        Work::GetByKey => Box::new(GetByKey::new(database::open_with_users(data::GETS)?)),
        Work::FilterByKey => Box::new(query::FilterByKey::new(database::open_with_users(data::GETS)?)),
        Work::LeftJoin { rows } => {
            Box::new(query::LeftJoin::new(database::open_with_some_posts(rows)?, rows))
        }
        Work::GetHit | Work::FlushClean { .. } => return Ok(None),
        Work::InsertFamilies { parents, children } => {
            Box::new(InsertFamilies::new(database::open()?, parents, children))
        }
        Work::Insert { rows } => Box::new(Insert::new(database::open()?, rows)),
        Work::Change { rows, step } => Box::new(Change::new(database::open_with_users(rows)?, rows, step)),
    }))
}

struct LoadUsers {
    select: Statement,
    rows: usize,
}

impl LoadUsers {
    fn new(connection: Connection, rows: usize) -> Self {
        let select = Statement::prepare(&Rc::new(connection), SELECT_USERS);
        Self { select, rows }
    }
}

impl Task for LoadUsers {
    fn run(&mut self, witness: &mut Witness) {
        let users = load_users(&mut self.select, self.rows);
        witness.see(users.as_slice(), describe_users);
    }
}

struct LoadPosts {
    select: Statement,
    rows: usize,
}

impl LoadPosts {
    fn new(connection: Connection, rows: usize) -> Self {
        let select = Statement::prepare(&Rc::new(connection), SELECT_POSTS);
        Self { select, rows }
    }
}

impl Task for LoadPosts {
    fn run(&mut self, witness: &mut Witness) {
        let posts = load_posts(&mut self.select, self.rows);
        witness.see(posts.as_slice(), describe_posts);
    }
}

struct GetByKey {
    transaction: Transaction,
    select: Statement,
    keys: Vec<i64>,
}

impl GetByKey {
    fn new(connection: Connection) -> Self {
        let connection = Rc::new(connection);
        Self {
            transaction: Transaction::prepare(&connection),
            select: Statement::prepare(&connection, SELECT_USER),
            keys: data::shuffled_keys(),
        }
    }
}

impl Task for GetByKey {
    fn run(&mut self, witness: &mut Witness) {
        self.transaction.begin.execute([]);
        for &key in &self.keys {
            let mut rows = self.select.query([Parameter::Integer(key)]);
            let user = decode_user(&rows.next().expect("each key has a user"));
            drop(rows);
            witness.see(&user, describe_user);
        }
        self.transaction.commit.execute([]);
    }
}

struct Insert {
    transaction: Transaction,
    insert: Statement,
    connection: Rc<Connection>,
    rows: usize,
    users: Vec<User>,
}

impl Insert {
    fn new(connection: Connection, rows: usize) -> Self {
        let connection = Rc::new(connection);
        Self {
            transaction: Transaction::prepare(&connection),
            insert: Statement::prepare(&connection, INSERT_USER),
            connection,
            rows,
            users: Vec::new(),
        }
    }
}

impl Task for Insert {
    fn prepare(&mut self) {
        self.users = data::new_users(self.rows);
    }

    fn run(&mut self, witness: &mut Witness) {
        self.transaction.begin.execute([]);
        insert_users(&mut self.insert, &mut self.users);
        self.transaction.commit.execute([]);
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
    transaction: Transaction,
    insert_user: Statement,
    insert_post: Statement,
    connection: Rc<Connection>,
    parents: usize,
    children: usize,
    users: Vec<User>,
    posts: Vec<Post>,
}

impl InsertFamilies {
    fn new(connection: Connection, parents: usize, children: usize) -> Self {
        let connection = Rc::new(connection);
        Self {
            transaction: Transaction::prepare(&connection),
            insert_user: Statement::prepare(&connection, INSERT_USER),
            insert_post: Statement::prepare(&connection, INSERT_POST),
            connection,
            parents,
            children,
            users: Vec::new(),
            posts: Vec::new(),
        }
    }
}

impl Task for InsertFamilies {
    fn prepare(&mut self) {
        self.users = data::new_users(self.parents);
        self.posts = data::new_posts(self.parents, self.children);
    }

    fn run(&mut self, witness: &mut Witness) {
        self.transaction.begin.execute([]);
        insert_users(&mut self.insert_user, &mut self.users);
        for (index, post) in self.posts.iter_mut().enumerate() {
            post.user_id = self.users[index / self.children].id;
            self.insert_post.execute([
                Parameter::Integer(post.user_id),
                Parameter::Text(&post.title),
                Parameter::from_optional_text(post.body.as_deref()),
            ]);
            post.id = self.insert_post.last_insert_rowid();
        }
        self.transaction.commit.execute([]);
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
    transaction: Transaction,
    select: Statement,
    update: Statement,
    connection: Rc<Connection>,
    rows: usize,
    step: usize,
    turn: usize,
}

impl Change {
    fn new(connection: Connection, rows: usize, step: usize) -> Self {
        let connection = Rc::new(connection);
        Self {
            transaction: Transaction::prepare(&connection),
            select: Statement::prepare(&connection, SELECT_USERS),
            update: Statement::prepare(&connection, UPDATE_USER),
            connection,
            rows,
            step,
            turn: 0,
        }
    }
}

impl Task for Change {
    fn run(&mut self, witness: &mut Witness) {
        self.transaction.begin.execute([]);
        let mut users = load_users(&mut self.select, self.rows);
        for user in users.iter_mut().step_by(self.step) {
            user.hair_color = Some(data::changed_hair_color(self.turn).to_owned());
            self.update.execute([
                Parameter::from_optional_text(user.hair_color.as_deref()),
                Parameter::Integer(user.id),
            ]);
        }
        self.transaction.commit.execute([]);
        witness.see(users.as_slice(), describe_users);
        self.turn += 1;
    }

    fn record_stored(&mut self, record: &mut Record) {
        database::record_users(&self.connection, record).expect("users load");
    }
}

/// The two statements around a unit of work.
struct Transaction {
    begin: Statement,
    commit: Statement,
}

impl Transaction {
    fn prepare(connection: &Rc<Connection>) -> Self {
        Self {
            begin: Statement::prepare(connection, "BEGIN"),
            commit: Statement::prepare(connection, "COMMIT"),
        }
    }
}

fn load_users(select: &mut Statement, capacity: usize) -> Vec<User> {
    let mut users = Vec::with_capacity(capacity);
    let mut rows = select.query([]);
    while let Some(row) = rows.next() {
        users.push(decode_user(&row));
    }
    users
}

fn load_posts(select: &mut Statement, capacity: usize) -> Vec<Post> {
    let mut posts = Vec::with_capacity(capacity);
    let mut rows = select.query([]);
    while let Some(row) = rows.next() {
        posts.push(decode_post(&row));
    }
    posts
}

fn insert_users(insert: &mut Statement, users: &mut [User]) {
    for user in users {
        insert.execute([
            Parameter::Text(&user.name),
            Parameter::from_optional_text(user.hair_color.as_deref()),
        ]);
        user.id = insert.last_insert_rowid();
    }
}

#[inline]
fn decode_user(row: &Row<'_>) -> User {
    User {
        id: row.integer(0),
        name: row.text(1).to_owned(),
        hair_color: row.optional_text(2).map(str::to_owned),
    }
}

#[inline]
fn decode_post(row: &Row<'_>) -> Post {
    Post {
        id: row.integer(0),
        user_id: row.integer(1),
        title: row.text(2).to_owned(),
        body: row.optional_text(3).map(str::to_owned),
    }
}
