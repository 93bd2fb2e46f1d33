//! Every store while one of them is being changed.

use std::any::Any;

use super::Stores;
use super::any::AnyStore;
use super::typed::Store;
use crate::schema::Model;
use crate::value::{Entity, Ids, Place};

/// Every store but the one that is being changed, and that one.
pub(super) struct AllButOne<'a, M: Model> {
    pub(super) rest: &'a Stores,
    pub(super) one: &'a Store<M>,
}

impl<M: Model> Ids for AllButOne<'_, M> {
    fn key(&self, entity: Entity) -> Option<&dyn Any> {
        if entity.model != M::table().number {
            return self.rest.key(entity);
        }
        let Place { slot, generation, .. } = entity.place;
        let is_own = self.rest.is_own(entity.place) && self.one.is_current(slot, generation);
        if is_own { AnyStore::key(self.one, slot) } else { None }
    }
    fn value(&self, entity: Entity) -> Option<&dyn Any> {
        if entity.model != M::table().number {
            return self.rest.value(entity);
        }
        let Place { slot, generation, .. } = entity.place;
        let is_own = self.rest.is_own(entity.place) && self.one.is_current(slot, generation);
        if is_own { AnyStore::value(self.one, slot) } else { None }
    }
}
