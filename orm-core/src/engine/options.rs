//! What an engine can be told, as plain values.

use std::time::Duration;

use crate::driver::IsolationLevel;

/// How connections are kept.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct UsersDb;
/// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
/// # fn main() -> orm_core::Result<()> {
/// let engine = Engine::<UsersDb>::builder(Sqlite::file("users.db")).poolclass(PoolClass::Null).build()?;
/// assert_eq!(engine.pool_status().size, 0); // each connection is closed when it comes back
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum PoolClass {
    /// Up to `pool_size` are kept, up to `max_overflow` more are open at a time.
    #[default]
    Queue,
    /// None is kept: each is opened when it is asked for, and closed when it comes back.
    Null,
    /// One, kept; its users wait for each other.
    Static,
}

/// Defaults of every connection that an engine hands out.
///
/// What is not set here is the engine's own.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct UsersDb;
/// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
/// # fn main() -> orm_core::Result<()> {
/// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
/// # engine.create_all()?;
/// let options = ExecutionOptions::new().isolation_level(IsolationLevel::Autocommit);
/// let mut s = engine.execution_options(options).session();
/// s.add(User { name: "alice".into(), ..Default::default() });
/// s.flush()?;
/// s.rollback()?; // too late: each statement was a transaction of its own
/// assert_eq!(s.query::<User>().count()?, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExecutionOptions {
    pub(crate) isolation_level: Option<IsolationLevel>,
    pub(crate) echo: Option<bool>,
    pub(crate) logging_token: Option<&'static str>,
}

impl ExecutionOptions {
    /// Nothing differs from the engine.
    pub fn new() -> Self {
        Self::default()
    }

    /// The isolation of transactions; the connection is set back before others use it.
    #[must_use]
    pub fn isolation_level(mut self, level: IsolationLevel) -> Self {
        self.isolation_level = Some(level);
        self
    }

    /// Whether statements are printed on stderr.
    #[must_use]
    pub fn echo(mut self, echo: bool) -> Self {
        self.echo = Some(echo);
        self
    }

    /// A word that marks the statements in echo and logs, such as `reports`.
    #[must_use]
    pub fn logging_token(mut self, token: &'static str) -> Self {
        self.logging_token = Some(token);
        self
    }

    /// These options, and where they say nothing, those of `base`.
    pub(crate) fn over(self, base: ExecutionOptions) -> ExecutionOptions {
        ExecutionOptions {
            isolation_level: self.isolation_level.or(base.isolation_level),
            echo: self.echo.or(base.echo),
            logging_token: self.logging_token.or(base.logging_token),
        }
    }
}

/// The rules of a pool, checked.
#[derive(Clone, Debug)]
pub(crate) struct PoolOptions {
    /// Connections that are kept; 0 keeps none.
    pub(crate) keep: u32,
    /// Connections that may be in use at a time; no bound when `None`.
    pub(crate) cap: Option<u32>,
    pub(crate) timeout: Duration,
    pub(crate) recycle: Option<Duration>,
    pub(crate) pre_ping: bool,
    pub(crate) order: Order,
    /// The isolation of every connection, where it is not the driver's own.
    pub(crate) isolation_level: Option<IsolationLevel>,
}

/// Which idle connection is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The one that has waited longest.
    Fifo,
    /// The one that came back last.
    Lifo,
}
