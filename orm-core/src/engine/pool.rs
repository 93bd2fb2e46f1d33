//! The connections of an engine: which is handed out, and what becomes of it when it comes back.
//!
//! As SQLAlchemy's `QueuePool`: an idle connection is taken before one is opened; a connection is opened by the caller,
//! outside of any lock, so that one that hangs blocks nobody; when one comes back and `pool_size` are idle already, it is
//! closed. A permit is held for as long as a connection is in use and given back after it, so a waiter finds it idle.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::options::{Order, PoolOptions};
use super::permits::{Permit, Permits};
use crate::driver::{ConnectOptions, Connection, Driver, IsolationLevel, Transact};
use crate::error::{Error, Result};

/// The connections of an engine, until the engine is disposed of.
pub(crate) struct Pool {
    driver: Arc<dyn Driver>,
    connect: ConnectOptions,
    options: PoolOptions,
    permits: Option<Permits>,
    shelf: Mutex<Shelf>,
}

/// What the lock guards; nothing is opened or closed under it.
struct Shelf {
    idle: VecDeque<Open>,
    /// Connections in use and idle, those being opened included.
    open: u32,
    /// Counts up when a connection was found dead: those opened before are replaced when they are taken.
    epoch: u64,
    /// Nothing comes back into a pool that was disposed of.
    disposed: bool,
}

/// An open connection.
pub(crate) struct Open {
    pub(crate) connection: Box<dyn Connection>,
    pub(crate) birth: Birth,
}

/// When a connection was opened.
#[derive(Clone, Copy)]
pub(crate) struct Birth {
    opened: Instant,
    epoch: u64,
}

/// A connection that was taken, with the permission to hold it.
pub(crate) struct Taken {
    pub(crate) open: Open,
    pub(crate) permit: Option<Permit>,
}

/// What is known of a connection that comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Nothing special.
    Usable,
    /// Its isolation level was changed.
    OtherLevel,
    /// A statement found it dead.
    Dead,
}

impl Pool {
    pub(crate) fn new(driver: Arc<dyn Driver>, connect: ConnectOptions, options: PoolOptions) -> Self {
        let shelf = Shelf { idle: VecDeque::new(), open: 0, epoch: 0, disposed: false };
        Pool { driver, connect, permits: options.cap.map(Permits::new), options, shelf: Mutex::new(shelf) }
    }

    /// An empty pool of the same rules.
    pub(crate) fn anew(&self) -> Self {
        Pool::new(Arc::clone(&self.driver), self.connect.clone(), self.options.clone())
    }

    /// A connection, idle or new.
    pub(crate) fn take(&self) -> Result<Taken> {
        let permit = match &self.permits {
            Some(permits) => Some(permits.take(self.options.timeout).ok_or_else(|| self.exhausted())?),
            None => None,
        };
        let open = match self.take_idle() {
            Some(open) => self.usable(open)?,
            None => self.open()?,
        };
        Ok(Taken { open, permit })
    }

    /// Puts a connection back: idle, or closed. The permit goes last.
    pub(crate) fn put_back(&self, taken: Taken, condition: Condition) {
        let Taken { mut open, permit } = taken;
        let kept = match condition {
            Condition::Dead => {
                self.mark_stale(open.birth.epoch);
                false
            }
            Condition::Usable => reset(&mut *open.connection, None),
            Condition::OtherLevel => reset(&mut *open.connection, Some(self.level())),
        };
        let closed = self.shelve(open, kept);
        drop(closed);
        drop(permit);
    }

    /// Every connection that is open now is replaced when it is next taken.
    pub(crate) fn invalidate(&self) {
        self.shelf().epoch += 1;
    }

    /// Forgets a connection that does not come back.
    pub(crate) fn give_up_place(&self) {
        self.shelf().open -= 1;
    }

    /// Closes what is idle; what is in use is closed when it comes back.
    pub(crate) fn dispose(&self) {
        let mut shelf = self.shelf();
        shelf.disposed = true;
        let idle = std::mem::take(&mut shelf.idle);
        shelf.open -= count(idle.len());
        drop(shelf);
        drop(idle);
    }

    pub(crate) fn status(&self) -> PoolStatus {
        let shelf = self.shelf();
        let idle = count(shelf.idle.len());
        PoolStatus {
            size: self.options.keep,
            idle,
            overflow: if self.options.keep == 0 { 0 } else { shelf.open.saturating_sub(self.options.keep) },
            checked_out: shelf.open - idle,
        }
    }

    fn take_idle(&self) -> Option<Open> {
        let mut shelf = self.shelf();
        let open = match self.options.order {
            Order::Fifo => shelf.idle.pop_front(),
            Order::Lifo => shelf.idle.pop_back(),
        };
        if open.is_none() {
            shelf.open += 1;
        }
        open
    }

    /// The connection itself, or a new one in its place when it is too old, known to be stale, or does not answer.
    fn usable(&self, mut open: Open) -> Result<Open> {
        let too_old = self.options.recycle.is_some_and(|age| open.birth.opened.elapsed() >= age);
        if too_old || open.birth.epoch < self.shelf().epoch {
            drop(open);
            return self.open();
        }
        if self.options.pre_ping && open.connection.ping().is_err() {
            self.mark_stale(open.birth.epoch);
            drop(open);
            return self.open();
        }
        Ok(open)
    }

    /// Opens a connection that was counted already; gives up its place when that fails.
    fn open(&self) -> Result<Open> {
        let place = Place(self);
        let epoch = self.shelf().epoch;
        let mut connection = self.driver.connect(&self.connect)?;
        if let Some(level) = self.options.isolation_level {
            connection.set_isolation_level(level)?;
        }
        std::mem::forget(place);
        let birth = Birth { opened: Instant::now(), epoch };
        Ok(Open { connection, birth })
    }

    /// Keeps a connection if there is room, else hands it back for closing.
    fn shelve(&self, open: Open, kept: bool) -> Option<Open> {
        let mut shelf = self.shelf();
        if kept && !shelf.disposed && shelf.idle.len() < self.options.keep as usize {
            shelf.idle.push_back(open);
            return None;
        }
        shelf.open -= 1;
        Some(open)
    }

    /// All connections opened in `epoch` or before are replaced when they are taken.
    fn mark_stale(&self, epoch: u64) {
        let mut shelf = self.shelf();
        shelf.epoch = shelf.epoch.max(epoch + 1);
    }

    fn level(&self) -> IsolationLevel {
        self.options.isolation_level.unwrap_or_else(|| self.driver.default_isolation_level())
    }

    #[cold]
    fn exhausted(&self) -> Error {
        let keep = self.options.keep;
        let over = self.options.cap.map_or(0, |cap| cap - keep);
        let defaults = self.driver.pool_defaults();
        let hint = if self.options.cap == Some(1) && defaults.pool_size + defaults.max_overflow == 1 {
            format!(
                ". Unless pool_size says otherwise, {} has one connection, so a second session waits for the first to end",
                self.driver.location()
            )
        } else {
            String::new()
        };
        Error::timeout(format!(
            "no connection became free within {wait:?}: pool_size {keep} and max_overflow {over} are all in use ({status}); end or \
             drop sessions sooner, or raise pool_size, max_overflow or pool_timeout{hint}",
            wait = self.options.timeout,
            status = self.status(),
        ))
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives up the place of a connection that could not be opened, also when the driver panics.
struct Place<'pool>(&'pool Pool);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.give_up_place();
    }
}

/// Rolls back what was left open, and sets the level back; whether the connection can be used again.
fn reset(connection: &mut dyn Connection, level: Option<IsolationLevel>) -> bool {
    if connection.is_in_transaction() {
        let rolled_back = connection.transact(Transact::Rollback);
        if rolled_back.is_err() || connection.is_in_transaction() {
            return false;
        }
        tracing::debug!(target: "orm::pool", "a connection came back in a transaction, which was rolled back");
    }
    level.is_none_or(|level| connection.set_isolation_level(level).is_ok())
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// How many connections a pool has, and where they are.
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
/// let status = engine.pool_status();
/// assert_eq!((status.size, status.idle, status.overflow, status.checked_out), (1, 1, 0, 0));
/// assert_eq!(status.to_string(), "size 1, idle 1, overflow 0, checked out 0");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStatus {
    /// Connections that are kept at most.
    pub size: u32,
    /// Connections that wait to be used.
    pub idle: u32,
    /// Connections above `size`.
    pub overflow: u32,
    /// Connections in use.
    pub checked_out: u32,
}

impl fmt::Display for PoolStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PoolStatus { size, idle, overflow, checked_out } = self;
        write!(f, "size {size}, idle {idle}, overflow {overflow}, checked out {checked_out}")
    }
}
