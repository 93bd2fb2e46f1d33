//! What a failed flush undid: an error carries it, so that nothing is lost.

use std::collections::HashSet;

use super::core::Core;
use crate::error::Error;
use crate::schema::Model;
use crate::store::{AnyStore, Change, State};
use crate::value::{Entity, Handle, Place};

/// What was undone of one entity.
#[derive(Clone, Debug)]
pub struct Undone {
    entity: Entity,
    model: &'static str,
    key: Option<String>,
    state: State,
    changes: Vec<Change>,
}

impl Undone {
    /// The entity, if it is one of this model.
    pub fn handle<M: Model>(&self) -> Option<Handle<M>> {
        (self.entity.model == M::table().number).then(|| Handle::new(self.entity.place))
    }

    /// The name of its model.
    pub fn model(&self) -> &'static str {
        self.model
    }

    /// Its key as text, if it had a row.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// What it was before: pending, and is withdrawn now with its values; persistent, and has the values of its row again;
    /// or marked deleted, and is so no more.
    pub fn state(&self) -> State {
        self.state
    }

    /// The edits of an entity that has a row, column by column.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

impl Error {
    /// What the session undid when this error failed its flush or commit: what was added is withdrawn and keeps its values,
    /// so `restore` makes it pending again; edits are listed here with their old and new values; what was marked deleted is not.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, #[column(unique)] pub name: String }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// s.add_all(["ann", "bob"].map(|name| User { name: name.into(), ..Default::default() }));
    /// s.commit()?;
    /// let bob = s.get_one::<User>(2)?;
    /// s[bob].name = "ann".into();
    /// let error = s.commit().unwrap_err();
    /// let undone = &error.undone()[0];
    /// assert_eq!((undone.handle(), undone.changes()[0].column), (Some(bob), "name"));
    /// s.rollback()?;
    /// assert_eq!(s[bob].name, "bob");
    /// # Ok(())
    /// # }
    /// ```
    pub fn undone(&self) -> &[Undone] {
        self.payload().and_then(|undone| undone.downcast_ref::<Vec<Undone>>()).map_or(&[], Vec::as_slice)
    }

    /// Keeps what was undone; what was told first counts.
    pub(super) fn with_undone(self, undone: Vec<Undone>) -> Self {
        self.with_payload(undone)
    }
}

impl Core {
    /// What undoing the frames from a depth on will undo: first what was flushed, then what was not.
    pub(super) fn undone_since(&self, depth: usize) -> Vec<Undone> {
        let session = self.stores.session();
        let mut seen = HashSet::new();
        let mut undone = Vec::new();
        let mut tell = |store: &dyn AnyStore, slot: u32, state: State, changes: Vec<Change>| {
            let place = Place::new(session, slot, store.generation_of(slot));
            let entity = Entity { model: store.table().number, place };
            if !seen.insert(entity) {
                return;
            }
            let key = (state != State::Pending).then(|| store.key_text(slot));
            undone.push(Undone { entity, model: store.table().model, key, state, changes });
        };
        for (store, mark) in self.stores.marked_since(&self.frames[depth].marks) {
            store.recorded(mark, &self.stores, &mut |slot, state, changes| tell(store, slot, state, changes));
        }
        for entity in self.pending.iter().chain(self.deleted.iter().copied()) {
            let slot = entity.place.slot;
            if let Some(store) = self.stores.holds(entity)
                && matches!(store.state(slot), State::Pending | State::Deleted)
            {
                tell(store, slot, store.state(slot), Vec::new());
            }
        }
        for store in self.stores.iter() {
            for slot in store.touched_by_key() {
                let changes = store.changes(slot, &self.stores);
                if !changes.is_empty() {
                    tell(store, slot, store.state(slot), changes);
                }
            }
        }
        undone
    }
}
