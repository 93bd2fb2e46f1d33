//! Runs the hooks of entities: before a flush is planned, and after it is written. Models without hooks are not looked at.

use super::collect::collect_changes;
use super::plan::{Action, Steps};
use super::rules::follow_deletes;
use crate::error::Result;
use crate::schema::When;
use crate::store::{AnyStore, Pending, Stores};
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
            Action::Link | Action::Unlink | Action::Park | Action::Clear => {}
        }
    }
    Ok(())
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
