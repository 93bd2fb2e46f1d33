//! A place for one entity, and the state it is in.

use super::kept::Kept;
use crate::schema::Model;
use crate::value::Generation;

/// The state of an entity inside its session; outside of it there is only an owned struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Added, not yet inserted.
    Pending,
    /// A row of the database.
    Persistent,
    /// Marked by `delete`; its row goes with the next flush.
    Deleted,
    /// Its row is deleted; it is gone when the transaction is committed.
    DeletedFlushed,
    /// Was pending when its transaction was rolled back, or was taken back: the values live on, nothing is written.
    Withdrawn,
    /// Its row was found to be gone, by no act of this session.
    Missing,
}

impl State {
    /// Whether it stands for a row, one that is deleted included: a rollback brings that back as it was.
    #[inline]
    pub(crate) fn has_row(self) -> bool {
        match self {
            State::Persistent | State::Missing | State::Deleted | State::DeletedFlushed => true,
            State::Pending | State::Withdrawn => false,
        }
    }
}

/// Says that the journal has no entry about a slot.
pub(crate) const NO_ENTRY: u32 = u32::MAX;

/// A place for one entity; the next one that gets it has another generation.
pub(crate) struct Slot<M: Model> {
    /// The values; none in a vacant slot.
    pub(crate) value: Option<M>,
    /// The values as the database has them, kept since the first touch.
    pub(crate) kept: Option<Kept>,
    /// The key of the row, which the identity map knows it by.
    pub(crate) key: Option<M::Key>,
    pub(crate) generation: Generation,
    /// The epoch of the values; another one than the session's means stale.
    pub(crate) epoch: u32,
    /// The last entry of the journal about this slot, or [`NO_ENTRY`].
    pub(crate) entry: u32,
    pub(crate) state: State,
}

impl<M: Model> Slot<M> {
    #[inline]
    pub(crate) fn new(value: M, state: State) -> Self {
        Slot { value: Some(value), kept: None, key: None, generation: 0, epoch: 0, entry: NO_ENTRY, state }
    }

    /// A slot with the values of a row.
    #[inline]
    pub(crate) fn of_row(value: M, key: M::Key, epoch: u32) -> Self {
        Slot { key: Some(key), epoch, ..Slot::new(value, State::Persistent) }
    }

    /// Whether it has a row that the next flush may change.
    #[inline]
    pub(crate) fn is_tracked(&self) -> bool {
        matches!(self.state, State::Persistent | State::Missing)
    }
}
