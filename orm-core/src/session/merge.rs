//! Taking over the values of a struct from elsewhere.

use super::entities::Session;
use crate::error::{Error, Result};
use crate::schema::BelongsTo;
use crate::store::{State, Store};
use crate::value::Handle;

impl<B> Session<B> {
    /// Copies a struct over the entity of its key, which is read if it is not held; without a row of that key, or without a
    /// key, the struct is added. Columns that are left to the database stay as they are.
    ///
    /// This is for a struct that was read elsewhere, changed, and comes back: a form, a message, another session.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// let alice = s.add(User { name: "alice".into(), ..Default::default() });
    /// s.commit()?;
    /// let mut form = s.to_owned(alice)?;
    /// form.name = "Alice".into();
    /// assert_eq!(s.merge(form)?, alice);
    /// s.commit()?; // UPDATE users SET name = ? WHERE id = ?
    /// # assert_eq!(s[alice].name, "Alice");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Stale when the model has a version and the struct's is another than the row's: it was read before someone else changed
    /// the row. Misuse when the entity is marked deleted. Whatever the flush before the SELECT, or the database, reports.
    pub fn merge<M: BelongsTo<B>>(&mut self, value: M) -> Result<Handle<M>> {
        let Some(key) = value.key(&self.core.stores) else {
            return Ok(self.add(value));
        };
        self.core.check_usable()?;
        if let Some(handle) = self.pending_of_key::<M>(&key) {
            self.copy_over(handle, &value);
            return Ok(handle);
        }
        if self.is_marked_deleted::<M>(&key) {
            let model = M::table().model;
            return Err(Error::misuse(format!(
                "the `{model}` with the key {key:?} is marked deleted: restore it before you merge over it"
            )));
        }
        let Some(handle) = self.get::<M>(key)? else {
            return Ok(self.add(value));
        };
        self.check_version(handle, &value)?;
        self.copy_over(handle, &value);
        Ok(handle)
    }

    /// The pending entity that will have a key.
    fn pending_of_key<M: BelongsTo<B>>(&self, key: &M::Key) -> Option<Handle<M>> {
        let stores = &self.core.stores;
        let has_key =
            |handle: &Handle<M>| self.find(*handle).and_then(|value| value.key(stores)).as_ref() == Some(key);
        self.new_entities::<M>().into_iter().find(has_key)
    }

    fn is_marked_deleted<M: BelongsTo<B>>(&self, key: &M::Key) -> bool {
        let store = self.core.stores.typed::<M>();
        let slot = store.and_then(|store| Some(store.at(store.find(key)?)));
        slot.is_some_and(|slot| slot.state == State::Deleted)
    }

    fn check_version<M: BelongsTo<B>>(&self, handle: Handle<M>, value: &M) -> Result<()> {
        let Some(store) = self.core.stores.typed::<M>() else { return Ok(()) };
        if Store::<M>::version(value) == store.row_version(handle.place.slot) {
            return Ok(());
        }
        Err(Error::stale(format!(
            "the row of `{}` with key {} has another version than the struct to be merged: someone else changed it since the struct was read",
            M::table().model,
            crate::store::AnyStore::key_text(store, handle.place.slot)
        )))
    }

    fn copy_over<M: BelongsTo<B>>(&mut self, handle: Handle<M>, value: &M) {
        if let Some(target) = self.find_mut(handle) {
            Store::copy_columns(value, target);
        }
    }
}
