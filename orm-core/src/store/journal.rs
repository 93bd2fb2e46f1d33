//! What a frame has to put back when it is undone: recorded once per slot, before it is overwritten.
//!
//! An entry is small, since a flush makes one for each row. What only some rows need, such as the key of a row that got
//! another, stands beside, in lists that name their entry.

use std::collections::HashMap;

use super::kept::Kept;
use super::slot::{NO_ENTRY, Slot, State};
use super::typed::Store;
use super::visit;
use crate::schema::{Diff, Model};
use crate::util::columns::ColumnSet;
use crate::value::{Entity, Generation, NoIds, Version};

/// The entries of a store, oldest first.
pub(super) struct Journal<M: Model> {
    entries: Vec<Undo>,
    /// The first entry of the innermost frame.
    frame: usize,
    /// What the database filled in, but for keys.
    filled: Vec<(u32, ColumnSet)>,
    /// What foreign keys of rows that are born in the transaction named before they named keys.
    links: Vec<Named>,
    /// The keys of rows that got others.
    keys: Vec<(u32, M::Key)>,
    /// Slots whose rows were deleted.
    deleted: Vec<u32>,
}

/// What a slot was before the unit of work changed it.
pub(super) struct Undo {
    pub(super) slot: u32,
    pub(super) generation: Generation,
    /// The slot's entry before this one.
    previous: u32,
    pub(super) state: State,
    /// The values before, for a slot that had a row and was touched.
    pub(super) kept: Option<Kept>,
}

/// What a foreign key named: an entity, or what is known by its key only.
struct Named {
    entry: u32,
    field: usize,
    entity: Option<Entity>,
}

/// Of rows that are withdrawn, the fields that have what they are to have.
type Settled = HashMap<u32, ColumnSet>;

impl<M: Model> Journal<M> {
    pub(super) fn new() -> Self {
        Journal {
            entries: Vec::new(),
            frame: 0,
            filled: Vec::new(),
            links: Vec::new(),
            keys: Vec::new(),
            deleted: Vec::new(),
        }
    }

    /// Forgets everything, but keeps the memory for the next transaction.
    fn clear(&mut self) {
        self.entries.clear();
        self.filled.clear();
        self.links.clear();
        self.keys.clear();
        self.deleted.clear();
        self.frame = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entries since the journal was so long.
    pub(super) fn since(&self, length: usize) -> &[Undo] {
        self.entries.get(length..).unwrap_or_default()
    }

    /// Makes a frame the innermost one: the one that opened when the journal was so long.
    pub(super) fn set_frame(&mut self, first: usize) {
        self.frame = first;
    }

    pub(super) fn reserve(&mut self, count: usize) {
        self.entries.reserve(count);
    }

    /// Whether an entry is one of the innermost frame, about a slot. A slot may name one of a transaction that is over.
    #[inline]
    fn has_entry(&self, entry: u32, slot: u32) -> bool {
        entry as usize >= self.frame && self.entries.get(entry as usize).is_some_and(|undo| undo.slot == slot)
    }

    /// Records what a slot is, unless the innermost frame has done so already; gives the kept copy back then.
    #[inline]
    pub(super) fn record(
        &mut self,
        place: &mut Slot<M>,
        slot: u32,
        kept: Option<Kept>,
        filled: &ColumnSet,
    ) -> Option<Kept> {
        if place.entry != NO_ENTRY && self.has_entry(place.entry, slot) {
            return kept;
        }
        let entry = self.len() as u32;
        let previous = std::mem::replace(&mut place.entry, entry);
        self.entries.push(Undo { slot, generation: place.generation, previous, state: place.state, kept });
        if !filled.is_empty() {
            self.filled.push((entry, *filled));
        }
        None
    }

    /// Whether the row of an entry, or of one before it about the same slot, is born in the transaction: since the journal was
    /// so long.
    fn is_birth(&self, entry: u32, slot: u32, length: usize) -> bool {
        let mut at = entry;
        while at as usize >= length
            && let Some(undo) = self.entries.get(at as usize).filter(|undo| undo.slot == slot)
        {
            if undo.state == State::Pending {
                return true;
            }
            if undo.previous >= at {
                return false;
            }
            at = undo.previous;
        }
        false
    }

    /// Follows entries that have other numbers now, or none.
    fn renumber(&mut self, kept: &[Option<u32>]) {
        renumber_list(&mut self.filled, kept, |(entry, _)| entry);
        renumber_list(&mut self.links, kept, |link| &mut link.entry);
        renumber_list(&mut self.keys, kept, |(entry, _)| entry);
    }

    /// The key that a row had before its entry, taken out.
    fn take_key(&mut self, entry: u32) -> Option<M::Key> {
        let position = self.keys.iter().rposition(|(other, _)| *other == entry)?;
        Some(self.keys.remove(position).1)
    }
}

impl<M: Model> Store<M> {
    /// Records what a slot is, unless the innermost frame has done so already. The kept copy goes into the record.
    #[inline]
    pub(super) fn record_slot(&mut self, slot: u32, filled: &ColumnSet) {
        let place = &mut self.slots[slot as usize];
        let kept = place.kept.take();
        if let Some(kept) = self.journal.record(place, slot, kept, filled) {
            let kept = self.copies.take(kept);
            self.record_moves(slot, &kept);
        }
    }

    /// Adds to the record of a row that is born in the transaction an entity that a foreign key named.
    pub(super) fn record_link(&mut self, slot: u32, field: usize, entity: Entity) {
        let entry = self.at(slot).entry;
        if self.journal.is_birth(entry, slot, 0) {
            self.journal.links.push(Named { entry, field, entity: Some(entity) });
        }
    }

    /// The same of foreign keys that were set since a copy was kept: what they named before is over.
    fn record_moves(&mut self, slot: u32, kept: &M) {
        let entry = self.at(slot).entry;
        if M::table().foreign_keys.is_empty() || !self.journal.is_birth(entry, slot, 0) {
            return;
        }
        for field in self.moved(slot, kept).iter() {
            self.journal.links.push(Named { entry, field, entity: None });
        }
    }

    /// The fields of foreign keys in which a slot differs from a copy.
    fn moved(&self, slot: u32, kept: &M) -> ColumnSet {
        let table = M::table();
        let Some(value) = self.at(slot).value.as_ref().filter(|_| !table.foreign_keys.is_empty()) else {
            return ColumnSet::EMPTY;
        };
        let mut diff = Diff::new(&NoIds);
        value.diff(kept, &mut diff);
        let is_moved =
            |field: &usize| table.fields[*field].clone().any(|column| diff.changed.contains(column));
        (0..table.fields.len()).filter(is_moved).collect()
    }

    /// Adds to the record of a row the key that it had before, unless an earlier one is recorded.
    pub(super) fn record_key(&mut self, slot: u32, key: M::Key) {
        let entry = self.at(slot).entry;
        if !self.journal.keys.iter().rev().any(|(other, _)| *other == entry) {
            self.journal.keys.push((entry, key));
        }
    }

    /// Puts back what the entries say, the latest first, down to a length of the journal.
    pub(super) fn undo(&mut self, length: usize) {
        // Links that had to wait for a cycle were recorded after those of later entries.
        self.journal.links.sort_by_key(|link| link.entry);
        let mut settled = Settled::new();
        while self.journal.len() > length {
            let Some(undo) = self.journal.entries.pop() else { return };
            let entry = u32::try_from(self.journal.len()).expect("invariant: the entry had a number");
            if self.at(undo.slot).generation != undo.generation {
                self.drop_beside(entry, &undo);
            } else if undo.state == State::Pending || self.journal.is_birth(undo.previous, undo.slot, length)
            {
                self.take_back(entry, undo, &mut settled);
            } else {
                self.put_back(entry, undo);
            }
        }
    }

    /// Forgets what stands beside an entry about a slot that was given up.
    fn drop_beside(&mut self, entry: u32, undo: &Undo) {
        self.journal.filled.pop_if(|(other, _)| *other == entry);
        self.drop_links(entry);
        if undo.state != State::Pending {
            self.journal.take_key(entry);
        }
    }

    fn drop_links(&mut self, entry: u32) {
        while self.journal.links.pop_if(|link| link.entry == entry).is_some() {}
    }

    /// A slot gets back what it had.
    fn put_back(&mut self, entry: u32, undo: Undo) {
        self.put_key_back(entry, undo.slot);
        self.drop_links(entry);
        let place = &mut self.slots[undo.slot as usize];
        place.entry = undo.previous;
        place.state = if undo.state == State::Deleted { State::Persistent } else { undo.state };
        // A copy that was kept since is of the same values, unless the entry has an earlier one.
        let later = place.kept.take().map(|later| self.copies.take(later));
        let earlier = undo.kept.map(|kept| self.copies.take(kept));
        if let Some(value) = earlier.or(later) {
            place.value = Some(value);
        }
    }

    fn put_key_back(&mut self, entry: u32, slot: u32) {
        let earlier = self.journal.take_key(entry);
        let was_deleted = self.at(slot).state == State::DeletedFlushed;
        let key = earlier.or_else(|| self.at(slot).key.clone().filter(|_| was_deleted));
        if let Some(key) = key {
            self.know(slot, key);
        }
    }

    /// A slot whose row is born in what is undone keeps the values that the program gave it last, but for what came from the
    /// database; it is withdrawn when the entry of its birth comes.
    fn take_back(&mut self, entry: u32, undo: Undo, all: &mut Settled) {
        let slot = undo.slot;
        let mut settled = all.remove(&slot).unwrap_or(ColumnSet::EMPTY);
        let later = self.slots[slot as usize].kept.take().map(|kept| self.copies.take(kept));
        let moved = later.map_or(ColumnSet::EMPTY, |kept| self.moved(slot, &kept));
        moved.iter().for_each(|field| settled.insert(field));
        self.name_again(entry, slot, &mut settled);
        if undo.state == State::Pending {
            self.forget_key(slot);
            self.unborn(entry, slot);
        } else {
            self.journal.take_key(entry);
            let earlier = undo.kept.map(|kept| self.copies.take(kept));
            let moved = earlier.map_or(ColumnSet::EMPTY, |kept| self.moved(slot, &kept));
            moved.iter().for_each(|field| settled.insert(field));
            all.insert(slot, settled);
        }
        self.slots[slot as usize].entry = undo.previous;
    }

    /// Foreign keys name entities again, where they name the same still.
    fn name_again(&mut self, entry: u32, slot: u32, settled: &mut ColumnSet) {
        while let Some(Named { field, entity, .. }) = self.journal.links.pop_if(|link| link.entry == entry) {
            if settled.contains(field) {
                continue;
            }
            settled.insert(field);
            if let (Some(entity), Some(value)) = (entity, &mut self.slots[slot as usize].value) {
                visit::relink(value, field, entity);
            }
        }
    }

    /// Takes back what an INSERT wrote into the values of an entity, which is withdrawn.
    fn unborn(&mut self, entry: u32, slot: u32) {
        let filled = self.journal.filled.pop_if(|(other, _)| *other == entry);
        let place = &mut self.slots[slot as usize];
        place.state = State::Withdrawn;
        let Some(value) = &mut place.value else { return };
        if M::table().generated_key.is_some() {
            value.unset_key();
        }
        if M::table().version.is_some() {
            visit::set_version(value, |_| Version::default());
        }
        if let Some((_, filled)) = filled {
            visit::unset(value, &filled);
        }
    }

    /// Says that the row of a slot is deleted.
    pub(super) fn record_deleted(&mut self, slot: u32) {
        self.journal.deleted.push(slot);
    }

    /// Forgets all entries: the transaction is committed. What was deleted in it is gone.
    pub(super) fn forget_entries(&mut self) {
        for slot in std::mem::take(&mut self.journal.deleted) {
            if self.at(slot).state == State::DeletedFlushed && self.at(slot).value.is_some() {
                self.vacate(slot);
            }
        }
        self.journal.clear();
        // A flush comes before each commit, so no slot has a copy.
        self.copies.clear();
    }

    /// Forgets entries about slots that were given up, where there are no savepoints: there is nothing to put back.
    pub(super) fn forget_vacated_entries(&mut self) {
        let mut kept: Vec<Option<u32>> = Vec::with_capacity(self.journal.len());
        for mut undo in std::mem::take(&mut self.journal.entries) {
            let place = &mut self.slots[undo.slot as usize];
            if place.generation != undo.generation {
                kept.push(None);
                undo.kept.into_iter().for_each(|copy| drop(self.copies.take(copy)));
                continue;
            }
            let entry = u32::try_from(self.journal.entries.len()).expect("invariant: it had a number");
            undo.previous = renumbered(&kept, undo.previous).unwrap_or(NO_ENTRY);
            place.entry = entry;
            kept.push(Some(entry));
            self.journal.entries.push(undo);
        }
        self.journal.renumber(&kept);
        let slots = &self.slots;
        self.journal.deleted.retain(|&slot| slots[slot as usize].state == State::DeletedFlushed);
    }
}

/// The number that an entry has now, if it was kept.
fn renumbered(kept: &[Option<u32>], entry: u32) -> Option<u32> {
    kept.get(entry as usize).copied().flatten()
}

/// Keeps those of a list whose entries were kept.
fn renumber_list<T>(list: &mut Vec<T>, kept: &[Option<u32>], entry_of: impl Fn(&mut T) -> &mut u32) {
    list.retain_mut(|item| {
        let entry = entry_of(item);
        renumbered(kept, *entry).map(|new| *entry = new).is_some()
    });
}
