//! Queries: one row by a condition, and rows of two tables side by side.

use rusqlite::{Connection, Error, Result, Row};

use super::decode_user;
use crate::data::{self, Post, SELECT_JOINED, User, WithPost};
use crate::witness::{Witness, describe_joined, describe_user};
use crate::workload::Task;

pub(super) struct FilterByKey {
    connection: Connection,
    keys: Vec<i64>,
}

impl FilterByKey {
    pub(super) fn new(connection: Connection) -> Self {
        FilterByKey { connection, keys: data::shuffled_keys() }
    }

    fn find_all(&mut self, witness: &mut Witness) -> Result<()> {
        let transaction = self.connection.transaction()?;
        for &key in &self.keys {
            let user = find_user(&transaction, key)?;
            witness.see(&user, describe_user);
        }
        transaction.commit()
    }
}

impl Task for FilterByKey {
    fn run(&mut self, witness: &mut Witness) {
        self.find_all(witness).expect("each key has one user");
    }
}

/// The only row.
fn find_user(connection: &Connection, key: i64) -> Result<User> {
    let mut select = connection.prepare_cached("SELECT id, name, hair_color FROM users WHERE id = ?1")?;
    let mut rows = select.query_map([key], decode_user)?;
    let user = rows.next().ok_or(Error::QueryReturnedNoRows)??;
    match rows.next() {
        None => Ok(user),
        Some(_) => Err(Error::QueryReturnedMoreThanOneRow),
    }
}

pub(super) struct LeftJoin {
    pub(super) connection: Connection,
}

impl LeftJoin {
    fn load(&self) -> Result<Vec<WithPost>> {
        self.connection.prepare_cached(SELECT_JOINED)?.query_map([], decode)?.collect()
    }
}

impl Task for LeftJoin {
    fn run(&mut self, witness: &mut Witness) {
        let joined = self.load().expect("users load with their posts");
        witness.see(joined.as_slice(), describe_joined);
    }
}

fn decode(row: &Row<'_>) -> Result<WithPost> {
    let id: Option<i64> = row.get(3)?;
    let post =
        |id| -> Result<Post> { Ok(Post { id, user_id: row.get(4)?, title: row.get(5)?, body: row.get(6)? }) };
    Ok((decode_user(row)?, id.map(post).transpose()?))
}
