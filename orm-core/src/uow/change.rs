//! What a flush has to do: rows of one table that are written alike, and single rows where their order matters.

use crate::store::{Group, Stores};
use crate::util::columns::ColumnSet;

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

    /// Whether the table of the group names rows of others.
    pub(crate) fn has_links(&self, stores: &Stores) -> bool {
        !stores.any(self.model).table().foreign_keys.is_empty()
    }
}
