//! The store of one model: its slots, and the identity map that finds them by key.

use std::sync::Arc;

use super::any::AnyStore;
use super::change::Demands;
use super::chunks::Chunks;
use super::epochs::Epochs;
use super::identity::{IdentityMap, KeyHash};
use super::journal::Journal;
use super::kept::KeptCopies;
use super::origin::Origins;
use super::slot::{Slot, State};
use super::visit;
use super::watch::Watch;
use crate::driver::Statement;
use crate::error::{Error, Result};
use crate::row::Fields;
use crate::schema::{Diff, Model, Moment};
use crate::util::columns::ColumnSet;
use crate::value::{Generation, NoIds, Place, SessionNumber, Version};

/// The entities of one model in one session.
pub(crate) struct Store<M: Model> {
    pub(super) slots: Chunks<Slot<M>>,
    pub(super) copies: KeptCopies<M>,
    pub(super) vacant: Vec<u32>,
    has_vacated: bool,
    identity: IdentityMap,
    /// Slots that were touched since the last flush.
    pub(super) touched: Vec<u32>,
    /// What the next flush writes beside what differs.
    pub(super) demands: Demands,
    pub(super) journal: Journal<M>,
    /// What relations want to know of changes.
    pub(super) watch: Watch,
    /// Slots whose keys new rows got in this flush, though something was to be written of them.
    pub(super) displaced: Vec<u32>,
    /// Which entities were loaded together.
    pub(crate) origins: Origins,
    /// The statement that loads a row by its key; kept here so that a `get` need not look for it.
    pub(crate) select_by_key: Option<Arc<Statement>>,
}

/// A key whose row is looked for.
pub(crate) struct Wanted<'key, M: Model> {
    pub(crate) key: &'key M::Key,
    /// Its hash, when the identity map does not know it.
    pub(crate) absent: Option<KeyHash>,
}

/// How rows meet what is held of them.
#[derive(Clone, Copy)]
pub(crate) struct Meeting<'stores> {
    pub(crate) epochs: &'stores Epochs,
    pub(crate) refresh: Refresh,
}

/// Which entities a row refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refresh {
    /// Those that are stale; what was changed stays changed.
    Stale,
    /// All, also what was changed.
    All,
    /// All, and none may have been changed.
    Unchanged,
}

impl<M: Model> Store<M> {
    pub(crate) fn new() -> Self {
        Store {
            slots: Chunks::new(),
            copies: KeptCopies::new(),
            vacant: Vec::new(),
            has_vacated: false,
            identity: IdentityMap::new(),
            touched: Vec::new(),
            demands: Demands::default(),
            journal: Journal::new(),
            watch: Watch::default(),
            displaced: Vec::new(),
            origins: Origins::default(),
            select_by_key: None,
        }
    }

    /// Makes room for entities that are about to get keys.
    pub(crate) fn reserve(&mut self, count: usize) {
        self.identity.reserve(count);
    }

    /// Takes a value in as pending, and gives its place.
    #[inline(always)]
    pub(crate) fn add(&mut self, session: SessionNumber, value: M) -> Place {
        let slot = self.insert(Slot::new(value, State::Pending));
        self.watch.begin(slot);
        Place::new(session, slot, self.generation(slot))
    }

    /// Takes a slot in and gives its number. Inlined, so that the slot is made where it stays.
    #[inline(always)]
    pub(crate) fn insert(&mut self, slot: Slot<M>) -> u32 {
        if self.vacant.is_empty() { self.slots.push(slot) as u32 } else { self.fill(slot) }
    }

    /// The same where a slot is vacant.
    #[cold]
    fn fill(&mut self, slot: Slot<M>) -> u32 {
        let vacant = self.vacant.pop().expect("invariant: there is a vacant slot");
        let place = &mut self.slots[vacant as usize];
        *place = Slot { generation: place.generation, ..slot };
        vacant
    }

    /// Gives a slot up. Its handles are recognised as gone; a slot whose generations are used up is never used again.
    pub(crate) fn vacate(&mut self, slot: u32) -> Option<M> {
        self.forget_key(slot);
        self.watch.forget();
        self.demands.forget(slot);
        self.has_vacated = true;
        let place = &mut self.slots[slot as usize];
        let value = place.value.take();
        if let Some(kept) = place.kept.take() {
            self.copies.take(kept);
        }
        if let Some(next) = place.generation.checked_add(1) {
            place.generation = next;
            self.vacant.push(slot);
        }
        value
    }

    #[inline]
    pub(crate) fn generation(&self, slot: u32) -> Generation {
        // Only a slot that was vacated has had another tenant.
        if self.has_vacated { self.slots[slot as usize].generation } else { 0 }
    }

    /// How many slots there are, also those that nobody has.
    pub(crate) fn slot_count(&self) -> usize {
        self.slots.len()
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
        self.watch.stir();
        &mut self.slots[slot as usize]
    }

    /// The values of a slot, to be changed: the first time, a copy is kept to compare with.
    #[inline]
    pub(crate) fn touch(&mut self, slot: u32, generation: Generation) -> Option<&mut M> {
        let place = self.slots.get_mut(slot as usize).filter(|place| place.generation == generation)?;
        let value = place.value.as_mut()?;
        if place.kept.is_none() && place.state.has_row() {
            place.kept = Some(self.copies.keep(value.clone()));
            self.touched.push(slot);
            self.watch.begin(slot);
        } else {
            self.watch.again(slot);
        }
        Some(value)
    }

    /// Ends a flush: what is touched and still has its kept copy has no net change. A deleted row keeps it for a rollback.
    pub(super) fn end_touched(&mut self) {
        self.demands.clear();
        self.settle_displaced();
        for slot in std::mem::take(&mut self.touched) {
            let place = &mut self.slots[slot as usize];
            if place.state == State::DeletedFlushed && place.kept.is_some() {
                self.touched.push(slot);
            } else if let Some(kept) = place.kept.take() {
                place.value = Some(self.copies.take(kept));
            }
        }
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
        self.look_up(key).ok()
    }

    /// The slot of a key, or the hash of one that the identity map does not know.
    ///
    /// # Errors
    /// The hash.
    #[inline]
    pub(crate) fn look_up(&self, key: &M::Key) -> std::result::Result<u32, KeyHash> {
        let hash = self.identity.hash(key);
        self.find_hashed(hash, key).ok_or(hash)
    }

    #[inline]
    fn find_hashed(&self, hash: KeyHash, key: &M::Key) -> Option<u32> {
        self.identity.find(hash, |slot| self.slots[slot as usize].key.as_ref() == Some(key))
    }

    /// Says that a slot is the entity of a key. The entity that had it before, if any, loses it.
    pub(crate) fn know(&mut self, slot: u32, key: M::Key) {
        self.leave_identity(slot);
        self.claim(slot, &key);
        self.slots[slot as usize].key = Some(key);
    }

    /// The same of a slot that the identity map does not know; the slot does not have the key yet. Gives the slot that had it.
    #[inline]
    pub(super) fn claim(&mut self, slot: u32, key: &M::Key) -> Option<u32> {
        let hash = self.identity.hash(key);
        self.identity.claim(hash, slot, |other| self.slots[other as usize].key.as_ref() == Some(key))
    }

    /// Takes a slot out of the identity map; it keeps its key.
    #[inline]
    pub(crate) fn leave_identity(&mut self, slot: u32) {
        if let Some(key) = &self.slots[slot as usize].key {
            self.identity.remove(self.identity.hash(key), slot);
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
    pub(crate) fn meet(&mut self, key: M::Key, how: Meeting<'_>, row: &mut Fields<'_>) -> Result<u32> {
        let hash = self.identity.hash(&key);
        if let Some(slot) = self.find_hashed(hash, &key) {
            self.meet_again(slot, how, row)?;
            return Ok(slot);
        }
        let value = decode(row)?;
        let slot = self.insert(Slot::of_row(value, key, how.epochs.current()));
        self.identity.add(hash, slot);
        Ok(slot)
    }

    /// Meets the row of a key that the identity map was just asked for.
    ///
    /// # Errors
    /// A value error when a column does not hold what its field expects; the row is then not taken in.
    #[inline]
    pub(crate) fn meet_wanted(
        &mut self,
        wanted: &Wanted<'_, M>,
        how: Meeting<'_>,
        row: &mut Fields<'_>,
    ) -> Result<u32> {
        let value: M = decode(row)?;
        let Some(key) = Self::own_key(&value) else {
            return Err(Error::database("a row came without its key"));
        };
        // Under a collation, a row's key can be another than the one that was asked for.
        let hash = match wanted.absent {
            Some(hash) if key == *wanted.key => hash,
            Some(_) | None => {
                let hash = self.identity.hash(&key);
                if let Some(slot) = self.find_hashed(hash, &key) {
                    if self.is_open(slot, how) {
                        self.refresh(slot, how, value)?;
                    }
                    return Ok(slot);
                }
                hash
            }
        };
        let slot = self.insert(Slot::of_row(value, key, how.epochs.current()));
        self.identity.add(hash, slot);
        Ok(slot)
    }

    fn meet_again(&mut self, slot: u32, how: Meeting<'_>, row: &mut Fields<'_>) -> Result<()> {
        if self.is_open(slot, how) {
            let value = decode(row)?;
            self.refresh(slot, how, value)?;
        }
        Ok(())
    }

    /// Whether a slot takes the values of its row.
    fn is_open(&self, slot: u32, how: Meeting<'_>) -> bool {
        let place = self.at(slot);
        how.refresh != Refresh::Stale || !how.epochs.is_fresh(place.epoch) || place.state == State::Missing
    }

    /// Takes back what was changed since the last flush.
    pub(crate) fn drop_edits(&mut self, slot: u32) {
        let place = &mut self.slots[slot as usize];
        if let Some(kept) = place.kept.take() {
            place.value = Some(self.copies.take(kept));
        }
        self.demands.forget(slot);
    }

    /// Gives a stale slot the values of its row; what was changed since the kept copy stays changed. When the row has
    /// another version than the kept copy nothing changes, and the flush will find the row stale.
    ///
    /// # Errors
    /// Misuse where no entity may have been changed, and this one was.
    fn refresh(&mut self, slot: u32, how: Meeting<'_>, row: M) -> Result<()> {
        if how.refresh == Refresh::Unchanged && !self.changed(slot, &NoIds).is_empty() {
            return Err(changed_before_lock::<M>());
        }
        if how.refresh != Refresh::Stale {
            self.drop_edits(slot);
            self.watch.forget();
        }
        self.watch.again(slot);
        let place = &mut self.slots[slot as usize];
        place.epoch = how.epochs.current();
        if place.state == State::Missing {
            place.state = State::Persistent;
        }
        let (Some(value), Some(kept)) = (&mut place.value, &place.kept) else {
            place.value = Some(row);
            return Ok(());
        };
        let copy = self.copies.get(kept);
        let mut changed = Diff::new(&NoIds);
        value.diff(copy, &mut changed);
        self.demands.add_columns(slot, &mut changed.changed);
        let mut against_row = Diff::new(&NoIds);
        row.diff(copy, &mut against_row);
        let has_other_version =
            M::table().version.is_some_and(|version| against_row.changed.contains(version));
        if has_other_version && !changed.changed.is_empty() {
            return Ok(());
        }
        let untouched = ColumnSet::first(M::table().columns.len()).without(&changed.changed);
        visit::copy_fields(&row, value, &untouched);
        self.copies.set(kept, row);
        Ok(())
    }

    /// Gives a slot what its row has in deferred columns, which `read` reads. A value that the program set stays.
    ///
    /// # Errors
    /// A value error when a column does not hold what its field expects.
    pub(crate) fn fill_in<'row>(
        &mut self,
        slot: u32,
        columns: &ColumnSet,
        read: impl Fn() -> Fields<'row>,
    ) -> Result<()> {
        let place = &mut self.slots[slot as usize];
        if let Some(value) = &mut place.value
            && visit::unset_columns(value).intersects(columns)
        {
            visit::assign(value, columns, columns, &mut read())?;
        }
        match &place.kept {
            Some(kept) => visit::assign(self.copies.get_mut(kept), columns, columns, &mut read()),
            None => Ok(()),
        }
    }

    /// Whether a value carries a key that the database could generate.
    #[inline]
    pub(crate) fn has_own_key(value: &M) -> bool {
        M::table().only_key_is_generated && Self::own_key(value).is_some()
    }

    /// The version that a value has, if its model has one.
    pub(crate) fn version(value: &M) -> Option<Version> {
        M::table().version.map(|_| visit::version(value))
    }

    /// The version of a slot's row, as it was loaded.
    pub(crate) fn row_version(&self, slot: u32) -> Option<Version> {
        self.kept_or_current(slot).and_then(Self::version)
    }

    /// Copies the columns that a program writes, but for those that are left to the database.
    pub(crate) fn copy_columns(from: &M, to: &mut M) {
        let table = M::table();
        let all = ColumnSet::first(table.columns.len());
        let wanted = all.without(&visit::unset_columns(from)).without(&table.managed);
        visit::copy_fields(from, to, &wanted);
    }

    /// The key that a value carries itself.
    pub(crate) fn own_key(value: &M) -> Option<M::Key> {
        value.key(&NoIds)
    }
}

#[cold]
fn changed_before_lock<M: Model>() -> Error {
    let model = M::table().model;
    Error::misuse(format!(
        "a `{model}` was changed and not flushed, and a query that locks its row would read it anew: flush before"
    ))
}

/// Decodes a row that holds all columns of its table; an error names the column at which it stopped.
///
/// # Errors
/// A value error when a column does not hold what its field expects.
#[inline]
pub(crate) fn decode<M: Model>(row: &mut Fields<'_>) -> Result<M> {
    let first = row.position();
    let decoded = M::decode(row);
    let place = |error: Error| error.context(visit::place(M::table(), row.position() - first));
    let mut value = decoded.map_err(place)?;
    if M::HOOKS {
        value
            .hook(&Moment::Load)
            .map_err(|error| error.context(format!("in `load` of a `{}`", M::table().model)))?;
    }
    Ok(value)
}
