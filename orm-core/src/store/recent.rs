//! The key that was asked for last: rows that name the same row often come one after the other.

use std::any::Any;
use std::cell::Cell;

use crate::value::{Entity, Ids};

/// Looks a key up once for all neighbours that name its entity.
pub(super) struct Recent<'a> {
    ids: &'a dyn Ids,
    last: Cell<Option<(Entity, &'a dyn Any)>>,
}

impl<'a> Recent<'a> {
    pub(super) fn of(ids: &'a dyn Ids) -> Self {
        Recent { ids, last: Cell::new(None) }
    }
}

impl Ids for Recent<'_> {
    #[inline]
    fn key(&self, entity: Entity) -> Option<&dyn Any> {
        if let Some((last, key)) = self.last.get()
            && last == entity
        {
            return Some(key);
        }
        let key = self.ids.key(entity)?;
        self.last.set(Some((entity, key)));
        Some(key)
    }

    fn value(&self, entity: Entity) -> Option<&dyn Any> {
        self.ids.value(entity)
    }
}
