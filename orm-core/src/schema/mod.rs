//! Tables, columns and keys as data; the models that own them; the base that gathers them. Rank 3.
//!
//! `orm-derive` writes a [`ModelDef`] per model, as a constant. On first use it is resolved into a [`Table`]: names are
//! filled in, ids spread over the columns of the key they name. Everything after reads the table.

mod def;
pub(crate) mod derived;
pub(crate) mod field_in;
mod hooks;
pub mod live;
mod metadata;
mod model;
mod order;
mod registry;
mod relation;
mod shows;
mod table;

#[cfg(test)]
pub(crate) mod fixture;

pub use def::{FieldDef, KeyRule, ModelDef, RowRule};
pub use hooks::{DeclaresHooks, HookContext, Hooks, Moment, When, run_hook};
pub use metadata::Metadata;
pub use model::{BelongsTo, DeclarativeBase, Diff, FieldOf, KnownTo, Model, Visitor, VisitorMut};
pub(crate) use order::in_foreign_key_order;
pub use registry::Registration;
pub(crate) use registry::{Incoming, incoming, make_store_of};
pub use relation::{ColumnAt, ColumnOf, Columns, LeadsTo, Points, Position};
pub use shows::{AsDebug, AsSerialize, Probe, Shows, ShowsNothing};
pub use table::{Column as TableColumn, ForeignKey, Index, Table, TableCell};
