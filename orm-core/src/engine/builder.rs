//! Describes an engine, and checks that the description makes sense.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::config::{EngineConfig, Overflow, seconds};
use super::core::{Engine, EngineCore, Settings};
use super::options::{ExecutionOptions, Order, PoolClass, PoolOptions};
use super::permits;
use super::pool::Pool;
use crate::driver::{ConnectOptions, Driver, IsolationLevel};
use crate::error::{Error, Result};
use crate::schema::DeclarativeBase;

/// A label shorter than this is too likely to be that of another.
const SHORTEST_LABEL: usize = 8;

/// Describes an [`Engine`]; each method replaces a default.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct UsersDb;
/// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
/// # fn main() -> orm_core::Result<()> {
/// # use std::time::Duration;
/// let engine = Engine::<UsersDb>::builder(Sqlite::file("users.db"))
///     .pool_size(10)
///     .max_overflow(5) // 15 connections at most; the sixteenth caller waits
///     .pool_timeout(Duration::from_secs(30))
///     .pool_recycle(Duration::from_secs(3600))
///     .pool_pre_ping(true)
///     .connect_timeout(Duration::from_secs(5))
///     .isolation_level(IsolationLevel::Serializable)
///     .label_length(60)
///     .statement_cache_size(512)
///     .build()?;
/// assert_eq!(engine.pool_status().to_string(), "size 10, idle 0, overflow 0, checked out 0"); // nothing is opened yet
///
/// let nonsense = Engine::<UsersDb>::builder(Sqlite::memory()).poolclass(PoolClass::Null).pool_size(3).build();
/// assert!(nonsense.is_err_and(|error| error.is_config())); // never ignored
/// # Ok(())
/// # }
/// ```
#[must_use = "`build` makes the engine"]
pub struct EngineBuilder<B> {
    options: Options,
    base: PhantomData<fn() -> B>,
}

/// What was said, and what was not.
struct Options {
    driver: Arc<dyn Driver>,
    class: PoolClass,
    pool_size: Option<u32>,
    overflow: Option<Overflow>,
    pool_timeout: Option<Duration>,
    pool_recycle: Option<Duration>,
    pool_pre_ping: Option<bool>,
    pool_use_lifo: Option<bool>,
    connect_timeout: Duration,
    isolation_level: Option<IsolationLevel>,
    show_values: bool,
    label_length: Option<usize>,
    statement_cache_size: usize,
    execution: ExecutionOptions,
    /// The first value that made no sense by itself.
    mistake: Option<Error>,
}

impl<B: DeclarativeBase> EngineBuilder<B> {
    pub(crate) fn new(driver: Arc<dyn Driver>) -> Self {
        EngineBuilder { options: Options::new(driver), base: PhantomData }
    }

    /// How connections are kept; [`PoolClass::Queue`] unless said.
    pub fn poolclass(mut self, class: PoolClass) -> Self {
        self.options.class = class;
        self
    }

    /// How many connections are kept open when they are not in use; 5, or what suits the driver. None is opened in advance.
    pub fn pool_size(mut self, connections: u32) -> Self {
        self.options.pool_size = Some(connections);
        self
    }

    /// How many connections may be open above [`pool_size`](Self::pool_size), 10, or what suits the driver. They are closed
    /// when they come back.
    pub fn max_overflow(mut self, connections: u32) -> Self {
        self.options.overflow = Some(Overflow::AtMost(connections));
        self
    }

    /// Any number of connections may be open; those above [`pool_size`](Self::pool_size) are closed when they come back.
    pub fn unlimited_overflow(mut self) -> Self {
        self.options.overflow = Some(Overflow::Unlimited);
        self
    }

    /// How long a caller waits for a free connection; 30 seconds.
    pub fn pool_timeout(mut self, wait: Duration) -> Self {
        self.options.pool_timeout = Some(wait);
        self
    }

    /// The greatest age of a connection since it was opened; an older one is replaced when it is taken. No bound unless said.
    pub fn pool_recycle(mut self, age: Duration) -> Self {
        self.options.pool_recycle = Some(age);
        self
    }

    /// Whether a connection is tested when it is taken, unless it was just opened; not unless said.
    pub fn pool_pre_ping(mut self, ping: bool) -> Self {
        self.options.pool_pre_ping = Some(ping);
        self
    }

    /// Whether the connection that came back last is taken first, so that surplus ones grow old; not unless said.
    pub fn pool_use_lifo(mut self, lifo: bool) -> Self {
        self.options.pool_use_lifo = Some(lifo);
        self
    }

    /// How long opening one connection may take; 5 seconds.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.options.connect_timeout = limit;
        self
    }

    /// The isolation of every connection; the database's own unless said.
    pub fn isolation_level(mut self, level: IsolationLevel) -> Self {
        self.options.isolation_level = Some(level);
        self
    }

    /// Whether each statement is printed on stderr, with its time and rows; no subscriber is needed.
    pub fn echo(mut self, echo: bool) -> Self {
        self.options.execution.echo = Some(echo);
        self
    }

    /// Whether bound values are shown in echo, logs and errors; they may be secrets, so they are not unless said.
    pub fn show_values(mut self, show: bool) -> Self {
        self.options.show_values = show;
        self
    }

    /// Defaults of every connection.
    pub fn execution_options(mut self, options: ExecutionOptions) -> Self {
        self.options.execution = options.over(self.options.execution);
        self
    }

    /// The greatest length of names that are generated, in bytes; the database's own unless said.
    pub fn label_length(mut self, bytes: usize) -> Self {
        self.options.label_length = Some(bytes);
        self
    }

    /// How many prepared statements each connection keeps; 256.
    pub fn statement_cache_size(mut self, statements: usize) -> Self {
        self.options.statement_cache_size = statements;
        self
    }

    /// Takes all options that a configuration names; its `url` is for the driver. What makes no sense is reported by
    /// [`build`](Self::build).
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
    /// # fn main() -> orm_core::Result<()> {
    /// # use orm_core::engine::EngineConfig;
    /// let config = EngineConfig { url: "sqlite:///:memory:".into(), pool_size: Some(2), ..Default::default() };
    /// let engine = Engine::<UsersDb>::builder(Sqlite::url(&config.url)?).config(&config).build()?;
    /// assert_eq!(engine.pool_status().size, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn config(mut self, config: &EngineConfig) -> Self {
        if let Err(mistake) = self.options.take(config) {
            self.options.mistake.get_or_insert(mistake);
        }
        self
    }

    /// Makes the engine. Nothing is opened.
    ///
    /// # Errors
    /// Config when options make no sense, alone or together.
    pub fn build(self) -> Result<Engine<B>> {
        self.options.build().map(Engine::from_core)
    }
}

impl Options {
    fn new(driver: Arc<dyn Driver>) -> Self {
        Options {
            driver,
            class: PoolClass::default(),
            pool_size: None,
            overflow: None,
            pool_timeout: None,
            pool_recycle: None,
            pool_pre_ping: None,
            pool_use_lifo: None,
            connect_timeout: Duration::from_secs(5),
            isolation_level: None,
            show_values: false,
            label_length: None,
            statement_cache_size: 256,
            execution: ExecutionOptions::default(),
            mistake: None,
        }
    }

    fn take(&mut self, config: &EngineConfig) -> Result<()> {
        self.class = config.poolclass.unwrap_or(self.class);
        self.isolation_level = config.isolation_level.or(self.isolation_level);
        self.pool_size = config.pool_size.or(self.pool_size);
        self.overflow = config.max_overflow.or(self.overflow);
        self.pool_pre_ping = config.pool_pre_ping.or(self.pool_pre_ping);
        self.pool_use_lifo = config.pool_use_lifo.or(self.pool_use_lifo);
        self.execution.echo = config.echo.or(self.execution.echo);
        self.show_values = config.show_values.unwrap_or(self.show_values);
        self.label_length = config.label_length.or(self.label_length);
        self.statement_cache_size = config.statement_cache_size.unwrap_or(self.statement_cache_size);
        if let Some(wait) = config.pool_timeout {
            self.pool_timeout = Some(seconds("pool_timeout", wait)?);
        }
        if let Some(age) = config.pool_recycle {
            self.pool_recycle = Some(seconds("pool_recycle", age)?);
        }
        if let Some(limit) = config.connect_timeout {
            self.connect_timeout = seconds("connect_timeout", limit)?;
        }
        Ok(())
    }

    fn build(mut self) -> Result<EngineCore> {
        if let Some(mistake) = self.mistake.take() {
            return Err(mistake);
        }
        if self.statement_cache_size == 0 {
            return Err(Error::config(
                "statement_cache_size is 0: a connection keeps at least one statement",
            ));
        }
        let settings = Settings {
            show_values: self.show_values,
            is_silent: false,
            label_length: self.checked_label_length()?,
            isolation_level: self.isolation_level,
        };
        let connect = ConnectOptions {
            connect_timeout: self.connect_timeout,
            statement_cache_size: self.statement_cache_size,
        };
        let pool = Pool::new(Arc::clone(&self.driver), connect, self.pool_options()?);
        Ok(EngineCore::new(self.driver, pool, settings, self.execution))
    }

    fn checked_label_length(&self) -> Result<usize> {
        let dialect = self.driver.dialect();
        let most = dialect.capabilities().max_identifier;
        let label = self.label_length.unwrap_or(most);
        if label > most || label < SHORTEST_LABEL {
            return Err(Error::config(format!(
                "label_length is {label}: names of {} have {SHORTEST_LABEL} to {most} bytes",
                dialect.name()
            )));
        }
        Ok(label)
    }

    fn pool_options(&self) -> Result<PoolOptions> {
        let bounds = match self.class {
            PoolClass::Queue => self.queue()?,
            PoolClass::Null => {
                self.without("PoolClass::Null keeps no connection", NEVER_WITH_NULL, Bounds::NONE)?
            }
            PoolClass::Static => {
                self.without("PoolClass::Static keeps one connection", NEVER_WITH_STATIC, Bounds::ONE)?
            }
        };
        Ok(PoolOptions {
            keep: bounds.keep,
            cap: bounds.cap,
            timeout: self.pool_timeout.unwrap_or(Duration::from_secs(30)),
            recycle: self.pool_recycle,
            pre_ping: self.pool_pre_ping.unwrap_or(false),
            order: if self.pool_use_lifo == Some(true) { Order::Lifo } else { Order::Fifo },
            isolation_level: self.isolation_level,
        })
    }

    fn queue(&self) -> Result<Bounds> {
        let defaults = self.driver.pool_defaults();
        let keep = self.pool_size.unwrap_or(defaults.pool_size);
        if keep == 0 {
            return Err(Error::config(
                "pool_size is 0: use `poolclass(PoolClass::Null)` to keep no connection, or `unlimited_overflow()` to open any \
                 number",
            ));
        }
        let over = match self.overflow.unwrap_or(Overflow::AtMost(defaults.max_overflow)) {
            Overflow::Unlimited => return Ok(Bounds { keep, cap: None }),
            Overflow::AtMost(over) => over,
        };
        let cap = keep.saturating_add(over);
        if cap > permits::MOST {
            return Err(Error::config(format!(
                "pool_size {keep} and max_overflow {over} are more than {most} connections: say `unlimited_overflow()` if you \
                 mean no bound",
                most = permits::MOST
            )));
        }
        Ok(Bounds { keep, cap: Some(cap) })
    }

    /// The bounds of a class that leaves no choice.
    fn without(&self, reason: &str, options: &[&str], bounds: Bounds) -> Result<Bounds> {
        let said = [
            ("pool_size", self.pool_size.is_some()),
            ("max_overflow", self.overflow.is_some()),
            ("pool_timeout", self.pool_timeout.is_some()),
            ("pool_recycle", self.pool_recycle.is_some()),
            ("pool_pre_ping", self.pool_pre_ping.is_some()),
            ("pool_use_lifo", self.pool_use_lifo.is_some()),
        ];
        match said.iter().find(|(option, said)| *said && options.contains(option)) {
            Some((option, _)) => {
                Err(Error::config(format!("{reason}, so {option} means nothing: leave it out")))
            }
            None => Ok(bounds),
        }
    }
}

const NEVER_WITH_NULL: &[&str] =
    &["pool_size", "max_overflow", "pool_timeout", "pool_recycle", "pool_pre_ping", "pool_use_lifo"];
const NEVER_WITH_STATIC: &[&str] = &["pool_size", "max_overflow", "pool_use_lifo"];

/// How many connections are kept, and how many may be in use.
struct Bounds {
    keep: u32,
    cap: Option<u32>,
}

impl Bounds {
    const NONE: Bounds = Bounds { keep: 0, cap: None };
    const ONE: Bounds = Bounds { keep: 1, cap: Some(1) };
}
