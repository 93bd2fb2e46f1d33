//! A connection in use, until it is dropped.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::logged::{Log, Logged};
use super::permits::Permit;
use super::pool::{Birth, Condition, Open, Pool, Taken};
use crate::driver::{BeginMode, Connection, IsolationLevel, Transact};
use crate::error::Result;

/// A connection of an engine's pool. Dropping it gives it back; a transaction that is still open is rolled back first.
///
/// It is the driver's [`Connection`], whose statements are echoed and logged as the engine was told.
pub struct Checkout {
    /// `None` only while it is being dropped.
    held: Option<Held>,
    pool: Arc<Pool>,
}

/// A connection, and what goes back with it.
struct Held {
    connection: Logged,
    birth: Birth,
    permit: Option<Permit>,
    place: Place,
}

/// Where a connection goes when it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Back into its pool.
    Pool,
    /// Nowhere: it left the pool and is closed.
    Outside,
}

impl Checkout {
    pub(crate) fn take(pool: Arc<Pool>, log: Log, level: Option<IsolationLevel>) -> Result<Self> {
        let Taken { open, permit } = pool.take()?;
        let held = Held {
            connection: Logged::new(open.connection, log),
            birth: open.birth,
            permit,
            place: Place::Pool,
        };
        let mut checkout = Checkout { held: Some(held), pool };
        if let Some(level) = level {
            checkout.set_isolation_level(level)?;
        }
        Ok(checkout)
    }

    /// Closes this connection now; the next caller gets another one. For a connection that misbehaves in a way that no error
    /// tells.
    pub fn invalidate(self) {
        drop(self.detach());
    }

    /// Takes this connection out of the pool, which may open another in its place. It is closed when it is dropped; what was
    /// not committed by then is rolled back.
    #[must_use = "a detached connection is closed when it is dropped"]
    pub fn detach(mut self) -> Self {
        if let Some(held) = &mut self.held
            && held.place == Place::Pool
        {
            held.place = Place::Outside;
            self.pool.give_up_place();
            held.permit = None;
        }
        self
    }

    /// How many statements were sent over it since it was taken.
    #[inline]
    pub(crate) fn sent(&self) -> u64 {
        self.held.as_ref().map_or(0, |held| held.connection.sent)
    }

    /// Commits after `Ok`, rolls back after `Err`.
    pub(crate) fn in_transaction<T>(mut self, work: impl FnOnce(&mut Checkout) -> Result<T>) -> Result<T> {
        self.transact(Transact::Begin(BeginMode::default()))?;
        let value = work(&mut self)?;
        self.transact(Transact::Commit)?;
        Ok(value)
    }
}

impl Deref for Checkout {
    type Target = dyn Connection;

    fn deref(&self) -> &Self::Target {
        &self.held.as_ref().expect("invariant: held until dropped").connection
    }
}

impl DerefMut for Checkout {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.held.as_mut().expect("invariant: held until dropped").connection
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let Some(Held { connection, birth, permit, place }) = self.held.take() else {
            return;
        };
        if place == Place::Outside {
            return;
        }
        let condition = if connection.dead {
            Condition::Dead
        } else if connection.other_level {
            Condition::OtherLevel
        } else {
            Condition::Usable
        };
        let open = Open { connection: connection.inner, birth };
        self.pool.put_back(Taken { open, permit }, condition);
    }
}

impl fmt::Debug for Checkout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checkout(in transaction: {})", self.is_in_transaction())
    }
}
