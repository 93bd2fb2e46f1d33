//! From rows to slots or structs. Rank 9.

mod cells;

use std::sync::Arc;

use crate::driver::{Connection, Statement};
use crate::error::{Error, Result};
use crate::row::{Fields, Row};
use crate::schema::{Model, Table};
use crate::store::{Met, Stores, Wanted, decode, place};
use crate::value::{Handle, Key, Value, ValueRef};

pub use cells::{Cell, Output, Picked};

/// Runs a SELECT of all columns of a model; every row becomes an entity, or meets the one that it is.
///
/// # Errors
/// Whatever the database reports; a value error that names model, column and key of a row that does not decode.
pub(crate) fn load_entities<M: Model>(
    connection: &mut dyn Connection,
    statement: &Statement,
    values: &[Value<'_>],
    stores: &mut Stores,
) -> Result<Vec<Handle<M>>> {
    let mut found = Vec::with_capacity(statement.expected_rows());
    let session = stores.session();
    let (store, how) = stores.meeting::<M>();
    store.reserve(statement.expected_rows());
    let table = M::table();
    connection.query(statement, values, &mut |row| {
        let key = read_key::<M>(row, table)?;
        let met = store
            .meet(key, how, &mut Fields::new(row, 0))
            .map_err(|error| error.context(row_name::<M>(row)))?;
        let (Met::New(slot) | Met::Known(slot)) = met;
        found.push(Handle::at(session, slot, store.generation(slot)));
        Ok(())
    })?;
    statement.remember_rows(found.len());
    Ok(found)
}

/// Runs the SELECT of a key's row; the row becomes an entity, or meets the one that it is.
///
/// # Errors
/// As [`load_entities`].
#[inline]
pub(crate) fn load_by_key<M: Model>(
    connection: &mut dyn Connection,
    wanted: &Wanted<'_, M>,
    values: &[Value<'_>],
    stores: &mut Stores,
    find_statement: impl FnOnce() -> Arc<Statement>,
) -> Result<Option<Handle<M>>> {
    let session = stores.session();
    let (store, how) = stores.meeting::<M>();
    let statement = store.select_by_key.take().unwrap_or_else(find_statement);
    let mut found = None;
    let queried = connection.query(&statement, values, &mut |row| {
        let met = store.meet_wanted(wanted, how, &mut Fields::new(row, 0));
        let slot = met.map_err(|error| error.context(row_name::<M>(row)))?;
        found = Some(Handle::at(session, slot, store.generation(slot)));
        Ok(())
    });
    store.select_by_key = Some(statement);
    queried.map(|()| found)
}

/// Runs a SELECT of all columns of a model; every row becomes a struct that no session knows.
///
/// # Errors
/// As [`load_entities`].
pub(crate) fn load_values<M: Model>(
    connection: &mut dyn Connection,
    statement: &Statement,
    values: &[Value<'_>],
) -> Result<Vec<M>> {
    let mut found = Vec::with_capacity(statement.expected_rows());
    connection.query(statement, values, &mut |row| {
        found.push(decode(&mut Fields::new(row, 0)).map_err(|error| error.context(row_name::<M>(row)))?);
        Ok(())
    })?;
    statement.remember_rows(found.len());
    Ok(found)
}

/// The key of a row that holds all columns of its table.
#[inline]
fn read_key<M: Model>(row: &dyn Row, table: &Table) -> Result<M::Key> {
    if table.key_is_contiguous {
        let mut fields = Fields::new(row, table.primary_key[0]);
        return M::Key::decode(&mut fields).map_err(|error| in_key(error, table, fields.position()));
    }
    let row = KeyRow { row, table };
    let mut fields = Fields::new(&row, 0);
    M::Key::decode(&mut fields).map_err(|error| in_key(error, table, table.primary_key[fields.position()]))
}

#[cold]
fn in_key(error: Error, table: &Table, column: usize) -> Error {
    error.context(place(table, column)).context(format!("in the key of a `{}`", table.model))
}

/// The columns of the key of a row, side by side.
struct KeyRow<'row> {
    row: &'row dyn Row,
    table: &'row Table,
}

impl Row for KeyRow<'_> {
    fn len(&self) -> usize {
        self.table.primary_key.len()
    }

    fn value(&self, column: usize) -> ValueRef<'_> {
        self.row.value(self.table.primary_key[column])
    }

    fn name(&self, column: usize) -> &str {
        &self.table.columns[self.table.primary_key[column]].name
    }
}

/// Names a row by its key.
#[cold]
fn row_name<M: Model>(row: &dyn Row) -> String {
    match read_key::<M>(row, M::table()) {
        Ok(key) => format!("of the row with key {key:?}"),
        Err(_) => "of a row whose key cannot be read either".to_owned(),
    }
}

/// Runs a statement whose rows are decoded by a function.
///
/// # Errors
/// Whatever the database reports, or the function.
pub(crate) fn load_rows<T>(
    connection: &mut dyn Connection,
    statement: &Statement,
    values: &[Value<'_>],
    decode: impl Fn(&dyn Row) -> Result<T>,
) -> Result<Vec<T>> {
    let mut found = Vec::with_capacity(statement.expected_rows());
    connection.query(statement, values, &mut |row| {
        found.push(decode(row)?);
        Ok(())
    })?;
    statement.remember_rows(found.len());
    Ok(found)
}
