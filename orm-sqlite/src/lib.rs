//! The SQLite backend of the ORM.
//!
//! [`Sqlite`] says where a database is and how its connections are opened; an engine is built on it:
//!
//! ```
//! use orm_core::DeclarativeBase;
//! use orm_core::engine::Engine;
//! use orm_sqlite::Sqlite;
//!
//! #[derive(DeclarativeBase)]
//! struct UsersDb;
//!
//! # fn main() -> orm_core::Result<()> {
//! let engine = Engine::<UsersDb>::builder(Sqlite::url("sqlite:///users.db")?).pool_size(10).build()?;
//! assert_eq!(engine.pool_status().checked_out, 0); // nothing is opened yet
//! # Ok(())
//! # }
//! ```
//!
//! Every connection is opened with foreign keys on, a busy timeout of five seconds and, for files, write-ahead logging. SQLite is
//! compiled in. All that is unsafe is in the module `raw`, which speaks to SQLite's C interface.

#![deny(unsafe_code)]

mod connection;
mod dialect;
mod driver;
mod error;
mod keywords;
mod live;
mod options;
#[allow(unsafe_code)]
mod raw;
mod text;
mod url;

pub use driver::Sqlite;
