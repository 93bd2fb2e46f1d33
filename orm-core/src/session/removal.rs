//! How entities leave: marked deleted, withdrawn, expunged, evicted; and how they come back.

use super::core::Core;
use super::entities::Session;
use crate::error::{Error, Result};
use crate::schema::BelongsTo;
use crate::store::{AnyStore, OneId, State};
use crate::value::{Entity, Handle, Link, Place};

impl<B> Session<B> {
    /// Marks an entity: the next flush deletes its row. One that is pending is withdrawn. No SQL.
    ///
    /// A handle of another session, or of an entity that is gone, makes the next flush fail and say so.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// # s.add_all(["alice", "bob", "carol"].map(|name| User { name: name.into(), age: Some(30), ..Default::default() }));
    /// # s.commit()?;
    /// let alice = s.get_one::<User>(1)?;
    /// s.delete(alice); // DELETE at the next flush
    /// s.commit()?;
    /// assert_eq!(s.query::<User>().count()?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete<M: BelongsTo<B>>(&mut self, handle: Handle<M>) {
        let (entity, slot) = (handle.entity(), handle.place.slot);
        let Some(state) = self.core.stores.holds(entity).map(|store| store.state(slot)) else {
            let mistake = format!("`delete` was given {handle:?}, which is of another session or gone");
            return self.core.remember(Error::misuse(mistake));
        };
        match state {
            State::Pending => {
                self.core.pending.disturb();
                self.core.stores.any_mut(entity.model).set_state(slot, State::Withdrawn);
            }
            State::Persistent => {
                self.core.stores.any_mut(entity.model).set_state(slot, State::Deleted);
                self.core.deleted.push(entity);
            }
            State::Deleted | State::DeletedFlushed | State::Withdrawn | State::Missing => {}
        }
    }

    /// Takes back a `delete` that is not flushed yet, or makes a withdrawn entity pending again: one that was pending when its
    /// transaction was rolled back, or that was deleted before it was inserted. Nothing happens to one that is pending or has a row.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// # s.add_all(["alice", "bob", "carol"].map(|name| User { name: name.into(), age: Some(30), ..Default::default() }));
    /// # s.commit()?;
    /// let alice = s.get_one::<User>(1)?;
    /// s.delete(alice);
    /// s.restore(alice)?; // not deleted after all
    /// s.commit()?;
    /// assert_eq!(s.query::<User>().count()?, 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Misuse for an entity whose row is gone, and for a handle of another session or of an entity that is gone.
    pub fn restore<M: BelongsTo<B>>(&mut self, handle: Handle<M>) -> Result<()> {
        let (entity, slot) = (handle.entity(), handle.place.slot);
        let state = self.state(handle);
        let restored = match state {
            Some(State::Withdrawn) => {
                self.core.pending.remove(entity);
                self.core.pending.restore(entity);
                State::Pending
            }
            Some(State::Deleted) => {
                self.core.deleted.retain(|other| *other != entity);
                State::Persistent
            }
            Some(State::Pending | State::Persistent) => return Ok(()),
            Some(State::DeletedFlushed | State::Missing) | None => {
                let is = state.map_or("gone, or of another session".to_owned(), |state| format!("{state:?}"));
                return Err(Error::misuse(format!("{handle:?} is {is}: there is nothing to restore")));
            }
        };
        self.core.stores.any_mut(entity.model).set_state(slot, restored);
        Ok(())
    }

    /// Takes an entity out of the session and gives its struct, with ids that name keys where they are known. Its row, if it
    /// has one, stays.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// # s.add_all(["alice", "bob", "carol"].map(|name| User { name: name.into(), age: Some(30), ..Default::default() }));
    /// # s.commit()?;
    /// let alice = s.get_one::<User>(1)?;
    /// let value: User = s.expunge(alice)?; // the row stays
    /// assert_eq!(value.name, "alice");
    /// assert!(s.find(alice).is_none());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Misuse for a handle of another session or of an entity that is gone, and for a pending entity that others name.
    pub fn expunge<M: BelongsTo<B>>(&mut self, handle: Handle<M>) -> Result<M> {
        let value = self.to_owned(handle)?;
        let namers = self.core.namers(handle.entity());
        match (namers.first(), self.key(handle)) {
            (Some((model, _)), None) => {
                let model = self.core.stores.any(*model).table().model;
                return Err(Error::misuse(format!(
                    "{handle:?} has no row yet and a `{model}` of this session names it: flush first, or let it name another"
                )));
            }
            (Some(_), Some(key)) => {
                let ids = OneId { entity: handle.entity(), key: &key };
                namers
                    .iter()
                    .for_each(|&(model, slot)| self.core.stores.any_mut(model).resolve_with(slot, &ids));
            }
            (None, _) => {}
        }
        self.core.pending.disturb();
        self.core.stores.any_mut(handle.entity().model).vacate(handle.place.slot);
        Ok(value)
    }

    /// Forgets every entity, also what is pending; rows stay, and so does the transaction.
    pub fn expunge_all(&mut self) {
        let Core { stores, pending, deleted, .. } = &mut self.core;
        pending.clear();
        deleted.clear();
        for store in stores.iter_mut() {
            store.used().into_iter().for_each(|slot| store.vacate(slot));
        }
        self.core.forget_vacated();
    }

    /// Forgets the entities that nothing is to be done to: rows that are neither changed nor marked deleted. What is pending or
    /// changed stays, and names their keys. A long import that flushes and evicts does not grow.
    pub fn evict_clean(&mut self) {
        let evicted = self.core.evictable();
        self.core.resolve_remaining();
        for entity in evicted {
            self.core.stores.any_mut(entity.model).vacate(entity.place.slot);
        }
        self.core.forget_vacated();
    }
}

impl Core {
    /// The slots, by model, whose values are not written yet and name an entity.
    fn namers(&self, entity: Entity) -> Vec<(usize, u32)> {
        let pending = self.pending.iter().filter_map(|other| {
            let (slot, store) = (other.place.slot, self.stores.holds(other)?);
            let is_other = store.state(slot) == State::Pending && other != entity;
            (is_other && names(store, slot, entity)).then_some((other.model, slot))
        });
        let touched = self.stores.iter().flat_map(|store| {
            let slots = store.touched_by_key().into_iter().filter(move |&slot| names(store, slot, entity));
            slots.map(move |slot| (store.table().number, slot))
        });
        // One that is marked deleted may be restored.
        let marked = self.deleted.iter().filter_map(|other| {
            let (slot, store) = (other.place.slot, self.stores.holds(*other)?);
            let is_marked = store.state(slot) == State::Deleted;
            (is_marked && names(store, slot, entity)).then_some((other.model, slot))
        });
        pending.chain(touched).chain(marked).collect()
    }

    fn evictable(&self) -> Vec<Entity> {
        let session = self.stores.session();
        let of_store = |store: &dyn AnyStore| -> Vec<Entity> {
            let slots = store.used().into_iter().filter(|&slot| store.is_evictable(slot));
            let model = store.table().number;
            slots.map(|slot| Entity { model, place: Place::new(session, slot, 0) }).collect()
        };
        self.stores.iter().flat_map(of_store).collect()
    }

    /// Writes keys in place of the entities that are evicted, in all that is not.
    fn resolve_remaining(&mut self) {
        let models: Vec<usize> = self.stores.iter().map(|store| store.table().number).collect();
        for model in models {
            self.stores.beside(model, |store, rest| store.resolve_leaving(rest));
        }
    }

    /// Without savepoints, nothing will be put back into what was given up.
    fn forget_vacated(&mut self) {
        if self.frames.len() == 1 {
            self.stores.iter_mut().for_each(AnyStore::forget_vacated);
        }
    }
}

/// Whether a foreign key of a slot names an entity.
fn names(store: &dyn AnyStore, slot: u32, entity: Entity) -> bool {
    let mut found = false;
    store.links(slot, &mut |_, link| found |= matches!(link, Link::Of(named) if named == entity));
    found
}
