//! Finds what changed: only what was added, touched or deleted is looked at.

use super::change::ChangeSet;
use super::replace::find_replacements;
use super::rules::RowId;
use crate::store::{AnyStore, Group, Pending, State, Stores};
use crate::util::columns::ColumnSet;
use crate::value::{Entity, Link};

/// Gives `on_update` columns their new values, in every entity that an UPDATE will be sent for anyway.
pub(crate) fn supply_changes(stores: &mut Stores) {
    stores.iter_mut().for_each(AnyStore::supply);
}

/// The rows to insert, update and delete, with the columns that each writes.
pub(crate) fn collect_changes(stores: &Stores, pending: &Pending, deleted: &[Entity]) -> ChangeSet {
    let mut changes = ChangeSet {
        inserts: collect_inserts(stores, pending),
        deletes: collect_deletes(stores, deleted),
        ..ChangeSet::default()
    };
    if stores.is_touched() {
        stores.iter().for_each(|store| collect_updates(stores, store, &mut changes));
    }
    find_replacements(stores, &mut changes);
    changes
}

/// What was added, in groups. As long as nothing was done to it, it need not be looked at.
fn collect_inserts(stores: &Stores, pending: &Pending) -> Vec<Group> {
    let is_known = pending.is_undisturbed() && !stores.is_touched();
    let mut groups = Vec::new();
    for run in pending.runs() {
        let store = stores.any(run.model);
        match store.columns_by_key(run.has_key).filter(|_| is_known) {
            Some(columns) => Group::extend(&mut groups, run.model, &columns, run.slots()),
            None => store.group(&mut run.places(), State::Pending, &mut groups),
        }
    }
    groups
}

/// What is marked deleted, in groups: a store looks at all that follow each other of its model.
fn collect_deletes(stores: &Stores, deleted: &[Entity]) -> Vec<Group> {
    let mut groups = Vec::new();
    for run in deleted.chunk_by(|a, b| a.model == b.model) {
        let mut places = run.iter().map(|entity| entity.place);
        stores.any(run[0].model).group(&mut places, State::Deleted, &mut groups);
    }
    groups
}

/// The rows of a table by the columns that differ, each group by key. Those that lost the row they hang on are deleted.
fn collect_updates(stores: &Stores, store: &dyn AnyStore, changes: &mut ChangeSet) {
    let table = store.table();
    let first = changes.updates.len();
    for slot in store.touched_by_key() {
        let mut columns = store.changed(slot, stores);
        if columns.is_empty() {
            continue;
        }
        if is_orphan(store, slot, &columns) {
            Group::extend(&mut changes.deletes, table.number, &ColumnSet::EMPTY, std::iter::once(slot));
            continue;
        }
        table.version.into_iter().for_each(|version| columns.insert(version));
        match changes.updates[first..].iter_mut().rev().find(|group| group.columns == columns) {
            Some(group) => group.slots.push(slot),
            None => changes.updates.push(Group { model: table.number, columns, slots: vec![slot] }),
        }
    }
}

/// The rows of a table that lost the row they hang on.
pub(super) fn orphans(store: &dyn AnyStore, stores: &Stores) -> Vec<RowId> {
    let table = store.table();
    if !table.foreign_keys.iter().any(|key| key.orphan_delete) {
        return Vec::new();
    }
    let lost = |slot: &u32| is_orphan(store, *slot, &store.changed(*slot, stores));
    store.touched_by_key().into_iter().filter(lost).map(|slot| (table.number, slot)).collect()
}

/// Whether a row names nothing any more by a foreign key without which it is not to be.
fn is_orphan(store: &dyn AnyStore, slot: u32, changed: &ColumnSet) -> bool {
    let table = store.table();
    let mut keys =
        table.foreign_keys.iter().filter(|key| key.orphan_delete && changed.contains(key.columns[0]));
    keys.any(|key| {
        let mut is_cleared = false;
        store.links(slot, &mut |field, link| {
            is_cleared |= table.field_names[field] == key.field && matches!(link, Link::None);
        });
        is_cleared
    })
}
