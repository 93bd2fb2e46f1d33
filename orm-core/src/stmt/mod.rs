//! Statements as plain data. Rank 5. A SELECT stands with the expressions, since each can hold the other.

mod bulk;

pub(crate) use crate::expr::{Compound, Item, SelectTree, What};
pub(crate) use bulk::{BulkAction, BulkTree};
