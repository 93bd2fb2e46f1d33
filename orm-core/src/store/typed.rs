//! The store of one model: its slots, and the identity map that finds them by key.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::journal::Journal;
use super::slot::{Slot, State};
use super::slots::Slots;
use super::visit;
use crate::driver::Statement;
use crate::error::{Error, Result};
use crate::row::Fields;
use crate::schema::{Diff, Model};
use crate::value::{Generation, NoIds};

/// The entities of one model in one session.
pub(crate) struct Store<M: Model> {
    pub(super) slots: Slots<M>,
    pub(super) vacant: Vec<u32>,
    pub(super) identity: HashTable<u32>,
    pub(super) hasher: RandomState,
    /// Slots that were touched since the last flush.
    pub(super) touched: Vec<u32>,
    pub(super) journal: Journal<M>,
    /// The statement that loads a row by its key; kept here so that a `get` need not look for it.
    pub(crate) select_by_key: Option<Arc<Statement>>,
}

/// What a row is to a session that meets it.
pub(crate) enum Met {
    /// A row that the session did not know.
    New(u32),
    /// A row that it knows.
    Known(u32),
}

impl<M: Model> Store<M> {
    pub(crate) fn new() -> Self {
        Store {
            slots: Slots::new(),
            vacant: Vec::new(),
            identity: HashTable::new(),
            hasher: RandomState::default(),
            touched: Vec::new(),
            journal: Journal::new(),
            select_by_key: None,
        }
    }

    /// Makes room for entities that are about to come.
    pub(crate) fn reserve(&mut self, count: usize) {
        self.reserve_identity(count);
    }

    /// Makes room in the identity map.
    pub(super) fn reserve_identity(&mut self, count: usize) {
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.identity.reserve(count, |&slot| hash_of(slots, hasher, slot));
    }

    /// Takes a value in and gives its slot.
    pub(crate) fn insert(&mut self, slot: Slot<M>) -> u32 {
        if let Some(vacant) = self.vacant.pop() {
            let generation = self.slots[vacant as usize].generation;
            self.slots[vacant as usize] = Slot { generation, ..slot };
            return vacant;
        }
        let index =
            u32::try_from(self.slots.len()).expect("invariant: memory ends before four billion entities");
        self.slots.push(slot);
        index
    }

    /// Gives a slot up. Its handles are recognised as gone; a slot whose generations are used up is never used again.
    pub(crate) fn vacate(&mut self, slot: u32) -> Option<M> {
        self.forget_key(slot);
        let place = &mut self.slots[slot as usize];
        let value = place.value.take();
        place.kept = None;
        if let Some(next) = place.generation.checked_add(1) {
            place.generation = next;
            self.vacant.push(slot);
        }
        value
    }

    pub(crate) fn generation(&self, slot: u32) -> Generation {
        self.slots[slot as usize].generation
    }

    /// The slot of a handle, unless it has moved on.
    #[inline]
    pub(crate) fn slot(&self, slot: u32, generation: Generation) -> Option<&Slot<M>> {
        self.slots.get(slot as usize).filter(|place| place.generation == generation && place.value.is_some())
    }

    /// The slot at a position that is known to be in use.
    pub(crate) fn at(&self, slot: u32) -> &Slot<M> {
        &self.slots[slot as usize]
    }

    /// The slot at a position that is known to be in use.
    pub(crate) fn at_mut(&mut self, slot: u32) -> &mut Slot<M> {
        &mut self.slots[slot as usize]
    }

    /// The values of a slot, to be changed: the first time, a copy is kept to compare with.
    #[inline]
    pub(crate) fn touch(&mut self, slot: u32, generation: Generation) -> Option<&mut M> {
        let place = self.slots.get_mut(slot as usize).filter(|place| place.generation == generation)?;
        let value = place.value.as_mut()?;
        if place.kept.is_none() && matches!(place.state, State::Persistent | State::Missing) {
            place.kept = Some(Box::new(value.clone()));
            self.touched.push(slot);
        }
        Some(value)
    }

    /// Says that the row of a key was looked for and is not there.
    pub(crate) fn lose(&mut self, key: &M::Key) {
        if let Some(slot) = self.find(key)
            && self.at(slot).state == State::Persistent
        {
            self.at_mut(slot).state = State::Missing;
        }
    }

    /// The slot of a key.
    #[inline]
    pub(crate) fn find(&self, key: &M::Key) -> Option<u32> {
        self.identity
            .find(self.hasher.hash_one(key), |&slot| self.slots[slot as usize].key.as_ref() == Some(key))
            .copied()
    }

    /// Says that a slot is the entity of a key. The entity that had it before, if any, loses it.
    pub(crate) fn know(&mut self, slot: u32, key: M::Key) {
        self.forget_key(slot);
        let hash = self.hasher.hash_one(&key);
        let (slots, hasher) = (&self.slots, &self.hasher);
        let has_key = |&other: &u32| slots[other as usize].key.as_ref() == Some(&key);
        match self.identity.entry(hash, has_key, |&slot| hash_of(slots, hasher, slot)) {
            Entry::Occupied(mut entry) => *entry.get_mut() = slot,
            Entry::Vacant(entry) => {
                entry.insert(slot);
            }
        }
        self.slots[slot as usize].key = Some(key);
    }

    fn enter(&mut self, slot: u32, hash: u64) {
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.identity.insert_unique(hash, slot, |&slot| hash_of(slots, hasher, slot));
    }

    /// Takes a slot out of the identity map; it keeps its key.
    #[inline]
    pub(crate) fn leave_identity(&mut self, slot: u32) {
        let Some(key) = &self.slots[slot as usize].key else { return };
        let hash = self.hasher.hash_one(key);
        if let Ok(entry) = self.identity.find_entry(hash, |&other| other == slot) {
            entry.remove();
        }
    }

    /// Takes a slot and its key out of the identity map.
    pub(crate) fn forget_key(&mut self, slot: u32) {
        self.leave_identity(slot);
        self.slots[slot as usize].key = None;
    }

    /// Meets a row: a known key gives its slot, and only a stale one takes the row's values.
    ///
    /// # Errors
    /// A value error when a column does not hold what its field expects; the row is then not taken in.
    #[inline]
    pub(crate) fn meet(&mut self, key: M::Key, epoch: u32, row: &mut Fields<'_>) -> Result<Met> {
        let hash = self.hasher.hash_one(&key);
        let known = self.identity.find(hash, |&slot| self.slots[slot as usize].key.as_ref() == Some(&key));
        if let Some(&slot) = known {
            self.meet_again(slot, epoch, row)?;
            return Ok(Met::Known(slot));
        }
        let value = decode(row)?;
        let slot = self.insert(Slot { key: Some(key), epoch, ..Slot::new(value, State::Persistent) });
        self.enter(slot, hash);
        Ok(Met::New(slot))
    }

    /// Meets a row that most likely is a new one, and of which nothing but its values is known yet.
    ///
    /// # Errors
    /// A value error when a column does not hold what its field expects; the row is then not taken in.
    #[inline]
    pub(crate) fn meet_decoded(&mut self, epoch: u32, row: &mut Fields<'_>) -> Result<u32> {
        let value: M = decode(row)?;
        let Some(key) = Self::own_key(&value) else {
            return Err(Error::database("a row came without its key"));
        };
        let hash = self.hasher.hash_one(&key);
        let known = self.identity.find(hash, |&slot| self.slots[slot as usize].key.as_ref() == Some(&key));
        if let Some(&slot) = known {
            if self.is_stale(slot, epoch) {
                self.refresh(slot, epoch, value);
            }
            return Ok(slot);
        }
        let slot = self.insert(Slot { key: Some(key), epoch, ..Slot::new(value, State::Persistent) });
        self.enter(slot, hash);
        Ok(slot)
    }

    fn meet_again(&mut self, slot: u32, epoch: u32, row: &mut Fields<'_>) -> Result<()> {
        if self.is_stale(slot, epoch) {
            let value = decode(row)?;
            self.refresh(slot, epoch, value);
        }
        Ok(())
    }

    fn is_stale(&self, slot: u32, epoch: u32) -> bool {
        let place = self.at(slot);
        place.epoch != epoch || place.state == State::Missing
    }

    /// Gives a stale slot the values of its row; what was changed since the kept copy stays changed. When the row has
    /// another version than the kept copy nothing changes, and the flush will find the row stale.
    fn refresh(&mut self, slot: u32, epoch: u32, row: M) {
        let place = &mut self.slots[slot as usize];
        place.epoch = epoch;
        if place.state == State::Missing {
            place.state = State::Persistent;
        }
        let (Some(value), Some(kept)) = (&mut place.value, &mut place.kept) else {
            place.value = Some(row);
            return;
        };
        let mut against_row = Diff::default();
        row.diff(kept, &mut against_row);
        if M::table().version.is_some_and(|version| against_row.changed.contains(version)) {
            return;
        }
        let mut changed = Diff::default();
        value.diff(kept, &mut changed);
        visit::copy_fields(&row, value, &changed.changed);
        **kept = row;
    }

    /// The key that a value carries itself.
    pub(crate) fn own_key(value: &M) -> Option<M::Key> {
        value.key(&NoIds)
    }
}

/// The hash that the identity map has a slot under.
fn hash_of<M: Model>(slots: &Slots<M>, hasher: &RandomState, slot: u32) -> u64 {
    hasher
        .hash_one(slots[slot as usize].key.as_ref().expect("invariant: who is in the identity map has a key"))
}

/// Decodes a row that holds all columns of its table; an error names the column at which it stopped.
///
/// # Errors
/// A value error when a column does not hold what its field expects.
#[inline]
pub(crate) fn decode<M: Model>(row: &mut Fields<'_>) -> Result<M> {
    M::decode(row).map_err(|error| error.context(visit::place(M::table(), row.position())))
}
