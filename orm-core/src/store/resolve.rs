//! Keys in place of the entities that have one, in the foreign keys of slots.

use std::any::Any;

use super::any::AnyStore;
use super::beside::AllButOne;
use super::recent::Recent;
use super::typed::Store;
use super::{Stores, visit};
use crate::schema::Model;
use crate::value::{Entity, Ids};

impl<M: Model> Store<M> {
    pub(super) fn resolve_slots(&mut self, slots: &[u32], rest: &Stores) {
        let table = M::table();
        if table.foreign_keys.iter().any(|key| key.target().number == table.number) {
            for &slot in slots {
                self.resolve_own(slot, |value, one, each| {
                    visit::resolve(value, &AllButOne { rest, one }, each)
                });
            }
            return;
        }
        let ids = Recent::of(rest);
        slots.iter().for_each(|&slot| self.resolve_slot_with(slot, &ids));
    }

    /// The same before the untouched entities leave, with their keys only: the others may lose theirs by a rollback.
    pub(super) fn resolve_leaving(&mut self, rest: &Stores) {
        for slot in AnyStore::used(self) {
            if !self.is_evictable(slot) {
                self.resolve_own(slot, |value, one, each| {
                    visit::resolve(value, &Leaving(AllButOne { rest, one }), each);
                });
            }
        }
    }

    /// The same for one slot, with keys from elsewhere.
    #[inline]
    pub(super) fn resolve_slot_with(&mut self, slot: u32, ids: &dyn Ids) {
        self.watch.stir();
        let (place, journal) = (&mut self.slots[slot as usize], &mut self.journal);
        if let Some(value) = &mut place.value {
            let entry = place.entry;
            visit::resolve(value, ids, &mut |field, entity| journal.record_link(entry, slot, field, entity));
        }
    }

    /// The same for one slot whose values may name others of this store; they are out of it meanwhile.
    fn resolve_own(&mut self, slot: u32, resolve: impl FnOnce(&mut M, &Self, &mut dyn FnMut(usize, Entity))) {
        let Some(mut value) = self.at_mut(slot).value.take() else { return };
        let mut links = Vec::new();
        resolve(&mut value, self, &mut |field, entity| links.push((field, entity)));
        let place = self.at_mut(slot);
        place.value = Some(value);
        let entry = place.entry;
        links.into_iter().for_each(|(field, entity)| self.journal.record_link(entry, slot, field, entity));
    }
}

/// Knows the keys of the entities that are about to be evicted.
struct Leaving<'a, M: Model>(AllButOne<'a, M>);

impl<M: Model> Ids for Leaving<'_, M> {
    fn key(&self, entity: Entity) -> Option<&dyn Any> {
        let AllButOne { rest, one } = self.0;
        let slot = entity.place.slot;
        let leaves = match entity.model == M::table().number {
            true => one.is_evictable(slot),
            false => rest.holds(entity).is_some_and(|store| store.is_evictable(slot)),
        };
        if leaves { self.0.key(entity) } else { None }
    }
}

/// Knows the key of one entity.
pub(crate) struct OneId<'key> {
    pub(crate) entity: Entity,
    pub(crate) key: &'key dyn Any,
}

impl Ids for OneId<'_> {
    fn key(&self, entity: Entity) -> Option<&dyn Any> {
        (entity == self.entity).then_some(self.key)
    }
}
