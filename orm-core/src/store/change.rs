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
