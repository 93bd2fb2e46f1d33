//! What a frame has to put back when it is undone: recorded once per slot, before it is overwritten.

use super::slot::{Slot, State};
use super::typed::Store;
use super::visit;
use crate::schema::Model;
use crate::util::columns::ColumnSet;
use crate::value::{Entity, Version};

/// What a slot was before the unit of work changed it.
pub(super) struct Undo<M: Model> {
    pub(super) slot: u32,
    generation: u32,
    /// The frame of the entry before this one.
    frame: u32,
    state: State,
    key: Option<M::Key>,
    /// The values before, for a slot that had a row.
    kept: Option<Box<M>>,
    /// What an INSERT did to the values.
    birth: Option<Box<Birth>>,
}

/// What an INSERT did to the values of a pending entity.
#[derive(Default)]
struct Birth {
    filled: ColumnSet,
    links: Vec<(usize, Entity)>,
}

impl<M: Model> Store<M> {
    /// Records what a slot is, unless the innermost frame has done so already. The kept copy goes into the record.
    pub(super) fn record_slot(&mut self, slot: u32, frame: u32) {
        let place = &mut self.slots[slot as usize];
        let kept = place.kept.take();
        if place.frame == frame {
            return;
        }
        let has_row = place.state != State::Pending;
        self.journal.push(Undo {
            slot,
            generation: place.generation,
            frame: std::mem::replace(&mut place.frame, frame),
            state: place.state,
            key: place.key.as_ref().filter(|_| has_row).cloned(),
            kept,
            birth: None,
        });
    }

    /// Adds to the record of a birth what the database filled in, and which links became keys.
    pub(super) fn record_birth(&mut self, slot: u32, filled: &ColumnSet, links: &[(usize, Entity)]) {
        let entry = self.journal.iter_mut().rev().find(|entry| entry.slot == slot);
        if let Some(entry) = entry.filter(|entry| entry.state == State::Pending) {
            let birth = entry.birth.get_or_insert_default();
            filled.iter().for_each(|column| birth.filled.insert(column));
            birth.links.extend_from_slice(links);
        }
    }

    /// Puts back what the entries say, the latest first, down to a length of the journal.
    pub(super) fn undo(&mut self, length: usize) {
        while self.journal.len() > length {
            let Some(entry) = self.journal.pop() else { return };
            self.put_back(entry);
        }
    }

    fn put_back(&mut self, entry: Undo<M>) {
        if self.at(entry.slot).generation != entry.generation {
            return;
        }
        self.forget_key(entry.slot);
        let born = entry.state == State::Pending;
        if let Some(key) = entry.key {
            self.know(entry.slot, key);
        }
        let place = &mut self.slots[entry.slot as usize];
        place.frame = entry.frame;
        place.state = if born { State::Withdrawn } else { entry.state };
        place.kept = None;
        if let Some(kept) = entry.kept {
            place.value = Some(*kept);
        }
        if born {
            unborn(place, entry.birth.as_deref());
        }
    }
}

/// Takes back what an INSERT wrote into the values of an entity.
fn unborn<M: Model>(place: &mut Slot<M>, birth: Option<&Birth>) {
    let Some(value) = &mut place.value else { return };
    if M::table().generated_key.is_some() {
        value.unset_key();
    }
    if M::table().version.is_some() {
        visit::set_version(value, |_| Version::default());
    }
    if let Some(birth) = birth {
        visit::unset(value, &birth.filled);
        birth.links.iter().for_each(|&(field, entity)| visit::relink(value, field, entity));
    }
}
