//! UPDATE of rows by their keys, from plain values that no session holds.

use super::core::{Core, Intent};
use super::entities::Session;
use super::insert::ColumnList;
use crate::compile::{Operation, RowSets};
use crate::driver::{Connection, Statement};
use crate::error::{Error, Refusal, Result};
use crate::schema::{BelongsTo, Model};
use crate::store::{AnyStore, Stores, encode, set_next_version};
use crate::util::columns::ColumnSet;
use crate::value::{Value, encode_key};

impl<B> Session<B> {
    /// Writes some columns of plain values to the rows of their keys, without loading them and without making entities; gives the
    /// number of rows. As SQLAlchemy's `session.execute(update(User), [{"id": 1, ..}, ..])`.
    ///
    /// The session flushes first; hooks and `on_update` values do not run. A version has to be the row's, and is counted up. What
    /// the session holds of the rows is stale afterwards.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct Db;
    /// # #[derive(Model, Clone)] #[model(base = Db, default)]
    /// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub title: String, pub views: i64 }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<Db>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// # s.insert_many([1, 2].map(|views| Post { views, title: "a".into(), ..Default::default() }))?;
    /// let counted = [(1, 500), (2, 700)].map(|(id, views)| Post { id: id.into(), views, ..Default::default() });
    /// s.update_many(Post::views, counted)?; // UPDATE post SET views = ? WHERE id = ?, twice
    /// # assert_eq!(s.query::<Post>().filter(Post::views.ge(500)).filter(Post::title.eq("a")).count()?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Misuse, before any SQL, for a value without a key and for columns that a program does not write; a value error with
    /// [`Error::refusals`]; stale when a row is not there, or has another version: as after a flush that fails, nothing is
    /// written then. What the flush before it, or the database, reports.
    pub fn update_many<M: BelongsTo<B>>(
        &mut self,
        columns: impl ColumnList<M>,
        values: impl IntoIterator<Item = M>,
    ) -> Result<u64> {
        let mut set = ColumnSet::EMPTY;
        columns.add_to(&mut set);
        let values: Vec<M> = values.into_iter().collect();
        check_columns::<M>(&set)?;
        self.core.autoflush()?;
        let keys = self.core.keys_of(&values)?;
        check_values(&set, &values)?;
        self.core.update_values(set, &values, &keys)
    }
}

impl Core {
    fn keys_of<M: Model>(&self, values: &[M]) -> Result<Vec<M::Key>> {
        let key = |value: &M| {
            let model = M::table().model;
            value.key(&self.stores).ok_or_else(|| {
                Error::misuse(format!("a `{model}` without a key names no row that could be updated"))
            })
        };
        values.iter().map(key).collect()
    }

    fn update_values<M: Model>(&mut self, set: ColumnSet, values: &[M], keys: &[M::Key]) -> Result<u64> {
        if values.is_empty() {
            return Ok(0);
        }
        let table = M::table();
        self.forget_lists(table);
        let store = self.stores.typed_mut::<M>();
        for slot in keys.iter().filter_map(|key| store.find(key)).collect::<Vec<_>>() {
            store.make_stale(slot);
        }
        let columns: ColumnSet = set.iter().chain(table.version).collect();
        let sent = self.on_wire(Intent::Write, |connection, stores, statements| {
            let sets = RowSets { columns, returning: ColumnSet::EMPTY };
            let statement = statements.of_row(table, Operation::Update, sets);
            send(connection, stores, &statement, &columns, values.iter().zip(keys))
        });
        let sent = sent.map_err(|error| error.context(format!("while updating `{}`s", table.model)));
        sent.map_err(|error| if self.failed.is_some() { error } else { self.fail_frame(error) })
    }
}

/// Only what a program writes can be set, and rows keep their keys.
fn check_columns<M: Model>(set: &ColumnSet) -> Result<()> {
    let table = M::table();
    let is_wrong = |column: &usize| {
        table.primary_key.contains(column)
            || table.managed.contains(*column)
            || table.computed.contains(*column)
    };
    match set.iter().find(is_wrong) {
        None => Ok(()),
        Some(column) => Err(Error::misuse(format!(
            "`{}.{}` cannot be set: it is part of the key, or the program does not write it",
            table.name, table.columns[column].name
        ))),
    }
}

/// Validates the fields that are written; the others of a value may hold anything.
fn check_values<M: Model>(set: &ColumnSet, values: &[M]) -> Result<()> {
    let (mut refused, table) = (Vec::new(), M::table());
    let is_written = |name: &str| {
        let field = table.field_names.iter().position(|field| *field == name);
        field.is_some_and(|field| table.fields[field].clone().any(|column| set.contains(column)))
    };
    for (index, value) in values.iter().enumerate().filter(|_| M::VALIDATES) {
        value.validate(&mut |field, why| {
            if is_written(field) {
                refused.push(Refusal::new(table.model, field, format!("value {index}"), why));
            }
        });
    }
    if refused.is_empty() { Ok(()) } else { Err(Error::refused(refused)) }
}

/// Sends a statement for each value; every row has to be there.
fn send<'a, M: Model>(
    connection: &mut dyn Connection,
    stores: &Stores,
    statement: &Statement,
    columns: &ColumnSet,
    rows: impl Iterator<Item = (&'a M, &'a M::Key)>,
) -> Result<u64> {
    let table = M::table();
    let version: ColumnSet = table.version.into_iter().collect();
    let (mut count, mut lost) = (0, Vec::new());
    for (value, key) in rows {
        let mut next = value.clone();
        if table.version.is_some() {
            set_next_version(&mut next);
        }
        let mut row: Vec<Value<'_>> = Vec::with_capacity(table.columns.len());
        encode(&next, columns, stores, &mut row)?;
        encode_key(key, stores, &mut row)?;
        encode(value, &version, stores, &mut row)?;
        match connection.execute(statement, &row)?.rows {
            0 => lost.push(format!("{key:?}")),
            rows => count += rows,
        }
    }
    if lost.is_empty() {
        return Ok(count);
    }
    let also = if table.version.is_some() { ", or they have another version" } else { "" };
    Err(Error::stale(format!("no rows of `{}` with the keys {}{also}", table.model, lost.join(", "))))
}
