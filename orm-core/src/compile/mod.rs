//! From statements to SQL text and the values to bind. Rank 6: the only place where SQL is written.

mod bulk;
mod cache;
mod check;
mod compound;
pub(crate) mod ddl;
mod derived;
mod dialect;
mod dml;
mod grouping;
mod insert;
mod json;
mod keyset;
mod recursion;
mod row_write;
mod select;
mod sink;
mod statement;
mod window;
mod writer;

#[cfg(test)]
pub(crate) mod probe;

pub(crate) use bulk::write_bulk;
pub(crate) use cache::{Operation, RowSets, Statements};
pub(crate) use check::{check_bulk, check_select};
pub use dialect::{Capabilities, Dialect, GeneratedKey, Schemas};
pub(crate) use insert::{Conflict, InsertShape, insert_many_sql};
pub(crate) use keyset::Keyset;
pub(crate) use row_write::{Condition, RowWrite, What, Written, write_insert, write_update};
pub(crate) use select::write_select;
pub(crate) use sink::{Gathered, KeySink};
pub use statement::{Statement, StatementId};
pub(crate) use writer::Writer;
