//! What a flush would write of an entity, and what the program asked for beside its values.

use crate::expr::Node;
use crate::util::columns::ColumnSet;
use crate::value::Value;

/// A column that a flush would write, with its value before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The column's name.
    pub column: &'static str,
    /// The value that the row has, as the database stores it; `None` for a row that is not inserted yet.
    pub old: Option<Value<'static>>,
    /// The value to be written, as the database stores it; `None` when the database makes it: an expression, or the key of a
    /// row that is not inserted yet.
    pub new: Option<Value<'static>>,
}

/// Columns of a slot that the next flush writes, whether their values differ or not.
pub(crate) struct Demand {
    pub(crate) slot: u32,
    pub(crate) columns: ColumnSet,
    /// What is written there instead of the slot's values.
    pub(crate) expression: Option<Node>,
}

/// The demands on the slots of one store.
#[derive(Default)]
pub(super) struct Demands(Vec<Demand>);

impl Demands {
    pub(super) fn push(&mut self, demand: Demand) {
        self.0.push(demand);
    }

    pub(super) fn of(&self, slot: u32) -> impl Iterator<Item = &Demand> {
        self.0.iter().filter(move |demand| demand.slot == slot)
    }

    /// Adds the columns that are demanded of a slot.
    pub(super) fn add_columns(&self, slot: u32, columns: &mut ColumnSet) {
        self.of(slot).flat_map(|demand| demand.columns.iter()).for_each(|column| columns.insert(column));
    }

    /// The columns of a slot that expressions make.
    pub(super) fn expressed(&self, slot: u32) -> ColumnSet {
        let made = self.of(slot).filter(|demand| demand.expression.is_some());
        made.flat_map(|demand| demand.columns.iter()).collect()
    }

    pub(super) fn has_expressions(&self) -> bool {
        self.0.iter().any(|demand| demand.expression.is_some())
    }

    pub(super) fn forget(&mut self, slot: u32) {
        self.0.retain(|demand| demand.slot != slot);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
