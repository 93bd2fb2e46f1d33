//! `s[handle]`: reads and changes entities in memory.

use std::ops::{Index, IndexMut};

use super::entities::Session;
use crate::schema::{BelongsTo, Model};
use crate::value::Handle;

impl<B, M: BelongsTo<B>> Index<Handle<M>> for Session<B> {
    type Output = M;

    /// The values of an entity; never any SQL.
    ///
    /// # Panics
    /// When the handle is of another session, or of an entity that is gone; [`Session::find`] is the checked form.
    #[inline]
    fn index(&self, handle: Handle<M>) -> &M {
        match self.find(handle) {
            Some(value) => value,
            None => dead(handle, self.core.stores.is_own(handle.place)),
        }
    }
}

impl<B, M: BelongsTo<B>> IndexMut<Handle<M>> for Session<B> {
    /// The values of an entity, to be changed; never any SQL. The first time, a copy is kept, and the next flush writes the
    /// columns that differ from it.
    ///
    /// # Panics
    /// When the handle is of another session, or of an entity that is gone; [`Session::find_mut`] is the checked form.
    #[inline]
    fn index_mut(&mut self, handle: Handle<M>) -> &mut M {
        let is_own = self.core.stores.is_own(handle.place);
        match self.find_mut(handle) {
            Some(value) => value,
            None => dead(handle, is_own),
        }
    }
}

#[cold]
#[track_caller]
#[allow(clippy::panic)]
fn dead<M: Model>(handle: Handle<M>, is_own: bool) -> ! {
    let why = match is_own {
        true => "its entity is gone from this session (expunged, or deleted and committed)",
        false => "it belongs to another session",
    };
    panic!("{handle:?} cannot be used here: {why}; `find` is the form that returns `None` instead")
}
