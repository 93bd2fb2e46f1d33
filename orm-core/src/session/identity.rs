//! The identity map as a session uses it: one row, one entity, one handle.

use super::core::Intent;
use super::entities::Session;
use super::flush::Flushed;
use super::statistics::Origin;
use crate::compile::{Operation, RowSets};
use crate::error::{Error, Result};
use crate::load::load_by_key;
use crate::schema::BelongsTo;
use crate::store::{KeyHash, State, Wanted};
use crate::value::{Handle, Id, IntoKey, Key, NoIds, encode_key};

/// What the identity map knows of a key.
enum Known<M> {
    /// An entity whose values are of this transaction.
    Held(Handle<M>),
    /// An entity that is marked deleted.
    Deleted,
    /// An entity whose row has to be looked at.
    Stale,
    /// Nothing; the key's hash, if anything of its model is held.
    Not(Option<KeyHash>),
}

impl<B> Session<B> {
    /// The entity of a key: from the identity map when it is there, without SQL; else by one SELECT.
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
    /// let alice = s.get::<User>(1)?;
    /// assert_eq!(s.get::<User>(1)?, alice); // no SQL: it is here
    /// assert_eq!(s.get::<User>(99)?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Misuse for an id that names no row; whatever the flush before the SELECT, or the database, reports.
    #[inline]
    pub fn get<M: BelongsTo<B>>(&mut self, key: impl IntoKey<M>) -> Result<Option<Handle<M>>> {
        match key.into_id() {
            Id::Key(key) => self.get_by_key(key),
            Id::Of(handle) => self.get_own(handle),
            Id::New => Err(Error::misuse(format!("`Id::New` names no `{}`", M::table().model))),
        }
    }

    /// The entity of a key, which has to be there.
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
    /// assert_eq!(s[alice].name, "alice");
    /// assert!(s.get_one::<User>(99).is_err_and(|error| error.is_not_found()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Not found when there is no such row; as [`get`](Self::get).
    pub fn get_one<M: BelongsTo<B>>(&mut self, key: impl IntoKey<M>) -> Result<Handle<M>> {
        let id = key.into_id();
        self.get(id.clone())?.ok_or_else(|| {
            let model = M::table().model;
            Error::not_found(match id {
                Id::Key(key) => format!("no `{model}` with key {key:?}"),
                Id::Of(handle) => format!("{handle:?} has no row any more"),
                Id::New => format!("`Id::New` names no `{model}`"),
            })
        })
    }

    fn get_own<M: BelongsTo<B>>(&mut self, handle: Handle<M>) -> Result<Option<Handle<M>>> {
        let Some(store) = self.core.stores.holds(handle.entity()) else {
            return Err(Error::misuse(format!("{handle:?} is of another session, or its entity is gone")));
        };
        match store.state(handle.place.slot) {
            State::Pending => Ok(Some(handle)),
            State::Deleted | State::DeletedFlushed | State::Withdrawn => Ok(None),
            State::Persistent | State::Missing => match self.key(handle) {
                Some(key) => self.get_by_key(key),
                None => Ok(None),
            },
        }
    }

    #[inline]
    fn get_by_key<M: BelongsTo<B>>(&mut self, key: M::Key) -> Result<Option<Handle<M>>> {
        self.core.check_usable()?;
        let mut known = self.known::<M>(&key);
        if let Known::Stale | Known::Not(_) = known
            && !self.core.is_clean()
            && self.core.autoflush()? == Flushed::Something
        {
            known = self.known::<M>(&key);
        }
        let absent = match known {
            Known::Held(handle) => return Ok(Some(handle)),
            Known::Deleted => return Ok(None),
            Known::Stale => None,
            Known::Not(absent) => absent,
        };
        self.load_by_key(&Wanted { key: &key, absent })
    }

    /// What the identity map knows of a key.
    #[inline]
    fn known<M: BelongsTo<B>>(&self, key: &M::Key) -> Known<M> {
        let stores = &self.core.stores;
        let Some(store) = stores.typed::<M>() else { return Known::Not(None) };
        let slot = match store.look_up(key) {
            Ok(slot) => slot,
            Err(hash) => return Known::Not(Some(hash)),
        };
        let place = store.at(slot);
        match place.state {
            State::Persistent if stores.epochs().is_fresh(place.epoch) => {
                Known::Held(Handle::at(stores.session(), slot, place.generation))
            }
            State::Deleted => Known::Deleted,
            State::Persistent
            | State::Missing
            | State::Pending
            | State::DeletedFlushed
            | State::Withdrawn => Known::Stale,
        }
    }

    fn load_by_key<M: BelongsTo<B>>(&mut self, wanted: &Wanted<'_, M>) -> Result<Option<Handle<M>>> {
        let (one, mut several);
        let values = match wanted.key.value() {
            Some(value) => {
                one = value?;
                std::slice::from_ref(&one)
            }
            None => {
                several = Vec::with_capacity(M::Key::WIDTH);
                encode_key(wanted.key, &NoIds, &mut several)?;
                &several[..]
            }
        };
        let found = self.core.on_wire(Intent::Read.by(Origin::Get), |connection, stores, statements| {
            load_by_key::<M>(connection, wanted, values, stores, || {
                statements.of_row(M::table(), Operation::SelectByKey, RowSets::default())
            })
        });
        let found = found?;
        if found.is_none() {
            self.core.stores.typed_mut::<M>().lose(wanted.key);
        }
        Ok(found)
    }
}
