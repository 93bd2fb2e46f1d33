//! How transactions begin and end, in memory and on the wire.

use std::sync::Arc;
use std::time::Instant;

use super::core::{Core, Intent};
use super::entities::Session;
use super::events::Event;
use crate::driver::{BeginMode, Transact};
use crate::error::{Error, Result};

/// Whether a session was told to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    No,
    Yes,
    With(BeginMode),
}

/// Since when a transaction is on the wire.
pub(crate) struct Age {
    since: Instant,
    /// Whether it only read.
    reads: bool,
}

impl Core {
    /// Whether there is something to commit or to roll back.
    pub(super) fn in_transaction(&self) -> bool {
        self.connection.is_some()
            || self.begun != Begun::No
            || self.failed.is_some()
            || !self.pending.is_empty()
            || !self.deleted.is_empty()
            || self.stores.is_touched()
    }

    /// Whether a statement may begin the transaction.
    #[inline]
    pub(super) fn may_begin(&self) -> bool {
        self.options.autobegin || self.begun != Begun::No
    }

    /// Begins; the wire follows with the first statement.
    fn begin(&mut self, begun: Begun) -> Result<()> {
        if let Some(first) = &self.failed {
            return Err(first
                .again()
                .context("so the transaction was undone: call `rollback()` before `begin()`"));
        }
        let has_begun = match self.options.autobegin {
            true => self.in_transaction(),
            // What was done in memory so far waits for it.
            false => self.begun != Begun::No,
        };
        if has_begun {
            return Err(Error::misuse(
                "a transaction has begun already: commit or roll back before `begin()`",
            ));
        }
        self.begun = begun;
        Ok(())
    }

    /// Takes a connection and begins on the wire.
    #[cold]
    pub(super) fn open_transaction(&mut self, intent: Intent) -> Result<()> {
        let mut connection = self.engine.checkout()?;
        if !self.engine.is_autocommit() {
            connection.transact(Transact::Begin(self.begin_mode(intent)))?;
        }
        self.connection = Some(connection);
        self.age = self.options.warn_after.map(|_| Age { since: Instant::now(), reads: true });
        self.run_hooks(Event::AfterBegin).inspect_err(|_| self.abandon_connection())
    }

    fn begin_mode(&self, intent: Intent) -> BeginMode {
        let chosen = match self.begun {
            Begun::With(mode) => Some(mode),
            Begun::No | Begun::Yes => self.options.begin,
        };
        chosen.unwrap_or(match intent {
            Intent::Read => BeginMode::Deferred,
            Intent::Write => BeginMode::Immediate,
        })
    }

    /// Something is written: what is loaded in a savepoint after this is stale when the savepoint is undone.
    pub(super) fn note_write(&mut self) {
        if let Some(age) = &mut self.age {
            age.reads = false;
        }
        self.note_write_in_frame();
    }

    /// An error may have ended the transaction; then everything in it is undone in memory as well.
    #[cold]
    pub(super) fn look_after(&mut self, error: Error) -> Error {
        let Some(connection) = &self.connection else { return error };
        if self.engine.is_autocommit() || connection.is_in_transaction() {
            return error;
        }
        self.fail_all(error)
    }

    /// Undoes every frame after an error, on the wire and in memory; nothing goes on until `rollback`. The error tells what
    /// was undone.
    pub(crate) fn fail_all(&mut self, error: Error) -> Error {
        let error = error.with_undone(self.undone_since(0));
        self.abandon_connection();
        self.undo_frames_to(0);
        self.stores.epochs_mut().end();
        self.failed = Some(error.again());
        error
    }

    /// Rolls back and gives the connection back; one that cannot roll back is closed by the pool.
    pub(crate) fn abandon_connection(&mut self) {
        if let Some(mut connection) = self.connection.take()
            && connection.is_in_transaction()
            && let Err(error) = connection.transact(Transact::Rollback)
        {
            tracing::warn!(target: "orm::session", %error, "a transaction could not be rolled back; its connection is closed");
        }
        self.look_at_age();
    }

    /// Logs a transaction that only read and was open for long: its snapshot is kept for it all the while.
    fn look_at_age(&mut self) {
        if let (Some(Age { since, reads: true }), Some(most)) = (self.age.take(), self.options.warn_after)
            && since.elapsed() >= most
        {
            let seconds = since.elapsed().as_secs_f64();
            tracing::warn!(target: "orm::session", seconds, "a transaction that only read was open for long; commit or roll back when you have read what you need");
        }
    }

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
            return Err(self.fail_commit(error.context("while committing")));
        }
        self.connection = None;
        self.look_at_age();
        self.stores.iter_mut().for_each(|store| store.commit());
        if self.options.expire_on_commit {
            self.stores.epochs_mut().end();
        }
        self.renew_frames();
        self.tell_hooks(Event::AfterCommit);
        Ok(())
    }

    /// Busy leaves everything open; anything else undoes the transaction, as a failed flush does. When the connection was lost,
    /// nobody knows whether the database has committed.
    #[cold]
    fn fail_commit(&mut self, error: Error) -> Error {
        if error.is_busy() {
            return error;
        }
        let error = if error.is_disconnected() { error.with_outcome_unknown() } else { error };
        self.fail_all(error)
    }

    /// Rolls back the outermost transaction; memory goes back to what the database has.
    pub(crate) fn rollback(&mut self) {
        self.mistake = None;
        self.failed = None;
        self.abandon_connection();
        // Also after a failure, which undid the frame: what was done in memory since goes too.
        self.undo_frames_to(0);
        self.stores.epochs_mut().end();
        self.renew_frames();
        self.tell_hooks(Event::AfterRollback);
    }
}

impl Drop for Core {
    /// The connection rolls back by itself as it is given back.
    fn drop(&mut self) {
        self.look_at_age();
    }
}

impl<B> Session<B> {
    /// Begins a transaction, for a session that does not by itself ([`autobegin(false)`](super::SessionMaker::autobegin)), or to
    /// be sure that none has begun. BEGIN goes over the wire with the first statement.
    ///
    /// # Errors
    /// Misuse when one has begun already.
    pub fn begin(&mut self) -> Result<()> {
        self.core.begin(Begun::Yes)
    }

    /// The same, with the way that the transaction is to begin.
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
    /// s.begin_with(BeginMode::Immediate)?; // the lock for writing, before anything is read
    /// let count = s.query::<User>().count()?;
    /// s.add(User { name: format!("user {count}"), ..Default::default() });
    /// s.commit()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Misuse when a transaction has begun already.
    pub fn begin_with(&mut self, mode: BeginMode) -> Result<()> {
        self.core.begin(Begun::With(mode))
    }

    /// Flushes and commits. Entities keep their values, and the next `get` or query that meets them reads them anew.
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
    /// # let mut s = engine.session();
    /// # s.add_all(["alice", "bob", "carol"].map(|name| User { name: name.into(), age: Some(30), ..Default::default() }));
    /// # s.commit()?;
    /// let alice = s.get_one::<User>(1)?;
    /// s[alice].age = Some(31);
    /// s.commit()?; // flushes first
    /// assert!(!s.in_transaction());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`flush`](Self::flush); busy when another transaction holds the lock: nothing has changed then, and `commit` may be
    /// called again. A constraint that was deferred to the commit is as a failed flush. When the connection was lost,
    /// [`outcome_unknown`](Error::outcome_unknown) says that the database may have committed.
    pub fn commit(&mut self) -> Result<()> {
        self.core.commit()
    }

    /// Rolls back: memory goes back to what the database has, without reading it. What was pending is withdrawn.
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
    /// # let mut s = engine.session();
    /// # s.add_all(["alice", "bob", "carol"].map(|name| User { name: name.into(), age: Some(30), ..Default::default() }));
    /// # s.commit()?;
    /// let alice = s.get_one::<User>(1)?;
    /// s[alice].age = Some(31);
    /// s.rollback()?;
    /// assert_eq!(s[alice].age, Some(30)); // memory goes back, too
    /// # Ok(())
    /// # }
    /// ```
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
    /// # let mut s = engine.session();
    /// # s.add_all(["alice", "bob", "carol"].map(|name| User { name: name.into(), age: Some(30), ..Default::default() }));
    /// # s.commit()?;
    /// let alice = s.get_one::<User>(1)?;
    /// s.close(); // rolled back, everything forgotten, the connection back in the pool
    /// assert!(s.find(alice).is_none());
    /// assert_eq!(s.query::<User>().count()?, 3); // and ready for more
    /// # Ok(())
    /// # }
    /// ```
    pub fn close(&mut self) {
        if let Err(mistake) = self.core.check_no_hook("close") {
            return self.core.remember(mistake);
        }
        self.core.rollback();
        let (engine, options) = (Arc::clone(&self.core.engine), self.core.options);
        let (info, events) = (std::mem::take(&mut self.core.info), self.core.events.take());
        let statistics = std::mem::take(&mut self.core.statistics);
        self.core = Core::new(engine, options, info);
        self.core.events = events;
        self.core.statistics = statistics;
    }
}
