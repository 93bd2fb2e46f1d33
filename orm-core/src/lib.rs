//! The unit-of-work session, typed queries and schema of the ORM. It knows no database.

#![forbid(unsafe_code)]

mod compile;
pub mod driver;
pub mod engine;
mod error;
mod expr;
mod load;
mod row;
mod schema;
mod session;
mod stmt;
mod store;
mod uow;
mod util;
mod value;

#[doc(hidden)]
pub mod __private;

pub use error::{Constraint, Error, ErrorKind, Result};
pub use schema::{Difference, DifferenceKind, Metadata};
#[cfg(feature = "serde_json")]
pub use value::Json;
pub use value::{Generated, Handle, Id, Version};
