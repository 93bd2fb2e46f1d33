//! Rows that are written alike.

use crate::util::columns::ColumnSet;

/// Rows of one table of which the same columns are written, in order.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// The number of the model's table.
    pub(crate) model: usize,
    pub(crate) columns: ColumnSet,
    pub(crate) slots: Vec<u32>,
}

impl Group {
    /// Adds rows to the last group if they are written like that, else as a new one.
    pub(crate) fn extend(
        groups: &mut Vec<Group>,
        model: usize,
        columns: &ColumnSet,
        slots: impl Iterator<Item = u32>,
    ) {
        match groups.last_mut() {
            Some(last) if last.model == model && last.columns == *columns => last.slots.extend(slots),
            Some(_) | None => groups.push(Group { model, columns: *columns, slots: slots.collect() }),
        }
    }

    /// Adds a row to the last group if it is written like that, else to a new one.
    #[inline]
    pub(super) fn push(groups: &mut Vec<Group>, model: usize, columns: &ColumnSet, slot: u32) {
        match groups.last_mut() {
            Some(last) if last.model == model && last.columns == *columns => last.slots.push(slot),
            Some(_) | None => groups.push(Group { model, columns: *columns, slots: vec![slot] }),
        }
    }
}
