//! Brings memory in step with what was sent.

use super::follow::Followers;
use super::plan::{Action, Step, Steps};
use super::rules::Aftermath;
use crate::error::Result;
use crate::schema::Table;
use crate::store::{State, Stores};
use crate::util::columns::ColumnSet;

/// Records what every row of a plan was when sending it failed, so that the innermost frame can put it back: versions were
/// counted and keys came back by then.
pub(crate) fn record_plan(plan: &Steps, stores: &mut Stores) {
    for step in plan.steps.iter().filter(|step| is_first(step)) {
        let filled = filled_by_insert(step);
        stores.any_mut(step.table.number).record(&step.slots, &filled);
    }
}

/// Records rows that are about to be inserted; what their foreign keys name has a key by now, which takes its place.
pub(super) fn record_inserts(step: &Step, slots: &[u32], stores: &mut Stores) {
    record_and_resolve(step.table, slots, &filled_by_insert(step), stores);
}

/// Rows that were recorded and just inserted are known by their keys; `ids` are those that the database generated, if it did.
///
/// # Errors
/// A value error when a generated key does not fit the key's type.
pub(super) fn settle_inserts(step: &Step, slots: &[u32], ids: &[i64], stores: &mut Stores) -> Result<()> {
    let epoch = stores.epochs().current();
    stores.any_mut(step.table.number).settle_inserts(slots, ids, epoch)
}

/// A row that has another key now is known by it, also to those that name it.
pub(super) fn write_back_key(table: &Table, slot: u32, stores: &mut Stores, followers: &Followers) {
    record_and_resolve(table, &[slot], &ColumnSet::EMPTY, stores);
    stores.any_mut(table.number).settle_updates(&[slot], true);
    followers.follow((table.number, slot), stores);
}

/// Keys go into ids and the identity map, kept copies go into the journal, deleted rows are known as such. Inserted rows were
/// written back as they were sent.
pub(crate) fn write_back(plan: &Steps, stores: &mut Stores) {
    let of = |action| plan.steps.iter().filter(move |step| step.action == action);
    for step in of(Action::Delete) {
        stores.any_mut(step.table.number).settle_deletes(&step.slots);
    }
    for step in of(Action::Replace) {
        stores.any_mut(step.table.number).settle_deletes(&step.replaced);
    }
    for step in of(Action::Link).chain(of(Action::Update)) {
        record_and_resolve(step.table, &step.slots, &ColumnSet::EMPTY, stores);
    }
    for step in of(Action::Update) {
        let key: ColumnSet = step.table.primary_key.iter().copied().collect();
        stores.any_mut(step.table.number).settle_updates(&step.slots, step.columns.intersects(&key));
    }
    mirror(&plan.aftermath, stores);
    stores.settle_touched();
}

/// Records rows; what their foreign keys name has a key by now, which takes its place.
fn record_and_resolve(table: &Table, slots: &[u32], filled: &ColumnSet, stores: &mut Stores) {
    stores.any_mut(table.number).record(slots, filled);
    if !table.foreign_keys.is_empty() {
        stores.beside(table.number, |store, rest| store.resolve_ids(slots, rest));
    }
}

/// What the database did to other rows when rows were deleted happens to those that are held.
fn mirror(aftermath: &Aftermath, stores: &mut Stores) {
    for &(model, slot) in &aftermath.deleted {
        stores.any_mut(model).settle_deletes(&[slot]);
    }
    for &(model, slot) in &aftermath.withdrawn {
        stores.any_mut(model).set_state(slot, State::Withdrawn);
    }
    for cleared in &aftermath.cleared {
        let (model, slot) = cleared.row;
        stores.any_mut(model).clear_link(slot, cleared.field, cleared.named);
        // Its other foreign keys stay as they were set, since its kept copy is in the journal now.
        stores.beside(model, |store, rest| store.resolve_ids(&[slot], rest));
    }
    for &(model, slot) in &aftermath.stale {
        stores.any_mut(model).make_stale(slot);
    }
}

/// Whether the step is the first of its rows; what waited follows later.
fn is_first(step: &Step) -> bool {
    match step.action {
        Action::Insert | Action::Update | Action::Delete | Action::Replace => true,
        Action::Link | Action::Unlink | Action::Clear | Action::Park => false,
    }
}

/// The columns, but for the key, that the database filled in.
fn filled_by_insert(step: &Step) -> ColumnSet {
    match step.action {
        Action::Insert => {
            let left = step.table.generated.iter().filter(|&column| !step.columns.contains(column));
            left.chain(step.table.computed.iter())
                .filter(|&column| Some(column) != step.table.generated_key)
                .collect()
        }
        Action::Replace => step.table.computed,
        Action::Update | Action::Link | Action::Unlink | Action::Clear | Action::Park | Action::Delete => {
            ColumnSet::EMPTY
        }
    }
}
