//! Every model of a base, found without a list.

use std::any::TypeId;

use super::model::{DeclarativeBase, Model};
use super::table::Table;

/// A model's entry in the list that the linker gathers; each derive submits one.
pub struct Registration {
    base: fn() -> TypeId,
    table: fn() -> &'static Table,
}

inventory::collect!(Registration);

impl Registration {
    /// The entry of a model.
    pub const fn of<M: Model>() -> Self {
        Registration { base: TypeId::of::<M::Base>, table: M::table }
    }
}

/// The tables of a base, by model name: the linker's order means nothing.
pub(crate) fn tables_of<B: DeclarativeBase>() -> Vec<&'static Table> {
    let mut tables: Vec<_> = inventory::iter::<Registration>()
        .filter(|entry| (entry.base)() == TypeId::of::<B>())
        .map(|entry| (entry.table)())
        .collect();
    tables.sort_by_key(|table| (table.name, table.model));
    tables
}
