//! Rows that are deleted and added again with the same key, in one flush: an UPDATE where nothing else is to notice.

use std::collections::{HashMap, HashSet};

use super::change::{ChangeSet, Replacement};
use crate::schema::{RowRule, Table, incoming};
use crate::store::{AnyStore, Group, Stores};
use crate::util::columns::ColumnSet;

/// Finds entities that were added with the keys of deleted ones, and lets them take over their rows.
pub(super) fn find_replacements(stores: &Stores, changes: &mut ChangeSet) {
    let mut deleted: Vec<usize> = changes.deletes.iter().map(|group| group.model).collect();
    deleted.sort_unstable();
    deleted.dedup();
    for model in deleted {
        let store = stores.any(model);
        if can_replace(store.table()) && changes.inserts.iter().any(|group| is_candidate(store, group)) {
            replace_rows(stores, store, changes);
        }
    }
    changes.inserts.retain(|group| !group.slots.is_empty());
    changes.deletes.retain(|group| !group.slots.is_empty());
}

/// Whether nothing happens to other rows when a row of a table is deleted, so that it need not be.
fn can_replace(table: &Table) -> bool {
    incoming(table).iter().all(|incoming| match incoming.key.on_delete {
        RowRule::NoAction | RowRule::Restrict => true,
        RowRule::Cascade | RowRule::SetNull => false,
    })
}

/// Whether rows of a group come with their keys and leave nothing to the database.
fn is_candidate(store: &dyn AnyStore, group: &Group) -> bool {
    let table = store.table();
    group.model == table.number && table.generated.without(&group.columns).without(&table.computed).is_empty()
}

fn replace_rows(stores: &Stores, store: &dyn AnyStore, changes: &mut ChangeSet) {
    let model = store.table().number;
    let old = changes.deletes.iter().filter(|group| group.model == model);
    let mut old: HashMap<String, u32> =
        old.flat_map(|group| &group.slots).map(|&slot| (store.key_text(slot), slot)).collect();
    let mut replaced = HashSet::new();
    for group in changes.inserts.iter_mut().filter(|group| is_candidate(store, group)) {
        group.slots.retain(|&new| {
            let key = store.current_key_text(new, stores);
            let Some(old) = key.and_then(|key| old.remove(&key)) else { return true };
            let columns = written(store, stores, (new, old), &group.columns);
            changes.replaces.push(Replacement { model, new, old, columns });
            replaced.insert(old);
            false
        });
    }
    for group in changes.deletes.iter_mut().filter(|group| group.model == model) {
        group.slots.retain(|slot| !replaced.contains(slot));
    }
}

/// What differs from what the row is known to have, and the version, which is counted whenever a row is written. All, if what is
/// known is of a transaction that is over and no version tells whether it holds still.
fn written(store: &dyn AnyStore, stores: &Stores, (new, old): (u32, u32), inserted: &ColumnSet) -> ColumnSet {
    let table = store.table();
    let is_known = table.version.is_some() || store.is_fresh(old, stores.epochs());
    let mut columns = if is_known { store.differing(new, old, stores) } else { *inserted };
    table.primary_key.iter().for_each(|&column| columns.remove(column));
    table.version.into_iter().for_each(|version| columns.insert(version));
    columns
}
