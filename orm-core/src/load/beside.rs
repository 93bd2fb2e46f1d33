//! Whole models that stand in rows behind what was asked for: joined, since a relation leads to them.

use std::collections::HashSet;

use crate::error::Result;
use crate::row::Row;
use crate::schema::Table;
use crate::store::{Source, Stores};
use crate::value::ValueRef;

/// What stands behind what was asked for, in its order.
#[derive(Default)]
pub(crate) struct Beside {
    parts: Vec<Part>,
}

struct Part {
    table: &'static Table,
    source: Source,
    slots: Vec<u32>,
}

impl Beside {
    /// All columns of one more table, NULL where a row has no partner.
    pub(crate) fn add(&mut self, table: &'static Table, source: Source) {
        self.parts.push(Part { table, source, slots: Vec::new() });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Makes entities of a row's parts, which begin at a column.
    ///
    /// # Errors
    /// A value error that names model, column and key of a row that does not decode.
    pub(super) fn meet(&mut self, row: &dyn Row, mut first: usize, stores: &mut Stores) -> Result<()> {
        for Part { table, slots, .. } in &mut self.parts {
            if !matches!(row.value(first + table.primary_key[0]), ValueRef::Null) {
                slots.push(stores.meet_row(table.number, row, first)?);
            }
            first += table.columns.len();
        }
        Ok(())
    }

    /// Remembers which entities came together.
    pub(super) fn remember(self, stores: &mut Stores) {
        for Part { table, source, mut slots } in self.parts {
            let mut seen = HashSet::new();
            slots.retain(|slot| seen.insert(*slot));
            remember_list(stores, table.number, &slots, source);
        }
    }
}

/// Remembers entities that were loaded together, in rows that may have made entities of the same table beside them.
pub(super) fn remember_list(stores: &mut Stores, table: usize, slots: &[u32], source: Source) {
    if slots.len() > 1 {
        let store = stores.any_mut(table);
        let now = store.slot_count();
        store.origins().add(slots.iter().copied(), now, now, source);
    }
}
