//! The engine itself: a base's name for a core that is compiled once.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::builder::EngineBuilder;
use super::checkout::Checkout;
use super::labels::ShortLabels;
use super::logged::Log;
use super::options::ExecutionOptions;
use super::pool::{Pool, PoolStatus};
use super::schema::{create_all, drop_all};
use crate::compile::Statements;
use crate::driver::{Dialect, Driver, IsolationLevel};
use crate::error::Result;
use crate::expr::RelationName;
use crate::schema::{DeclarativeBase, Metadata};

/// A database, the pool of its connections, and the base whose models live there. Made once; a clone is the same engine.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct UsersDb;
/// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
/// # fn main() -> orm_core::Result<()> {
/// let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
/// engine.create_all()?;
/// assert!(engine.metadata().verify(&engine)?.is_empty());
/// # Ok(())
/// # }
/// ```
pub struct Engine<B> {
    core: Arc<EngineCore>,
    base: PhantomData<fn() -> B>,
}

/// All of an engine but its base.
pub(crate) struct EngineCore {
    database: Arc<Database>,
    options: ExecutionOptions,
}

/// What an engine shares with those derived from it.
struct Database {
    driver: Arc<dyn Driver>,
    pool: RwLock<Arc<Pool>>,
    settings: Settings,
    statements: Statements,
    /// Of what was warned already.
    warned: Mutex<HashSet<Loading>>,
}

/// A place in a program that loads a relation.
pub(crate) type Loading = (&'static Location<'static>, RelationName);

/// What an engine was told that is no matter of its pool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) show_values: bool,
    /// Whether the connections of the driver show their statements themselves.
    pub(crate) is_silent: bool,
    pub(crate) label_length: usize,
    /// Of every connection, where the execution options say nothing.
    pub(crate) isolation_level: Option<IsolationLevel>,
}

impl<B: DeclarativeBase> Engine<B> {
    /// Starts to describe an engine on a driver, such as `Sqlite::file("users.db")`.
    pub fn builder(driver: impl Driver) -> EngineBuilder<B> {
        EngineBuilder::new(Arc::new(driver))
    }

    /// The tables of the base.
    pub fn metadata(&self) -> Metadata<B> {
        Metadata::new()
    }

    /// Creates every table of the base that is not there, in foreign-key order, with its constraints and indexes. A table
    /// that is there stays as it is: [`Metadata::verify`] tells how it differs.
    ///
    /// # Errors
    /// Whatever the database reports, with the statement; nothing is created then.
    pub fn create_all(&self) -> Result<()> {
        let dialect = ShortLabels::new(self.core.dialect(), self.core.label_length());
        create_all(self.metadata().tables(), &dialect, &mut *self.checkout()?)
    }

    /// Drops every table of the base that is there, with all its rows, in reverse order.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
    /// # fn main() -> orm_core::Result<()> {
    /// let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// engine.create_all()?;
    /// engine.create_all()?; // what is there stays
    /// engine.drop_all()?;
    /// assert_eq!(engine.metadata().verify(&engine)?[0].to_string(), "table `users` is missing");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A foreign key when a table that the base does not know names a row still; whatever else the database reports. Nothing
    /// is dropped then.
    pub fn drop_all(&self) -> Result<()> {
        drop_all(self.metadata().tables(), self.core.dialect(), &mut *self.checkout()?)
    }

    /// An engine with other defaults on the same pool.
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
    /// let reports = engine.execution_options(ExecutionOptions::new().echo(true).logging_token("reports"));
    /// assert_eq!(reports.session().query::<User>().count()?, 0); // printed on stderr, marked with `reports`
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn execution_options(&self, options: ExecutionOptions) -> Self {
        Self::from_core(EngineCore {
            database: Arc::clone(&self.core.database),
            options: options.over(self.core.options),
        })
    }
}

impl<B> Engine<B> {
    pub(crate) fn from_core(core: EngineCore) -> Self {
        Engine { core: Arc::new(core), base: PhantomData }
    }

    pub(crate) fn core(&self) -> &Arc<EngineCore> {
        &self.core
    }

    /// A connection of the pool, for statements of your own; it goes back when it is dropped, and what was not committed by
    /// then is rolled back.
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
    /// let mut connection = engine.checkout()?;
    /// connection.run_script("INSERT INTO users (name) VALUES ('alice')")?;
    /// assert_eq!(engine.pool_status().checked_out, 1);
    /// drop(connection);
    /// assert_eq!(engine.pool_status().checked_out, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Timeout when all connections stay in use; whatever the driver reports when one is opened.
    pub fn checkout(&self) -> Result<Checkout> {
        self.core.checkout()
    }

    /// The same by SQLAlchemy's name: [`checkout`](Self::checkout).
    ///
    /// # Errors
    /// As [`checkout`](Self::checkout).
    pub fn connect(&self) -> Result<Checkout> {
        self.checkout()
    }

    /// Runs a closure on a connection, in a transaction: committed when it returns `Ok`, rolled back when it returns `Err` or
    /// panics. For statements of your own; [`SessionMaker::transaction`](crate::session::SessionMaker::transaction) is the
    /// same with a session.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # fn main() -> orm_core::Result<()> {
    /// let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// engine.begin(|connection| {
    ///     connection.run_script("CREATE TABLE colours (name TEXT); INSERT INTO colours VALUES ('red'), ('blue')")
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`checkout`](Self::checkout); what the closure, BEGIN or COMMIT returns.
    pub fn begin<T>(&self, work: impl FnOnce(&mut Checkout) -> Result<T>) -> Result<T> {
        self.checkout()?.in_transaction(work)
    }

    /// Replaces every connection that is open now when it is next taken, such as after a failover. Those in use go on working
    /// until they come back.
    pub fn invalidate(&self) {
        self.core.database.pool().invalidate();
    }

    /// Starts with an empty pool: idle connections are closed now, those in use when they come back.
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
    /// assert_eq!(engine.pool_status().idle, 1); // the connection that made the tables
    /// engine.dispose();
    /// assert_eq!(engine.pool_status().idle, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn dispose(&self) {
        self.core.dispose();
    }

    /// How many connections there are, and where.
    pub fn pool_status(&self) -> PoolStatus {
        self.core.database.pool().status()
    }
}

impl EngineCore {
    pub(crate) fn new(
        driver: Arc<dyn Driver>,
        pool: Pool,
        settings: Settings,
        options: ExecutionOptions,
    ) -> Self {
        let database = Database {
            statements: Statements::new(driver.dialect()),
            driver,
            pool: RwLock::new(Arc::new(pool)),
            settings,
            warned: Mutex::default(),
        };
        EngineCore { database: Arc::new(database), options }
    }

    /// How SQL is written for this engine's database.
    pub(crate) fn dialect(&self) -> &'static dyn Dialect {
        self.database.driver.dialect()
    }

    /// The statements whose text is known.
    pub(crate) fn statements(&self) -> &Statements {
        &self.database.statements
    }

    /// Whether every statement is a transaction of its own.
    pub(crate) fn is_autocommit(&self) -> bool {
        let level = self.options.isolation_level.or(self.database.settings.isolation_level);
        level == Some(IsolationLevel::Autocommit)
    }

    /// Whether a place is to be warned about: it is once, whichever session finds it.
    pub(crate) fn is_news(&self, loading: Loading) -> bool {
        self.database.warned.lock().unwrap_or_else(PoisonError::into_inner).insert(loading)
    }

    /// Where the database is, for messages.
    pub(crate) fn location(&self) -> String {
        self.database.driver.location()
    }

    /// The greatest length of names that are generated, in bytes.
    pub(crate) fn label_length(&self) -> usize {
        self.database.settings.label_length
    }

    pub(crate) fn checkout(&self) -> Result<Checkout> {
        let log = Log {
            echo: self.options.echo.unwrap_or(false),
            values: self.database.settings.show_values,
            is_silent: self.database.settings.is_silent,
            token: self.options.logging_token,
        };
        Checkout::take(self.database.pool(), log, self.options.isolation_level)
    }

    fn dispose(&self) {
        let mut pool = self.database.pool.write().unwrap_or_else(PoisonError::into_inner);
        let anew = Arc::new(pool.anew());
        let old = std::mem::replace(&mut *pool, anew);
        drop(pool);
        old.dispose();
    }
}

impl Database {
    fn pool(&self) -> Arc<Pool> {
        Arc::clone(&self.pool.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<B> Clone for Engine<B> {
    fn clone(&self) -> Self {
        Engine { core: Arc::clone(&self.core), base: PhantomData }
    }
}

impl<B> fmt::Debug for Engine<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({}; {})", self.core.location(), self.pool_status())
    }
}
