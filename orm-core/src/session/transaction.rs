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
            self.frames.pop();
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

    /// Rolls the database back to a savepoint, which stays.
    pub(super) fn roll_back_to(&mut self, depth: usize) -> Result<()> {
        self.step(depth, |name| Transact::RollbackTo(name))
    }

    /// Keeps what was done since a savepoint.
    fn release(&mut self, depth: usize) -> Result<()> {
        self.flush()?;
        self.step(depth, |name| Transact::Release(name))?;
        self.frames.truncate(depth);
        self.stores.set_frame(&self.frames[depth - 1].marks);
        Ok(())
    }

    /// Undoes what was done since a savepoint, and ends it.
    fn undo_nested(&mut self, depth: usize) -> Result<()> {
        if self.frames.len() <= depth {
            return Ok(());
        }
        let had_failed = self.failed.take().is_some();
        if !had_failed || self.frames.len() > depth + 1 {
            self.roll_back_to(depth)?;
            self.undo_frames_to(depth);
            self.stores.end_epoch();
        }
        self.step(depth, |name| Transact::Release(name))?;
        self.frames.truncate(depth);
        self.stores.set_frame(&self.frames[depth - 1].marks);
        Ok(())
    }
}

impl<B> Session<B> {
    /// Runs a closure in a savepoint: kept when it returns `Ok`, undone by itself when it returns `Err`.
    ///
    /// # Errors
    /// What the closure returns; what a flush in it returned, even if the closure swallowed it.
    pub fn nested<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.core.begin_nested()?;
        let depth = self.core.frames.len() - 1;
        let done = work(self).and_then(|value| {
            self.core.check_usable()?;
            self.core.release(depth)?;
            Ok(value)
        });
        done.inspect_err(|_| self.leave(depth))
    }

    /// Leaves a savepoint after an error; when that fails too, the whole transaction is lost.
    fn leave(&mut self, depth: usize) {
        if let Err(error) = self.core.undo_nested(depth) {
            self.core.fail_all(&error);
        }
    }
}
