//! A row that comes from the database meets the entity that it is.

use super::typed::{Meeting, Store};
use super::visit::place;
use crate::error::{Error, Result};
use crate::row::{Fields, Row};
use crate::schema::{Model, Table};
use crate::value::{Key, ValueRef};

/// Meets a row that holds all columns of its table from a column on: the slot of its entity, made if the row was not known.
///
/// # Errors
/// A value error that names model, column and key of a row that does not decode; the row is then not taken in.
#[inline]
pub(crate) fn meet_row<M: Model>(
    store: &mut Store<M>,
    row: &dyn Row,
    first: usize,
    how: Meeting<'_>,
) -> Result<u32> {
    let key = read_key::<M>(row, first)?;
    let met = store.meet(key, how, &mut Fields::new(row, first));
    met.map_err(|error| error.context(row_name::<M>(row, first)))
}

/// The key of a row that holds all columns of its table.
#[inline]
fn read_key<M: Model>(row: &dyn Row, first: usize) -> Result<M::Key> {
    let table = M::table();
    if table.key_is_contiguous {
        let mut fields = Fields::new(row, first + table.primary_key[0]);
        return M::Key::decode(&mut fields).map_err(|error| in_key(error, table, fields.position() - first));
    }
    let row = KeyRow { row, first, table };
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
    first: usize,
    table: &'row Table,
}

impl Row for KeyRow<'_> {
    fn len(&self) -> usize {
        self.table.primary_key.len()
    }

    fn value(&self, column: usize) -> ValueRef<'_> {
        self.row.value(self.first + self.table.primary_key[column])
    }

    fn name(&self, column: usize) -> &str {
        &self.table.columns[self.table.primary_key[column]].name
    }
}

/// Names a row by its key.
#[cold]
pub(crate) fn row_name<M: Model>(row: &dyn Row, first: usize) -> String {
    match read_key::<M>(row, first) {
        Ok(key) => format!("of the row with key {key:?}"),
        Err(_) => "of a row whose key cannot be read either".to_owned(),
    }
}
