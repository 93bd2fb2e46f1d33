//! Savepoints: frames inside a transaction, by a closure or by a token.

use super::core::{Core, Intent};
use super::entities::Session;
use crate::driver::Transact;
use crate::error::{Error, Result};
use crate::value::SessionNumber;

impl Core {
    /// Flushes and opens a savepoint; gives its number.
    fn begin_nested(&mut self) -> Result<u64> {
        self.check_no_flush("begin_nested")?;
        self.flush()?;
        self.connect(Intent::Write)?;
        self.open_frame();
        let depth = self.frames.len() - 1;
        if let Err(error) = self.step(depth, |name| Transact::Savepoint(name)) {
            self.close_frames(depth);
            return Err(error);
        }
        Ok(self.frames[depth].number)
    }

    /// Where a savepoint stands, while it is open.
    fn depth_of(&self, number: u64) -> Option<usize> {
        self.frames.iter().position(|frame| frame.number == number)
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

    /// Keeps what was done since a savepoint; those inside it are kept with it.
    fn release(&mut self, depth: usize) -> Result<()> {
        self.flush()?;
        self.step(depth, |name| Transact::Release(name))?;
        self.close_frames(depth);
        Ok(())
    }

    /// Undoes what was done since a savepoint, and ends it with those inside it. When the database cannot, the whole
    /// transaction is undone.
    fn undo_nested(&mut self, depth: usize) -> Result<()> {
        let undone = self.try_undo_nested(depth);
        undone.map_err(|error| self.fail_all(error))
    }

    fn try_undo_nested(&mut self, depth: usize) -> Result<()> {
        self.mistake = None;
        // A flush that failed has rolled the innermost savepoint back.
        let is_rolled_back = self.failed.take().is_some();
        if !is_rolled_back || self.frames.len() > depth + 1 {
            self.roll_back_to(depth)?;
        }
        // Also after a failure, which undid the frame: what was done in memory since goes too.
        self.undo_savepoint(depth);
        self.step(depth, |name| Transact::Release(name))?;
        self.close_frames(depth);
        Ok(())
    }
}

/// A savepoint that [`Session::begin_nested`] opened, as SQLAlchemy's nested transaction: a name for it, which holds nothing.
///
/// Ending it ends those that were opened inside it. One that is forgotten is kept by a commit, and undone by a rollback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a savepoint is ended by its `commit` or `rollback`"]
pub struct NestedTransaction {
    session: SessionNumber,
    number: u64,
}

impl NestedTransaction {
    /// Whether it is open still, in this session.
    pub fn is_active<B>(self, session: &Session<B>) -> bool {
        self.depth(session).is_ok()
    }

    /// Flushes, and keeps what was done since the savepoint was opened.
    ///
    /// # Errors
    /// Misuse when it has ended, or is of another session; what the flush reports, and what made the savepoint fail before.
    pub fn commit<B>(self, session: &mut Session<B>) -> Result<()> {
        let depth = self.depth(session)?;
        session.core.release(depth)
    }

    /// Undoes what was done since the savepoint was opened, in the database and in memory.
    ///
    /// # Errors
    /// Misuse when it has ended, or is of another session. When the database cannot do it, the whole transaction is undone.
    pub fn rollback<B>(self, session: &mut Session<B>) -> Result<()> {
        let depth = self.depth(session)?;
        session.core.undo_nested(depth)
    }

    fn depth<B>(self, session: &Session<B>) -> Result<usize> {
        session.core.check_no_flush("commit` or `rollback")?;
        let is_own = session.core.stores.session() == self.session;
        let depth = session.core.depth_of(self.number).filter(|_| is_own);
        depth.ok_or_else(|| {
            Error::misuse("this savepoint is of another session, or has ended: with one around it, by commit or by rollback")
        })
    }
}

/// The savepoint of a closure; unless it is kept, it is undone.
struct Guard<'session, B> {
    session: &'session mut Session<B>,
    number: u64,
}

impl<B> Guard<'_, B> {
    /// Keeps what was done, if nothing of it failed. The transaction may be over already.
    fn keep(self) -> Result<()> {
        let core = &mut self.session.core;
        core.check_usable()?;
        match core.depth_of(self.number) {
            Some(depth) => core.release(depth),
            None => Ok(()),
        }
    }
}

impl<B> Drop for Guard<'_, B> {
    /// Undoes what was done, if the savepoint is open still.
    fn drop(&mut self) {
        let core = &mut self.session.core;
        if let Some(depth) = core.depth_of(self.number)
            && let Err(error) = core.undo_nested(depth)
        {
            tracing::warn!(target: "orm::session", %error, "a savepoint could not be undone; its transaction is");
        }
    }
}

impl<B> Session<B> {
    /// Runs a closure in a savepoint: kept when it returns `Ok`, undone by itself when it returns `Err` or panics.
    ///
    /// A `commit` or `rollback` in the closure ends the whole transaction, and the savepoint with it.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, #[column(unique)] pub name: String }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// for name in ["alice", "bob", "alice"] {
    ///     let added = s.nested(|s| {
    ///         s.add(User { name: name.into(), ..Default::default() });
    ///         s.flush()
    ///     });
    ///     assert!(added.is_ok_and(|()| true) || name == "alice");
    /// }
    /// s.commit()?;
    /// assert_eq!(s.query::<User>().count()?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the closure returns; what a flush in it returned, even if the closure swallowed it.
    pub fn nested<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let number = self.core.begin_nested()?;
        let guard = Guard { session: self, number };
        let value = work(&mut *guard.session)?;
        guard.keep()?;
        Ok(value)
    }

    /// Flushes and opens a savepoint, which the value that it gives ends: where a closure does not fit.
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
    /// # let mut s = engine.session();
    /// let ed = s.add(User { name: "ed".into(), ..Default::default() });
    /// let savepoint = s.begin_nested()?;
    /// s[ed].name = "edward".into();
    /// savepoint.rollback(&mut s)?;
    /// assert_eq!(s[ed].name, "ed");
    /// s.commit()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the flush reports, or the database.
    pub fn begin_nested(&mut self) -> Result<NestedTransaction> {
        let number = self.core.begin_nested()?;
        Ok(NestedTransaction { session: self.core.stores.session(), number })
    }
}
