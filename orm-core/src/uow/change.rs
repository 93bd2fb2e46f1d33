//! What a flush has to do, row by row.

use crate::util::columns::ColumnSet;

/// One row to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    /// The number of the model's table.
    pub(crate) model: usize,
    pub(crate) slot: u32,
    /// The columns to be written.
    pub(crate) columns: ColumnSet,
}

/// All rows to be written.
#[derive(Default, Debug)]
pub(crate) struct ChangeSet {
    /// In the order of `add`.
    pub(crate) inserts: Vec<Change>,
    /// By table, then by key.
    pub(crate) updates: Vec<Change>,
    /// In the order of `delete`.
    pub(crate) deletes: Vec<Change>,
}

impl ChangeSet {
    pub(crate) fn is_empty(&self) -> bool {
        self.inserts.is_empty() && self.updates.is_empty() && self.deletes.is_empty()
    }
}
