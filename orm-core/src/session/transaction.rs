//! How transactions begin and end, in memory and on the wire.

use std::sync::Arc;

use super::core::Core;
use super::entities::Session;
use super::events::Event;
use crate::driver::Transact;
use crate::error::Result;

impl Core {
    /// Flushes and commits the outermost transaction.
    ///
    /// # Errors
    /// What the flush reports; what COMMIT reports. After `busy` nothing has changed and `commit` may be called again.
    pub(crate) fn commit(&mut self) -> Result<()> {
        self.check_no_hook("commit")?;
        self.check_usable()?;
        self.run_hooks(Event::BeforeCommit).map_err(|error| self.fail_frame(error))?;
        self.flush_all()?;
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
        self.tell_hooks(Event::AfterCommit);
        Ok(())
    }

    /// Rolls back the outermost transaction; memory goes back to what the database has.
    pub(crate) fn rollback(&mut self) {
        self.mistake = None;
        self.abandon_connection();
        self.failed = None;
        // Also after a failure, which undid the frame: what was done in memory since goes too.
        self.undo_frames_to(0);
        self.stores.epochs_mut().end();
        self.renew_frames();
        self.tell_hooks(Event::AfterRollback);
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
    /// Misuse in a hook of the session. A connection that cannot roll back is closed, which rolls back as well.
    pub fn rollback(&mut self) -> Result<()> {
        self.core.check_no_hook("rollback")?;
        self.core.rollback();
        Ok(())
    }

    /// Rolls back, and forgets every entity; the session can be used again.
    ///
    /// In a hook of the session it does nothing, and makes the next flush fail and say so.
    pub fn close(&mut self) {
        if let Err(mistake) = self.core.check_no_hook("close") {
            return self.core.remember(mistake);
        }
        self.core.rollback();
        let (engine, options) = (Arc::clone(&self.core.engine), self.core.options);
        let (info, events) = (std::mem::take(&mut self.core.info), self.core.events.take());
        self.core = Core::new(engine, options, info);
        self.core.events = events;
    }
}
