//! What a session knows of its entities and of itself: no SQL.

use super::entities::Session;
use super::info::Info;
use crate::schema::BelongsTo;
use crate::store::{Change, State};
use crate::value::{Entity, Handle};

impl<B> Session<B> {
    /// Whether an entity is one of this session's: pending, or a row that is not deleted.
    pub fn contains<M: BelongsTo<B>>(&self, handle: Handle<M>) -> bool {
        match self.state(handle) {
            Some(State::Pending | State::Persistent | State::Deleted | State::Missing) => true,
            Some(State::DeletedFlushed | State::Withdrawn) | None => false,
        }
    }

    /// The entities of a model that the next flush inserts, in the order of `add`.
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
    /// let bob = s.get_one::<User>(2)?;
    /// let dora = s.add(User::default());
    /// s[bob].age = None;
    /// assert_eq!((s.new_entities::<User>(), s.dirty::<User>(), s.deleted::<User>()), (vec![dora], vec![bob], vec![]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn new_entities<M: BelongsTo<B>>(&self) -> Vec<Handle<M>> {
        self.handles_in(self.core.pending.iter(), State::Pending)
    }

    /// The entities of a model that the next flush deletes, in the order of `delete`.
    pub fn deleted<M: BelongsTo<B>>(&self) -> Vec<Handle<M>> {
        self.handles_in(self.core.deleted.iter().copied(), State::Deleted)
    }

    /// The entities of a model that the next flush updates, in the order of their keys: those with a net change, where
    /// SQLAlchemy's `dirty` also has those that were changed and changed back.
    pub fn dirty<M: BelongsTo<B>>(&self) -> Vec<Handle<M>> {
        let stores = &self.core.stores;
        let Some(store) = stores.any_if_made(M::table().number) else { return Vec::new() };
        let touched = store.touched_by_key().into_iter();
        let changed = touched.filter(|&slot| !store.changed(slot, stores).is_empty());
        changed.map(|slot| self.handle_at(slot)).collect()
    }

    fn handles_in<M: BelongsTo<B>>(
        &self,
        entities: impl Iterator<Item = Entity>,
        state: State,
    ) -> Vec<Handle<M>> {
        let own = entities.filter(|entity| entity.model == M::table().number);
        own.map(|entity| Handle::new(entity.place))
            .filter(|&handle| self.state(handle) == Some(state))
            .collect()
    }

    fn handle_at<M: BelongsTo<B>>(&self, slot: u32) -> Handle<M> {
        let generation = self.core.stores.typed::<M>().map_or(0, |store| store.generation(slot));
        Handle::at(self.core.stores.session(), slot, generation)
    }

    /// Whether the next flush writes an entity: it is pending, or a column has another value than its row. A value that was
    /// changed and changed back is no change.
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
    /// s[alice].age = Some(31);
    /// assert!(s.is_modified(alice));
    /// s[alice].age = Some(30);
    /// assert!(!s.is_modified(alice)); // nothing would be written
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_modified<M: BelongsTo<B>>(&self, handle: Handle<M>) -> bool {
        let is_pending = self.state(handle) == Some(State::Pending);
        is_pending || !self.changes(handle).is_empty()
    }

    /// What the next flush writes of an entity, column by column with the old and the new value; empty for one that is not
    /// written, and for a handle of another session or of an entity that is gone.
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
    /// use orm_core::value::Value;
    /// let alice = s.add(User { name: "alice".into(), ..Default::default() });
    /// s.flush()?;
    /// s[alice].age = Some(30);
    /// let changes = s.changes(alice);
    /// assert_eq!((changes.len(), changes[0].column), (1, "age"));
    /// assert_eq!((&changes[0].old, &changes[0].new), (&Some(Value::Null), &Some(Value::Int(30))));
    /// # Ok(())
    /// # }
    /// ```
    pub fn changes<M: BelongsTo<B>>(&self, handle: Handle<M>) -> Vec<Change> {
        let stores = &self.core.stores;
        match stores.holds(handle.entity()) {
            Some(store) => store.changes(handle.place.slot, stores),
            None => Vec::new(),
        }
    }

    /// Whether there is something that a commit would keep or a rollback undo: work that is not flushed, or a transaction on
    /// the wire.
    pub fn in_transaction(&self) -> bool {
        self.core.in_transaction()
    }

    /// Whether a savepoint is open.
    pub fn in_nested_transaction(&self) -> bool {
        self.core.frames.len() > 1
    }

    /// Whether the session can go on: not after a failed flush, until the transaction or savepoint that failed has ended.
    pub fn is_active(&self) -> bool {
        self.core.failed.is_none()
    }

    /// Values that the program keeps with this session; the factory's to begin with.
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
    /// let factory = SessionMaker::new(engine).info("tenant 7");
    /// assert_eq!(factory.session().info().get::<&str>(), Some(&"tenant 7"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn info(&self) -> &Info {
        &self.core.info
    }

    /// The same, to be changed.
    pub fn info_mut(&mut self) -> &mut Info {
        &mut self.core.info
    }

    /// Runs a closure in which nothing is flushed unless it says so.
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
    /// s.add(User::default());
    /// assert_eq!(s.no_autoflush(|s| s.query::<User>().count())?, 0);
    /// assert_eq!(s.query::<User>().count()?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn no_autoflush<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        let autoflush = std::mem::replace(&mut self.core.options.autoflush, false);
        let guard = Autoflush { session: self, autoflush };
        work(&mut *guard.session)
    }
}

/// Puts autoflush back, also after a panic.
struct Autoflush<'session, B> {
    session: &'session mut Session<B>,
    autoflush: bool,
}

impl<B> Drop for Autoflush<'_, B> {
    fn drop(&mut self) {
        self.session.core.options.autoflush = self.autoflush;
    }
}
