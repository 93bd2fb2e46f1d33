//! The frames of a transaction in memory: what each has to put back when it is undone.

use super::core::Core;
use super::transaction::Begun;
use crate::store::{FrameMarks, State};
use crate::value::Entity;

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

impl Core {
    /// Opens a frame in memory.
    pub(crate) fn open_frame(&mut self) {
        let marks = self.stores.open_frame();
        self.last_frame += 1;
        let epoch = self.stores.epochs().current();
        self.frames.push(Frame { marks, number: self.last_frame, epoch, written: None });
    }

    /// What is loaded in a savepoint after this is stale when the savepoint is undone.
    pub(super) fn note_write_in_frame(&mut self) {
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
        self.repeats.begin_again();
        self.begun = Begun::No;
        self.open_frame();
    }

    fn change_state(&mut self, entity: Entity, from: State, to: State) {
        let slot = entity.place.slot;
        if self.stores.holds(entity).is_some_and(|store| store.state(slot) == from) {
            self.stores.any_mut(entity.model).set_state(slot, to);
        }
    }
}
