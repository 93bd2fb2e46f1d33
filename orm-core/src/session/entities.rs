//! What a session does with entities.

use std::marker::PhantomData;
use std::sync::Arc;

use super::core::{Core, Intent, SessionOptions};
use super::flush::Flushed;
use crate::compile::{Operation, RowSets};
use crate::engine::EngineCore;
use crate::error::{Error, Result};
use crate::load::load_by_key;
use crate::schema::BelongsTo;
use crate::store::{State, Wanted};
use crate::uow::Plan;
use crate::value::{Entity, Handle, Id, Ids, IntoKey, Link, NoIds, encode_key, recycle};

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
pub struct Session<B> {
    pub(crate) core: Core,
    base: PhantomData<fn() -> B>,
}

/// What the identity map knows of a key.
enum Known<M> {
    /// An entity whose values are of this transaction.
    Held(Handle<M>),
    /// An entity that is marked deleted.
    Deleted,
    /// An entity whose row has to be looked at.
    Stale,
    /// Nothing.
    Not,
}

impl<M> Known<M> {
    /// Whether the database need not be asked.
    fn is_enough(&self) -> bool {
        matches!(self, Known::Held(_) | Known::Deleted)
    }
}

impl<B> Session<B> {
    pub(crate) fn new(engine: Arc<EngineCore>, options: SessionOptions) -> Self {
        Session { core: Core::new(engine, options), base: PhantomData }
    }

    /// Takes a struct in as pending: the next flush inserts it.
    pub fn add<M: BelongsTo<B>>(&mut self, value: M) -> Handle<M> {
        let session = self.core.stores.session();
        let place = self.core.stores.typed_mut::<M>().add(session, value);
        self.core.pending.push(Entity { model: M::table().number, place });
        Handle::new(place)
    }

    /// Takes structs in as pending, in order.
    pub fn add_all<M: BelongsTo<B>>(&mut self, values: impl IntoIterator<Item = M>) -> Vec<Handle<M>> {
        let (values, session, model) = (values.into_iter(), self.core.stores.session(), M::table().number);
        let Core { stores, pending, .. } = &mut self.core;
        let store = stores.typed_mut::<M>();
        pending.reserve(values.size_hint().0);
        let add = |value| {
            let place = store.add(session, value);
            pending.push(Entity { model, place });
            Handle::new(place)
        };
        values.map(add).collect()
    }

    /// The values of an entity, unless the handle is of another session or its entity is gone.
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

    /// The entity of a key: from the identity map when it is there, without SQL; else by one SELECT.
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
    /// # Errors
    /// Not found when there is no such row; as [`get`](Self::get).
    pub fn get_one<M: BelongsTo<B>>(&mut self, key: impl IntoKey<M>) -> Result<Handle<M>> {
        let id = key.into_id();
        self.get(id.clone())?
            .ok_or_else(|| Error::not_found(format!("no `{}` with the key of {id:?}", M::table().model)))
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
        if !known.is_enough() && self.core.autoflush()? == Flushed::Something {
            known = self.known::<M>(&key);
        }
        match known {
            Known::Held(handle) => Ok(Some(handle)),
            Known::Deleted => Ok(None),
            Known::Stale => self.load_by_key(&Wanted { key: &key, is_absent: false }),
            Known::Not => self.load_by_key(&Wanted { key: &key, is_absent: true }),
        }
    }

    /// What the identity map knows of a key.
    #[inline]
    fn known<M: BelongsTo<B>>(&self, key: &M::Key) -> Known<M> {
        let stores = &self.core.stores;
        let Some(store) = stores.typed::<M>() else { return Known::Not };
        let Some(slot) = store.find(key) else { return Known::Not };
        let place = store.at(slot);
        match place.state {
            State::Persistent if place.epoch == stores.epoch() => {
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
        let dialect = self.core.dialect();
        let mut values = recycle(std::mem::take(&mut self.core.values));
        encode_key(wanted.key, &NoIds, &mut values)?;
        let found = self.core.on_wire(Intent::Read, |connection, stores, statements| {
            load_by_key::<M>(connection, wanted, &values, stores, || {
                statements.of_row(dialect, M::table(), Operation::SelectByKey, RowSets::default())
            })
        });
        self.core.values = recycle(values);
        let found = found?;
        if found.is_none() {
            self.core.stores.typed_mut::<M>().lose(wanted.key);
        }
        Ok(found)
    }

    /// Marks an entity: the next flush deletes its row. One that is pending is withdrawn. No SQL.
    ///
    /// A handle of another session, or of an entity that is gone, makes the next flush fail and say so.
    pub fn delete<M: BelongsTo<B>>(&mut self, handle: Handle<M>) {
        let (entity, slot) = (handle.entity(), handle.place.slot);
        let Some(state) = self.core.stores.holds(entity).map(|store| store.state(slot)) else {
            let mistake = format!("`delete` was given {handle:?}, which is of another session or gone");
            return self.core.remember(Error::misuse(mistake));
        };
        match state {
            State::Pending => self.core.stores.any_mut(entity.model).set_state(slot, State::Withdrawn),
            State::Persistent => {
                self.core.stores.any_mut(entity.model).set_state(slot, State::Deleted);
                self.core.deleted.push(entity);
            }
            State::Deleted | State::DeletedFlushed | State::Withdrawn | State::Missing => {}
        }
    }

    /// Takes back a `delete` that is not flushed yet, or makes a withdrawn entity pending again: one that was pending when its
    /// transaction was rolled back, or that was deleted before it was inserted.
    ///
    /// # Errors
    /// Misuse for an entity that is neither, and for a handle of another session or of an entity that is gone.
    pub fn restore<M: BelongsTo<B>>(&mut self, handle: Handle<M>) -> Result<()> {
        let (entity, slot) = (handle.entity(), handle.place.slot);
        let state = self.state(handle);
        let (list, restored) = match state {
            Some(State::Withdrawn) => (&mut self.core.pending, State::Pending),
            Some(State::Deleted) => (&mut self.core.deleted, State::Persistent),
            Some(State::Pending | State::Persistent | State::DeletedFlushed | State::Missing) | None => {
                let is = state.map_or("gone, or of another session".to_owned(), |state| format!("{state:?}"));
                return Err(Error::misuse(format!("{handle:?} is {is}: there is nothing to restore")));
            }
        };
        list.retain(|other| *other != entity);
        if restored == State::Pending {
            list.push(entity);
        }
        self.core.stores.any_mut(entity.model).set_state(slot, restored);
        Ok(())
    }

    /// Takes an entity out of the session and gives its struct, with ids that name keys where they are known. Its row, if it
    /// has one, stays.
    ///
    /// # Errors
    /// Misuse for a handle of another session or of an entity that is gone, and for a pending entity that others name.
    pub fn expunge<M: BelongsTo<B>>(&mut self, handle: Handle<M>) -> Result<M> {
        let value = self.to_owned(handle)?;
        if let Some(model) = self.named_by(handle) {
            return Err(Error::misuse(format!(
                "{handle:?} has no row yet and a `{model}` of this session names it: flush first, or let it name another"
            )));
        }
        self.core.stores.any_mut(handle.entity().model).vacate(handle.place.slot);
        Ok(value)
    }

    /// The model of an entity that names this one, which has no key to be named by otherwise.
    fn named_by<M: BelongsTo<B>>(&self, handle: Handle<M>) -> Option<&'static str> {
        if self.key(handle).is_some() {
            return None;
        }
        let entity = handle.entity();
        let names_it = |other: &&Entity| {
            let mut found = false;
            let store = self
                .core
                .stores
                .holds(**other)
                .filter(|store| store.state(other.place.slot) == State::Pending);
            store.into_iter().for_each(|store| {
                store.links(other.place.slot, &mut |_, link| {
                    found |= matches!(link, Link::Of(named) if named == entity)
                });
            });
            found && **other != entity
        };
        let other = self.core.pending.iter().find(names_it)?;
        Some(self.core.stores.any(other.model).table().model)
    }

    /// A copy of an entity's struct, with ids that name keys where they are known; it can outlive the session.
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
    pub fn state<M: BelongsTo<B>>(&self, handle: Handle<M>) -> Option<State> {
        Some(self.core.stores.holds(handle.entity())?.state(handle.place.slot))
    }

    /// Writes everything that changed, in one go and in an order that the foreign keys allow.
    ///
    /// # Errors
    /// Whatever the database reports, and what can be known before: the transaction is then undone, in the database and in
    /// memory, and every call that needs the database fails until [`rollback`](Self::rollback).
    pub fn flush(&mut self) -> Result<()> {
        self.core.flush().map(|_| ())
    }

    /// What a flush would do now, as data and as text; nothing is sent and nothing changes.
    ///
    /// # Errors
    /// What a flush would find before it sends anything.
    pub fn plan(&self) -> Result<Plan> {
        self.core.check_usable()?;
        self.core.plan()
    }

    /// Flushes and commits. Entities keep their values, and the next `get` or query that meets them reads them anew.
    ///
    /// # Errors
    /// As [`flush`](Self::flush); busy when another transaction holds the lock: nothing has changed then, and `commit` may be
    /// called again.
    pub fn commit(&mut self) -> Result<()> {
        self.core.commit()
    }

    /// Rolls back: memory goes back to what the database has, without reading it. What was pending is withdrawn.
    ///
    /// # Errors
    /// None today: a connection that cannot roll back is closed, which rolls back as well.
    pub fn rollback(&mut self) -> Result<()> {
        self.core.rollback();
        Ok(())
    }

    /// Rolls back, and forgets every entity; the session can be used again.
    pub fn close(&mut self) {
        self.core.rollback();
        let (engine, options) = (Arc::clone(&self.core.engine), self.core.options);
        self.core = Core::new(engine, options);
    }
}

impl<B> std::fmt::Debug for Session<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = if self.core.connection.is_some() { "in a transaction" } else { "not connected" };
        write!(f, "Session({state}; {} pending)", self.core.pending.len())
    }
}
