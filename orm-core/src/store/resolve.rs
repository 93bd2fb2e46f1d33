//! Keys in place of the entities that have one, in the foreign keys of slots.

use std::any::Any;

use super::any::AnyStore;
use super::beside::AllButOne;
use super::typed::Store;
use super::{Stores, visit};
use crate::schema::Model;
use crate::value::{Entity, Ids};

impl<M: Model> Store<M> {
    pub(super) fn resolve_slots(&mut self, slots: &[u32], rest: &Stores) {
        // One list for all rows, since most of them name something.
        let mut links = Vec::new();
        for &slot in slots {
            let Some(mut value) = self.at_mut(slot).value.take() else { continue };
            let ids = AllButOne { rest, one: self };
            visit::resolve(&mut value, &ids, &mut |field, entity| links.push((field, entity)));
            self.at_mut(slot).value = Some(value);
            links.drain(..).for_each(|(field, entity)| self.record_link(slot, field, entity));
        }
    }

    /// The same before the untouched entities leave, with their keys only: the others may lose theirs by a rollback.
    pub(super) fn resolve_leaving(&mut self, rest: &Stores) {
        let mut links = Vec::new();
        for slot in AnyStore::used(self) {
            if self.is_evictable(slot) {
                continue;
            }
            let Some(mut value) = self.at_mut(slot).value.take() else { continue };
            let ids = Leaving(AllButOne { rest, one: self });
            visit::resolve(&mut value, &ids, &mut |field, entity| links.push((field, entity)));
            self.at_mut(slot).value = Some(value);
            links.drain(..).for_each(|(field, entity)| self.record_link(slot, field, entity));
        }
    }

    /// The same for one slot, with keys from elsewhere.
    pub(super) fn resolve_slot_with(&mut self, slot: u32, ids: &dyn Ids) {
        let Some(value) = &mut self.at_mut(slot).value else { return };
        let mut links = Vec::new();
        visit::resolve(value, ids, &mut |field, entity| links.push((field, entity)));
        links.into_iter().for_each(|(field, entity)| self.record_link(slot, field, entity));
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
