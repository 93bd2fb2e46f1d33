//! Statements as plain data. Rank 5. A SELECT stands with the expressions, since each can hold the other.

pub(crate) use crate::expr::{Item, SelectTree, What};
