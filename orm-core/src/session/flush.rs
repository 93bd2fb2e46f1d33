//! A flush, phase by phase, and how transactions end.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use super::core::{Core, Intent, StaleWrites};
use super::entities::Session;
use super::events::{Event, MAX_ROUNDS, endless};
use super::listen::listened;
use super::statistics::Origin;
use crate::error::{Error, Result};
use crate::store::Stores;
use crate::uow::{
    Plan, Steps, Wire, check_changes, check_deferral, check_returning, collect_changes, describe, emit_plan,
    follow_deletes, follow_keys, load_children, parents_that_go, plan_changes, record_plan, run_after_hooks,
    run_before_hooks, supply_changes, write_back,
};

/// Whether a flush had anything to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flushed {
    Nothing,
    Something,
}

impl Core {
    /// Writes everything that changed; nothing is sent when nothing did.
    ///
    /// # Errors
    /// Whatever a phase reports. The innermost frame is then undone, on the wire and in memory.
    #[inline]
    pub(crate) fn flush(&mut self) -> Result<Flushed> {
        self.check_usable()?;
        if self.is_clean() {
            return Ok(Flushed::Nothing);
        }
        self.flush_changes()
    }

    #[cold]
    fn flush_changes(&mut self) -> Result<Flushed> {
        self.check_no_flush("flush")?;
        match self.run_phases().map_err(|error| error.context("while flushing")) {
            Ok(()) => Ok(Flushed::Something),
            // Nothing was sent, so nothing has to be undone: the values can be corrected.
            Err(error) if !error.refusals().is_empty() => Err(error),
            Err(error) => Err(self.fail_frame(error)),
        }
    }

    /// Flushes until there is nothing to write: hooks may give each flush's successor something to do.
    ///
    /// # Errors
    /// As [`flush`](Self::flush); misuse when the hooks never come to an end.
    pub(super) fn flush_all(&mut self) -> Result<()> {
        for _ in 0..MAX_ROUNDS {
            if self.flush()? == Flushed::Nothing {
                return Ok(());
            }
        }
        Err(self.fail_frame(endless("`after_flush` hooks gave the next flush something to do")))
    }

    /// Flushes before the database is asked, unless the session was told not to.
    #[inline]
    pub(crate) fn autoflush(&mut self) -> Result<Flushed> {
        match self.options.autoflush {
            true if !self.is_within_flush() && !self.is_clean() => self.flush_unasked(),
            true | false => self.check_usable().map(|()| Flushed::Nothing),
        }
    }

    /// Flushes, and says of an error that the program did not ask for it.
    #[cold]
    fn flush_unasked(&mut self) -> Result<Flushed> {
        self.check_usable()?;
        self.flush_changes().map_err(|error| {
            error.context(
                "in a flush that came by itself, before the database was asked: `no_autoflush` puts it off",
            )
        })
    }

    #[inline]
    pub(super) fn is_clean(&self) -> bool {
        self.pending.is_empty()
            && self.deleted.is_empty()
            && self.mistake.is_none()
            && !self.stores.is_touched()
    }

    fn run_phases(&mut self) -> Result<()> {
        self.run_before_flush()?;
        if let Some(mistake) = self.mistake.take() {
            return Err(mistake);
        }
        self.load()?;
        run_before_hooks(&mut self.stores, &mut self.pending, &self.deleted)?;
        supply_changes(&mut self.stores);
        let plan = self.plan()?;
        if !plan.is_empty() {
            self.connect(Intent::Write)?;
            self.note_write();
            self.emit(&plan)?;
        }
        write_back(&plan, &mut self.stores);
        self.lists.follow_flush(&mut self.stores);
        self.pending.clear();
        self.deleted.clear();
        if plan.is_empty() {
            return Ok(());
        }
        run_after_hooks(&plan, &mut self.stores)?;
        self.run_hooks(Event::AfterFlush)
    }

    /// Loads what the rules that the session carries out need to know.
    fn load(&mut self) -> Result<()> {
        let parents = parents_that_go(&self.stores, &self.deleted);
        if parents.is_empty() {
            return Ok(());
        }
        self.connect(Intent::Write)?;
        self.with_wire(|stores, wire| load_children(stores, parents, wire))
    }

    /// What a flush would do.
    pub(crate) fn plan(&self) -> Result<Steps> {
        let mut changes = collect_changes(&self.stores, &self.pending, &self.deleted);
        if changes.is_empty() {
            return Ok(Steps::default());
        }
        let aftermath = follow_deletes(&self.stores, &mut changes)?;
        let followers = follow_keys(&self.stores, &mut changes);
        check_changes(&self.stores, &changes)?;
        check_deferral(&followers, self.dialect())?;
        check_returning(&self.stores, &changes, self.dialect())?;
        plan_changes(&self.stores, &changes, (aftermath, followers), self.dialect())
    }

    /// Sends a plan. A panic of the program's code in the middle of it fails the flush as an error does, and goes on.
    fn emit(&mut self, plan: &Steps) -> Result<()> {
        let send = || self.with_wire(|stores, wire| emit_plan(plan, stores, wire));
        let sent = catch_unwind(AssertUnwindSafe(send));
        if !matches!(sent, Ok(Ok(()))) {
            record_plan(plan, &mut self.stores);
        }
        sent.unwrap_or_else(|panic| {
            self.fail_frame(Error::misuse("a panic interrupted a flush"));
            resume_unwind(panic)
        })
    }

    fn with_wire<R>(&mut self, send: impl FnOnce(&mut Stores, &mut Wire<'_>) -> R) -> R {
        let dialect = self.dialect();
        let checkout = self.connection.as_mut().expect("invariant: a flush connects before it sends");
        let sent = checkout.sent();
        let compares = self.options.stale_writes == StaleWrites::Compare;
        let statements = self.engine.statements();
        let mut place = None;
        let connection = listened(&mut **checkout, self.events.as_deref(), &mut place);
        let followers = Arc::default();
        let mut wire = Wire { connection, statements, dialect, compares, followers };
        let done = send(&mut self.stores, &mut wire);
        self.statistics.add(Origin::Flush, checkout.sent() - sent);
        done
    }

    /// Undoes the innermost frame after an error; nothing goes on until it has ended.
    pub(super) fn fail_frame(&mut self, error: Error) -> Error {
        let depth = self.frames.len() - 1;
        let is_alive = self.connection.as_ref().is_none_or(|connection| connection.is_in_transaction());
        if depth == 0 || !is_alive || self.roll_back_to(depth).is_err() {
            return self.fail_all(error);
        }
        let error = error.with_undone(self.undone_since(depth));
        self.undo_savepoint(depth);
        self.failed = Some(error.again());
        error
    }
}

impl<B> Session<B> {
    /// Writes everything that changed, in one go and in an order that the foreign keys allow.
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
    /// s.flush()?; // UPDATE users SET age = ? WHERE id = ?; not committed yet
    /// assert!(s.dirty::<User>().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Whatever the database reports, and what can be known before: the transaction is then undone, in the database and in
    /// memory, and every call that needs the database fails until [`rollback`](Self::rollback). When validation refuses
    /// values nothing is sent and nothing is undone: [`Error::refusals`] lists them, and once they are corrected the flush can
    /// be called again.
    pub fn flush(&mut self) -> Result<()> {
        self.core.flush().map(|_| ())
    }

    /// What a flush would do now, as data and as text; nothing is sent and nothing changes.
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
    /// println!("{}", s.plan()?); // 1 update users set age where id = 1
    /// assert!(s.is_modified(alice)); // nothing was done
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What a flush would find before it sends anything.
    pub fn plan(&self) -> Result<Plan> {
        self.core.check_usable()?;
        Ok(describe(&self.core.plan()?, &self.core.stores))
    }
}
