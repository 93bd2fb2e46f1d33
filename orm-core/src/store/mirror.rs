//! What other rows do to a slot: it takes over the row of another, or the row that it names goes.

use super::slot::State;
use super::typed::Store;
use super::visit;
use crate::schema::{Diff, Model};
use crate::util::columns::ColumnSet;
use crate::value::{Entity, Ids, Version};

impl<M: Model> Store<M> {
    /// Slots that are pending or have a row, in order.
    pub(super) fn list_held(&self) -> Vec<u32> {
        let is_held = |&slot: &u32| {
            let place = self.at(slot);
            let is_there = matches!(place.state, State::Pending | State::Persistent | State::Deleted);
            is_there && place.value.is_some()
        };
        (0..self.slots.len() as u32).filter(is_held).collect()
    }

    /// The values that a slot's row has.
    pub(super) fn kept_or_current(&self, slot: u32) -> Option<&M> {
        let place = self.at(slot);
        place.kept.as_ref().map(|kept| self.copies.get(kept)).or(place.value.as_ref())
    }

    /// Counts the version of a slot up from that of another, whose row it takes over.
    pub(super) fn count_from(&mut self, slot: u32, other: u32) {
        let Some(mut value) = self.at_mut(slot).value.take() else { return };
        if let Some(row) = self.kept_or_current(other) {
            visit::copy_fields(row, &mut value, &M::table().managed);
        }
        visit::set_version(&mut value, Version::next);
        self.at_mut(slot).value = Some(value);
    }

    /// The columns in which the values of a slot differ from those that the row of another has.
    pub(super) fn differ(&self, slot: u32, other: u32, ids: &dyn Ids) -> ColumnSet {
        let (Some(value), Some(row)) = (&self.at(slot).value, self.kept_or_current(other)) else {
            return ColumnSet::EMPTY;
        };
        let mut diff = Diff::new(ids);
        value.diff(row, &mut diff);
        diff.changed.without(&M::table().managed)
    }

    /// Keeps a copy of the values of a slot, unless there is one.
    pub(super) fn keep_copy(&mut self, slot: u32) {
        if self.at(slot).kept.is_none()
            && let Some(value) = self.at(slot).value.clone()
        {
            let kept = self.copies.keep(value);
            self.at_mut(slot).kept = Some(kept);
        }
    }

    /// Records a slot with the values that its row had; one that is touched stays so.
    pub(super) fn record_copy(&mut self, slot: u32) {
        let touched = self.at(slot).kept.as_ref().map(|kept| self.copies.get(kept).clone());
        self.keep_copy(slot);
        self.record_slot(slot, &ColumnSet::EMPTY);
        if let Some(copy) = touched {
            let kept = self.copies.keep(copy);
            self.at_mut(slot).kept = Some(kept);
        }
    }

    /// Records a slot, and lets the field at a position name nothing any more; it named an entity, whose row is deleted.
    pub(super) fn clear_field(&mut self, slot: u32, field: usize, named: Entity) {
        self.keep_copy(slot);
        self.record_slot(slot, &ColumnSet::EMPTY);
        let entry = self.at(slot).entry;
        self.journal.record_link(entry, slot, field, named);
        if let Some(value) = &mut self.at_mut(slot).value {
            visit::unlink(value, field);
        }
    }

    /// A new row has the key of this slot, so its own is gone: by a delete of this flush, or someone else deleted it, or its
    /// INSERT was rolled back. What this flush has to write of it still would hit the new row.
    #[cold]
    pub(super) fn displace(&mut self, slot: u32) {
        let place = self.at_mut(slot);
        match place.state {
            State::Persistent if place.kept.is_none() => place.state = State::Missing,
            State::Persistent => self.displaced.push(slot),
            State::Deleted => {
                self.displaced.push(slot);
                super::any::AnyStore::settle_deletes(self, &[slot]);
            }
            State::Pending | State::DeletedFlushed | State::Withdrawn | State::Missing => {}
        }
    }
    /// Ends a flush: a row whose key a new one got, and of which nothing was to be written after all, is gone.
    pub(super) fn settle_displaced(&mut self) {
        for slot in std::mem::take(&mut self.displaced) {
            let key = self.at(slot).key.clone();
            let is_known = key.is_some_and(|key| self.find(&key) == Some(slot));
            if !is_known && self.at(slot).state == State::Persistent {
                self.at_mut(slot).state = State::Missing;
            }
        }
    }
}
