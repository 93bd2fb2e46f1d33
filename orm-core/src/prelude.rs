//! What most files need: `use orm_core::prelude::*;`. It exports no `Result`.

pub use crate::alias;
pub use crate::driver::{BeginMode, IsolationLevel};
pub use crate::engine::{Engine, ExecutionOptions, PoolClass};
pub use crate::error::{Error, ErrorKind};
pub use crate::expr::{Cast, JsonMethods, RelatedMethods, case};
pub use crate::expr::{ExpressionMethods, all_of, any_of, avg, coalesce, count, entity, max, min, sum, to};
pub use crate::load::{FromRow, Loaded};
pub use crate::params;
pub use crate::schema::{DeclarativeBase, HookContext, Hooks, Model};
pub use crate::session::{ScopedSession, Session, SessionMaker, StaleWrites, exists, select};
pub use crate::session::{delete, insert, update};
pub use crate::store::State;
#[cfg(feature = "serde_json")]
pub use crate::value::Json;
pub use crate::value::{ColumnType, Generated, Handle, Id, Version};
#[cfg(feature = "derive")]
pub use orm_derive::{ColumnEnum, ColumnType, DeclarativeBase, FromRow, Model};
