//! A SELECT as plain data; it does not grow in type with its filters.

use crate::expr::{Node, Ordered};
use crate::schema::Table;

/// A SELECT of the rows of one model.
#[derive(Clone)]
pub(crate) struct SelectTree {
    pub(crate) table: &'static Table,
    pub(crate) what: What,
    pub(crate) filters: Vec<Node>,
    pub(crate) order_by: Vec<Ordered>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
    /// Whether rows overwrite what the session holds of them.
    pub(crate) overwrites: bool,
}

/// What a SELECT returns of the rows that it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Every column, in the order of the table.
    Columns,
    /// How many there are.
    Count,
    /// Whether there is one.
    Exists,
}

impl SelectTree {
    pub(crate) fn new(table: &'static Table) -> Self {
        SelectTree {
            table,
            what: What::Columns,
            filters: Vec::new(),
            order_by: Vec::new(),
            limit: None,
            offset: None,
            overwrites: false,
        }
    }
}
