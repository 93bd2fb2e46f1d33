//! From statements to SQL text. Rank 6: the only place where SQL is written.

mod dialect;
mod writer;

pub use dialect::{Capabilities, Dialect};
pub(crate) use writer::Writer;
