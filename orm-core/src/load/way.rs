//! Rows along a relation's way become entities: what it leads from, and what stands at each hop.

use std::collections::HashSet;

use foldhash::fast::RandomState;

use crate::driver::{Connection, Statement};
use crate::error::Result;
use crate::schema::Table;
use crate::store::Stores;
use crate::value::{Value, ValueRef};

/// What the rows of a SELECT along a way look like.
pub(crate) struct Way {
    /// The number of the table that it leads from.
    pub(crate) from: usize,
    /// Where its key stands.
    pub(crate) named: usize,
    /// Where the columns of the first table begin.
    pub(crate) first: usize,
    pub(crate) tables: Vec<&'static Table>,
}

/// The slots of the rows: of what the way leads from, then those of its hops; or none where it breaks off.
pub(crate) struct WayRows {
    width: usize,
    slots: Vec<u32>,
}

/// One of them.
#[derive(Clone, Copy)]
pub(crate) struct WayRow<'a>(&'a [u32]);

const NONE: u32 = u32::MAX;

impl WayRow<'_> {
    /// The slot at a place: 0 is what the way leads from.
    pub(crate) fn at(self, place: usize) -> Option<u32> {
        Some(self.0[place]).filter(|slot| *slot != NONE)
    }
}

impl WayRows {
    pub(crate) fn new(hops: usize) -> Self {
        WayRows { width: hops + 1, slots: Vec::new() }
    }

    pub(crate) fn append(&mut self, mut other: WayRows) {
        self.slots.append(&mut other.slots);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = WayRow<'_>> {
        self.slots.chunks_exact(self.width).map(WayRow)
    }

    /// What stands at two places of the rows that reach a third, each pair once.
    pub(crate) fn pairs(&self, one: usize, other: usize, reached: usize) -> Vec<(u32, u32)> {
        let mut seen: HashSet<(u32, u32), RandomState> = HashSet::default();
        let reaching = self.iter().filter(|row| row.at(reached).is_some());
        let pairs = reaching.filter_map(|row| Some((row.at(one)?, row.at(other)?)));
        pairs.filter(|pair| seen.insert(*pair)).collect()
    }
}

/// Runs a SELECT of all columns of some tables, and of the key of what the way leads from.
///
/// # Errors
/// Whatever the database reports; a value error for a row that does not decode.
pub(crate) fn load_way(
    connection: &mut dyn Connection,
    statement: &Statement,
    values: &[Value<'_>],
    stores: &mut Stores,
    way: &Way,
) -> Result<WayRows> {
    let mut rows = WayRows::new(way.tables.len());
    rows.slots.reserve(statement.expected_rows() * rows.width);
    connection.query(statement, values, &mut |row| {
        let Some(from) = stores.any(way.from).find_in_row(row, way.named)? else { return Ok(()) };
        rows.slots.push(from);
        let mut start = way.first;
        for table in &way.tables {
            let is_there = !matches!(row.value(start + table.primary_key[0]), ValueRef::Null);
            rows.slots.push(if is_there { stores.meet_row(table.number, row, start)? } else { NONE });
            start += table.columns.len();
        }
        Ok(())
    })?;
    statement.remember_rows(rows.slots.len() / rows.width);
    Ok(rows)
}
