//! Statements on SQLite's C interface: the one module with unsafe code.
//!
//! rusqlite opens and closes the connection; statements are prepared, bound, stepped and read here, because its row path takes
//! 1.4 to 1.8 times as long as the interface itself. What makes it sound:
//!
//! - A connection is opened without a mutex and used by one thread at a time: all of it is behind `&mut RawConnection`, or
//!   behind `&` for calls that run no statement of ours.
//! - Statements never leave their [`RawConnection`], and are finalized before the connection closes.
//! - Values are bound without a copy. They are borrowed by the [`Run`](statement::Run) that steps the statement; it resets
//!   the statement when it ends, also after an error or a panic. A statement is stepped only by a run, which first binds every
//!   parameter anew, so what an earlier run left bound is never read.
//! - What a row shows lives until the next step, and is borrowed from the row.

mod cache;
mod connection;
mod row;
mod statement;

pub(crate) use connection::{Fixed, RawConnection};

#[cfg(test)]
mod tests;
