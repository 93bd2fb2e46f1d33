//! Finds what changed: only what was added, touched or deleted is looked at.

use super::change::{Change, ChangeSet};
use crate::store::{AnyStore, State, Stores};
use crate::util::columns::ColumnSet;
use crate::value::Entity;

/// Gives `on_update` columns their new values, in every entity that an UPDATE will be sent for anyway.
pub(crate) fn supply_changes(stores: &mut Stores) {
    stores.iter_mut().for_each(AnyStore::supply);
}

/// The rows to insert, update and delete, with the columns that each writes.
pub(crate) fn collect_changes(stores: &Stores, pending: &[Entity], deleted: &[Entity]) -> ChangeSet {
    ChangeSet {
        inserts: in_state(stores, pending, State::Pending, |store, slot| store.insert_columns(slot)),
        updates: stores.iter().flat_map(collect_updates).collect(),
        deletes: in_state(stores, deleted, State::Deleted, |_, _| ColumnSet::EMPTY),
    }
}

fn in_state(
    stores: &Stores,
    entities: &[Entity],
    state: State,
    columns: impl Fn(&dyn AnyStore, u32) -> ColumnSet,
) -> Vec<Change> {
    let current = |entity: &Entity| {
        let slot = entity.place.slot;
        let store = stores.holds(*entity).filter(|store| store.state(slot) == state)?;
        Some(Change { model: entity.model, slot, columns: columns(store, slot) })
    };
    entities.iter().filter_map(current).collect()
}

fn collect_updates(store: &dyn AnyStore) -> Vec<Change> {
    let table = store.table();
    let change = |slot| {
        let mut columns = store.changed(slot);
        if columns.is_empty() {
            return None;
        }
        table.version.into_iter().for_each(|version| columns.insert(version));
        Some(Change { model: table.number, slot, columns })
    };
    store.touched_by_key().into_iter().filter_map(change).collect()
}
