//! For tests of programs: a private database with the schema of a base, and the statements that something takes.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use orm_core::driver::{
    ConnectOptions, Connection, Dialect, Done, Driver, IsolationLevel, LiveSchema, PoolDefaults, Row,
    Statement, Transact, Value,
};
use orm_core::prelude::{DeclarativeBase, Engine, Session, SessionMaker};
use orm_core::{Error, Result};

use crate::Sqlite;

/// A private in-memory database with the tables of a base, for one test.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(DeclarativeBase)] pub struct UsersDb;
/// # #[derive(Model, Clone)] #[model(base = UsersDb, table = "users", default)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
/// # fn main() -> orm_core::Result<()> {
/// let db = orm_sqlite::testing::fresh::<UsersDb>()?;
/// let n = db.statements(|s| s.query::<User>().all())?;
/// assert_eq!(n, ["SELECT id, name FROM users"]);
/// assert_eq!(db.session().query::<User>().count()?, 0); // it is an engine, too
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// What opening the database or creating its tables reports.
pub fn fresh<B: DeclarativeBase>() -> Result<Fresh<B>> {
    let log = Log::default();
    let driver = Watched { inner: Sqlite::memory(), log: log.clone() };
    let engine = Engine::<B>::builder(driver).build()?;
    engine.create_all()?;
    Ok(Fresh { engine, log })
}

/// A database that [`fresh`] made; it is its engine, too.
pub struct Fresh<B> {
    engine: Engine<B>,
    log: Log,
}

impl<B: DeclarativeBase> Fresh<B> {
    /// Runs a closure in a session of its own, commits, and gives the SQL of the statements that it took, without the words
    /// that begin and end transactions. Rows that are inserted by one statement after the other count once.
    ///
    /// # Errors
    /// What the closure, the flush or the commit returns.
    pub fn statements<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut Session<B>) -> std::result::Result<T, E>,
    ) -> std::result::Result<Vec<String>, E> {
        self.log.lock().clear();
        SessionMaker::new(self.engine.clone()).try_transaction(work)?;
        Ok(std::mem::take(&mut *self.log.lock()))
    }
}

impl<B> Deref for Fresh<B> {
    type Target = Engine<B>;

    fn deref(&self) -> &Engine<B> {
        &self.engine
    }
}

impl<B> std::fmt::Debug for Fresh<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fresh({:?})", self.engine)
    }
}

/// The statements since somebody asked.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, statement: &Statement) {
        self.lock().push(statement.sql().to_owned());
    }
}

/// A driver whose statements are written down.
struct Watched {
    inner: Sqlite,
    log: Log,
}

impl Driver for Watched {
    fn dialect(&self) -> &'static dyn Dialect {
        self.inner.dialect()
    }

    fn connect(&self, options: &ConnectOptions) -> Result<Box<dyn Connection>> {
        Ok(Box::new(WatchedConnection { inner: self.inner.connect(options)?, log: self.log.clone() }))
    }

    fn pool_defaults(&self) -> PoolDefaults {
        self.inner.pool_defaults()
    }

    fn default_isolation_level(&self) -> IsolationLevel {
        self.inner.default_isolation_level()
    }

    fn location(&self) -> String {
        self.inner.location()
    }
}

struct WatchedConnection {
    inner: Box<dyn Connection>,
    log: Log,
}

impl Connection for WatchedConnection {
    fn execute(&mut self, statement: &Statement, values: &[Value<'_>]) -> Result<Done> {
        self.log.note(statement);
        self.inner.execute(statement, values)
    }

    fn insert_rows<'a>(
        &mut self,
        statement: &Statement,
        next: &mut dyn FnMut(&mut Vec<Value<'a>>) -> Result<bool>,
        generated: &mut Vec<i64>,
    ) -> Result<()> {
        self.log.note(statement);
        self.inner.insert_rows(statement, next, generated)
    }

    fn query(
        &mut self,
        statement: &Statement,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.log.note(statement);
        self.inner.query(statement, values, each)
    }

    fn describe(&mut self, statement: &Statement, show: &mut dyn FnMut(&[&str]) -> Result<()>) -> Result<()> {
        self.inner.describe(statement, show)
    }

    fn run_script(&mut self, sql: &str) -> Result<()> {
        self.inner.run_script(sql)
    }

    fn transact(&mut self, step: Transact<'_>) -> Result<()> {
        self.inner.transact(step)
    }

    fn is_in_transaction(&self) -> bool {
        self.inner.is_in_transaction()
    }

    fn ping(&mut self) -> Result<()> {
        self.inner.ping()
    }

    fn set_isolation_level(&mut self, level: IsolationLevel) -> Result<()> {
        self.inner.set_isolation_level(level)
    }

    fn live_schema(&mut self) -> Result<LiveSchema> {
        self.inner.live_schema()
    }
}
