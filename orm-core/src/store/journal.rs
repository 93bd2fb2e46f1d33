//! What a frame has to put back when it is undone: recorded once per slot, before it is overwritten.
//!
//! An entry is small, since a flush makes one for each row that it changes; new rows in neighbouring slots share one. What only
//! some rows need, such as the key of a row that got another, stands beside, in lists that name their entry.

use std::collections::HashMap;
use std::ops::Range;

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

/// What a slot was before the unit of work changed it, or several neighbours whose rows are new.
pub(super) struct Undo {
    /// The first of them.
    slot: u32,
    count: u32,
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
    slot: u32,
    /// The position of its field.
    field: usize,
    entity: Option<Entity>,
}

/// Of rows that are withdrawn, the fields that have what they are to have.
type Settled = HashMap<u32, ColumnSet>;

impl Undo {
    pub(super) fn slots(&self) -> Range<u32> {
        self.slot..self.slot + self.count
    }
}

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
        entry as usize >= self.frame && self.about(entry, slot).is_some()
    }

    /// An entry, if it is one about a slot.
    #[inline]
    fn about(&self, entry: u32, slot: u32) -> Option<&Undo> {
        self.entries.get(entry as usize).filter(|undo| undo.slots().contains(&slot))
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
        let undo = Undo { slot, count: 1, generation: place.generation, previous, state: place.state, kept };
        self.push(undo, filled);
        None
    }

    fn push(&mut self, undo: Undo, filled: &ColumnSet) {
        if !filled.is_empty() {
            self.filled.push((self.len() as u32, *filled));
        }
        self.entries.push(undo);
    }

    /// Adds to the record of a row that is born in the transaction an entity that a foreign key named.
    #[inline]
    pub(super) fn record_link(&mut self, entry: u32, slot: u32, field: usize, entity: Entity) {
        if self.is_birth(entry, slot, 0) {
            self.links.push(Named { entry, slot, field, entity: Some(entity) });
        }
    }

    /// Whether the row of an entry, or of one before it about the same slot, is born in the transaction: since the journal was
    /// so long.
    fn is_birth(&self, entry: u32, slot: u32, length: usize) -> bool {
        let mut at = entry;
        while at as usize >= length
            && let Some(undo) = self.about(at, slot)
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

    /// What a foreign key of a slot named last before its entry, taken out.
    fn pop_link(&mut self, entry: u32, slot: u32) -> Option<Named> {
        self.links.pop_if(|link| (link.entry, link.slot) == (entry, slot))
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

    /// Records slots, those of new rows in neighbouring slots as one.
    pub(super) fn record_slots(&mut self, mut slots: &[u32], filled: &ColumnSet) {
        while let Some((&slot, rest)) = slots.split_first() {
            let births = self.record_births(slots, filled);
            if births == 0 {
                self.record_slot(slot, filled);
            }
            slots = &rest[births.saturating_sub(1)..];
        }
    }

    /// Records the new rows at the head of slots that no frame knows of and that are neighbours, and gives how many they are.
    fn record_births(&mut self, slots: &[u32], filled: &ColumnSet) -> usize {
        let (first, entry) = (slots[0], self.journal.len() as u32);
        let generation = self.at(first).generation;
        let mut count = 0;
        for (&slot, neighbour) in slots.iter().zip(first..) {
            let place = &mut self.slots[slot as usize];
            let is_new = place.state == State::Pending && place.entry == NO_ENTRY;
            if !is_new || slot != neighbour || place.generation != generation {
                break;
            }
            place.entry = entry;
            count += 1;
        }
        if count > 0 {
            let state = State::Pending;
            let undo = Undo { slot: first, count, generation, previous: NO_ENTRY, state, kept: None };
            self.journal.push(undo, filled);
        }
        count as usize
    }

    /// Adds to the record of a row that is born in the transaction which foreign keys were set since a copy was kept: what they named before is over.
    fn record_moves(&mut self, slot: u32, kept: &M) {
        let entry = self.at(slot).entry;
        if M::table().foreign_keys.is_empty() || !self.journal.is_birth(entry, slot, 0) {
            return;
        }
        for field in self.moved(slot, kept).iter() {
            self.journal.links.push(Named { entry, slot, field, entity: None });
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

    /// Adds to the record of a row the key that it had before, unless an earlier one is recorded. A new row had none.
    pub(super) fn record_key(&mut self, slot: u32, key: M::Key) {
        let entry = self.at(slot).entry;
        let is_new = self.journal.about(entry, slot).is_some_and(|undo| undo.state == State::Pending);
        if !is_new && !self.journal.keys.iter().rev().any(|(other, _)| *other == entry) {
            self.journal.keys.push((entry, key));
        }
    }

    /// Puts back what the entries say, the latest first, down to a length of the journal.
    pub(super) fn undo(&mut self, length: usize) {
        // Links that had to wait for a cycle were recorded after those of later entries.
        self.journal.links.sort_by_key(|link| (link.entry, link.slot));
        let mut settled = Settled::new();
        while self.journal.len() > length {
            let Some(undo) = self.journal.entries.pop() else { return };
            let entry = u32::try_from(self.journal.len()).expect("invariant: the entry had a number");
            if undo.state == State::Pending {
                self.undo_births(entry, &undo, &mut settled);
            } else if self.at(undo.slot).generation != undo.generation {
                self.drop_links(entry, undo.slot);
                self.journal.take_key(entry);
            } else if self.journal.is_birth(undo.previous, undo.slot, length) {
                self.undo_write(entry, undo, &mut settled);
            } else {
                self.put_back(entry, undo);
            }
        }
    }

    fn drop_links(&mut self, entry: u32, slot: u32) {
        while self.journal.pop_link(entry, slot).is_some() {}
    }

    /// A slot gets back what it had.
    fn put_back(&mut self, entry: u32, undo: Undo) {
        self.put_key_back(entry, undo.slot);
        self.drop_links(entry, undo.slot);
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

    /// Slots whose rows are born in what is undone keep the values that the program gave them last, but for what came from the
    /// database; they are withdrawn.
    fn undo_births(&mut self, entry: u32, undo: &Undo, all: &mut Settled) {
        let filled = self.journal.filled.pop_if(|(other, _)| *other == entry);
        let filled = filled.map_or(ColumnSet::EMPTY, |(_, filled)| filled);
        for slot in undo.slots().rev() {
            if self.at(slot).generation != undo.generation {
                self.drop_links(entry, slot);
                continue;
            }
            self.take_back(entry, slot, all);
            all.remove(&slot);
            self.forget_key(slot);
            self.unborn(slot, &filled);
            self.slots[slot as usize].entry = undo.previous;
        }
    }

    /// The same for what was written of such a row before the entry of its birth comes.
    fn undo_write(&mut self, entry: u32, undo: Undo, all: &mut Settled) {
        let slot = undo.slot;
        self.take_back(entry, slot, all);
        self.journal.take_key(entry);
        let earlier = undo.kept.map(|kept| self.copies.take(kept));
        let moved = earlier.map_or(ColumnSet::EMPTY, |kept| self.moved(slot, &kept));
        let settled = all.entry(slot).or_default();
        moved.iter().for_each(|field| settled.insert(field));
        self.slots[slot as usize].entry = undo.previous;
    }

    /// Foreign keys name entities again that they named before an entry, unless they were set since.
    fn take_back(&mut self, entry: u32, slot: u32, all: &mut Settled) {
        let later = self.slots[slot as usize].kept.take().map(|kept| self.copies.take(kept));
        let moved = later.map_or(ColumnSet::EMPTY, |kept| self.moved(slot, &kept));
        let settled = all.entry(slot).or_default();
        moved.iter().for_each(|field| settled.insert(field));
        while let Some(Named { field, entity, .. }) = self.journal.pop_link(entry, slot) {
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
    fn unborn(&mut self, slot: u32, filled: &ColumnSet) {
        let place = &mut self.slots[slot as usize];
        place.state = State::Withdrawn;
        let Some(value) = &mut place.value else { return };
        if M::table().generated_key.is_some() {
            value.unset_key();
        }
        if M::table().version.is_some() {
            visit::set_version(value, |_| Version::default());
        }
        if !filled.is_empty() {
            visit::unset(value, filled);
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
            let entry = u32::try_from(self.journal.entries.len()).expect("invariant: it had a number");
            if !self.renumber_slots(&undo, entry) {
                kept.push(None);
                undo.kept.into_iter().for_each(|copy| drop(self.copies.take(copy)));
                continue;
            }
            undo.previous = renumbered(&kept, undo.previous).unwrap_or(NO_ENTRY);
            kept.push(Some(entry));
            self.journal.entries.push(undo);
        }
        self.journal.renumber(&kept);
        let slots = &self.slots;
        self.journal.deleted.retain(|&slot| slots[slot as usize].state == State::DeletedFlushed);
    }

    /// Tells the slots of an entry its new number; whether there are any that were not given up.
    fn renumber_slots(&mut self, undo: &Undo, entry: u32) -> bool {
        let mut is_about_any = false;
        for slot in undo.slots() {
            let place = &mut self.slots[slot as usize];
            if place.generation == undo.generation {
                place.entry = entry;
                is_about_any = true;
            }
        }
        is_about_any
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
