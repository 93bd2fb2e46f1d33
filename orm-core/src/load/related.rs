//! Rows that relations lead to become entities, paired with those that they belong to.

use crate::driver::{Connection, Statement};
use crate::error::Result;
use crate::expr::KeyField;
use crate::row::{Fields, Row};
use crate::schema::Table;
use crate::store::Stores;
use crate::value::{Value, ValueRef};

/// Runs a SELECT of all columns of a foreign key's table: pairs of the slot that each row names, and the row's own.
///
/// # Errors
/// Whatever the database reports; a value error for a row that does not decode.
pub(crate) fn load_down(
    connection: &mut dyn Connection,
    statement: &Statement,
    values: &[Value<'_>],
    stores: &mut Stores,
    key: KeyField,
) -> Result<Vec<(u32, u32)>> {
    let mut pairs = Vec::with_capacity(statement.expected_rows());
    let table = key.table.number;
    let mut named = Named::new(key);
    stores.any_mut(table).expect_rows(statement.expected_rows());
    connection.query(statement, values, &mut |row| {
        let slot = stores.meet_row(table, row, 0)?;
        if let Some(parent) = named.find(row, stores)? {
            pairs.push((parent, slot));
        }
        Ok(())
    })?;
    statement.remember_rows(pairs.len());
    Ok(pairs)
}

/// Runs a SELECT of all columns of a table, and gives the slots of the rows.
///
/// # Errors
/// As [`load_down`].
pub(crate) fn load_up(
    connection: &mut dyn Connection,
    statement: &Statement,
    values: &[Value<'_>],
    stores: &mut Stores,
    table: usize,
) -> Result<Vec<u32>> {
    let mut slots = Vec::with_capacity(statement.expected_rows());
    connection.query(statement, values, &mut |row| {
        slots.push(stores.meet_row(table, row, 0)?);
        Ok(())
    })?;
    statement.remember_rows(slots.len());
    Ok(slots)
}

/// A row of a SELECT over a link: the slot that the first table's row names, that row's own, and the second's.
#[derive(Clone, Copy)]
pub(crate) struct LinkedRow {
    pub(crate) parent: u32,
    pub(crate) first: u32,
    pub(crate) second: u32,
}

/// Runs a SELECT of all columns of a foreign key's table, then all of a second table.
///
/// # Errors
/// As [`load_down`].
pub(crate) fn load_linked(
    connection: &mut dyn Connection,
    statement: &Statement,
    values: &[Value<'_>],
    stores: &mut Stores,
    (back, second): (KeyField, &'static Table),
) -> Result<Vec<LinkedRow>> {
    let mut rows = Vec::with_capacity(statement.expected_rows());
    let first = back.table;
    let (start, mut named) = (first.columns.len(), Named::new(back));
    connection.query(statement, values, &mut |row| {
        let Some(parent) = named.find(row, stores)? else { return Ok(()) };
        let slot = stores.meet_row(first.number, row, 0)?;
        let second = stores.meet_row(second.number, row, start)?;
        rows.push(LinkedRow { parent, first: slot, second });
        Ok(())
    })?;
    statement.remember_rows(rows.len());
    Ok(rows)
}

/// Finds whom the rows of a load name by a key. Rows of one parent often stand side by side.
struct Named {
    table: usize,
    column: usize,
    /// Whether the key is a single column, so that an equal number is an equal key.
    is_single: bool,
    last: Option<(i64, Option<u32>)>,
}

impl Named {
    fn new(key: KeyField) -> Self {
        let columns = &key.table.fields[usize::from(key.field)];
        let (column, is_single) = (columns.start, columns.len() == 1);
        Named { table: key.target().number, column, is_single, last: None }
    }

    fn find(&mut self, row: &dyn Row, stores: &Stores) -> Result<Option<u32>> {
        let number = match row.value(self.column) {
            ValueRef::Int(number) if self.is_single => Some(number),
            ValueRef::Int(_) => None,
            ValueRef::Null | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => None,
        };
        if let (Some(number), Some((last, found))) = (number, self.last)
            && number == last
        {
            return Ok(found);
        }
        let found = stores.any(self.table).find_in_row(row, self.column)?;
        self.last = number.map(|number| (number, found));
        Ok(found)
    }
}

/// A row of a recursive SELECT: its slot, the least and the greatest number that it was found under, and how deep.
#[derive(Clone, Copy)]
pub(crate) struct TreeRow {
    pub(crate) slot: u32,
    /// 0 for a row that the recursion found.
    pub(crate) first: i64,
    /// Which row of the query it is, from 1; 0 for none of them.
    pub(crate) last: i64,
    pub(crate) depth: u64,
}

/// Runs a SELECT of all columns of a table, then the numbers of the recursion.
///
/// # Errors
/// As [`load_down`].
pub(crate) fn load_tree(
    connection: &mut dyn Connection,
    statement: &Statement,
    values: &[Value<'_>],
    stores: &mut Stores,
    table: &'static Table,
) -> Result<Vec<TreeRow>> {
    let mut rows = Vec::with_capacity(statement.expected_rows());
    let width = table.columns.len();
    connection.query(statement, values, &mut |row| {
        let mut numbers = Fields::new(row, width);
        let (first, last, depth) = (numbers.column()?, numbers.column()?, numbers.column::<i64>()?);
        let slot = stores.meet_row(table.number, row, 0)?;
        rows.push(TreeRow { slot, first, last, depth: depth.unsigned_abs() });
        Ok(())
    })?;
    statement.remember_rows(rows.len());
    Ok(rows)
}
