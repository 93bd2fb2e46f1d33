//! A typed store as the unit of work sees it: values are reached by slot, without their model's type.

use std::any::Any;

use super::Stores;
use super::any::AnyStore;
use super::change::{Change, Demand};
use super::epochs::Epochs;
use super::group::Group;
use super::slot::State;
use super::typed::Store;
use super::visit;
use crate::error::{Error, Result};
use crate::row::{Fields, Row};
use crate::schema::{Diff, Model, Table, When};
use crate::util::columns::ColumnSet;
use crate::value::{
    Entity, Generation, Ids, Key, Link, NoIds, Place, SessionNumber, Value, Version, encode_key,
};

impl<M: Model> AnyStore for Store<M> {
    fn table(&self) -> &'static Table {
        M::table()
    }

    fn is_current(&self, slot: u32, generation: Generation) -> bool {
        self.slots.get(slot as usize).is_some_and(|place| place.generation == generation)
    }

    fn state(&self, slot: u32) -> State {
        self.at(slot).state
    }

    fn generation_of(&self, slot: u32) -> Generation {
        self.generation(slot)
    }

    fn recorded(&self, since: usize, ids: &dyn Ids, each: &mut dyn FnMut(u32, State, Vec<Change>)) {
        self.show_recorded(since, ids, each);
    }

    fn set_state(&mut self, slot: u32, state: State) {
        self.at_mut(slot).state = state;
        self.watch.begin(slot);
    }

    #[inline]
    fn key(&self, slot: u32) -> Option<&dyn Any> {
        self.at(slot).key.as_ref().map(|key| key as &dyn Any)
    }

    fn value(&self, slot: u32) -> Option<&dyn Any> {
        self.at(slot).value.as_ref().map(|value| value as &dyn Any)
    }

    fn key_text(&self, slot: u32) -> String {
        match &self.at(slot).key {
            Some(key) => format!("{key:?}"),
            None => "none".to_owned(),
        }
    }

    fn touched_by_key(&self) -> Vec<u32> {
        let mut touched: Vec<u32> = self
            .touched
            .iter()
            .copied()
            .filter(|&slot| self.at(slot).is_tracked() && self.at(slot).kept.is_some())
            .collect();
        self.sort_by_key(&mut touched);
        touched.dedup();
        touched
    }

    fn held(&self) -> Vec<u32> {
        self.list_held()
    }

    fn find_key(&self, key: &dyn Any) -> Option<u32> {
        self.find(key.downcast_ref()?)
    }

    fn entity(&self, slot: u32, session: SessionNumber) -> Entity {
        let place = Place::new(session, slot, self.at(slot).generation);
        Entity { model: M::table().number, place }
    }

    fn sort_by_key(&self, slots: &mut [u32]) {
        slots.sort_by(|&a, &b| self.at(a).key.cmp(&self.at(b).key));
    }

    fn changed(&self, slot: u32, ids: &dyn Ids) -> ColumnSet {
        let place = self.at(slot);
        let (Some(value), Some(kept)) = (&place.value, &place.kept) else {
            return ColumnSet::EMPTY;
        };
        let mut diff = Diff::new(ids);
        value.diff(self.copies.get(kept), &mut diff);
        let mut changed = diff.changed.without(&M::table().managed);
        self.demands.add_columns(slot, &mut changed);
        changed
    }

    fn changes(&self, slot: u32, ids: &dyn Ids) -> Vec<Change> {
        self.list_changes(slot, ids)
    }

    fn demand(&mut self, demand: Demand) {
        // A kept copy is what an entity with something to write has.
        self.touch(demand.slot, self.generation(demand.slot));
        self.demands.push(demand);
    }

    fn demands(&self, slot: u32) -> Vec<&Demand> {
        self.demands.of(slot).collect()
    }

    fn expressed(&self, slot: u32) -> ColumnSet {
        self.demands.expressed(slot)
    }

    fn has_expressions(&self) -> bool {
        self.demands.has_expressions()
    }

    fn expire(&mut self, slot: u32) {
        self.drop_edits(slot);
        self.make_stale(slot);
    }

    fn make_stale(&mut self, slot: u32) {
        self.watch.forget();
        self.at_mut(slot).epoch = Epochs::STALE;
    }

    fn group(&self, places: &mut dyn Iterator<Item = Place>, state: State, groups: &mut Vec<Group>) {
        let table = M::table();
        let asks_key = state == State::Pending && table.only_key_is_generated;
        let is_simple = state != State::Pending || asks_key || table.generated.is_empty();
        let mut last = None;
        for Place { slot, generation, .. } in places {
            let place = self.at(slot);
            if place.generation != generation || place.state != state {
                continue;
            }
            // Most rows are written as the one before them, which a glance at the key can tell.
            let has_key =
                asks_key && place.value.as_ref().is_some_and(|value| Store::own_key(value).is_some());
            match groups.last_mut() {
                Some(group) if is_simple && last == Some(has_key) => group.slots.push(slot),
                Some(_) | None => {
                    Group::push(groups, table.number, &self.written_columns(place, state), slot)
                }
            }
            last = Some(has_key);
        }
    }

    fn columns_by_key(&self, has_key: bool) -> Option<ColumnSet> {
        let table = M::table();
        match (table.only_key_is_generated, has_key) {
            (true, false) => Some(table.without_key),
            (true, true) => Some(table.insertable),
            (false, _) => table.generated.is_empty().then_some(table.insertable),
        }
    }

    fn links(&self, slot: u32, each: &mut dyn FnMut(usize, Link<'_>)) {
        if let Some(value) = &self.at(slot).value {
            visit::links(value, each);
        }
    }

    fn entities(&self, slots: &[u32], each: &mut dyn FnMut(usize, Entity)) {
        for &slot in slots {
            if let Some(value) = &self.at(slot).value {
                visit::entities(value, each);
            }
        }
    }

    fn kept_links(&self, slot: u32, each: &mut dyn FnMut(usize, Link<'_>)) {
        if let Some(value) = self.kept_or_current(slot) {
            visit::links(value, each);
        }
    }

    fn text_of_key(&self, key: &dyn Any) -> Option<String> {
        key.downcast_ref::<M::Key>().map(|key| format!("{key:?}"))
    }

    fn current_key_text(&self, slot: u32, ids: &dyn Ids) -> Option<String> {
        Some(format!("{:?}", self.at(slot).value.as_ref()?.key(ids)?))
    }

    fn own_key_text(&self, slot: u32, ids: &dyn Ids) -> Option<String> {
        let place = self.at(slot);
        let key = place.key.clone().or_else(|| place.value.as_ref()?.key(ids))?;
        Some(format!("{key:?}"))
    }

    fn missing(&self, slots: &[u32]) -> Option<u32> {
        slots.iter().copied().find(|&slot| self.at(slot).state == State::Missing)
    }

    fn taken_key(&self, slots: &[u32], ids: &dyn Ids) -> Option<String> {
        let taken = |&slot: &u32| {
            let key = self.at(slot).value.as_ref()?.key(ids)?;
            let other = self.find(&key).filter(|&other| self.at(other).state == State::Persistent)?;
            // It may be about to get another key.
            let stays = self.at(other).value.as_ref().and_then(|value| value.key(ids)) == Some(key.clone());
            (other != slot && stays).then(|| format!("{key:?}"))
        };
        slots.iter().find_map(taken)
    }

    fn displaced(&self, slots: &[u32]) -> Option<u32> {
        if self.displaced.is_empty() {
            return None;
        }
        slots.iter().copied().find(|slot| self.displaced.contains(slot))
    }

    fn supply(&mut self) {
        if !M::SUPPLIES {
            return;
        }
        for &slot in &self.touched {
            let place = &mut self.slots[slot as usize];
            let (Some(value), Some(kept)) = (&mut place.value, &place.kept) else {
                continue;
            };
            let mut diff = Diff::new(&NoIds);
            value.diff(self.copies.get(kept), &mut diff);
            self.demands.add_columns(slot, &mut diff.changed);
            if !diff.changed.is_empty() {
                value.on_update(&diff.changed);
            }
        }
    }

    fn count_version(&mut self, slot: u32) {
        let place = &mut self.slots[slot as usize];
        let Some(value) = &mut place.value else { return };
        if place.state == State::Pending {
            return visit::set_version(value, |_| Version::default().next());
        }
        // The version counts the row's writes, whatever the program put into the field.
        if let Some(kept) = &place.kept {
            visit::copy_fields(self.copies.get(kept), value, &M::table().managed);
        }
        visit::set_version(value, Version::next);
    }

    fn succeed_version(&mut self, slot: u32, other: u32) {
        self.count_from(slot, other);
    }

    fn differing(&self, slot: u32, other: u32, ids: &dyn Ids) -> ColumnSet {
        self.differ(slot, other, ids)
    }

    fn has_hooks(&self) -> bool {
        M::HOOKS
    }

    fn run_hook(&mut self, slot: u32, when: When, rest: &Stores) -> Result<bool> {
        self.run_hook_at(slot, when, rest)
    }

    fn validate(&self, slots: &[u32], refuse: &mut dyn FnMut(u32, &'static str, String)) {
        if !M::VALIDATES {
            return;
        }
        for &slot in slots {
            if let Some(value) = &self.at(slot).value {
                value.validate(&mut |field, why| refuse(slot, field, why));
            }
        }
    }

    fn encode<'a>(
        &'a self,
        slot: u32,
        wanted: &ColumnSet,
        ids: &'a dyn Ids,
        out: &mut Vec<Value<'a>>,
    ) -> Result<()> {
        match &self.at(slot).value {
            Some(value) => visit::encode(value, wanted, ids, out),
            None => Ok(()),
        }
    }

    fn encode_kept<'a>(
        &'a self,
        slot: u32,
        wanted: &ColumnSet,
        ids: &'a dyn Ids,
        out: &mut Vec<Value<'a>>,
    ) -> Result<()> {
        match self.kept_or_current(slot) {
            Some(value) => visit::encode(value, wanted, ids, out),
            None => Ok(()),
        }
    }

    fn encode_key<'a>(&'a self, slot: u32, ids: &'a dyn Ids, out: &mut Vec<Value<'a>>) -> Result<()> {
        match &self.at(slot).key {
            Some(key) => encode_key(key, ids, out),
            None => Ok(()),
        }
    }

    fn encode_version<'a>(&'a self, slot: u32, ids: &'a dyn Ids, out: &mut Vec<Value<'a>>) -> Result<()> {
        match (M::table().version, self.kept_or_current(slot)) {
            (Some(version), Some(kept)) => visit::encode(kept, &ColumnSet::from_iter([version]), ids, out),
            (None, _) | (_, None) => Ok(()),
        }
    }

    fn record(&mut self, slots: &[u32], filled: &ColumnSet) {
        self.record_slots(slots, filled);
    }

    fn set_frame(&mut self, first: usize) {
        self.journal.set_frame(first);
    }

    fn journal_len(&self) -> usize {
        self.journal.len()
    }

    fn undo_to(&mut self, length: usize) {
        self.undo(length);
    }

    fn assign(&mut self, slot: u32, columns: &ColumnSet, made: &ColumnSet, row: &dyn Row) -> Result<()> {
        let place = self.at_mut(slot);
        if let Some(key) = M::table().generated_key.filter(|&key| columns.contains(key)) {
            let position = columns.iter().take_while(|&column| column < key).count();
            place.key = Some(M::Key::decode(&mut Fields::new(row, position))?);
        }
        match &mut place.value {
            Some(value) => visit::assign(value, columns, made, &mut Fields::new(row, 0)),
            None => Ok(()),
        }
    }

    fn expect_inserts(&mut self, count: usize) {
        self.reserve(count);
    }

    fn settle_inserts(&mut self, slots: &[u32], ids: &[i64], epoch: u32) -> Result<()> {
        for (index, &slot) in slots.iter().enumerate() {
            let key = match ids.get(index) {
                Some(&id) => Some(generated_key::<M>(id)?),
                None => self.inserted_key(slot),
            };
            self.settle_insert(slot, key, epoch);
        }
        Ok(())
    }

    fn settle_updates(&mut self, slots: &[u32], key_changed: bool) {
        self.journal.reserve(slots.len());
        for &slot in slots {
            self.record_slot(slot, &ColumnSet::EMPTY);
            if key_changed {
                self.change_key(slot);
            }
        }
    }

    fn settle_deletes(&mut self, slots: &[u32]) {
        for &slot in slots {
            self.record_slot(slot, &ColumnSet::EMPTY);
            self.record_deleted(slot);
            self.leave_identity(slot);
            self.at_mut(slot).state = State::DeletedFlushed;
        }
    }

    fn keep(&mut self, slot: u32) {
        self.keep_copy(slot);
    }

    fn record_values(&mut self, slot: u32) {
        self.record_copy(slot);
    }

    fn relink(&mut self, slot: u32, field: usize, entity: Entity) {
        if let Some(value) = &mut self.at_mut(slot).value {
            visit::relink(value, field, entity);
        }
    }

    fn clear_link(&mut self, slot: u32, field: usize, named: Entity) {
        self.clear_field(slot, field, named);
    }

    fn restore_touched(&mut self) {
        self.demands.clear();
        self.displaced.clear();
        for slot in std::mem::take(&mut self.touched) {
            let place = &mut self.slots[slot as usize];
            if let Some(kept) = place.kept.take() {
                place.value = Some(self.copies.take(kept));
            }
        }
    }

    fn settle_touched(&mut self) {
        self.end_touched();
    }

    fn vacate(&mut self, slot: u32) {
        Store::vacate(self, slot);
    }

    fn is_evictable(&self, slot: u32) -> bool {
        let place = self.at(slot);
        place.value.is_some() && place.kept.is_none() && place.is_tracked()
    }

    fn used(&self) -> Vec<u32> {
        let count = u32::try_from(self.slots.len()).expect("invariant: every slot has a number");
        (0..count).filter(|&slot| self.at(slot).value.is_some()).collect()
    }

    fn resolve_ids(&mut self, slots: &[u32], rest: &Stores) {
        self.resolve_slots(slots, rest);
    }

    fn resolve_leaving(&mut self, rest: &Stores) {
        Store::resolve_leaving(self, rest);
    }

    fn resolve_with(&mut self, slot: u32, ids: &dyn Ids) {
        self.resolve_slot_with(slot, ids);
    }

    fn forget_vacated(&mut self) {
        self.forget_vacated_entries();
    }

    fn commit(&mut self) {
        self.forget_entries();
    }
}

impl<M: Model> Store<M> {
    /// The key of a row that was just inserted: what the database returned, or what its values say.
    fn inserted_key(&mut self, slot: u32) -> Option<M::Key> {
        let place = &mut self.slots[slot as usize];
        match place.key.take() {
            Some(key) if M::table().generated_key.is_some() => Some(key),
            Some(_) | None => place.value.as_ref().and_then(Store::own_key),
        }
    }

    #[inline]
    fn settle_insert(&mut self, slot: u32, key: Option<M::Key>, epoch: u32) {
        if let Some(key) = &key
            && let Some(other) = self.claim(slot, key)
        {
            self.displace(other);
        }
        let place = &mut self.slots[slot as usize];
        if let (Some(value), Some(key)) = (&mut place.value, &key)
            && M::table().generated_key.is_some()
        {
            value.set_key(key.clone());
        }
        place.key = key;
        place.epoch = epoch;
        place.state = State::Persistent;
    }

    fn change_key(&mut self, slot: u32) {
        let place = self.at(slot);
        let (Some(old), Some(new)) = (place.key.clone(), place.value.as_ref().and_then(Store::own_key))
        else {
            return;
        };
        self.record_key(slot, old);
        self.know(slot, new);
    }
}

#[inline]
fn generated_key<M: Model>(id: i64) -> Result<M::Key> {
    M::Key::from_generated(id)
        .ok_or_else(|| Error::value(format!("the generated key {id} does not fit the type of the key")))
}
