//! The session and all that hands it out. Rank 10.
//!
//! [`Session`] is a thin, typed shell over [`Core`](core::Core), which is compiled once. `core` owns the connection and the
//! transaction, `flush` names the phases of the unit of work, `identity` answers `get`, `select` and `raw` ask the database.

mod assign;
mod bulk;
mod combine;
mod core;
mod cursor;
mod deferred;
mod derived;
mod entities;
mod events;
mod explain;
mod flush;
mod frames;
mod hooks;
mod identity;
mod in_step;
mod index;
mod info;
mod insert;
mod inspect;
mod keyset;
mod listen;
mod maker;
mod merge;
mod page;
mod params;
mod raw;
mod refresh;
mod related;
mod removal;
mod savepoint;
mod scoped;
mod select;
mod select_ends;
mod statistics;
mod stream;
mod subquery;
mod transaction;
mod undone;
mod update_many;

pub use bulk::{Delete, Returning, Update, delete, update};
pub use combine::Combines;
pub use core::StaleWrites;
pub use entities::Session;
pub use info::Info;
pub use insert::{ColumnList, Insert, insert};
pub use keyset::KeysetPage;
pub use listen::{Executed, Execution};
pub use maker::SessionMaker;
pub use page::Page;
pub use params::{IntoParam, Named, Params};
pub use raw::RawQuery;
pub use related::{Between, Eager, LinkModel, Relation, Replace, Then};
pub use savepoint::NestedTransaction;
pub use scoped::ScopedSession;
pub use select::{Select, select};
pub use statistics::{Origin, Statistics};
pub use stream::Stream;
pub use subquery::exists;
pub use undone::Undone;
