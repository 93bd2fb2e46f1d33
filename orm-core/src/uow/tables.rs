//! The tables of the changes, in the order of their foreign keys.

use super::change::ChangeSet;
use crate::schema::Table;
use crate::store::{Group, Stores};
use crate::util::topo::strongly_connected;

/// Tables that name each other, or one table alone.
pub(super) type Part = Vec<&'static Table>;

/// The tables of the changes, in foreign-key order, in parts: a part of several tables, or of one that names itself, is a
/// cycle.
pub(super) fn order_tables(stores: &Stores, changes: &ChangeSet) -> Vec<Part> {
    let tables = tables_of(stores, changes);
    let position = |target: &Table| tables.iter().position(|table| table.number == target.number);
    let needs =
        |table: usize| tables[table].foreign_keys.iter().filter_map(|key| position(key.target())).collect();
    let parts = strongly_connected(tables.len(), needs);
    parts.into_iter().map(|part| part.into_iter().map(|table| tables[table]).collect()).collect()
}

/// Whether a part's rows have to be ordered one by one.
pub(super) fn is_cycle(part: &Part) -> bool {
    part.len() > 1 || part[0].foreign_keys.iter().any(|key| key.target().number == part[0].number)
}

/// The groups of a part's tables, in the order of the tables.
pub(super) fn of_part<'a>(groups: &'a [Group], part: &'a Part) -> impl Iterator<Item = &'a Group> {
    part.iter().flat_map(|table| groups.iter().filter(|group| group.model == table.number))
}

/// The tables of the changes, by name.
fn tables_of(stores: &Stores, changes: &ChangeSet) -> Vec<&'static Table> {
    let mut models: Vec<usize> = changes.models().collect();
    models.sort_unstable();
    models.dedup();
    let mut tables: Vec<&'static Table> = models.into_iter().map(|model| stores.any(model).table()).collect();
    tables.sort_by_key(|table| (table.name, table.model));
    tables
}
