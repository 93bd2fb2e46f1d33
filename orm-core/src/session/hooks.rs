//! How a program gives hooks to a factory, for all of its sessions, or to one session.

use std::sync::Arc;

use super::entities::Session;
use super::events::{Event, Events};
use super::listen::{Executed, Execution};
use super::maker::SessionMaker;
use crate::error::Result;

/// Hooks for every session that this factory makes from now on; they run in the order in which they are given.
///
/// | call | what runs, in this order |
/// |---|---|
/// | first statement | BEGIN, `after_begin` |
/// | every statement | `before_execute`, the statement, `after_execute` |
/// | [`flush`](Session::flush) that has something to look at | `before_flush`, to a fixed point; of each entity its `before_insert`, `before_update`, `before_delete`; validation; the statements; of each row `after_insert`, `after_update`, `after_delete`; `after_flush` |
/// | [`commit`](Session::commit) | `before_commit`, flushes until there is nothing to write, COMMIT, `after_commit` |
/// | [`rollback`](Session::rollback), a [`transaction`](SessionMaker::transaction) that fails | ROLLBACK and memory, `after_rollback` |
/// | a row that is read | `load` of its entity |
///
/// As in SQLAlchemy, but: all `before_` hooks of entities run before the first statement, since a flush is planned as a whole;
/// `after_flush` runs when memory is in step, as SQLAlchemy's `after_flush_postexec`; releasing a savepoint is no commit, and
/// runs none of these. Dropping a session runs no hook. Statements over sets of rows, `insert_many` and upserts run no hook of
/// an entity.
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
/// use std::sync::atomic::{AtomicU64, Ordering};
/// static WRITTEN: AtomicU64 = AtomicU64::new(0);
///
/// let factory = SessionMaker::new(engine)
///     .before_flush(|s| match s.plan()?.is_empty() {
///         true => Ok(()),
///         false => s.execute("DELETE FROM users WHERE name = 'nobody'", params![]).map(|_| ()),
///     })
///     .after_execute(|_, rows| drop(WRITTEN.fetch_add(rows.unwrap_or(0), Ordering::Relaxed)));
/// factory.transaction(|s| {
///     s.add(User { name: "alice".into(), ..Default::default() });
///     Ok(())
/// })?;
/// assert_eq!(WRITTEN.load(Ordering::Relaxed), 1);
/// # Ok(())
/// # }
/// ```
impl<B: 'static> SessionMaker<B> {
    /// Runs before a flush that has something to look at, and may add, change and delete: it is all written by this flush.
    /// Hooks run until they give it nothing more to do, at most 100 times, so one that adds has to see what it added before.
    /// It cannot flush, commit or roll back; its queries do not flush. An error aborts the flush.
    #[must_use]
    pub fn before_flush(
        mut self,
        hook: impl Fn(&mut Session<B>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Events::add(&mut self.events, Event::BeforeFlush, hook);
        self
    }

    /// Runs after a flush that wrote something. What it changes belongs to the next flush. An error undoes the flush.
    #[must_use]
    pub fn after_flush(
        mut self,
        hook: impl Fn(&mut Session<B>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Events::add(&mut self.events, Event::AfterFlush, hook);
        self
    }

    /// Runs first in a commit, before its flush. An error undoes what was to be committed.
    #[must_use]
    pub fn before_commit(
        mut self,
        hook: impl Fn(&mut Session<B>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Events::add(&mut self.events, Event::BeforeCommit, hook);
        self
    }

    /// Runs when a transaction is committed. It cannot fail, since nothing can be undone any more; what it asks the database
    /// for is a new transaction.
    #[must_use]
    pub fn after_commit(mut self, hook: impl Fn(&mut Session<B>) + Send + Sync + 'static) -> Self {
        Events::add(&mut self.events, Event::AfterCommit, succeeding(hook));
        self
    }

    /// Runs when a transaction is rolled back, and memory with it.
    #[must_use]
    pub fn after_rollback(mut self, hook: impl Fn(&mut Session<B>) + Send + Sync + 'static) -> Self {
        Events::add(&mut self.events, Event::AfterRollback, succeeding(hook));
        self
    }

    /// Runs when a transaction has begun on its connection: the place to set what holds for one transaction. An error ends it
    /// again.
    #[must_use]
    pub fn after_begin(
        mut self,
        hook: impl Fn(&mut Session<B>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Events::add(&mut self.events, Event::AfterBegin, hook);
        self
    }

    /// Runs before every statement, which is not sent if it returns an error.
    #[must_use]
    pub fn before_execute(
        mut self,
        hook: impl Fn(&Execution<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Events::of(&mut self.events).before_execute.push(Arc::new(hook));
        self
    }

    /// Runs after every statement, and is told how many rows it returned or changed, or why it failed.
    #[must_use]
    pub fn after_execute(
        mut self,
        hook: impl Fn(&Execution<'_>, Executed<'_>) + Send + Sync + 'static,
    ) -> Self {
        Events::of(&mut self.events).after_execute.push(Arc::new(hook));
        self
    }
}

/// Hooks for this session only, after those of its factory; [`SessionMaker`] has the table of when they run.
impl<B: 'static> Session<B> {
    /// As [`SessionMaker::before_flush`].
    pub fn before_flush(&mut self, hook: impl Fn(&mut Self) -> Result<()> + Send + Sync + 'static) {
        Events::add(&mut self.core.events, Event::BeforeFlush, hook);
    }

    /// As [`SessionMaker::after_flush`].
    pub fn after_flush(&mut self, hook: impl Fn(&mut Self) -> Result<()> + Send + Sync + 'static) {
        Events::add(&mut self.core.events, Event::AfterFlush, hook);
    }

    /// As [`SessionMaker::before_commit`].
    pub fn before_commit(&mut self, hook: impl Fn(&mut Self) -> Result<()> + Send + Sync + 'static) {
        Events::add(&mut self.core.events, Event::BeforeCommit, hook);
    }

    /// As [`SessionMaker::after_commit`].
    pub fn after_commit(&mut self, hook: impl Fn(&mut Self) + Send + Sync + 'static) {
        Events::add(&mut self.core.events, Event::AfterCommit, succeeding(hook));
    }

    /// As [`SessionMaker::after_rollback`].
    pub fn after_rollback(&mut self, hook: impl Fn(&mut Self) + Send + Sync + 'static) {
        Events::add(&mut self.core.events, Event::AfterRollback, succeeding(hook));
    }

    /// As [`SessionMaker::after_begin`].
    pub fn after_begin(&mut self, hook: impl Fn(&mut Self) -> Result<()> + Send + Sync + 'static) {
        Events::add(&mut self.core.events, Event::AfterBegin, hook);
    }

    /// As [`SessionMaker::before_execute`].
    pub fn before_execute(&mut self, hook: impl Fn(&Execution<'_>) -> Result<()> + Send + Sync + 'static) {
        Events::of(&mut self.core.events).before_execute.push(Arc::new(hook));
    }

    /// As [`SessionMaker::after_execute`].
    pub fn after_execute(&mut self, hook: impl Fn(&Execution<'_>, Executed<'_>) + Send + Sync + 'static) {
        Events::of(&mut self.core.events).after_execute.push(Arc::new(hook));
    }
}

fn succeeding<B>(
    hook: impl Fn(&mut Session<B>) + Send + Sync + 'static,
) -> impl Fn(&mut Session<B>) -> Result<()> + Send + Sync + 'static {
    move |session| {
        hook(session);
        Ok(())
    }
}
