//! What a flush has to do: rows of one table that are written alike, and single rows where their order matters.

use crate::store::Stores;
use crate::util::columns::ColumnSet;

/// Rows of one table of which the same columns are written, in order.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// The number of the model's table.
    pub(crate) model: usize,
    pub(crate) columns: ColumnSet,
    pub(crate) slots: Vec<u32>,
}

/// One row to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The number of the model's table.
    pub(crate) model: usize,
    pub(crate) slot: u32,
    pub(crate) columns: ColumnSet,
}

/// All rows to be written.
#[derive(Default, Debug)]
pub(crate) struct ChangeSet {
    /// In the order of `add`: a group ends where a row of another kind follows.
    pub(crate) inserts: Vec<Group>,
    /// By table; a table's groups by their first key, each by key.
    pub(crate) updates: Vec<Group>,
    /// In the order of `delete`, as the inserts.
    pub(crate) deletes: Vec<Group>,
}

impl ChangeSet {
    pub(crate) fn is_empty(&self) -> bool {
        self.inserts.is_empty() && self.updates.is_empty() && self.deletes.is_empty()
    }

    /// The rows that will be there after the flush, with a foreign key each that has to name a row.
    pub(crate) fn written(&self) -> impl Iterator<Item = &Group> {
        self.inserts.iter().chain(&self.updates)
    }
}

impl Group {
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.slots.iter().map(|&slot| Row { model: self.model, slot, columns: self.columns })
    }

    /// Adds a row to the last group if it is written like that, else to a new one.
    pub(crate) fn push(groups: &mut Vec<Group>, row: Row) {
        match groups.last_mut() {
            Some(last) if last.model == row.model && last.columns == row.columns => last.slots.push(row.slot),
            Some(_) | None => {
                groups.push(Group { model: row.model, columns: row.columns, slots: vec![row.slot] })
            }
        }
    }

    /// Whether the table of the group names rows of others.
    pub(crate) fn has_links(&self, stores: &Stores) -> bool {
        !stores.any(self.model).table().foreign_keys.is_empty()
    }
}
