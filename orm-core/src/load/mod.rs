//! From rows to slots or structs. Rank 9.

mod beside;
mod cells;
mod from_row;
mod graph;
mod level;
mod loaded;
#[cfg(feature = "serde")]
mod nested;
mod related;
mod row_struct;
mod search;
mod way;

use std::sync::Arc;

use crate::driver::{Connection, Statement};
use crate::error::Result;
use crate::row::{Fields, Row};
use crate::schema::Model;
use crate::store::{Source, Stores, Wanted, decode, meet_row, row_name};
use crate::value::{Handle, Value};

pub(crate) use level::{Groups, Intake, Keys, RowKey};
pub use loaded::Loaded;
pub(crate) use loaded::{Level, LoadedBranch, Span};
pub(crate) use related::{LinkedRow, TreeRow, load_down, load_linked, load_tree, load_up};

pub(crate) use beside::Beside;
pub use cells::{Cell, Output, Picked};
pub(crate) use cells::{load_cells, load_returned, read_row};
pub use from_row::FromRow;
pub use graph::{Graph, GraphOf};
pub(crate) use search::Places;
pub(crate) use way::{Way, WayRows, load_way};

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
    let before = store.slot_count();
    connection.query(statement, values, &mut |row| {
        let slot = meet_row(store, row, 0, how)?;
        found.push(Handle::at(session, slot, store.generation(slot)));
        Ok(())
    })?;
    statement.remember_rows(found.len());
    if found.len() > 1 {
        let (slots, now) = (found.iter().map(|handle| handle.place.slot), store.slot_count());
        store.origins.add(slots, before, now, Source::Plain);
    }
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
        let slot = met.map_err(|error| error.context(row_name::<M>(row, 0)))?;
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
        found.push(decode(&mut Fields::new(row, 0)).map_err(|error| error.context(row_name::<M>(row, 0)))?);
        Ok(())
    })?;
    statement.remember_rows(found.len());
    Ok(found)
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
