//! A transaction around those of sessions: what they commit is kept in it only, and a test takes it all back at its end.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::checkout::Checkout;
use super::core::{Engine, EngineCore, Settings};
use super::options::{ExecutionOptions, Order, PoolOptions};
use super::pool::Pool;
use crate::driver::{
    BeginMode, ConnectOptions, Connection, Dialect, Done, Driver, IsolationLevel, LiveSchema, PoolDefaults,
    Row, Rows, Statement, Transact, Value,
};
use crate::error::{Error, Result};

/// The savepoint that stands for the transaction of a session.
const SAVEPOINT: &str = "joined";

/// How long a second session waits for the first.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A transaction that sessions join, as SQLAlchemy's `join_transaction_mode="create_savepoint"`: for test suites.
///
/// [`Engine::begin_outer`] begins it. Its [`engine`](Self::engine) is one that sessions, their makers and scopes work with as
/// with any other: a commit of theirs ends a savepoint, and a rollback of theirs undoes what they did. One of them uses the
/// connection at a time. Dropping this rolls everything back.
///
/// What a database checks at COMMIT, it does not check at the end of a savepoint.
#[must_use = "what is done in it is rolled back when it is dropped"]
pub struct OuterTransaction<B> {
    engine: Engine<B>,
    slot: Arc<Slot>,
}

/// The connection of an outer transaction, from one user to the next.
struct Slot(Mutex<Place>);

enum Place {
    Free(Checkout),
    InUse,
    /// The outer transaction is over.
    Over,
}

impl Slot {
    /// Leaves something in place of what is there.
    fn replace(&self, place: Place) -> Place {
        std::mem::replace(&mut *self.lock(), place)
    }

    /// The connection, if it is free.
    fn take(&self) -> Option<Checkout> {
        let mut place = self.lock();
        match std::mem::replace(&mut *place, Place::InUse) {
            Place::Free(connection) => Some(connection),
            other => {
                *place = other;
                None
            }
        }
    }

    /// Takes the connection back; it rolls back if nobody waits for it any more.
    fn put(&self, connection: Checkout) {
        let mut place = self.lock();
        if matches!(*place, Place::InUse) {
            *place = Place::Free(connection);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B> Engine<B> {
    /// Begins a transaction that sessions join.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// let outer = engine.begin_outer()?; // in the setup of a test
    /// let factory = SessionMaker::new(outer.engine().clone());
    /// factory.transaction(|s| {
    ///     s.add(User { name: "alice".into(), ..Default::default() });
    ///     Ok(())
    /// })?; // committed, for all that use this engine
    /// assert_eq!(factory.session().query::<User>().count()?, 1);
    /// outer.rollback()?; // and gone
    /// assert_eq!(engine.session().query::<User>().count()?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`checkout`](Self::checkout); what BEGIN reports; misuse for an engine in autocommit.
    pub fn begin_outer(&self) -> Result<OuterTransaction<B>> {
        if self.core().is_autocommit() {
            return Err(Error::misuse(
                "an engine in autocommit has no transactions that sessions could join",
            ));
        }
        let mut connection = self.checkout()?;
        connection.transact(Transact::Begin(BeginMode::default()))?;
        let slot = Arc::new(Slot(Mutex::new(Place::Free(connection))));
        let driver = Arc::new(Joined {
            slot: Arc::clone(&slot),
            dialect: self.core().dialect(),
            location: self.core().location(),
        });
        Ok(OuterTransaction { engine: Engine::from_core(joined_core(driver, self.core())), slot })
    }
}

impl<B> OuterTransaction<B> {
    /// The engine whose sessions join the transaction.
    pub fn engine(&self) -> &Engine<B> {
        &self.engine
    }

    /// Commits what sessions committed.
    ///
    /// # Errors
    /// Misuse while one of them is in a transaction: everything is rolled back when that ends. What COMMIT reports.
    pub fn commit(self) -> Result<()> {
        self.end(Transact::Commit)
    }

    /// Takes everything back.
    ///
    /// # Errors
    /// Misuse while a session is in a transaction: everything is taken back when that ends. What ROLLBACK reports.
    pub fn rollback(self) -> Result<()> {
        self.end(Transact::Rollback)
    }

    fn end(self, step: Transact<'_>) -> Result<()> {
        let Some(mut connection) = self.slot.take() else {
            return Err(Error::misuse(
                "a session is in the outer transaction still: commit, roll back or drop it first",
            ));
        };
        if !connection.is_in_transaction() {
            return Err(over());
        }
        connection.transact(step)
    }
}

impl<B> Drop for OuterTransaction<B> {
    fn drop(&mut self) {
        drop(self.slot.replace(Place::Over));
    }
}

impl<B> fmt::Debug for OuterTransaction<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OuterTransaction({:?})", self.engine)
    }
}

/// An engine that has the one connection, and shows nothing: the connection does so itself.
fn joined_core(driver: Arc<Joined>, of: &EngineCore) -> EngineCore {
    let connect = ConnectOptions { connect_timeout: TIMEOUT, statement_cache_size: 1 };
    let options = PoolOptions {
        keep: 0,
        cap: Some(1),
        timeout: TIMEOUT,
        recycle: None,
        pre_ping: false,
        order: Order::Fifo,
        isolation_level: None,
    };
    let settings = Settings {
        show_values: false,
        is_silent: true,
        label_length: of.label_length(),
        isolation_level: None,
    };
    let driver: Arc<dyn Driver> = driver;
    let pool = Pool::new(Arc::clone(&driver), connect, options);
    EngineCore::new(driver, pool, settings, ExecutionOptions::new())
}

fn over() -> Error {
    Error::misuse("the outer transaction is over: it was ended, or an error in it ended it")
}

/// Gives the connection of an outer transaction.
struct Joined {
    slot: Arc<Slot>,
    dialect: &'static dyn Dialect,
    location: String,
}

impl Driver for Joined {
    fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    fn connect(&self, _options: &ConnectOptions) -> Result<Box<dyn Connection>> {
        let connection = self.slot.take().ok_or_else(over)?;
        Ok(Box::new(JoinedConnection {
            connection: Some(connection),
            slot: Arc::clone(&self.slot),
            has_begun: false,
        }))
    }

    fn pool_defaults(&self) -> PoolDefaults {
        PoolDefaults { pool_size: 1, max_overflow: 0 }
    }

    fn location(&self) -> String {
        format!("the outer transaction of {}", self.location)
    }
}

/// The connection in the use of a session, whose transactions are savepoints; it goes back when it is dropped.
struct JoinedConnection {
    /// `None` only while it is being dropped.
    connection: Option<Checkout>,
    slot: Arc<Slot>,
    /// Whether the savepoint is open.
    has_begun: bool,
}

impl JoinedConnection {
    fn inner(&mut self) -> &mut dyn Connection {
        &mut **self.connection.as_mut().expect("invariant: held until dropped")
    }

    fn is_alive(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.is_in_transaction())
    }
}

impl Connection for JoinedConnection {
    fn execute(&mut self, statement: &Statement, values: &[Value<'_>]) -> Result<Done> {
        self.inner().execute(statement, values)
    }

    fn insert_rows<'a>(
        &mut self,
        statement: &Statement,
        next: &mut dyn FnMut(&mut Vec<Value<'a>>) -> Result<bool>,
        generated: &mut Vec<i64>,
    ) -> Result<()> {
        self.inner().insert_rows(statement, next, generated)
    }

    fn query(
        &mut self,
        statement: &Statement,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.inner().query(statement, values, each)
    }

    fn stream<'conn>(
        &'conn mut self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Box<dyn Rows + 'conn>> {
        self.inner().stream(statement, values)
    }

    fn run_script(&mut self, sql: &str) -> Result<()> {
        self.inner().run_script(sql)
    }

    fn transact(&mut self, step: Transact<'_>) -> Result<()> {
        if !self.is_alive() {
            self.has_begun = false;
            return Err(over());
        }
        match step {
            Transact::Begin(_) => {
                self.inner().transact(Transact::Savepoint(SAVEPOINT))?;
                self.has_begun = true;
            }
            Transact::Commit => {
                self.inner().transact(Transact::Release(SAVEPOINT))?;
                self.has_begun = false;
            }
            Transact::Rollback => {
                self.inner().transact(Transact::RollbackTo(SAVEPOINT))?;
                self.inner().transact(Transact::Release(SAVEPOINT))?;
                self.has_begun = false;
            }
            Transact::Savepoint(_) | Transact::Release(_) | Transact::RollbackTo(_) => {
                self.inner().transact(step)?;
            }
        }
        Ok(())
    }

    fn is_in_transaction(&self) -> bool {
        self.has_begun && self.is_alive()
    }

    fn ping(&mut self) -> Result<()> {
        self.inner().ping()
    }

    fn set_isolation_level(&mut self, _level: IsolationLevel) -> Result<()> {
        Err(Error::unsupported("a session that joins an outer transaction has the isolation of that"))
    }

    fn live_schema(&mut self) -> Result<LiveSchema> {
        self.inner().live_schema()
    }
}

impl Drop for JoinedConnection {
    fn drop(&mut self) {
        self.connection.take().into_iter().for_each(|connection| self.slot.put(connection));
    }
}
