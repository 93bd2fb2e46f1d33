//! A connection in use, until it is dropped.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::logged::{Log, Logged};
use super::permits::Permit;
use super::pool::{Birth, Condition, Open, Pool, Taken};
use crate::driver::{Connection, IsolationLevel};
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
}

impl Checkout {
    pub(crate) fn take(pool: Arc<Pool>, log: Log, level: Option<IsolationLevel>) -> Result<Self> {
        let Taken { open, permit } = pool.take()?;
        let held = Held { connection: Logged::new(open.connection, log), birth: open.birth, permit };
        let mut checkout = Checkout { held: Some(held), pool };
        if let Some(level) = level {
            checkout.set_isolation_level(level)?;
        }
        Ok(checkout)
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
        let Some(Held { connection, birth, permit }) = self.held.take() else {
            return;
        };
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
