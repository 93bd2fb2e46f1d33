//! Finds what changed: only what was added, touched or deleted is looked at.

use super::change::ChangeSet;
use crate::store::{AnyStore, Group, State, Stores};
use crate::value::Entity;

/// Gives `on_update` columns their new values, in every entity that an UPDATE will be sent for anyway.
pub(crate) fn supply_changes(stores: &mut Stores) {
    stores.iter_mut().for_each(AnyStore::supply);
}

/// The rows to insert, update and delete, with the columns that each writes.
pub(crate) fn collect_changes(stores: &Stores, pending: &[Entity], deleted: &[Entity]) -> ChangeSet {
    let updates = if stores.is_touched() {
        stores.iter().flat_map(|store| collect_updates(stores, store)).collect()
    } else {
        Vec::new()
    };
    ChangeSet {
        inserts: in_state(stores, pending, State::Pending),
        updates,
        deletes: in_state(stores, deleted, State::Deleted),
    }
}

/// The entities that still are in a state, in groups: a store looks at all that follow each other of its model.
fn in_state(stores: &Stores, entities: &[Entity], state: State) -> Vec<Group> {
    let mut groups = Vec::new();
    for run in entities.chunk_by(|a, b| a.model == b.model) {
        stores.any(run[0].model).group(run, state, &mut groups);
    }
    groups
}

/// The rows of a table by the columns that differ, each group by key.
fn collect_updates(stores: &Stores, store: &dyn AnyStore) -> Vec<Group> {
    let table = store.table();
    let mut groups: Vec<Group> = Vec::new();
    for slot in store.touched_by_key() {
        let mut columns = store.changed(slot, stores);
        if columns.is_empty() {
            continue;
        }
        table.version.into_iter().for_each(|version| columns.insert(version));
        match groups.iter_mut().rev().find(|group| group.columns == columns) {
            Some(group) => group.slots.push(slot),
            None => groups.push(Group { model: table.number, columns, slots: vec![slot] }),
        }
    }
    groups
}
