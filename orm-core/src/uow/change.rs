//! What a flush has to do: rows of one table that are written alike, and single rows where their order matters.

use crate::store::Group;
use crate::util::columns::ColumnSet;

/// One row to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The number of the model's table.
    pub(crate) model: usize,
    pub(crate) slot: u32,
    pub(crate) columns: ColumnSet,
}

/// An entity that was added with the key of one that was deleted, and takes over its row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replacement {
    pub(crate) model: usize,
    pub(crate) new: u32,
    pub(crate) old: u32,
    /// The columns in which both differ.
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
    /// In the order of `add`.
    pub(crate) replaces: Vec<Replacement>,
    /// Foreign keys of rows that stay, which the session sets to NULL since the rows that they name are deleted.
    pub(crate) clears: Vec<Group>,
}

impl ChangeSet {
    pub(crate) fn is_empty(&self) -> bool {
        self.models().next().is_none()
    }

    /// The rows that are written, by table: each has to be right.
    pub(crate) fn written(&self) -> impl Iterator<Item = (usize, &[u32])> {
        let groups = self.inserts.iter().chain(&self.updates).map(|group| (group.model, &group.slots[..]));
        groups.chain(self.replaces.iter().map(|pair| (pair.model, std::slice::from_ref(&pair.new))))
    }

    /// The tables that something is done to.
    pub(crate) fn models(&self) -> impl Iterator<Item = usize> {
        let others = self.deletes.iter().chain(&self.clears).map(|group| group.model);
        self.written().map(|(model, _)| model).chain(others)
    }
}

impl Group {
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.slots.iter().map(|&slot| Row { model: self.model, slot, columns: self.columns })
    }
}
