//! The only paths that generated code names. Not part of the public API.

pub use inventory;
pub use std::string::String;

pub use crate::__orm_model_from_row as model_from_row;
pub use crate::__orm_origin_of as origin_of;
pub use crate::__orm_register as register;
pub use crate::__shows as shows;
pub use crate::engine::EngineCell;
pub use crate::error::{Error, Result};
pub use crate::expr::{AliasName, As, AsRow, AsStruct, End, FilledRow, Items, RowStruct, Selection};
pub use crate::expr::{Direct, ExpressionMethods, Many, One, RelationDef, Terms, Through, Via};
pub use crate::expr::{Hop, Turn, Way, goes_up, hop};
pub use crate::expr::{RowSource, Source};
pub use crate::load::FromRow;
pub use crate::load::GraphOf;
pub use crate::row::Fields;
pub use crate::schema::derived::{
    Embedded, KeyRole, NoBase, Part, RoleOf, decode_int_enum, decode_text_enum, leads_to, linked, origin,
    refresh, require_column_of, require_few_columns, require_version, text_value, unfinished, validated,
};
pub use crate::schema::field_in::{FieldIn, KeyIn, NoColumn, NoField, NoKey, RowIn};
pub use crate::schema::{
    AsDebug, AsSerialize, BelongsTo, ColumnAt, Columns, DeclarativeBase, DeclaresHooks, Diff, FieldDef,
    FieldOf, KeyRule, LeadsTo, Model, ModelDef, Moment, Points, Probe, Registration, RowRule, Shows,
    ShowsNothing, Table, TableCell, Visitor, VisitorMut, run_hook,
};
pub use crate::session::{IntoParam, Named};
pub use crate::util::columns::{ColumnSet, MAX_COLUMNS};
pub use crate::value::default::{HasDefault, Holds, default_of};
pub use crate::value::{
    Column, ColumnType, Encoder, Field, Fk, HasKey, Id, Ids, KeyField, Link, Plain, Shape, SqlType, Value,
    ValueRef, Version,
};
