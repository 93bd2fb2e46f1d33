//! The only paths that generated code names. Not part of the public API.

pub use inventory;

pub use crate::engine::EngineCell;
pub use crate::error::{Error, Result};
pub use crate::expr::{Column, Fk, Plain};
pub use crate::row::Fields;
pub use crate::schema::{
    BelongsTo, DeclarativeBase, Diff, Direct, FieldDef, FieldOf, KeyRule, LeadsTo, Many, Model, ModelDef,
    One, Registration, RowRule, Table, TableCell, Through, Visitor, VisitorMut,
};
pub use crate::util::columns::{ColumnSet, MAX_COLUMNS};
pub use crate::value::{
    ColumnType, Encoder, Field, HasKey, Id, Ids, KeyField, Link, Shape, SqlType, Value, ValueRef, Version,
};
