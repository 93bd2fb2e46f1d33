//! What can be known to be wrong before anything is sent.

use super::change::{Change, ChangeSet};
use crate::error::{Error, Result};
use crate::store::{State, Stores};
use crate::value::{Entity, Link};

/// Refuses what cannot be written: ids that name no row, values that their validation refuses, rows that are gone.
///
/// # Errors
/// Misuse for an id of another session's, a gone or a withdrawn entity; stale for a change of a row that is missing; a value
/// error that lists every field that its validation refuses.
pub(crate) fn check_changes(stores: &Stores, changes: &ChangeSet) -> Result<()> {
    changes.updates.iter().try_for_each(|change| check_not_missing(stores, change))?;
    for change in changes.inserts.iter().chain(&changes.updates) {
        if !stores.any(change.model).table().foreign_keys.is_empty() {
            check_links(stores, change)?;
        }
    }
    check_values(stores, changes)
}

fn check_not_missing(stores: &Stores, change: &Change) -> Result<()> {
    let store = stores.any(change.model);
    if store.state(change.slot) != State::Missing {
        return Ok(());
    }
    let (model, key) = (store.table().model, store.key_text(change.slot));
    Err(Error::stale(format!(
        "the row of `{model}` with key {key} is gone, so its changes cannot be written"
    )))
}

fn check_links(stores: &Stores, change: &Change) -> Result<()> {
    let store = stores.any(change.model);
    let mut wrong = Ok(());
    store.links(change.slot, &mut |field, link| {
        let Link::Of(entity) = link else { return };
        if wrong.is_ok()
            && let Some(why) = cannot_name(stores, entity)
        {
            let table = store.table();
            let name = table.field_names[field];
            wrong = Err(Error::misuse(format!("`{}.{name}` names an entity that {why}", table.model)));
        }
    });
    wrong
}

/// Why an entity has no row that a foreign key could name, after this flush.
fn cannot_name(stores: &Stores, entity: Entity) -> Option<&'static str> {
    if !stores.is_own(entity.place) {
        return Some("belongs to another session");
    }
    let Some(store) = stores.holds(entity) else {
        return Some("is gone from this session");
    };
    match store.state(entity.place.slot) {
        State::Pending | State::Persistent | State::Deleted | State::Missing => None,
        State::DeletedFlushed => Some("is deleted"),
        State::Withdrawn => Some("was withdrawn by a rollback: restore it first"),
    }
}

fn check_values(stores: &Stores, changes: &ChangeSet) -> Result<()> {
    let mut refused = Vec::new();
    for change in changes.inserts.iter().chain(&changes.updates) {
        let store = stores.any(change.model);
        let model = store.table().model;
        store.validate(change.slot, &mut |field, why| refused.push(format!("{model}.{field}: {why}")));
    }
    if refused.is_empty() {
        return Ok(());
    }
    Err(Error::value(format!("validation refused {}", refused.join("; "))))
}
