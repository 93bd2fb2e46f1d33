//! Statements as plain data. Rank 5.

mod select;

pub(crate) use select::{SelectTree, What};
