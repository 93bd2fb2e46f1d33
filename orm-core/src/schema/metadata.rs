//! Everything a base knows of its tables.

use std::marker::PhantomData;

use super::model::DeclarativeBase;
use super::registry::tables_of;
use super::table::Table;
use crate::util::topo::strongly_connected;

/// The tables of a base, in foreign-key order: a table comes after those that it names, but for cycles.
pub struct Metadata<B> {
    tables: Vec<&'static Table>,
    base: PhantomData<fn() -> B>,
}

impl<B: DeclarativeBase> Metadata<B> {
    /// Gathers the tables of the base.
    pub fn new() -> Self {
        Metadata {
            tables: in_foreign_key_order(&tables_of::<B>()),
            base: PhantomData,
        }
    }
}

impl<B: DeclarativeBase> Default for Metadata<B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B> Metadata<B> {
    /// The tables, each after those that it names, whatever the order of declaration.
    pub fn tables(&self) -> &[&'static Table] {
        &self.tables
    }

    /// A table by its name.
    pub fn table(&self, name: &str) -> Option<&'static Table> {
        self.tables.iter().copied().find(|table| table.name == name)
    }
}

/// Tables in the order of their foreign keys; members of a cycle by name.
fn in_foreign_key_order(tables: &[&'static Table]) -> Vec<&'static Table> {
    let position = |target: &Table| tables.iter().position(|table| std::ptr::eq(*table, target));
    let needs = |table: usize| {
        tables[table]
            .foreign_keys
            .iter()
            .filter_map(|key| position(key.target()))
            .filter(|&target| target != table)
            .collect()
    };
    strongly_connected(tables.len(), needs)
        .into_iter()
        .flatten()
        .map(|table| tables[table])
        .collect()
}
