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
//! compiled in. In-memory databases are private to their engine.
//!
//! # An option for programs with many threads
//!
//! The bundled SQLite is compiled with one mutex for the page caches of all connections of a process, and threads that
//! read at the same time wait for each other there. You can leave it out, in your own project's `.cargo/config.toml`:
//!
//! ```toml
//! [env]
//! LIBSQLITE3_FLAGS = "-USQLITE_ENABLE_MEMORY_MANAGEMENT"
//! ```
//!
//! Cargo reads this file from your project only, so a library cannot set it for you.
//!
//! # Unsafe code
//!
//! All that is unsafe is in the module `raw`, which speaks to SQLite's C interface.

#![deny(unsafe_code)]

mod connection;
mod declaration;
mod dialect;
mod driver;
mod error;
mod keywords;
mod live;
mod options;
#[allow(unsafe_code)]
mod raw;
mod spelling;
pub mod testing;
mod text;
mod tokens;
mod url;

pub use driver::Sqlite;
