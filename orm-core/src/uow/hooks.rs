//! Runs the hooks of entities: before a flush is planned, and after it is written. Models without hooks are not looked at.

use std::collections::HashSet;

use super::collect::collect_changes;
use super::plan::{Action, Step, Steps};
use super::rules::follow_deletes;
use crate::error::Result;
use crate::schema::When;
use crate::store::{AnyStore, Group, Pending, Stores};
use crate::value::Entity;

/// Runs the hooks of what is about to be inserted, updated and deleted, in this order. What they change is part of this flush.
///
/// # Errors
/// The first that a hook returns; what is wrong with the deletes.
pub(crate) fn run_before_hooks(stores: &mut Stores, pending: &mut Pending, deleted: &[Entity]) -> Result<()> {
    if !stores.iter().any(AnyStore::has_hooks) {
        return Ok(());
    }
    let mut changes = collect_changes(stores, pending, deleted);
    follow_deletes(stores, &mut changes)?;
    for group in &changes.inserts {
        run_group(stores, group.model, &group.slots, When::BeforeInsert)?;
    }
    for pair in &changes.replaces {
        run_group(stores, pair.model, &[pair.new], When::BeforeInsert)?;
    }
    for group in &changes.updates {
        run_group(stores, group.model, &group.slots, When::BeforeUpdate)?;
    }
    for group in &changes.clears {
        run_cleared(stores, group, &changes.updates)?;
    }
    for group in &changes.deletes {
        run_group(stores, group.model, &group.slots, When::BeforeDelete)?;
    }
    for pair in &changes.replaces {
        run_group(stores, pair.model, &[pair.old], When::BeforeDelete)?;
    }
    pending.disturb();
    Ok(())
}

/// Runs the hooks of what was inserted, updated and deleted. What they change belongs to the next flush.
///
/// # Errors
/// The first that a hook returns.
pub(crate) fn run_after_hooks(plan: &Steps, stores: &mut Stores) -> Result<()> {
    if !stores.iter().any(AnyStore::has_hooks) {
        return Ok(());
    }
    for step in &plan.steps {
        let model = step.table.number;
        match step.action {
            Action::Insert => run_group(stores, model, &step.slots, When::AfterInsert)?,
            Action::Update => run_group(stores, model, &step.slots, When::AfterUpdate)?,
            Action::Delete => run_group(stores, model, &step.slots, When::AfterDelete)?,
            Action::Replace => {
                run_group(stores, model, &step.replaced, When::AfterDelete)?;
                run_group(stores, model, &step.slots, When::AfterInsert)?;
            }
            Action::Clear => {
                let is_update = |other: &&Step| other.action == Action::Update;
                let updates =
                    plan.steps.iter().filter(is_update).map(|other| (other.table.number, &other.slots[..]));
                run_group(stores, model, &without(updates, model, &step.slots), When::AfterUpdate)?;
            }
            Action::Link | Action::Unlink | Action::Park => {}
        }
    }
    Ok(())
}

/// Rows whose foreign keys the session clears are updated, whether or not anything else of them changes.
fn run_cleared(stores: &mut Stores, group: &Group, updates: &[Group]) -> Result<()> {
    if !stores.any(group.model).has_hooks() {
        return Ok(());
    }
    let updates = updates.iter().map(|update| (update.model, &update.slots[..]));
    let slots = without(updates, group.model, &group.slots);
    slots.iter().for_each(|&slot| stores.any_mut(group.model).begin_change(slot));
    stores.note_touch();
    run_group(stores, group.model, &slots, When::BeforeUpdate)
}

/// The slots of a model that are not among others.
fn without<'a>(others: impl Iterator<Item = (usize, &'a [u32])>, model: usize, slots: &[u32]) -> Vec<u32> {
    let others: HashSet<u32> =
        others.filter(|(other, _)| *other == model).flat_map(|(_, slots)| slots.iter().copied()).collect();
    slots.iter().copied().filter(|slot| !others.contains(slot)).collect()
}

fn run_group(stores: &mut Stores, model: usize, slots: &[u32], when: When) -> Result<()> {
    if stores.any(model).has_hooks() {
        slots.iter().try_for_each(|&slot| run(stores, model, slot, when))?;
    }
    Ok(())
}

fn run(stores: &mut Stores, model: usize, slot: u32, when: When) -> Result<()> {
    if stores.beside(model, |store, rest| store.run_hook(slot, when, rest))? {
        stores.note_touch();
    }
    Ok(())
}
