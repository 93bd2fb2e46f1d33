//! A session without its base: what it holds, and the connection that it holds it for.

use std::sync::Arc;
use std::time::Duration;

use super::events::{Event, SharedEvents};
use super::frames::Frame;
use super::info::Info;
use super::keyset::Marks;
use super::listen::listened;
use super::related::Repeats;
use super::statistics::{Cause, Statistics};
use super::transaction::{Age, Begun};
use crate::compile::{Dialect, Gathered, Statements};
use crate::driver::{BeginMode, Connection, Statement};
use crate::engine::{Checkout, EngineCore};
use crate::error::{Error, Result};
use crate::stmt::SelectTree;
use crate::store::{Lists, Pending, Stores};
use crate::value::{Entity, SessionNumber};

/// What sessions of a maker are made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionOptions {
    pub(crate) autoflush: bool,
    pub(crate) expire_on_commit: bool,
    pub(crate) stale_writes: StaleWrites,
    pub(crate) autobegin: bool,
    /// The age from which on a transaction that only reads is logged.
    pub(crate) warn_after: Option<Duration>,
    /// How transactions begin; unless said, one whose first statement writes takes the lock for writing at once.
    pub(crate) begin: Option<BeginMode>,
    /// For how many entities a relation is loaded at once.
    pub(crate) lazy_batch: usize,
    /// Whether a load of a relation that was not planned is an error.
    pub(crate) raiseload: bool,
    /// How often a place can load a relation by itself until it is warned about.
    pub(crate) lazy_warning: Option<u32>,
}

/// What an UPDATE does when someone else changed the row since it was loaded, for models without a version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StaleWrites {
    /// It overwrites the columns that it changes: the last writer wins, column by column.
    #[default]
    LastWins,
    /// It compares: the columns that it changes must have the values still that were loaded, else the flush is a stale error.
    /// JSON columns, and columns that an expression makes, are not compared.
    Compare,
}

/// Everything of a session but its base.
pub(crate) struct Core {
    pub(crate) engine: Arc<EngineCore>,
    pub(crate) options: SessionOptions,
    pub(crate) stores: Stores,
    /// What was added, in that order, since the last flush.
    pub(crate) pending: Pending,
    /// What was marked deleted, in that order, since the last flush.
    pub(crate) deleted: Vec<Entity>,
    /// The transactions that are open, outermost first; the savepoints follow. Never empty.
    pub(crate) frames: Vec<Frame>,
    /// The number of the frame that was opened last.
    pub(super) last_frame: u64,
    /// Whether `begin` was called, and how the transaction is to begin.
    pub(super) begun: Begun,
    /// When the transaction began on the wire, if its age matters, and whether it has written since.
    pub(super) age: Option<Age>,
    /// The connection, while a transaction is on the wire.
    pub(crate) connection: Option<Checkout>,
    /// Values that the program keeps with the session.
    pub(crate) info: Info,
    /// Memory for the tree of the next query.
    pub(super) spare_tree: Option<Box<SelectTree>>,
    /// Memory for what is gathered of the next query.
    pub(crate) gathered: Gathered<'static>,
    /// The statement of the last query: a query in a loop is found without a look at those of the engine.
    pub(super) last_shaped: Option<Shaped>,
    /// What is noted of the rows of the next query, if it is asked for a page behind a cursor.
    pub(crate) marks: Option<Box<Marks>>,
    /// What relations are known to lead to.
    pub(crate) lists: Lists,
    /// Why nothing can be done until the innermost frame has ended.
    pub(crate) failed: Option<Error>,
    /// The error at which a stream of rows ended; the transaction may have ended with it.
    pub(crate) broken: Option<Error>,
    /// A call that could not return the mistake it found; the next flush does.
    pub(crate) mistake: Option<Error>,
    /// What the program wants to run at which moments.
    pub(crate) events: SharedEvents,
    /// The event whose hook is running.
    pub(crate) running: Option<Event>,
    /// What was sent, and why.
    pub(crate) statistics: Statistics,
    /// Which relations were loaded without a plan, and where.
    pub(crate) repeats: Repeats,
}

/// A statement, and the shape of the trees that are written as it.
pub(super) struct Shaped {
    pub(super) shape: Vec<u8>,
    pub(super) statement: Arc<Statement>,
}

/// What a statement is about to do, which decides how its transaction begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    Read,
    Write,
}

impl Core {
    pub(crate) fn new(engine: Arc<EngineCore>, options: SessionOptions, info: Info) -> Self {
        let mut core = Core {
            engine,
            options,
            stores: Stores::new(SessionNumber::next()),
            pending: Pending::default(),
            deleted: Vec::new(),
            frames: Vec::new(),
            last_frame: 0,
            begun: Begun::No,
            age: None,
            connection: None,
            info,
            spare_tree: None,
            gathered: Gathered::default(),
            last_shaped: None,
            marks: None,
            lists: Lists::default(),
            failed: None,
            broken: None,
            mistake: None,
            events: None,
            running: None,
            statistics: Statistics::default(),
            repeats: Repeats::default(),
        };
        core.open_frame();
        core
    }

    pub(crate) fn dialect(&self) -> &'static dyn Dialect {
        self.engine.dialect()
    }

    /// The error that the innermost frame failed with, until that frame has ended. A session that does not begin by itself has
    /// to be told to.
    #[inline]
    pub(crate) fn check_usable(&self) -> Result<()> {
        match &self.failed {
            None if self.may_begin() => Ok(()),
            None => Err(not_begun()),
            Some(first) => Err(told_again(first)),
        }
    }

    /// The connection, in a transaction; both are made by the first statement.
    #[inline]
    pub(crate) fn connect(&mut self, intent: Intent) -> Result<()> {
        self.check_usable()?;
        if let Some(error) = self.broken.take() {
            self.end_broken(error)?;
        }
        if self.connection.is_none() {
            self.open_transaction(intent)?;
        }
        Ok(())
    }

    /// After a stream that ended with an error: nothing is sent if the transaction has ended with it.
    #[cold]
    fn end_broken(&mut self, error: Error) -> Result<()> {
        self.look_after(error);
        self.check_usable()
    }

    /// Runs something on the connection, and what the stores hold beside it.
    #[inline]
    pub(crate) fn on_wire<R>(
        &mut self,
        cause: impl Into<Cause>,
        run: impl FnOnce(&mut dyn Connection, &mut Stores, &Statements) -> Result<R>,
    ) -> Result<R> {
        let Cause { intent, origin } = cause.into();
        self.connect(intent)?;
        if intent == Intent::Write {
            self.note_write();
        }
        let checkout = self.connection.as_mut().expect("invariant: a connection was just made");
        let sent = checkout.sent();
        let mut place = None;
        let connection = listened(&mut **checkout, self.events.as_deref(), &mut place);
        let result = run(connection, &mut self.stores, self.engine.statements());
        self.statistics.add(origin, checkout.sent() - sent);
        result.map_err(|error| self.look_after(error))
    }

    /// Remembers a mistake of a call that cannot return it.
    #[cold]
    pub(crate) fn remember(&mut self, mistake: Error) {
        self.mistake.get_or_insert(mistake);
    }
}

#[cold]
fn told_again(first: &Error) -> Error {
    first.again().context("so the transaction was undone: call `rollback()` before anything else")
}

#[cold]
fn not_begun() -> Error {
    Error::misuse(
        "the session does not begin transactions by itself (`autobegin(false)`): call `begin()` first",
    )
}
