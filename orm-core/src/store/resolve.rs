//! Keys in place of the entities that have one, in the foreign keys of slots.

use super::beside::AllButOne;
use super::typed::Store;
use super::{Stores, visit};
use crate::schema::Model;
use crate::value::Ids;

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

    /// The same for one slot, with keys from elsewhere.
    pub(super) fn resolve_slot_with(&mut self, slot: u32, ids: &dyn Ids) {
        let Some(value) = &mut self.at_mut(slot).value else { return };
        let mut links = Vec::new();
        visit::resolve(value, ids, &mut |field, entity| links.push((field, entity)));
        links.into_iter().for_each(|(field, entity)| self.record_link(slot, field, entity));
    }
}
