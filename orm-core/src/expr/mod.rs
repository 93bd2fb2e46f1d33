//! Expressions: a typed shell over one plain tree. Rank 4.

mod column;

pub use column::{Column, Fk, Plain};
