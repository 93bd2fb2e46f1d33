//! How transactions begin and end, in memory and on the wire.

use std::sync::Arc;

use super::core::Core;
use super::entities::Session;
use crate::driver::Transact;
use crate::error::Result;

impl Core {
    /// Flushes and commits the outermost transaction.
    ///
    /// # Errors
    /// What the flush reports; what COMMIT reports. After `busy` nothing has changed and `commit` may be called again.
    pub(crate) fn commit(&mut self) -> Result<()> {
        self.flush()?;
        if let Some(connection) = &mut self.connection
            && connection.is_in_transaction()
            && let Err(error) = connection.transact(Transact::Commit)
        {
            if !error.is_busy() {
                self.fail_all(&error);
            }
            return Err(error.context("while committing"));
        }
        self.connection = None;
        self.stores.iter_mut().for_each(|store| store.commit());
        if self.options.expire_on_commit {
            self.stores.epochs_mut().end();
        }
        self.renew_frames();
        Ok(())
    }

    /// Rolls back the outermost transaction; memory goes back to what the database has.
    pub(crate) fn rollback(&mut self) {
        self.mistake = None;
        self.abandon_connection();
        if self.failed.take().is_none() || self.frames.len() > 1 {
            self.undo_frames_to(0);
            self.stores.epochs_mut().end();
        }
        self.renew_frames();
    }
}

impl<B> Session<B> {
    /// Flushes and commits. Entities keep their values, and the next `get` or query that meets them reads them anew.
    ///
    /// # Errors
    /// As [`flush`](Self::flush); busy when another transaction holds the lock: nothing has changed then, and `commit` may be
    /// called again.
    pub fn commit(&mut self) -> Result<()> {
        self.core.commit()
    }

    /// Rolls back: memory goes back to what the database has, without reading it. What was pending is withdrawn.
    ///
    /// # Errors
    /// None today: a connection that cannot roll back is closed, which rolls back as well.
    pub fn rollback(&mut self) -> Result<()> {
        self.core.rollback();
        Ok(())
    }

    /// Rolls back, and forgets every entity; the session can be used again.
    pub fn close(&mut self) {
        self.core.rollback();
        let (engine, options) = (Arc::clone(&self.core.engine), self.core.options);
        let info = std::mem::take(&mut self.core.info);
        self.core = Core::new(engine, options, info);
    }
}
