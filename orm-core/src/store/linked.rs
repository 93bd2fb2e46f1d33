//! A store as relations see it: links followed by slot, rows met, changes told; without its model's type.

use super::Stores;
use super::epochs::Epochs;
use super::meet::meet_row;
use super::origin::Origins;
use super::resolve::OneId;
use super::slot::State;
use super::typed::{Meeting, Store};
use super::visit;
use super::watch::Watch;
use crate::error::Result;
use crate::row::{Fields, Row};
use crate::schema::Model;
use crate::value::{Entity, Generation, Key, Link, Place};

/// The part of a store that relations work on.
pub(crate) trait Linked {
    /// What the foreign key in a field of a slot's values names.
    fn link(&self, slot: u32, field: u16) -> Link<'_>;

    /// The slot of the key that stands in a row from a column on.
    ///
    /// # Errors
    /// A value error when a column does not hold what the key's type expects.
    fn find_in_row(&self, row: &dyn Row, first: usize) -> Result<Option<u32>>;

    /// Meets a row whose columns stand from a column on: its entity, made if the row was not known.
    ///
    /// # Errors
    /// A value error that names model, column and key of a row that does not decode.
    fn meet_row_at(&mut self, row: &dyn Row, first: usize, how: Meeting<'_>) -> Result<u32>;

    /// Whether a slot's values are of the snapshot that the transaction sees.
    fn is_fresh(&self, slot: u32, epochs: &Epochs) -> bool;

    /// Which tenant a slot has.
    fn generation(&self, slot: u32) -> Generation;

    /// How many slots there are, also those that nobody has.
    fn slot_count(&self) -> usize;

    /// How many slots are in use.
    fn held_count(&self) -> usize;

    /// What relations want to know of changes.
    fn watch(&self) -> &Watch;

    fn watch_mut(&mut self) -> &mut Watch;

    /// Nobody keeps lists any more; what is not flushed yet stays known as changed.
    fn prune_changes(&mut self);

    /// Which entities were loaded together.
    fn origins(&mut self) -> &mut Origins;

    /// Makes room for rows that are about to be met.
    fn expect_rows(&mut self, count: usize);

    /// Has the next flush look at a slot for changes.
    fn begin_change(&mut self, slot: u32);

    /// Lets the field at a position name the slot's own row by the key that its values carry now.
    fn name_itself(&mut self, slot: u32, field: usize, rest: &Stores);
}

impl<M: Model> Linked for Store<M> {
    fn link(&self, slot: u32, field: u16) -> Link<'_> {
        self.at(slot).value.as_ref().map_or(Link::None, |value| visit::link(value, field))
    }

    fn find_in_row(&self, row: &dyn Row, first: usize) -> Result<Option<u32>> {
        Ok(self.find(&M::Key::decode(&mut Fields::new(row, first))?))
    }

    fn meet_row_at(&mut self, row: &dyn Row, first: usize, how: Meeting<'_>) -> Result<u32> {
        meet_row(self, row, first, how)
    }

    fn is_fresh(&self, slot: u32, epochs: &Epochs) -> bool {
        epochs.is_fresh(self.at(slot).epoch)
    }

    fn generation(&self, slot: u32) -> Generation {
        Store::generation(self, slot)
    }

    fn slot_count(&self) -> usize {
        Store::slot_count(self)
    }

    fn held_count(&self) -> usize {
        self.slots.len() - self.vacant.len()
    }

    fn watch(&self) -> &Watch {
        &self.watch
    }

    fn watch_mut(&mut self) -> &mut Watch {
        &mut self.watch
    }

    fn prune_changes(&mut self) {
        let slots = &self.slots;
        self.watch.prune(|slot| {
            let place = &slots[*slot as usize];
            place.kept.is_some() || matches!(place.state, State::Pending | State::Deleted)
        });
    }

    fn origins(&mut self) -> &mut Origins {
        &mut self.origins
    }

    fn expect_rows(&mut self, count: usize) {
        self.reserve(count);
    }

    fn begin_change(&mut self, slot: u32) {
        self.touch(slot, Store::generation(self, slot));
    }

    fn name_itself(&mut self, slot: u32, field: usize, rest: &Stores) {
        let own = Place::new(rest.session(), slot, self.at(slot).generation);
        let own = Entity { model: M::table().number, place: own };
        let Some(value) = &mut self.at_mut(slot).value else { return };
        let Some(key) = value.key(rest) else { return };
        visit::relink(value, field, own);
        visit::resolve(value, &OneId { entity: own, key: &key }, &mut |_, _| {});
    }
}
