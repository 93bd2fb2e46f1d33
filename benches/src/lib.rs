//! The cost of the ORM against the same work written by hand, measured in one run.
//!
//! The work is written by hand twice: [`raw`] on SQLite's C interface, which is the limit, and [`hand`] on rusqlite
//! with cached statements, which is what a good engineer writes without an ORM. Each workload of [`workload`] is
//! measured by [`measure`] on all of them in turns and printed by [`report`] as nanoseconds an operation and as
//! ratios to the first implementation.
//!
//! A further implementation is a module with a type that implements [`Implementation`], and a line in
//! [`implementations`]. `tests/same_work.rs` holds all of them against each other: what they load and what they store
//! must be equal.

#![deny(unsafe_code)]

pub mod data;
pub mod database;
pub mod hand;
pub mod measure;
pub mod orm;
#[expect(unsafe_code, reason = "the limit is measured on SQLite's C interface")]
pub mod raw;
pub mod report;
pub mod witness;
pub mod workload;

pub use workload::{Implementation, Task, WORKLOADS, Work, Workload};

/// All implementations, in the order of the table's columns. The first one is what the others are held against.
#[must_use]
pub fn implementations() -> Vec<Box<dyn Implementation>> {
    vec![Box::new(raw::Raw), Box::new(hand::Hand), Box::new(orm::Orm)]
}
