//! What an error of a step is told with: the rows, the table and the columns that it is about.

use super::plan::{Action, Step};
use crate::compile::Dialect;
use crate::compile::ddl::find_check;
use crate::error::{Constraint, Error};
use crate::schema::{ForeignKey, Incoming, RowRule, Table, incoming};
use crate::store::{State, Stores};
use crate::value::Link;

/// Rows that were to be written, and are not as they were loaded.
#[cold]
pub(super) fn stale(step: &Step, slots: &[u32], stores: &Stores) -> Error {
    let (table, store) = (step.table, stores.any(step.table.number));
    let reason =
        if table.version.is_some() { "someone else changed or deleted" } else { "someone else deleted" };
    let keys: Vec<String> = slots.iter().map(|&slot| store.key_text(slot)).collect();
    let what = if step.action == Action::Delete { "deleted" } else { "changed" };
    let (rows, were, them) = match keys.len() {
        1 => ("the row", "was", "it"),
        _ => ("the rows", "were", "them"),
    };
    let keys = if keys.len() == 1 { format!("key {}", keys[0]) } else { format!("keys {}", keys.join(", ")) };
    Error::stale(format!(
        "{rows} of `{}` with {keys} {were} to be {what}, but {reason} {them} in the meantime: roll back and load again",
        table.model
    ))
}

/// Names the row that a constraint refused: by its key, if it has one.
#[cold]
pub(super) fn name_row(error: Error, slot: u32, step: &Step, stores: &Stores) -> Error {
    if error.constraint().is_none() {
        return error;
    }
    let store = stores.any(step.table.number);
    // A row that is there is known by the key that it has; a new one by the key that it brings.
    let key = match step.action {
        Action::Insert => store.own_key_text(slot, stores),
        Action::Update
        | Action::Replace
        | Action::Link
        | Action::Unlink
        | Action::Clear
        | Action::Park
        | Action::Delete => Some(store.key_text(slot)),
    };
    let named = if step.action == Action::Delete {
        still_named(slot, step, stores)
    } else if error.is_foreign_key() {
        names(slot, step, stores)
    } else {
        String::new()
    };
    error.context(match key {
        Some(key) => format!("in the row with key {key}{named}"),
        None => format!("in a new row{named}"),
    })
}

/// The rows that a row names by key and that the session does not hold: one of them may not be there.
fn names(slot: u32, step: &Step, stores: &Stores) -> String {
    let table = step.table;
    let mut named = String::new();
    stores.any(table.number).links(slot, &mut |field, link| {
        let is_of_field = |key: &&ForeignKey| key.columns.first() == Some(&table.fields[field].start);
        let (Link::Key(key), Some(foreign)) = (link, written_keys(step).find(is_of_field)) else {
            return;
        };
        let (target, own) = (foreign.target(), foreign.field);
        let store = stores.any_if_made(target.number);
        let is_held = |slot| store.is_some_and(|store| store.state(slot) == State::Persistent);
        if store.and_then(|store| store.find_key(key)).is_some_and(is_held) {
            return;
        }
        let text = (foreign.reference.key_text)(key).unwrap_or_default();
        let begin = if named.is_empty() { ", whose" } else { ", and whose" };
        named.push_str(&format!(
            "{begin} `{}.{own}` names the `{}` with key {text}",
            table.model, target.model
        ));
    });
    named
}

/// The first held row that names a row which cannot be deleted.
fn still_named(slot: u32, step: &Step, stores: &Stores) -> String {
    for incoming in incoming(step.table) {
        let Some(store) = stores.any_if_made(incoming.table.number) else { continue };
        let names_it = |&child: &u32| {
            let mut found = false;
            store.links(child, &mut |field, link| {
                let named = match link {
                    Link::None => None,
                    Link::Of(entity) => Some(entity.place.slot),
                    Link::Key(key) => stores.any(step.table.number).find_key(key),
                };
                found |= field == incoming.field && named == Some(slot);
            });
            found && store.state(child) == State::Persistent
        };
        if let Some(child) = store.held().into_iter().find(names_it) {
            let (model, field, key) = (incoming.table.model, incoming.key.field, store.key_text(child));
            return format!(", which `{model}.{field}` of the row with key {key} names still");
        }
    }
    String::new()
}

/// Adds what was written when it failed, and for a foreign key or a check what the database does not tell.
#[cold]
pub(super) fn explain(error: Error, step: &Step, dialect: &dyn Dialect) -> Error {
    let verb = match step.action {
        Action::Insert => "inserting",
        Action::Update | Action::Replace | Action::Link | Action::Unlink | Action::Clear | Action::Park => {
            "updating"
        }
        Action::Delete => "deleting",
    };
    let table = step.table;
    let place = match (error.is_foreign_key(), step.action) {
        (false, _) => String::new(),
        (true, Action::Delete) => listed("named by", keys_that_hold(table)),
        (true, _) => {
            let keys = table.foreign_keys.iter();
            listed(
                "its foreign keys",
                keys.map(|key| format!("{} -> {}", columns_of(table, key), key.target().name)),
            )
        }
    };
    locate(error, step, dialect)
        .context(format!("while {verb} `{}` in table {}{place}", table.model, table.name))
}

/// The foreign keys by which the database keeps a row from being deleted.
fn keys_that_hold(table: &'static Table) -> impl Iterator<Item = String> {
    let holds = |incoming: &&Incoming| {
        matches!(incoming.key.on_delete_in_database(), RowRule::Restrict | RowRule::NoAction)
    };
    incoming(table)
        .iter()
        .filter(holds)
        .map(|incoming| format!("{} -> {}", columns_of(incoming.table, incoming.key), table.name))
}

fn columns_of(table: &Table, key: &ForeignKey) -> String {
    let columns: Vec<String> =
        table.names(&key.columns).map(|column| format!("{}.{column}", table.name)).collect();
    columns.join(", ")
}

fn listed(what: &str, keys: impl Iterator<Item = String>) -> String {
    let keys: Vec<String> = keys.collect();
    if keys.is_empty() { String::new() } else { format!(" ({what}: {})", keys.join("; ")) }
}

/// Gives a constraint its table and columns, where the database tells its name or nothing at all.
fn locate(error: Error, step: &Step, dialect: &dyn Dialect) -> Error {
    let Some(constraint) = error.constraint().filter(|constraint| constraint.table.is_none()) else {
        return error;
    };
    let table = step.table;
    let columns = match &constraint.name {
        Some(name) if error.is_check() => find_check(table, name, dialect),
        None if error.is_foreign_key() => written_links(step),
        Some(_) | None => None,
    };
    let Some(columns) = columns else {
        return error;
    };
    let columns = table.names(&columns).map(str::to_owned).collect();
    let constraint =
        Constraint { table: Some(table.name.to_owned()), columns, name: constraint.name.clone() };
    error.with_constraint(constraint)
}

/// The columns of the foreign keys that were written, one of which names no row. A row that was only changed elsewhere, or
/// deleted, is one that others still name: whose they are is not known.
fn written_links(step: &Step) -> Option<Vec<usize>> {
    if step.action == Action::Delete {
        return None;
    }
    let columns: Vec<usize> = written_keys(step).flat_map(|key| key.columns.iter().copied()).collect();
    Some(columns).filter(|columns| !columns.is_empty())
}

fn written_keys(step: &Step) -> impl Iterator<Item = &'static ForeignKey> {
    let is_written = |key: &&ForeignKey| key.columns.iter().any(|&column| step.columns.contains(column));
    step.table.foreign_keys.iter().filter(is_written)
}
