//! What a backend implements. Rank 7.
//!
//! A [`Driver`] opens connections; a [`Connection`] runs statements. Everything above speaks to these traits, so that a
//! backend is a crate of its own and a test can put a probe in its place. What else a backend needs is named here too:
//! the [`Dialect`], rows and values, and the live schema.

use std::collections::VecDeque;

pub use crate::compile::{Capabilities, Dialect, GeneratedKey, Schemas, Statement, StatementId};
use crate::error::Result;
pub use crate::expr::LockClause;
pub use crate::row::Row;
pub use crate::schema::TableColumn;
pub use crate::schema::live::{LiveCheck, LiveColumn, LiveForeignKey, LiveIndex, LiveSchema, LiveTable};
pub use crate::value::{SqlType, Value, ValueRef};

/// Opens connections to one database. Making one opens nothing.
pub trait Driver: Send + Sync + 'static {
    /// How SQL is written here, and what the database can do.
    fn dialect(&self) -> &'static dyn Dialect;

    /// Opens a connection that is ready for use: options set and, where the database may ignore them, read back.
    ///
    /// # Errors
    /// Cannot open, with the place and the reason.
    fn connect(&self, options: &ConnectOptions) -> Result<Box<dyn Connection>>;

    /// The bounds of a pool whose user named none.
    fn pool_defaults(&self) -> PoolDefaults {
        PoolDefaults { pool_size: 5, max_overflow: 10 }
    }

    /// The isolation of a new connection; a connection is set back to it before it is used again.
    fn default_isolation_level(&self) -> IsolationLevel {
        IsolationLevel::default()
    }

    /// Where the database is, without secrets, for messages.
    fn location(&self) -> String;
}

/// What every connection of an engine is opened with.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// How long opening may take.
    pub connect_timeout: std::time::Duration,
    /// How many prepared statements a connection keeps.
    pub statement_cache_size: usize,
}

/// The bounds of a pool whose user named none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolDefaults {
    /// Connections that are kept.
    pub pool_size: u32,
    /// Connections above those.
    pub max_overflow: u32,
}

/// One connection. It is used by one caller at a time.
///
/// - A statement MUST be prepared once per connection and found again by its [`StatementId`].
/// - `execute` and `query` MUST NOT keep what they borrow.
/// - An error MUST be classified, and MUST name table and columns of a violated constraint where the database tells.
/// - After every error [`is_in_transaction`](Self::is_in_transaction) MUST say whether the transaction is still alive.
pub trait Connection: Send {
    /// Runs a statement that returns no rows.
    ///
    /// # Errors
    /// Whatever the database reports, classified.
    fn execute(&mut self, statement: &Statement, values: &[Value<'_>]) -> Result<Done>;

    /// Runs an INSERT of one row for each row of values that `next` gives, until it gives none, and adds the keys that are
    /// generated, in order. `next` fills an empty vector. A driver that overrides this saves what is the same for all rows.
    ///
    /// # Errors
    /// Whatever the database reports, classified, or the first error that `next` returns; the rows before it are inserted.
    fn insert_rows<'a>(
        &mut self,
        statement: &Statement,
        next: &mut dyn FnMut(&mut Vec<Value<'a>>) -> Result<bool>,
        generated: &mut Vec<i64>,
    ) -> Result<()> {
        let mut row = Vec::new();
        while next(&mut row)? {
            generated.extend(self.execute(statement, &row)?.generated);
            row.clear();
        }
        Ok(())
    }

    /// Runs a statement and shows each of its rows.
    ///
    /// # Errors
    /// Whatever the database reports, classified, or the first error that `each` returns; no row is shown after it.
    fn query(
        &mut self,
        statement: &Statement,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()>;

    /// Runs a statement whose rows are asked for one by one. A driver that can overrides this, and holds one row at a time;
    /// otherwise all of them are in memory until the last was given. It does not keep `values`.
    ///
    /// # Errors
    /// Whatever the database reports before the first row, classified.
    fn stream<'conn>(
        &'conn mut self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Box<dyn Rows + 'conn>> {
        let mut rows = VecDeque::new();
        self.query(statement, values, &mut |row| {
            let values: Result<Vec<_>> = (0..row.len()).map(|column| row.value(column).to_value()).collect();
            rows.push_back(values?);
            Ok(())
        })?;
        Ok(Box::new(Gathered(rows)))
    }

    /// Shows the names of the columns that a statement returns, without running it. A driver that cannot tell shows nothing.
    ///
    /// # Errors
    /// Whatever the database reports of the statement, or what `show` returns.
    fn describe(
        &mut self,
        _statement: &Statement,
        _show: &mut dyn FnMut(&[&str]) -> Result<()>,
    ) -> Result<()> {
        Ok(())
    }

    /// Runs several statements without values, such as a schema.
    ///
    /// # Errors
    /// Whatever the first failing statement reports.
    fn run_script(&mut self, sql: &str) -> Result<()>;

    /// Begins, ends or marks a transaction.
    ///
    /// # Errors
    /// Busy when another transaction holds the lock; a constraint that was deferred to the commit.
    fn transact(&mut self, step: Transact<'_>) -> Result<()>;

    /// Whether a transaction is open, as the database itself says.
    fn is_in_transaction(&self) -> bool;

    /// Whether the connection still works.
    ///
    /// # Errors
    /// Disconnected, or whatever the database reports.
    fn ping(&mut self) -> Result<()>;

    /// Sets the isolation of the transactions that begin from now on.
    ///
    /// # Errors
    /// Unsupported when the backend has no such level.
    fn set_isolation_level(&mut self, level: IsolationLevel) -> Result<()>;

    /// Reads the tables of the database, with their columns, keys and indexes.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn live_schema(&mut self) -> Result<LiveSchema>;
}

/// Rows that are asked for one by one.
pub trait Rows {
    /// Shows the next row; says whether there was one.
    ///
    /// # Errors
    /// Whatever the database reports, classified, or what `show` returns.
    fn next(&mut self, show: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<bool>;
}

/// Rows that are in memory already.
struct Gathered(VecDeque<Vec<Value<'static>>>);

impl Rows for Gathered {
    fn next(&mut self, show: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<bool> {
        let Some(row) = self.0.pop_front() else { return Ok(false) };
        show(&row.as_slice())?;
        Ok(true)
    }
}

/// What a statement that returns no rows has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// How many rows it matched.
    pub rows: u64,
    /// The key that was generated, for an INSERT of one row.
    pub generated: Option<i64>,
}

/// A step of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transact<'a> {
    /// BEGIN.
    Begin(BeginMode),
    /// COMMIT.
    Commit,
    /// ROLLBACK.
    Rollback,
    /// SAVEPOINT name.
    Savepoint(&'a str),
    /// RELEASE name.
    Release(&'a str),
    /// ROLLBACK TO name.
    RollbackTo(&'a str),
}

/// When a transaction takes its locks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BeginMode {
    /// With the first statement that needs one.
    #[default]
    Deferred,
    /// The lock for writing at once.
    Immediate,
    /// Nobody else reads or writes.
    Exclusive,
}

/// What a transaction sees of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum IsolationLevel {
    /// Every statement is a transaction of its own.
    Autocommit,
    /// Also what others have not committed.
    ReadUncommitted,
    /// What is committed when a statement begins.
    ReadCommitted,
    /// What was committed when the transaction began.
    RepeatableRead,
    /// As if transactions ran one after the other.
    #[default]
    Serializable,
}
