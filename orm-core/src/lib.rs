//! The unit-of-work session, typed queries and schema of the ORM. It knows no database.

#![forbid(unsafe_code)]

mod compile;
pub mod driver;
pub mod engine;
mod error;
pub mod expr;
mod load;
pub mod prelude;
mod row;
pub mod schema;
mod session;
mod stmt;
mod store;
mod uow;
mod util;
pub mod value;
mod verify;

#[doc(hidden)]
pub mod __private;

pub use error::{Constraint, Error, ErrorKind, Result};
pub use row::{Fields, Row};
pub use schema::{BelongsTo, DeclarativeBase, Direct, Many, Metadata, Model, One, Through, Via};
pub use session::{
    FromRow, IntoParam, RawQuery, ScopedSession, Select, Session, SessionMaker, Tracked, Untracked, select,
};
pub use store::State;
pub use uow::Plan;
pub use value::ColumnType;
#[cfg(feature = "serde_json")]
pub use value::Json;
pub use value::{Generated, Handle, Id, Version};
pub use verify::{Difference, DifferenceKind};

#[cfg(feature = "derive")]
pub use orm_derive::{ColumnEnum, ColumnType, DeclarativeBase, Model};
