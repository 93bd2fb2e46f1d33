//! Sends rows one by one where more than plain values is written: SQL expressions that `set` left, and the values that a
//! column has to have still, for sessions that compare.

use std::sync::Arc;

use super::emit::{Wire, insert_columns, returned_row};
use super::explain::{name_row, stale};
use super::links::writes_key;
use super::plan::{Action, Step};
use super::write_back::{record_inserts, settle_inserts, write_back_key};
use crate::compile::{
    Condition, Gathered, KeySink, RowWrite, What, Writer, Written, write_insert, write_update,
};
use crate::driver::Statement;
use crate::error::Result;
use crate::store::{AnyStore, Stores};
use crate::util::columns::ColumnSet;
use crate::value::{SqlType, Value};

/// Whether the rows of a step are sent one by one.
pub(super) fn is_single(step: &Step, stores: &Stores, wire: &Wire<'_>) -> bool {
    let compares = wire.compares && step.action == Action::Update && step.table.version.is_none();
    compares || stores.any(step.table.number).has_expressions()
}

/// Inserts the rows of a step.
///
/// # Errors
/// Whatever the database reports.
pub(super) fn insert_single(step: &Step, stores: &mut Stores, wire: &mut Wire<'_>) -> Result<()> {
    for &slot in &step.slots {
        record_inserts(step, &[slot], stores);
        let made = stores.any(step.table.number).expressed(slot);
        let mut row = row_write(step, slot, stores)?;
        row.returning = insert_columns(step.table, &columns_of(&row));
        let unknown_key = step.table.generated_key.filter(|&key| !step.columns.contains(key));
        if wire.dialect.capabilities().returning {
            made.iter().chain(unknown_key).for_each(|column| row.returning.insert(column));
        }
        let returning = row.returning;
        let returned = send(&row, step, slot, stores, wire)?;
        take(stores, step, slot, Taken { returning, made }, &returned.row)?;
        let ids: Vec<i64> = returned.generated.filter(|_| unknown_key.is_some()).into_iter().collect();
        settle_inserts(step, &[slot], &ids, stores)?;
    }
    Ok(())
}

/// Updates the rows of a step.
///
/// # Errors
/// Whatever the database reports; stale when a row is not there as it was loaded.
pub(super) fn update_single(step: &Step, stores: &mut Stores, wire: &mut Wire<'_>) -> Result<()> {
    for &slot in &step.slots {
        let store = stores.any(step.table.number);
        let made = store.expressed(slot);
        let mut row = row_write(step, slot, stores)?;
        row.returning = step.table.computed;
        if wire.dialect.capabilities().returning {
            made.iter().for_each(|column| row.returning.insert(column));
        }
        row.conditions = conditions(step, slot, stores, wire, &made)?;
        let returning = row.returning;
        let returned = send(&row, step, slot, stores, wire)?;
        if returned.rows == 0 {
            return Err(stale(step, &[slot], stores));
        }
        if writes_key(step.table, &step.columns) {
            write_back_key(step.table, slot, stores, &wire.followers);
        }
        take(stores, step, slot, Taken { returning, made }, &returned.row)?;
    }
    Ok(())
}

fn columns_of(row: &RowWrite<'_>) -> ColumnSet {
    row.written.iter().map(|written| written.column).collect()
}

/// What is written of a row: expressions where there are any, else its values.
fn row_write<'a>(step: &Step, slot: u32, stores: &'a Stores) -> Result<RowWrite<'a>> {
    let store = stores.any(step.table.number);
    let demands = store.demands(slot);
    let made = store.expressed(slot);
    let mut values = Vec::new();
    store.encode(slot, &step.columns.without(&made), stores, &mut values)?;
    let mut values = values.into_iter().map(Value::into_owned);
    let columns: ColumnSet = step.columns.iter().chain(made.iter()).collect();
    let mut written = Vec::with_capacity(columns.len());
    for column in columns.iter() {
        let demand = demands
            .iter()
            .rev()
            .find(|demand| demand.expression.is_some() && demand.columns.contains(column));
        let what = match demand.and_then(|demand| demand.expression.as_ref()) {
            Some(expression) => What::Expression(expression),
            None => What::Value(values.next().unwrap_or(Value::Null)),
        };
        written.push(Written { column, what });
    }
    Ok(RowWrite { table: step.table, written, conditions: Vec::new(), returning: ColumnSet::EMPTY })
}

/// The key, the version, and for a session that compares the values that the row had when it was loaded.
fn conditions(
    step: &Step,
    slot: u32,
    stores: &Stores,
    wire: &Wire<'_>,
    made: &ColumnSet,
) -> Result<Vec<Condition>> {
    let (store, table) = (stores.any(step.table.number), step.table);
    let mut values = Vec::new();
    store.encode_key(slot, stores, &mut values)?;
    store.encode_version(slot, stores, &mut values)?;
    let known = table.primary_key.iter().chain(&table.version);
    let exact = known.zip(values).map(|(&column, value)| (column, value, false));
    let mut conditions: Vec<Condition> = exact.map(condition).collect();
    if wire.compares && table.version.is_none() {
        let compared = compared(step, made);
        let mut kept = Vec::new();
        store.encode_kept(slot, &compared, stores, &mut kept)?;
        conditions.extend(compared.iter().zip(kept).map(|(column, value)| condition((column, value, true))));
    }
    Ok(conditions)
}

fn condition((column, value, null_safe): (usize, Value<'_>, bool)) -> Condition {
    Condition { column, value: value.into_owned(), null_safe }
}

/// The columns whose kept values are compared: not those of the key, which is compared anyway; not what the database works
/// out from the row as it is; and not JSON, of which one value has many texts.
fn compared(step: &Step, made: &ColumnSet) -> ColumnSet {
    let table = step.table;
    let is_compared = |&column: &usize| {
        let is_json = table.columns[column].sql_type == SqlType::Json;
        !is_json && !made.contains(column) && !table.primary_key.contains(&column)
    };
    step.columns.iter().filter(is_compared).collect()
}

/// What came back of a row.
struct Returned {
    /// How many rows matched.
    rows: u64,
    row: Vec<Value<'static>>,
    generated: Option<i64>,
}

fn send(
    row: &RowWrite<'_>,
    step: &Step,
    slot: u32,
    stores: &Stores,
    wire: &mut Wire<'_>,
) -> Result<Returned> {
    let is_insert = step.action == Action::Insert;
    let mut gathered = Gathered::default();
    let mut sink = KeySink::new(&mut gathered, stores, wire.dialect);
    if is_insert {
        write_insert(row, &mut sink)
    } else {
        write_update(row, &mut sink)
    }
    sink.finish()?;
    let Gathered { shape, values } = gathered;
    let statement: Arc<Statement> = wire.statements.of_shape(&shape, || {
        let mut writer = Writer::new(wire.dialect);
        if is_insert {
            write_insert(row, &mut writer)
        } else {
            write_update(row, &mut writer)
        }
        writer.finish()
    });
    if row.returning.is_empty() {
        let done = wire.connection.execute(&statement, &values);
        let done = done.map_err(|error| name_row(error, slot, step, stores))?;
        return Ok(Returned { rows: done.rows, row: Vec::new(), generated: done.generated });
    }
    let row = returned_row(wire, &statement, &values).map_err(|error| name_row(error, slot, step, stores))?;
    Ok(Returned { rows: u64::from(!row.is_empty()), row, generated: None })
}

/// The columns that came back, and those that an expression made.
struct Taken {
    returning: ColumnSet,
    made: ColumnSet,
}

/// Takes the values that came back; without them an entity is stale.
fn take(stores: &mut Stores, step: &Step, slot: u32, taken: Taken, row: &[Value<'static>]) -> Result<()> {
    let store: &mut dyn AnyStore = stores.any_mut(step.table.number);
    if !taken.returning.is_empty() {
        store.assign(slot, &taken.returning, &taken.made, &row)?;
    }
    if !taken.made.is_empty() && !taken.made.iter().all(|column| taken.returning.contains(column)) {
        store.make_stale(slot);
    }
    Ok(())
}
