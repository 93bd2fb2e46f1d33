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
            None => self.dead(handle),
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
        if self.find(handle).is_none() {
            self.dead(handle);
        }
        self.find_mut(handle).expect("invariant: the handle was just found")
    }
}

impl<B> Session<B> {
    #[cold]
    #[track_caller]
    #[allow(clippy::panic)]
    fn dead<M: Model>(&self, handle: Handle<M>) -> ! {
        let why = match self.core.stores.is_own(handle.place) {
            true => "its entity is gone from this session (expunged, or deleted and committed)",
            false => "it belongs to another session",
        };
        panic!("{handle:?} cannot be used here: {why}; `find` is the form that returns `None` instead")
    }
}
