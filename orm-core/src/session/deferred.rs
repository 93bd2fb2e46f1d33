//! Loading of columns that stay out of every SELECT.

use std::collections::HashSet;

use super::core::{Core, Intent};
use super::entities::Session;
use super::refresh::key_fields;
use super::statistics::Origin;
use crate::error::{Error, Result};
use crate::expr::{Node, TableRef};
use crate::row::Fields;
use crate::schema::{BelongsTo, Model};
use crate::stmt::{Item, SelectTree};
use crate::store::State;
use crate::value::{Column, Generated, Handle, Key};

impl<B> Session<B> {
    /// Loads a `deferred` column of an entity, as SQLAlchemy's option of that name. A value that the program set and did not
    /// flush stays.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct Db;
    /// #[derive(Model, Clone)]
    /// #[model(base = Db, table = "pages", default)]
    /// pub struct Page {
    ///     #[column(primary_key)]
    ///     pub id: Id<Page>,
    ///     pub title: String,
    ///     #[column(deferred)]
    ///     pub body: Generated<String>, // `Unset` until it is loaded
    /// }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<Db>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let factory = SessionMaker::new(engine);
    /// # factory.transaction(|s| { s.add(Page { title: "a".into(), body: "long".into(), ..Default::default() }); Ok(()) })?;
    /// let mut s = factory.session();
    /// let page = s.get_one::<Page>(1)?; // SELECT id, title, NULL
    /// assert_eq!(s[page].body, Generated::Unset);
    /// s.undefer(page, Page::body)?; // SELECT id, body
    /// assert_eq!(s[page].body, "long".into());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`undefer_all`](Self::undefer_all).
    pub fn undefer<M: BelongsTo<B>, T, R>(
        &mut self,
        handle: Handle<M>,
        column: Column<M, Generated<T>, R>,
    ) -> Result<()> {
        self.undefer_all(&[handle], column)
    }

    /// Loads a `deferred` column of several entities in one statement. Nothing is flushed before.
    ///
    /// # Errors
    /// Misuse, before any SQL, when one of the entities has no row to read, or a handle is of another session or of an entity
    /// that is gone. Not found when rows are gone; the others are read.
    pub fn undefer_all<M: BelongsTo<B>, T, R>(
        &mut self,
        handles: &[Handle<M>],
        column: Column<M, Generated<T>, R>,
    ) -> Result<()> {
        self.core.check_usable()?;
        handles.iter().try_for_each(|&handle| self.check_has_row(handle))?;
        let mut met = HashSet::with_capacity(handles.len());
        let rows: Vec<Handle<M>> = handles.iter().copied().filter(|&handle| met.insert(handle)).collect();
        let mut found = 0;
        for some in rows.chunks(self.core.most_keys(M::table())) {
            found += self.core.load_field(some, column.field)?;
        }
        match rows.len() - found {
            0 => Ok(()),
            gone => Err(Error::not_found(format!(
                "{gone} of {} rows of `{}` are not there any more",
                rows.len(),
                M::table().model
            ))),
        }
    }

    fn check_has_row<M: BelongsTo<B>>(&self, handle: Handle<M>) -> Result<()> {
        match self.state(handle) {
            Some(State::Persistent | State::Missing | State::Deleted) => Ok(()),
            Some(State::Pending | State::Withdrawn | State::DeletedFlushed) => {
                Err(Error::misuse(format!("{handle:?} has no row to load a column of")))
            }
            None => Err(Error::misuse(format!("{handle:?} is of another session, or its entity is gone"))),
        }
    }
}

impl Core {
    /// Reads one field of rows into what is held of them; gives how many there are.
    fn load_field<M: Model>(&mut self, handles: &[Handle<M>], field: u16) -> Result<usize> {
        let table = M::table();
        let of = TableRef::own(table);
        let fields = key_fields(table).into_iter().chain([field]);
        let tree = SelectTree {
            items: fields.map(|field| Item::Expression(Node::Field { of, field })).collect(),
            filters: vec![self.key_condition(handles)?],
            ..SelectTree::new(of)
        };
        let columns = table.fields[usize::from(field)].clone().collect();
        let (statement, values) = self.compile(&tree)?;
        self.on_wire(Intent::Read.by(Origin::Deferred), |connection, stores, _| {
            let store = stores.typed_mut::<M>();
            let mut found = 0;
            connection.query(&statement, &values, &mut |row| {
                let key = M::Key::decode(&mut Fields::new(row, 0))?;
                found += 1;
                let read = || Fields::new(row, M::Key::WIDTH);
                store.find(&key).map_or(Ok(()), |slot| store.fill_in(slot, &columns, read))
            })?;
            Ok(found)
        })
    }
}
