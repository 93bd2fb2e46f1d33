//! Sends a plan: the only I/O of a flush.

use std::sync::Arc;

use super::explain::{explain, name_row, stale};
use super::follow::Followers;
use super::links::writes_key;
use super::plan::{Action, Step, Steps};
use super::single::{insert_single, is_single, update_single};
use super::special::{emit_deletes, emit_parks, emit_replaces, emit_unlinks};
use super::write_back::{record_inserts, settle_inserts, write_back_key};
use crate::compile::{Dialect, Operation, RowSets, Statements};
use crate::driver::{Connection, Statement};
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::store::{AnyStore, Stores};
use crate::util::columns::ColumnSet;
use crate::value::Value;

/// What a plan is sent over.
pub(crate) struct Wire<'a> {
    pub(crate) connection: &'a mut dyn Connection,
    pub(crate) statements: &'a Statements,
    pub(crate) dialect: &'static dyn Dialect,
    /// Whether a row has to have the values still that were loaded, in the columns that are changed.
    pub(crate) compares: bool,
    /// What follows when a row gets another key.
    pub(crate) followers: Arc<Followers>,
}

/// Sends every step, row by row; keys and what the database fills in come back into the stores as they are known.
///
/// # Errors
/// Whatever the database reports, with the model; stale when a row that was to be changed is not there as it was loaded.
pub(crate) fn emit_plan(plan: &Steps, stores: &mut Stores, wire: &mut Wire<'_>) -> Result<()> {
    wire.followers = Arc::clone(&plan.followers);
    if plan.followers.need_deferral
        && let Some(defer) = wire.dialect.defer_foreign_keys()
    {
        wire.connection.run_script(defer)?;
    }
    for step in &plan.steps {
        check_displaced(step, stores)?;
        let sent = match step.action {
            Action::Insert => emit_inserts(step, stores, wire),
            Action::Update | Action::Link => emit_updates(step, stores, wire),
            Action::Replace => emit_replaces(step, stores, wire),
            Action::Unlink | Action::Clear => emit_unlinks(step, stores, wire),
            Action::Park => emit_parks(step, stores, wire),
            Action::Delete => emit_deletes(step, &plan.may_be_gone, stores, wire),
        };
        sent.map_err(|error| explain(error, step, wire.dialect))?;
    }
    Ok(())
}

/// A row that is gone must not be written: a new one of this flush may have got its key.
fn check_displaced(step: &Step, stores: &Stores) -> Result<()> {
    let store = stores.any(step.table.number);
    match store.displaced(&step.slots) {
        Some(slot) => Err(stale(step, &[slot], stores)),
        None => Ok(()),
    }
}

fn emit_inserts(step: &Step, stores: &mut Stores, wire: &mut Wire<'_>) -> Result<()> {
    let table = step.table;
    if table.version.is_some() {
        step.slots.iter().for_each(|&slot| stores.any_mut(table.number).count_version(slot));
    }
    if is_single(step, stores, wire) {
        return insert_single(step, stores, wire);
    }
    stores.any_mut(table.number).expect_inserts(step.slots.len());
    let returning = insert_columns(table, &step.columns);
    let statement = statement(step, Operation::Insert, returning, wire);
    if !returning.is_empty() {
        return step
            .slots
            .iter()
            .try_for_each(|&slot| insert_returning(step, slot, &returning, &statement, stores, wire));
    }
    let mut ids = Vec::with_capacity(CHUNK);
    for slots in step.slots.chunks(CHUNK) {
        ids.clear();
        record_inserts(step, slots, stores);
        insert_chunk(step, slots, &statement, stores, wire, &mut ids)?;
        settle_inserts(step, slots, &ids, stores)?;
    }
    Ok(())
}

/// How many rows are sent before memory follows: few enough to be in the processor's cache still. No row of a step names
/// another of the same step.
const CHUNK: usize = 128;

fn insert_chunk(
    step: &Step,
    slots: &[u32],
    statement: &Statement,
    stores: &Stores,
    wire: &mut Wire<'_>,
    ids: &mut Vec<i64>,
) -> Result<()> {
    let store = stores.any(step.table.number);
    let mut rest = slots.iter();
    let mut next = |row: &mut Vec<_>| {
        let Some(&slot) = rest.next() else { return Ok(false) };
        store.encode(slot, &step.columns, stores, row)?;
        Ok(true)
    };
    let sent = wire.connection.insert_rows(statement, &mut next, ids);
    // The row that was taken last is the one that failed.
    sent.map_err(|error| match slots.len().checked_sub(rest.len() + 1) {
        Some(last) => name_row(error, slots[last], step, stores),
        None => error,
    })?;
    if step.table.generated_key.is_none_or(|key| step.columns.contains(key)) {
        ids.clear();
    } else if ids.len() != slots.len() {
        return Err(Error::database("the database generated no key for a row that needs one"));
    }
    Ok(())
}

fn insert_returning(
    step: &Step,
    slot: u32,
    returning: &ColumnSet,
    statement: &Statement,
    stores: &mut Stores,
    wire: &mut Wire<'_>,
) -> Result<()> {
    let table = step.table;
    record_inserts(step, &[slot], stores);
    let mut row = Vec::with_capacity(table.columns.len());
    stores.any(table.number).encode(slot, &step.columns, stores, &mut row)?;
    let returned =
        returned_row(wire, statement, &row).map_err(|error| name_row(error, slot, step, stores))?;
    drop(row);
    take_returned(stores, table, slot, returning, &returned)?;
    settle_inserts(step, &[slot], &[], stores)
}

fn emit_updates(step: &Step, stores: &mut Stores, wire: &mut Wire<'_>) -> Result<()> {
    let table = step.table;
    if step.action == Action::Update && table.version.is_some() {
        step.slots.iter().for_each(|&slot| stores.any_mut(table.number).count_version(slot));
    }
    if writes_key(table, &step.columns) {
        step.slots.iter().for_each(|&slot| wire.followers.name_itself((table.number, slot), stores));
    }
    if step.action == Action::Update && is_single(step, stores, wire) {
        return update_single(step, stores, wire);
    }
    let statement = statement(step, Operation::Update, table.computed, wire);
    if !table.computed.is_empty() {
        return step
            .slots
            .iter()
            .try_for_each(|&slot| update_returning(step, slot, &statement, stores, wire));
    }
    if step.action == Action::Update && writes_key(table, &step.columns) {
        return step.slots.iter().try_for_each(|&slot| update_key(step, slot, &statement, stores, wire));
    }
    send_rows(step, stores, wire, &statement, |store, slot, stores, row| {
        store.encode(slot, &step.columns, stores, row)?;
        encode_condition(store, slot, stores, row)
    })
}

/// Sends a statement for each row of a step, which has to match.
///
/// # Errors
/// Whatever the database reports; stale for all rows of the step that do not match.
pub(super) fn send_rows<'a>(
    step: &Step,
    stores: &'a Stores,
    wire: &mut Wire<'_>,
    statement: &Statement,
    encode: impl Fn(&'a dyn AnyStore, u32, &'a Stores, &mut Vec<Value<'a>>) -> Result<()>,
) -> Result<()> {
    let lost = send_each(step, stores, wire, statement, encode)?;
    if lost.is_empty() { Ok(()) } else { Err(stale(step, &lost, stores)) }
}

/// The same, and gives the rows that do not match.
pub(super) fn send_each<'a>(
    step: &Step,
    stores: &'a Stores,
    wire: &mut Wire<'_>,
    statement: &Statement,
    encode: impl Fn(&'a dyn AnyStore, u32, &'a Stores, &mut Vec<Value<'a>>) -> Result<()>,
) -> Result<Vec<u32>> {
    let store = stores.any(step.table.number);
    let mut row = Vec::with_capacity(step.table.columns.len());
    let mut lost = Vec::new();
    for &slot in &step.slots {
        row.clear();
        encode(store, slot, stores, &mut row)?;
        match wire.connection.execute(statement, &row) {
            Ok(done) if done.rows == 1 => {}
            Ok(_) => lost.push(slot),
            // The rows after it are sent only to know which of them are lost as well.
            Err(_) if !lost.is_empty() => break,
            Err(error) => return Err(name_row(error, slot, step, stores)),
        }
    }
    Ok(lost)
}

/// Gives a row another key; what follows is to know it by that.
fn update_key(
    step: &Step,
    slot: u32,
    statement: &Statement,
    stores: &mut Stores,
    wire: &mut Wire<'_>,
) -> Result<()> {
    let one = Step { slots: vec![slot], replaced: Vec::new(), ..*step };
    send_rows(&one, stores, wire, statement, |store, slot, stores, row| {
        store.encode(slot, &step.columns, stores, row)?;
        encode_condition(store, slot, stores, row)
    })?;
    write_back_key(step.table, slot, stores, &wire.followers);
    Ok(())
}

fn update_returning(
    step: &Step,
    slot: u32,
    statement: &Statement,
    stores: &mut Stores,
    wire: &mut Wire<'_>,
) -> Result<()> {
    let store = stores.any(step.table.number);
    let mut row = Vec::with_capacity(step.table.columns.len());
    store.encode(slot, &step.columns, stores, &mut row)?;
    encode_condition(store, slot, stores, &mut row)?;
    let returned =
        returned_row(wire, statement, &row).map_err(|error| name_row(error, slot, step, stores))?;
    drop(row);
    if returned.is_empty() {
        return Err(stale(step, &[slot], stores));
    }
    if writes_key(step.table, &step.columns) {
        write_back_key(step.table, slot, stores, &wire.followers);
    }
    take_returned(stores, step.table, slot, &step.table.computed, &returned)
}

/// What an INSERT has to return: what is left to the database, and then the key with it. A key alone is told anyway.
pub(super) fn insert_columns(table: &Table, written: &ColumnSet) -> ColumnSet {
    let left: ColumnSet = table.generated.iter().filter(|&column| !written.contains(column)).collect();
    let mut returning: ColumnSet = left.iter().chain(table.computed.iter()).collect();
    if let Some(key) = table.generated_key
        && returning.len() == 1
    {
        returning.remove(key);
    }
    returning
}

pub(super) fn statement(
    step: &Step,
    operation: Operation,
    returning: ColumnSet,
    wire: &Wire<'_>,
) -> Arc<Statement> {
    let sets = RowSets { columns: step.columns, returning };
    wire.statements.of_row(step.table, operation, sets)
}

/// The key of the row, and the version that it has to have.
pub(super) fn encode_condition<'a>(
    store: &'a dyn AnyStore,
    slot: u32,
    stores: &'a Stores,
    out: &mut Vec<Value<'a>>,
) -> Result<()> {
    store.encode_key(slot, stores, out)?;
    if store.table().version.is_none() {
        return Ok(());
    }
    store.encode_version(slot, stores, out)
}

/// The one row that a statement returns, or none.
pub(super) fn returned_row(
    wire: &mut Wire<'_>,
    statement: &Statement,
    values: &[Value<'_>],
) -> Result<Vec<Value<'static>>> {
    let mut returned = Vec::new();
    wire.connection.query(statement, values, &mut |row| {
        returned = (0..row.len()).map(|column| row.value(column).to_value()).collect::<Result<_>>()?;
        Ok(())
    })?;
    Ok(returned)
}

pub(super) fn take_returned(
    stores: &mut Stores,
    table: &Table,
    slot: u32,
    columns: &ColumnSet,
    returned: &[Value<'_>],
) -> Result<()> {
    stores.any_mut(table.number).assign(slot, columns, &ColumnSet::EMPTY, &returned)
}
