//! What can be known to be wrong before anything is sent.

use super::change::ChangeSet;
use super::emit::insert_columns;
use super::follow::Followers;
use crate::compile::Dialect;
use crate::error::{Constraint, Error, Refusal, Result};
use crate::store::{AnyStore, Group, State, Stores};
use crate::value::Entity;

/// Refuses what cannot be written: ids that name no row, values that their validation refuses, rows that are gone.
///
/// # Errors
/// Misuse for an id of another session's, a gone or a withdrawn entity; unique for a key that a held row has; stale for a change of a row that is missing; a value
/// error that lists every field that its validation refuses.
pub(crate) fn check_changes(stores: &Stores, changes: &ChangeSet) -> Result<()> {
    changes.updates.iter().try_for_each(|group| check_not_missing(stores.any(group.model), &group.slots))?;
    for (model, slots) in changes.written() {
        let store = stores.any(model);
        if !store.table().foreign_keys.is_empty() {
            check_links(stores, store, slots)?;
        }
    }
    changes.inserts.iter().try_for_each(|group| check_keys(stores, group))?;
    check_values(stores, changes)
}

/// A row that the session holds and keeps cannot be inserted again: `add` never updates.
fn check_keys(stores: &Stores, group: &Group) -> Result<()> {
    let store = stores.any(group.model);
    let table = store.table();
    if table.generated_key.is_some_and(|key| !group.columns.contains(key)) {
        return Ok(());
    }
    let Some(key) = store.taken_key(&group.slots, stores) else { return Ok(()) };
    let columns = table.names(&table.primary_key).map(str::to_owned).collect();
    let constraint = Constraint { table: Some(table.name.to_owned()), columns, name: None };
    let message =
        format!("a new `{}` has the key {key}, which a row of this session has already", table.model);
    Err(Error::unique(message).with_constraint(constraint))
}

/// Refuses a new key for a row that held rows name, where neither the schema nor the database lets them follow.
///
/// # Errors
/// Unsupported when the database cannot put the checks of foreign keys off.
pub(crate) fn check_deferral(followers: &Followers, dialect: &dyn Dialect) -> Result<()> {
    if !followers.need_deferral || dialect.defer_foreign_keys().is_some() {
        return Ok(());
    }
    let name = dialect.name();
    Err(Error::unsupported(format!(
        "a key changes that other rows name, and {name} cannot check foreign keys later: say `on_key_update = cascade`"
    )))
}

/// Refuses rows of which the database fills columns in, where it cannot tell with what.
///
/// # Errors
/// Unsupported when the database has no RETURNING.
pub(crate) fn check_returning(stores: &Stores, changes: &ChangeSet, dialect: &dyn Dialect) -> Result<()> {
    if dialect.capabilities().returning {
        return Ok(());
    }
    let table_of = |group: &Group| stores.any(group.model).table();
    let inserts = changes
        .inserts
        .iter()
        .map(|group| (table_of(group), insert_columns(table_of(group), &group.columns)));
    let updates = changes.updates.iter().map(|group| (table_of(group), table_of(group).computed));
    for (table, left) in inserts.chain(updates) {
        let column = left.iter().find(|&column| table.generated_key != Some(column));
        if let Some(column) = column.and_then(|column| table.columns.get(column)) {
            let (name, table, column) = (dialect.name(), table.name, &column.name);
            return Err(Error::unsupported(format!(
                "{table}.{column} is left to the database, and {name} has no RETURNING to read it back with: give it a value"
            )));
        }
    }
    Ok(())
}

fn check_not_missing(store: &dyn AnyStore, slots: &[u32]) -> Result<()> {
    let Some(slot) = store.missing(slots) else { return Ok(()) };
    let (model, key) = (store.table().model, store.key_text(slot));
    Err(Error::stale(format!(
        "the row of `{model}` with key {key} is gone, so its changes cannot be written"
    )))
}

fn check_links(stores: &Stores, store: &dyn AnyStore, slots: &[u32]) -> Result<()> {
    let (mut wrong, mut last) = (None, None);
    store.entities(slots, &mut |field, entity| {
        // Neighbours often name the same.
        if wrong.is_none() && last != Some(entity) {
            wrong = cannot_name(stores, entity).map(|why| (field, entity, why));
            last = Some(entity);
        }
    });
    wrong.map_or(Ok(()), |wrong| Err(names_none(store, slots, wrong)))
}

#[cold]
fn names_none(store: &dyn AnyStore, slots: &[u32], (field, named, why): (usize, Entity, &str)) -> Error {
    let table = store.table();
    let name = table.field_names[field];
    let names = |slot: &&u32| {
        let mut found = false;
        store.entities(&[**slot], &mut |at, entity| found |= at == field && entity == named);
        found
    };
    let row = slots.iter().find(names).map_or_else(|| "a row".to_owned(), |&slot| name_of(store, slot));
    let key = table.foreign_keys.iter().find(|key| key.field == name);
    let target = key.map_or("an entity", |key| key.target().model);
    let slot = named.place.slot;
    Error::misuse(format!("`{}.{name}` of {row} names {target}#{slot}, which {why}", table.model))
}

/// `key 7`, or `User#3` of a row that has no key yet.
fn name_of(store: &dyn AnyStore, slot: u32) -> String {
    match store.key(slot) {
        Some(_) => format!("key {}", store.key_text(slot)),
        None => format!("{}#{slot}", store.table().model),
    }
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
    for (model, slots) in changes.written() {
        let store = stores.any(model);
        let model = store.table().model;
        store.validate(slots, &mut |slot, field, why| {
            refused.push(Refusal::new(model, field, name_of(store, slot), why));
        });
    }
    if refused.is_empty() { Ok(()) } else { Err(Error::refused(refused)) }
}
