//! Reading anew what is held, and forgetting that it was read.

use std::collections::HashSet;

use super::core::{Core, Intent};
use super::entities::Session;
use super::statistics::Origin;
use crate::error::{Error, Result};
use crate::expr::{Comparison, Node, TableRef};
use crate::load::load_entities;
use crate::schema::{BelongsTo, Model, Table};
use crate::stmt::SelectTree;
use crate::store::{AnyStore, Refresh, State};
use crate::value::{Handle, Ids, NoIds, Value, encode_key};

/// How many rows of a key of several columns are asked for at once: databases bound the depth of a condition.
const LONGEST_CONDITION: usize = 200;

impl<B> Session<B> {
    /// Reads an entity's row anew; what was changed and not flushed is lost. Nothing is flushed before.
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
    /// s.execute("UPDATE users SET age = 31 WHERE id = 1", params![])?; // the session cannot know
    /// s.refresh(alice)?;
    /// assert_eq!(s[alice].age, Some(31));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Not found when the row is gone: the entity is missing then. Misuse for an entity that has no row to read, and for a
    /// handle of another session or of an entity that is gone.
    pub fn refresh<M: BelongsTo<B>>(&mut self, handle: Handle<M>) -> Result<()> {
        self.refresh_all(&[handle])
    }

    /// Reads the rows of entities anew, in one statement: all that were made stale by a commit, for instance. What was
    /// changed and not flushed is lost. Nothing is flushed before.
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
    /// let users = s.add_all(["ann", "bob"].map(|name| User { name: name.into(), ..Default::default() }));
    /// s.commit()?;
    /// s.refresh_all(&users)?; // one SELECT, not two
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Not found when rows are gone, which are missing then; the others are read. Misuse, before any SQL, when one of the
    /// entities has no row to read, or a handle is of another session or of an entity that is gone.
    pub fn refresh_all<M: BelongsTo<B>>(&mut self, handles: &[Handle<M>]) -> Result<()> {
        self.core.check_usable()?;
        handles.iter().try_for_each(|&handle| self.check_refreshable(handle))?;
        let mut found = HashSet::with_capacity(handles.len());
        for some in handles.chunks(self.core.most_keys(M::table())) {
            found.extend(self.core.load_again(some)?);
        }
        let gone: Vec<String> = handles
            .iter()
            .filter(|handle| !found.contains(*handle))
            .map(|&handle| self.core.lose(handle))
            .collect();
        if gone.is_empty() {
            return Ok(());
        }
        let model = M::table().model;
        Err(Error::not_found(format!("no row of `{model}` with the key {} any more", gone.join(", "))))
    }

    fn check_refreshable<M: BelongsTo<B>>(&self, handle: Handle<M>) -> Result<()> {
        let why = match self.state(handle) {
            Some(State::Persistent | State::Missing) => return Ok(()),
            Some(State::DeletedFlushed) => {
                return Err(Error::not_found(format!(
                    "the row of {handle:?} was deleted in this transaction"
                )));
            }
            Some(State::Pending) => "is not inserted yet: flush first",
            Some(State::Withdrawn) => "is withdrawn and has no row: restore it and flush first",
            Some(State::Deleted) => "is marked deleted: restore it first",
            None => "is of another session, or its entity is gone",
        };
        Err(Error::misuse(format!("{handle:?} cannot be refreshed: it {why}")))
    }

    /// Makes an entity stale, so that the next `get` or query that meets it reads it anew; what was changed and not flushed is
    /// lost. No SQL. The last known values stay readable.
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
    /// s.execute("UPDATE users SET age = 31 WHERE id = 1", params![])?;
    /// s.expire(alice);
    /// s.get_one::<User>(1)?; // reads it anew
    /// assert_eq!(s[alice].age, Some(31));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Misuse for an entity that has no row, and for a handle of another session or of an entity that is gone.
    pub fn expire<M: BelongsTo<B>>(&mut self, handle: Handle<M>) -> Result<()> {
        let entity = handle.entity();
        let why = match self.state(handle) {
            Some(State::Persistent | State::Deleted) => {
                self.core.stores.any_mut(entity.model).expire(entity.place.slot);
                return Ok(());
            }
            // What has no row any more has nothing to be read anew.
            Some(State::Missing | State::DeletedFlushed) => return Ok(()),
            Some(State::Pending) => "is not inserted yet",
            Some(State::Withdrawn) => "is withdrawn and has no row",
            None => "is of another session, or its entity is gone",
        };
        Err(Error::misuse(format!("{handle:?} cannot be expired: it {why}")))
    }

    /// Makes every entity that has a row stale; what was changed and not flushed is lost. What is pending or marked deleted
    /// stays so. No SQL.
    pub fn expire_all(&mut self) {
        self.core.stores.restore_touched();
        self.core.stores.epochs_mut().end();
    }
}

impl Core {
    /// How many keys of a table one statement can ask for.
    pub(super) fn most_keys(&self, table: &Table) -> usize {
        match table.primary_key.len() {
            1 => self.dialect().capabilities().max_binds,
            _ => LONGEST_CONDITION,
        }
    }

    /// Reads rows anew over what is held of them; gives those that are there.
    fn load_again<M: Model>(&mut self, handles: &[Handle<M>]) -> Result<Vec<Handle<M>>> {
        let tree = SelectTree {
            filters: vec![self.key_condition(handles)?],
            ..SelectTree::new(TableRef::own(M::table()))
        };
        let (statement, values) = self.compile(&tree)?;
        self.stores.set_refresh(Refresh::All);
        let found = self.on_wire(Intent::Read.by(Origin::Refresh), |connection, stores, _| {
            load_entities::<M>(connection, &statement, &values, stores)
        });
        self.stores.set_refresh(Refresh::Stale);
        found
    }

    /// Says of rows that their key is one of those of the entities.
    pub(super) fn key_condition<M: Model>(&self, handles: &[Handle<M>]) -> Result<Node> {
        let table = M::table();
        let keys =
            handles.iter().filter_map(|handle| self.stores.key(handle.entity())?.downcast_ref::<M::Key>());
        let fields: Vec<u16> = key_fields(table);
        if let [field] = fields[..] {
            let keys = keys.map(|key| Ok(Node::Values(key_values(key)?))).collect::<Result<_>>()?;
            return Ok(Node::InList(Box::new(Node::Field { of: TableRef::own(table), field }), keys));
        }
        let is_row = |key: &M::Key| {
            let mut values = key_values(key)?.into_iter();
            let equals = fields.iter().map(|&field| {
                let width = table.fields[usize::from(field)].len();
                let side = Node::Values(values.by_ref().take(width).collect());
                Node::compare(Comparison::Equal, Node::Field { of: TableRef::own(table), field }, side)
            });
            Ok(Node::And(equals.collect()))
        };
        Ok(Node::Or(keys.map(is_row).collect::<Result<_>>()?))
    }

    /// Says that an entity's row was looked for and is not there; gives its key, for a message.
    fn lose<M: Model>(&mut self, handle: Handle<M>) -> String {
        let store = self.stores.typed_mut::<M>();
        if store.at(handle.place.slot).state == State::Persistent {
            store.at_mut(handle.place.slot).state = State::Missing;
        }
        store.key_text(handle.place.slot)
    }
}

/// The fields that make up the primary key, in its order.
pub(super) fn key_fields(table: &Table) -> Vec<u16> {
    let field_of = |column: &usize| table.fields.iter().position(|columns| columns.contains(column));
    let mut fields: Vec<u16> =
        table.primary_key.iter().filter_map(field_of).filter_map(|field| u16::try_from(field).ok()).collect();
    fields.dedup();
    fields
}

fn key_values<K: crate::value::Key>(key: &K) -> Result<Vec<Value<'static>>> {
    let mut values = Vec::with_capacity(K::WIDTH);
    encode_key(key, &NoIds, &mut values)?;
    Ok(values.into_iter().map(Value::into_owned).collect())
}
