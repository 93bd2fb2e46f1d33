//! An engine: one database, its pool, and the base it belongs to. Rank 8.

mod cell;

pub use cell::{Engine, EngineCell};
