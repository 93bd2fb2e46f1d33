//! A session without its base: what it holds, and the connection that it holds it for.

use std::sync::Arc;

use super::events::{Event, SharedEvents};
use super::info::Info;
use super::listen::listened;
use crate::compile::{Dialect, Statements};
use crate::driver::{BeginMode, Connection, Transact};
use crate::engine::{Checkout, EngineCore};
use crate::error::{Error, Result};
use crate::store::{FrameMarks, Lists, Pending, State, Stores};
use crate::value::{Entity, SessionNumber, Value};

/// What sessions of a maker are made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionOptions {
    pub(crate) autoflush: bool,
    pub(crate) expire_on_commit: bool,
    pub(crate) stale_writes: StaleWrites,
    /// How transactions begin; unless said, one whose first statement writes takes the lock for writing at once.
    pub(crate) begin: Option<BeginMode>,
    /// For how many entities a relation is loaded at once.
    pub(crate) lazy_batch: usize,
    /// Whether a load of a relation that was not planned is an error.
    pub(crate) raiseload: bool,
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
    last_frame: u64,
    /// The connection, while a transaction is on the wire.
    pub(crate) connection: Option<Checkout>,
    /// Values that the program keeps with the session.
    pub(crate) info: Info,
    /// Memory for the values of the next statement.
    pub(crate) values: Vec<Value<'static>>,
    /// What relations are known to lead to.
    pub(crate) lists: Lists,
    /// Why nothing can be done until the innermost frame has ended.
    pub(crate) failed: Option<Error>,
    /// A call that could not return the mistake it found; the next flush does.
    pub(crate) mistake: Option<Error>,
    /// What the program wants to run at which moments.
    pub(crate) events: SharedEvents,
    /// The event whose hook is running.
    pub(crate) running: Option<Event>,
}

/// A transaction or a savepoint.
pub(crate) struct Frame {
    /// How long the journals were when it opened.
    pub(crate) marks: FrameMarks,
    /// Tells it from every other frame of the session.
    pub(crate) number: u64,
    /// The epoch when it opened.
    epoch: u32,
    /// The first epoch after something was written in it, for a savepoint.
    written: Option<u32>,
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
            connection: None,
            info,
            values: Vec::new(),
            lists: Lists::default(),
            failed: None,
            mistake: None,
            events: None,
            running: None,
        };
        core.open_frame();
        core
    }

    pub(crate) fn dialect(&self) -> &'static dyn Dialect {
        self.engine.dialect()
    }

    /// Opens a frame in memory.
    pub(crate) fn open_frame(&mut self) {
        let marks = self.stores.open_frame();
        self.last_frame += 1;
        let epoch = self.stores.epochs().current();
        self.frames.push(Frame { marks, number: self.last_frame, epoch, written: None });
    }

    /// What is loaded in a savepoint after this is stale when the savepoint is undone.
    pub(super) fn note_write(&mut self) {
        if self.frames.len() > 1
            && let Some(frame) = self.frames.last_mut()
            && frame.written.is_none()
        {
            frame.written = Some(self.stores.epochs_mut().open());
        }
    }

    /// Closes the frames from a depth on, in memory; what they recorded goes to the frame that is innermost then.
    pub(super) fn close_frames(&mut self, depth: usize) {
        let written = self.frames[depth..].iter().filter_map(|frame| frame.written).min();
        self.frames.truncate(depth);
        let outer = &mut self.frames[depth - 1];
        if depth > 1 {
            outer.written = outer.written.or(written);
        }
        self.stores.set_frame(&outer.marks);
    }

    /// Undoes a savepoint in memory, and all inside it: what was loaded in it after something was written is stale.
    pub(super) fn undo_savepoint(&mut self, depth: usize) {
        let written = self.frames[depth..].iter().filter_map(|frame| frame.written).min();
        self.undo_frames_to(depth);
        if let Some(first) = written {
            self.stores.epochs_mut().undo(first, self.frames[depth].epoch);
        }
        self.frames[depth].written = None;
    }

    /// Whether there is something to commit or to roll back.
    pub(super) fn in_transaction(&self) -> bool {
        self.connection.is_some()
            || self.failed.is_some()
            || !self.pending.is_empty()
            || !self.deleted.is_empty()
            || self.stores.is_touched()
    }

    /// The error that the innermost frame failed with, until that frame has ended.
    #[inline]
    pub(crate) fn check_usable(&self) -> Result<()> {
        match &self.failed {
            None => Ok(()),
            Some(first) => Err(told_again(first)),
        }
    }

    /// The connection, in a transaction; both are made by the first statement.
    #[inline]
    pub(crate) fn connect(&mut self, intent: Intent) -> Result<()> {
        self.check_usable()?;
        if self.connection.is_none() {
            self.begin(intent)?;
        }
        if intent == Intent::Write {
            self.note_write();
        }
        Ok(())
    }

    #[cold]
    fn begin(&mut self, intent: Intent) -> Result<()> {
        let mut connection = self.engine.checkout()?;
        if !self.engine.is_autocommit() {
            connection.transact(Transact::Begin(self.begin_mode(intent)))?;
        }
        self.connection = Some(connection);
        self.run_hooks(Event::AfterBegin).inspect_err(|_| self.abandon_connection())
    }

    fn begin_mode(&self, intent: Intent) -> BeginMode {
        self.options.begin.unwrap_or(match intent {
            Intent::Read => BeginMode::Deferred,
            Intent::Write => BeginMode::Immediate,
        })
    }

    /// Runs something on the connection, and what the stores hold beside it.
    #[inline]
    pub(crate) fn on_wire<R>(
        &mut self,
        intent: Intent,
        run: impl FnOnce(&mut dyn Connection, &mut Stores, &Statements) -> Result<R>,
    ) -> Result<R> {
        self.connect(intent)?;
        let connection = self.connection.as_mut().expect("invariant: a connection was just made");
        let mut place = None;
        let connection = listened(&mut **connection, self.events.as_deref(), &mut place);
        let result = run(connection, &mut self.stores, self.engine.statements());
        if result.is_err() {
            self.look_after_error(&result);
        }
        result
    }

    /// An error may have ended the transaction; then everything in it is undone in memory as well.
    #[cold]
    fn look_after_error<R>(&mut self, result: &Result<R>) {
        let Some(connection) = &self.connection else {
            return;
        };
        let Err(error) = result else { return };
        if !self.engine.is_autocommit() && !connection.is_in_transaction() {
            self.fail_all(error);
        }
    }

    /// Undoes every frame after an error, on the wire and in memory; nothing goes on until `rollback`.
    pub(crate) fn fail_all(&mut self, error: &Error) {
        self.abandon_connection();
        self.undo_frames_to(0);
        self.stores.epochs_mut().end();
        self.failed = Some(error.again());
    }

    /// Rolls back and gives the connection back; one that cannot roll back is closed by the pool.
    pub(crate) fn abandon_connection(&mut self) {
        if let Some(mut connection) = self.connection.take()
            && connection.is_in_transaction()
            && let Err(error) = connection.transact(Transact::Rollback)
        {
            tracing::warn!(target: "orm::session", %error, "a transaction could not be rolled back; its connection is closed");
        }
    }

    /// Puts memory back to what it was when a frame opened, and closes the frames inside it.
    pub(crate) fn undo_frames_to(&mut self, depth: usize) {
        let frame = &self.frames[depth];
        self.stores.undo_to(&frame.marks);
        for entity in std::mem::take(&mut self.pending).iter() {
            self.change_state(entity, State::Pending, State::Withdrawn);
        }
        for entity in std::mem::take(&mut self.deleted) {
            self.change_state(entity, State::Deleted, State::Persistent);
        }
        self.stores.restore_touched();
        self.frames.truncate(depth + 1);
        self.stores.set_frame(&self.frames[depth].marks);
    }

    /// Starts a new transaction in memory; the wire follows with the first statement.
    pub(crate) fn renew_frames(&mut self) {
        self.frames.clear();
        self.open_frame();
    }

    fn change_state(&mut self, entity: Entity, from: State, to: State) {
        let slot = entity.place.slot;
        if self.stores.holds(entity).is_some_and(|store| store.state(slot) == from) {
            self.stores.any_mut(entity.model).set_state(slot, to);
        }
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
