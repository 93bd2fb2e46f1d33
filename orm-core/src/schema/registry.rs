//! Every model of a base, found without a list.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::OnceLock;

use super::model::{DeclarativeBase, Model};
use super::table::{ForeignKey, Table};
use crate::store::Stores;

/// A model's entry in the list that the linker gathers; each derive submits one.
pub struct Registration {
    base: fn() -> TypeId,
    table: fn() -> &'static Table,
    make_store: fn(&mut Stores),
}

inventory::collect!(Registration);

impl Registration {
    /// The entry of a model.
    pub const fn of<M: Model>() -> Self {
        Registration { base: TypeId::of::<M::Base>, table: M::table, make_store: make_store::<M> }
    }
}

fn make_store<M: Model>(stores: &mut Stores) {
    stores.typed_mut::<M>();
}

/// Makes room for entities of a table's model, if the stores never had one.
pub(crate) fn make_store_of(table: &Table, stores: &mut Stores) {
    let entry = inventory::iter::<Registration>()
        .find(|entry| (entry.table)().number == table.number)
        .expect("invariant: every model is registered");
    (entry.make_store)(stores);
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

/// A foreign key as seen from the table that it names.
#[derive(Clone, Copy)]
pub(crate) struct Incoming {
    pub(crate) table: &'static Table,
    pub(crate) key: &'static ForeignKey,
    /// The position of its field.
    pub(crate) field: usize,
}

/// The foreign keys that name a table, by the names of their tables.
pub(crate) fn incoming(table: &Table) -> &'static [Incoming] {
    static ALL: OnceLock<HashMap<usize, Vec<Incoming>>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let mut tables: Vec<_> = inventory::iter::<Registration>().map(|entry| (entry.table)()).collect();
        tables.sort_by_key(|table| (table.name, table.model));
        let mut all: HashMap<usize, Vec<Incoming>> = HashMap::new();
        for table in tables {
            for key in &table.foreign_keys {
                let field = table.field_names.iter().position(|&name| name == key.field);
                let incoming = Incoming { table, key, field: field.unwrap_or(usize::MAX) };
                all.entry(key.target().number).or_default().push(incoming);
            }
        }
        all
    });
    all.get(&table.number).map_or(&[], Vec::as_slice)
}
