//! Savepoints: frames inside a transaction.

use super::core::{Core, Intent};
use super::entities::Session;
use crate::driver::Transact;
use crate::error::{Error, Result};

impl Core {
    /// Flushes and opens a savepoint.
    fn begin_nested(&mut self) -> Result<()> {
        self.flush()?;
        self.connect(Intent::Write)?;
        self.open_frame();
        let depth = self.frames.len() - 1;
        if let Err(error) = self.step(depth, |name| Transact::Savepoint(name)) {
            self.close_frames(depth);
            return Err(error);
        }
        Ok(())
    }

    fn step(&mut self, depth: usize, step: fn(&str) -> Transact<'_>) -> Result<()> {
        let name = format!("s{depth}");
        match &mut self.connection {
            Some(connection) => connection.transact(step(&name)),
            None => Err(Error::misuse("the transaction of this savepoint is over")),
        }
    }

    /// Closes the frames from a depth on, in memory; what they recorded goes to the frame that is innermost then.
    fn close_frames(&mut self, depth: usize) {
        self.frames.truncate(depth);
        self.stores.set_frame(&self.frames[depth - 1].marks);
    }

    /// Rolls the database back to a savepoint, which stays.
    pub(super) fn roll_back_to(&mut self, depth: usize) -> Result<()> {
        self.step(depth, |name| Transact::RollbackTo(name))
    }

    /// Keeps what was done since a savepoint.
    fn release(&mut self, depth: usize) -> Result<()> {
        self.flush()?;
        self.step(depth, |name| Transact::Release(name))?;
        self.close_frames(depth);
        Ok(())
    }

    /// Undoes what was done since a savepoint, and ends it.
    fn undo_nested(&mut self, depth: usize) -> Result<()> {
        let had_failed = self.failed.take().is_some();
        if !had_failed || self.frames.len() > depth + 1 {
            self.roll_back_to(depth)?;
            self.undo_frames_to(depth);
            self.stores.end_epoch();
        }
        self.step(depth, |name| Transact::Release(name))?;
        self.close_frames(depth);
        Ok(())
    }
}

/// An open savepoint; unless it is kept, it is undone.
struct Savepoint<'session, B> {
    session: &'session mut Session<B>,
    depth: usize,
}

impl<B> Savepoint<'_, B> {
    /// Keeps what was done, if nothing of it failed. The transaction may be over already.
    fn keep(self) -> Result<()> {
        let core = &mut self.session.core;
        core.check_usable()?;
        if core.frames.len() > self.depth { core.release(self.depth) } else { Ok(()) }
    }
}

impl<B> Drop for Savepoint<'_, B> {
    /// Undoes what was done, if the savepoint is open still. When that fails, the whole transaction is lost.
    fn drop(&mut self) {
        let core = &mut self.session.core;
        if core.frames.len() > self.depth
            && let Err(error) = core.undo_nested(self.depth)
        {
            core.fail_all(&error);
        }
    }
}

impl<B> Session<B> {
    /// Runs a closure in a savepoint: kept when it returns `Ok`, undone by itself when it returns `Err` or panics.
    ///
    /// A `commit` or `rollback` in the closure ends the whole transaction, and the savepoint with it.
    ///
    /// # Errors
    /// What the closure returns; what a flush in it returned, even if the closure swallowed it.
    pub fn nested<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.core.begin_nested()?;
        let depth = self.core.frames.len() - 1;
        let savepoint = Savepoint { session: self, depth };
        let value = work(&mut *savepoint.session)?;
        savepoint.keep()?;
        Ok(value)
    }
}
