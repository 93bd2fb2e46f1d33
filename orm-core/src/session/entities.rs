//! What a session does with entities.

use std::marker::PhantomData;
use std::sync::Arc;

use super::core::{Core, SessionOptions};
use super::info::Info;
use crate::engine::EngineCore;
use crate::error::{Error, Result};
use crate::schema::BelongsTo;
use crate::store::{State, Store};
use crate::value::{Handle, Id, Ids, IntoKey};

/// A unit of work on the database of a base: entities by handle, one for each row, and one transaction at a time.
///
/// A [`SessionMaker`](super::SessionMaker) makes it. It holds no connection until its first statement, and gives it back
/// with each commit and rollback. Dropping it rolls back and never panics.
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
/// let mut s = SessionMaker::new(engine).session();
/// let alice = s.add(User { name: "alice".into(), ..Default::default() });
/// s.commit()?;
///
/// s[alice].age = Some(30);
/// s.rollback()?; // memory goes back to what the database has, too
/// assert_eq!(s[alice].age, None);
///
/// assert_eq!(s.get::<User>(1)?, Some(alice)); // one row, one entity, one handle
/// s.delete(alice);
/// s.commit()?;
/// assert_eq!(s.get::<User>(1)?, None);
/// assert!(s.find(alice).is_none()); // the handle is known to be of an entity that is gone
/// # Ok(())
/// # }
/// ```
///
/// # States
///
/// An entity is in one [`State`]; a persistent one is *clean*, *touched* (changed since its copy was taken) or *stale* (its
/// transaction is over, or it was expired). What each call does in each of them:
///
/// | call | pending | clean | touched | stale | deleted, not flushed | deleted, flushed | withdrawn / missing |
/// |---|---|---|---|---|---|---|---|
/// | `s[h]`, `find` | ok | ok | ok | ok, last known | ok | ok | ok |
/// | `s[h].x = ..` | ok, no copy | touched | touched | stale and touched | ok, not written | ok, not written | kept / written is a stale error |
/// | `get(key)` | flushed, then found | found | found | one SELECT; row absent: missing, `None` | `None` | SELECT | SELECT |
/// | a query meets it | - | same handle | same handle | refreshed | same handle, without autoflush | new entity | - / revives |
/// | `related` | from memory | ok | ok | ok, not refreshed itself | ok | from memory | from memory |
/// | `delete` | withdrawn | marked | marked | marked | - | - | - |
/// | `restore` | - | - | - | - | as before | misuse | pending / misuse |
/// | `expunge` | value | value | value with edits | value | value, row stays | value | value |
/// | `merge` onto its key | copied over | copied over | copied over | refreshed, then copied over; the version is checked | misuse | new pending | new pending |
/// | `refresh` | misuse | SELECT | edits lost | SELECT; row absent: missing, and not found | misuse | not found | misuse / SELECT |
/// | `expire` | misuse | stale | edits lost, stale | - | edits lost, still marked | - | misuse / - |
/// | `flush` | INSERT, clean | - | UPDATE or nothing, clean | touched: UPDATE, stays stale | DELETE | - | - / touched: stale error |
/// | `commit` | stale | stale | stale | stale | gone | gone | stays |
/// | `rollback` | withdrawn | stale | kept values, stale | stale | stale | stale (withdrawn if born in it) | stays |
/// | rollback of a savepoint | withdrawn if born in it | clean; stale if read in it after a write | kept values | stale | as before it | as before it | stays |
/// | `evict_clean` | keeps | gone | keeps | gone if untouched | keeps | keeps | keeps / gone |
///
/// A handle of another session, or of an entity that is gone, is recognised by every call, and never names another entity.
pub struct Session<B> {
    pub(crate) core: Core,
    base: PhantomData<fn() -> B>,
}

impl<B> Session<B> {
    pub(crate) fn new(engine: Arc<EngineCore>, options: SessionOptions, info: Info) -> Self {
        Session::of(Core::new(engine, options, info))
    }

    /// A session that is this core.
    pub(super) fn of(core: Core) -> Self {
        Session { core, base: PhantomData }
    }

    /// Takes a struct in as pending: the next flush inserts it.
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
    /// let alice = s.add(User { name: "alice".into(), ..Default::default() }); // no SQL yet
    /// assert_eq!(s.key(alice), None);
    /// s.commit()?;
    /// assert_eq!(s.key(alice), Some(1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn add<M: BelongsTo<B>>(&mut self, value: M) -> Handle<M> {
        let session = self.core.stores.session();
        let has_key = Store::has_own_key(&value);
        let place = self.core.stores.typed_mut::<M>().add(session, value);
        self.core.pending.push(M::table().number, has_key, place);
        Handle::new(place)
    }

    /// Takes structs in as pending, in order.
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
    /// let users = s.add_all(["alice", "bob"].map(|name| User { name: name.into(), ..Default::default() }));
    /// s.commit()?;
    /// assert_eq!(s[users[1]].name, "bob");
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_all<M: BelongsTo<B>>(&mut self, values: impl IntoIterator<Item = M>) -> Vec<Handle<M>> {
        let (values, session, model) = (values.into_iter(), self.core.stores.session(), M::table().number);
        let Core { stores, pending, .. } = &mut self.core;
        let store = stores.typed_mut::<M>();
        let add = |value| {
            let has_key = Store::has_own_key(&value);
            let place = store.add(session, value);
            pending.push(model, has_key, place);
            Handle::new(place)
        };
        values.map(add).collect()
    }

    /// The values of an entity, unless the handle is of another session or its entity is gone.
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
    /// let alice = s.add(User { name: "alice".into(), ..Default::default() });
    /// assert_eq!(s.find(alice).map(|user| &*user.name), Some("alice"));
    /// s.expunge(alice)?;
    /// assert!(s.find(alice).is_none()); // where `s[alice]` panics
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn find<M: BelongsTo<B>>(&self, handle: Handle<M>) -> Option<&M> {
        let store = self.core.stores.typed::<M>().filter(|_| self.core.stores.is_own(handle.place))?;
        store.slot(handle.place.slot, handle.place.generation)?.value.as_ref()
    }

    /// The values of an entity, to be changed, unless the handle is of another session or its entity is gone.
    #[inline]
    pub fn find_mut<M: BelongsTo<B>>(&mut self, handle: Handle<M>) -> Option<&mut M> {
        if !self.core.stores.is_own(handle.place) {
            return None;
        }
        self.core.stores.touch(handle)
    }

    /// A copy of an entity's struct, with ids that name keys where they are known; it can outlive the session.
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
    /// let owned: User = s.to_owned(alice)?;
    /// drop(s);
    /// assert_eq!(owned.name, "alice"); // outlives the session
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Misuse for a handle of another session or of an entity that is gone.
    pub fn to_owned<M: BelongsTo<B>>(&self, handle: Handle<M>) -> Result<M> {
        let Some(value) = self.find(handle) else {
            return Err(Error::misuse(format!("{handle:?} is of another session, or its entity is gone")));
        };
        Ok(self.core.stores.resolved(value))
    }

    /// The key of a row, once it is known: of a handle, or of any id that is used with this session.
    pub fn key<M: BelongsTo<B>>(&self, id: impl IntoKey<M>) -> Option<M::Key> {
        match id.into_id() {
            Id::New => None,
            Id::Key(key) => Some(key),
            Id::Of(handle) => self.core.stores.key(handle.entity())?.downcast_ref().cloned(),
        }
    }

    /// The state of an entity; `None` when the handle is of another session or its entity is gone.
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
    /// let alice = s.add(User::default());
    /// assert_eq!(s.state(alice), Some(State::Pending));
    /// s.flush()?;
    /// assert_eq!(s.state(alice), Some(State::Persistent));
    /// # Ok(())
    /// # }
    /// ```
    pub fn state<M: BelongsTo<B>>(&self, handle: Handle<M>) -> Option<State> {
        Some(self.core.stores.holds(handle.entity())?.state(handle.place.slot))
    }
}

impl<B> std::fmt::Debug for Session<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = if self.core.connection.is_some() { "in a transaction" } else { "not connected" };
        write!(f, "Session({state}; {} pending)", self.core.pending.len())
    }
}
