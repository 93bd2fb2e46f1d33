//! Queries: one row by a condition, and rows of two tables side by side.

use std::rc::Rc;

use rusqlite::Connection;

use super::statement::{Row, Statement};
use super::{SELECT_USER, Transaction, decode_user};
use crate::data::{self, Post, WithPost};
use crate::witness::{Witness, describe_joined, describe_user};
use crate::workload::Task;

pub(super) struct FilterByKey {
    transaction: Transaction,
    select: Statement,
    keys: Vec<i64>,
}

impl FilterByKey {
    pub(super) fn new(connection: Connection) -> Self {
        let connection = Rc::new(connection);
        FilterByKey {
            transaction: Transaction::prepare(&connection),
            select: Statement::prepare(&connection, SELECT_USER),
            keys: data::shuffled_keys(),
        }
    }
}

impl Task for FilterByKey {
    fn run(&mut self, witness: &mut Witness) {
        self.transaction.begin.execute([]);
        for &key in &self.keys {
            let mut rows = self.select.query_keys(std::iter::once(key));
            let user = decode_user(&rows.next().expect("each key has a user"));
            assert!(rows.next().is_none(), "a key has one user");
            drop(rows);
            witness.see(&user, describe_user);
        }
        self.transaction.commit.execute([]);
    }
}

pub(super) struct LeftJoin {
    select: Statement,
    rows: usize,
}

impl LeftJoin {
    pub(super) fn new(connection: Connection, rows: usize) -> Self {
        LeftJoin { select: Statement::prepare(&Rc::new(connection), data::SELECT_JOINED), rows }
    }
}

impl Task for LeftJoin {
    fn run(&mut self, witness: &mut Witness) {
        let mut joined: Vec<WithPost> = Vec::with_capacity(self.rows);
        let mut rows = self.select.query([]);
        while let Some(row) = rows.next() {
            joined.push((decode_user(&row), decode_post(&row)));
        }
        drop(rows);
        witness.see(joined.as_slice(), describe_joined);
    }
}

#[inline]
fn decode_post(row: &Row<'_>) -> Option<Post> {
    let title = row.optional_text(5)?.to_owned();
    let body = row.optional_text(6).map(str::to_owned);
    Some(Post { id: row.integer(3), user_id: row.integer(4), title, body })
}
