//! Sends a plan: the only I/O of a flush.

use std::cell::Cell;
use std::sync::Arc;

use super::plan::{Action, Plan, Step};
use super::write_back::write_back_inserts;
use crate::compile::ddl::find_check;
use crate::compile::{Dialect, Operation, RowSets, Statements};
use crate::driver::{Connection, Done, Statement};
use crate::error::{Constraint, Error, Result};
use crate::schema::{ForeignKey, Table};
use crate::store::Stores;
use crate::util::columns::ColumnSet;
use crate::value::{Bind, Value};

/// What a plan is sent over.
pub(crate) struct Wire<'a> {
    pub(crate) connection: &'a mut dyn Connection,
    pub(crate) statements: &'a Statements,
    pub(crate) dialect: &'static dyn Dialect,
}

/// Sends every step, row by row; keys and what the database fills in come back into the stores as they are known.
///
/// # Errors
/// Whatever the database reports, with the model; stale when a row that was to be changed is not there as it was loaded.
pub(crate) fn emit_plan(plan: &Plan, stores: &mut Stores, wire: &mut Wire<'_>) -> Result<()> {
    for step in &plan.steps {
        let sent = match step.action {
            Action::Insert => emit_inserts(step, stores, wire),
            Action::Update | Action::Link | Action::Unlink | Action::Delete => {
                emit_changes(step, stores, wire)
            }
        };
        sent.map_err(|error| explain(error, step, wire.dialect))?;
    }
    Ok(())
}

fn emit_inserts(step: &Step, stores: &mut Stores, wire: &mut Wire<'_>) -> Result<()> {
    let table = step.table;
    if table.version.is_some() {
        step.slots.iter().for_each(|&slot| stores.any_mut(table.number).count_version(slot));
    }
    stores.any_mut(table.number).expect_inserts(step.slots.len());
    let returning = returned_by_insert(table, &step.columns);
    let statement = statement(step, returning, wire);
    if !returning.is_empty() {
        return step
            .slots
            .iter()
            .try_for_each(|&slot| insert_returning(step, slot, &returning, &statement, stores, wire));
    }
    let mut ids = Vec::with_capacity(CHUNK);
    for slots in step.slots.chunks(CHUNK) {
        ids.clear();
        Rows { step, slots, statement: &statement, stores }.insert(wire, &mut ids)?;
        write_back_inserts(step, slots, &ids, stores)?;
    }
    Ok(())
}

/// How many rows are sent before memory follows: few enough to be in the processor's cache still. No row of a step names
/// another of the same step.
const CHUNK: usize = 128;

/// Rows that are sent one after the other.
struct Rows<'a> {
    step: &'a Step,
    slots: &'a [u32],
    statement: &'a Statement,
    stores: &'a Stores,
}

impl<'a> Rows<'a> {
    /// Inserts them, and adds the keys that the database generates.
    fn insert(&self, wire: &mut Wire<'_>, ids: &mut Vec<i64>) -> Result<()> {
        self.send(wire, |_, done| {
            ids.extend(done.generated);
            Ok(())
        })?;
        let table = self.step.table;
        if table.generated_key.is_none_or(|key| self.step.columns.contains(key)) {
            ids.clear();
        } else if ids.len() != self.slots.len() {
            return Err(Error::database("the database generated no key for a row that needs one"));
        }
        Ok(())
    }

    /// Sends them, and shows what was done for each.
    fn send(&self, wire: &mut Wire<'_>, mut each: impl FnMut(u32, Done) -> Result<()>) -> Result<()> {
        let Rows { step, slots, statement, stores } = *self;
        let taken = Cell::new(0_usize);
        let last = || taken.get().checked_sub(1).map(|last| slots[last]);
        let mut next = |out: &mut dyn Bind<'a>| {
            let Some(&slot) = slots.get(taken.get()) else { return Ok(false) };
            taken.set(taken.get() + 1);
            encode_row(step, slot, stores, out)?;
            Ok(true)
        };
        let mut done = |done| last().map_or(Ok(()), |slot| each(slot, done));
        let sent = wire.connection.execute_rows(statement, &mut next, &mut done);
        // The row that was taken last is the one that failed.
        sent.map_err(|error| match last() {
            Some(slot) => name_row(error, slot, step, stores),
            None => error,
        })
    }
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
    let mut row = Vec::with_capacity(table.columns.len());
    encode_row(step, slot, stores, &mut row)?;
    let returned =
        returned_row(wire, statement, &row).map_err(|error| name_row(error, slot, step, stores))?;
    drop(row);
    take_returned(stores, table, slot, returning, &returned)?;
    write_back_inserts(step, &[slot], &[], stores)
}

fn emit_changes(step: &Step, stores: &mut Stores, wire: &mut Wire<'_>) -> Result<()> {
    let table = step.table;
    if step.action == Action::Update && table.version.is_some() {
        step.slots.iter().for_each(|&slot| stores.any_mut(table.number).count_version(slot));
    }
    let returning = match step.action {
        Action::Update | Action::Link => table.computed,
        Action::Insert | Action::Unlink | Action::Delete => ColumnSet::EMPTY,
    };
    let statement = statement(step, returning, wire);
    if !returning.is_empty() {
        return step
            .slots
            .iter()
            .try_for_each(|&slot| update_returning(step, slot, &statement, stores, wire));
    }
    let rows = Rows { step, slots: &step.slots, statement: &statement, stores };
    rows.send(wire, |slot, done| check_matched(done.rows, step, slot, stores))
}

fn update_returning(
    step: &Step,
    slot: u32,
    statement: &Statement,
    stores: &mut Stores,
    wire: &mut Wire<'_>,
) -> Result<()> {
    let mut row = Vec::with_capacity(step.table.columns.len());
    encode_row(step, slot, stores, &mut row)?;
    let returned =
        returned_row(wire, statement, &row).map_err(|error| name_row(error, slot, step, stores))?;
    drop(row);
    check_matched(u64::from(!returned.is_empty()), step, slot, stores)?;
    take_returned(stores, step.table, slot, &step.table.computed, &returned)
}

/// What an INSERT has to return: what is left to the database, and then the key with it. A key alone is told anyway.
fn returned_by_insert(table: &Table, written: &ColumnSet) -> ColumnSet {
    let left: ColumnSet = table.generated.iter().filter(|&column| !written.contains(column)).collect();
    let mut returning: ColumnSet = left.iter().chain(table.computed.iter()).collect();
    if let Some(key) = table.generated_key
        && returning.len() == 1
    {
        returning.remove(key);
    }
    returning
}

fn statement(step: &Step, returning: ColumnSet, wire: &Wire<'_>) -> Arc<Statement> {
    let operation = match step.action {
        Action::Insert => Operation::Insert,
        Action::Update | Action::Link | Action::Unlink => Operation::Update,
        Action::Delete => Operation::Delete,
    };
    let sets = RowSets { columns: step.columns, returning };
    wire.statements.of_row(wire.dialect, step.table, operation, sets)
}

/// What the statement of a step takes for a row: values, then the key of the row and the version that it has to have.
#[inline(always)]
fn encode_row<'a>(step: &Step, slot: u32, stores: &'a Stores, out: &mut dyn Bind<'a>) -> Result<()> {
    let store = stores.any(step.table.number);
    match step.action {
        Action::Insert => return store.encode(slot, &step.columns, stores, out),
        Action::Update | Action::Link => store.encode(slot, &step.columns, stores, out)?,
        Action::Unlink => step.columns.iter().try_for_each(|_| out.bind(Value::Null))?,
        Action::Delete => {}
    }
    store.encode_key(slot, stores, out)?;
    match step.table.version {
        Some(_) => store.encode_version(slot, stores, out),
        None => Ok(()),
    }
}

/// The one row that a statement returns, or none.
fn returned_row(
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

fn take_returned(
    stores: &mut Stores,
    table: &Table,
    slot: u32,
    columns: &ColumnSet,
    returned: &[Value<'_>],
) -> Result<()> {
    stores.any_mut(table.number).assign(slot, columns, &returned)
}

/// Whether the row was there as it was loaded.
#[inline]
fn check_matched(rows: u64, step: &Step, slot: u32, stores: &Stores) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(not_matched(step, slot, stores)) }
}

#[cold]
fn not_matched(step: &Step, slot: u32, stores: &Stores) -> Error {
    let (table, key) = (step.table, stores.any(step.table.number).key_text(slot));
    let what = match step.action {
        Action::Insert | Action::Update | Action::Link => "changed",
        Action::Unlink | Action::Delete => "deleted",
    };
    let reason = match table.version {
        Some(_) => "someone else changed or deleted it",
        None => "someone else deleted it",
    };
    Error::stale(format!(
        "the row of `{}` with key {key} was to be {what}, but {reason} since it was loaded: roll back and load it again",
        table.model
    ))
}

/// Names the row that a constraint refused: by its key, if it has one.
#[cold]
fn name_row(error: Error, slot: u32, step: &Step, stores: &Stores) -> Error {
    if error.constraint().is_none() {
        return error;
    }
    let store = stores.any(step.table.number);
    // A row that is there is known by the key that it has; a new one by the key that it brings.
    let key = match step.action {
        Action::Insert => store.own_key_text(slot, stores),
        Action::Update | Action::Link | Action::Unlink | Action::Delete => Some(store.key_text(slot)),
    };
    error.context(match key {
        Some(key) => format!("in the row with key {key}"),
        None => "in a new row".to_owned(),
    })
}

/// Adds what was written when it failed, and for a foreign key or a check what the database does not tell.
#[cold]
fn explain(error: Error, step: &Step, dialect: &dyn Dialect) -> Error {
    let verb = match step.action {
        Action::Insert => "inserting",
        Action::Update | Action::Link | Action::Unlink => "updating",
        Action::Delete => "deleting",
    };
    let table = step.table;
    let place = match error.is_foreign_key() && step.action != Action::Delete {
        true => {
            let keys = table.foreign_keys.iter().map(|key| {
                let columns: Vec<&str> = table.names(&key.columns).collect();
                format!("{} -> {}", columns.join(", "), key.target().name)
            });
            format!(" (its foreign keys: {})", keys.collect::<Vec<_>>().join("; "))
        }
        false => String::new(),
    };
    locate(error, step, dialect)
        .context(format!("while {verb} `{}` in table {}{place}", table.model, table.name))
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
    let is_written = |key: &&ForeignKey| key.columns.iter().any(|&column| step.columns.contains(column));
    let written = step.table.foreign_keys.iter().filter(is_written);
    let columns: Vec<usize> = written.flat_map(|key| key.columns.iter().copied()).collect();
    Some(columns).filter(|columns| !columns.is_empty())
}
