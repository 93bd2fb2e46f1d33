//! The unit-of-work session, typed queries and schema of the ORM. It knows no database.

#![forbid(unsafe_code)]

mod compile;
pub mod driver;
pub mod engine;
mod error;
mod expr;
mod row;
mod schema;
mod stmt;
mod store;
mod util;
mod value;

#[doc(hidden)]
pub mod __private;

pub use error::{Constraint, Error, ErrorKind, Result};
pub use schema::{DeclarativeBase, Direct, Many, Model, One, Through, Via};
pub use value::ColumnType;
pub use value::{Generated, Handle, Id, Version};

#[cfg(feature = "derive")]
pub use orm_derive::{ColumnEnum, ColumnType, DeclarativeBase, Model};
