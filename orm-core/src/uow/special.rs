//! The rarer steps of a plan: rows that are replaced, foreign keys and values that stand aside for a while, DELETEs.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::emit::{Wire, encode_condition, returned_row, send_each, send_rows, statement, take_returned};
use super::explain::{name_row, stale};
use super::plan::Step;
use super::rules::RowId;
use super::unique::FREE_LENGTH;
use super::write_back::{record_inserts, settle_inserts};
use crate::compile::Operation;
use crate::error::Result;
use crate::schema::TableColumn;
use crate::store::Stores;
use crate::util::columns::ColumnSet;
use crate::value::{SqlType, Value};

/// Rows take the values of entities that were added with their keys.
pub(super) fn emit_replaces(step: &Step, stores: &mut Stores, wire: &mut Wire<'_>) -> Result<()> {
    for (&new, &old) in step.slots.iter().zip(&step.replaced) {
        record_inserts(step, &[new], stores);
        if step.table.version.is_some() {
            stores.any_mut(step.table.number).succeed_version(new, old);
        }
        if !step.columns.is_empty() {
            replace_row(step, new, old, stores, wire)?;
        }
        settle_inserts(step, &[new], &[], stores)?;
    }
    Ok(())
}

fn replace_row(step: &Step, new: u32, old: u32, stores: &mut Stores, wire: &mut Wire<'_>) -> Result<()> {
    let computed = step.table.computed;
    let statement = statement(step, Operation::Update, computed, wire);
    let store = stores.any(step.table.number);
    let mut row = Vec::with_capacity(step.table.columns.len());
    store.encode(new, &step.columns, stores, &mut row)?;
    encode_condition(store, old, stores, &mut row)?;
    let named = |error| name_row(error, old, step, stores);
    if computed.is_empty() {
        let done = wire.connection.execute(&statement, &row).map_err(named)?;
        return if done.rows == 1 { Ok(()) } else { Err(stale(step, &[old], stores)) };
    }
    let returned = returned_row(wire, &statement, &row).map_err(named)?;
    drop(row);
    if returned.is_empty() {
        return Err(stale(step, &[old], stores));
    }
    take_returned(stores, step.table, new, &computed, &returned)
}

/// Foreign keys become NULL.
pub(super) fn emit_unlinks(step: &Step, stores: &Stores, wire: &mut Wire<'_>) -> Result<()> {
    let statement = statement(step, Operation::Update, ColumnSet::EMPTY, wire);
    send_rows(step, stores, wire, &statement, |store, slot, stores, row| {
        row.extend(step.columns.iter().map(|_| Value::Null));
        encode_condition(store, slot, stores, row)
    })
}

/// Unique columns become NULL, or what no other row has.
pub(super) fn emit_parks(step: &Step, stores: &Stores, wire: &mut Wire<'_>) -> Result<()> {
    let statement = statement(step, Operation::Update, ColumnSet::EMPTY, wire);
    send_rows(step, stores, wire, &statement, |store, slot, stores, row| {
        row.extend(step.columns.iter().map(|column| free_value(&step.table.columns[column])));
        encode_condition(store, slot, stores, row)
    })
}

/// NULL, which is no other row's, or a value that is most unlikely to be: of 62 random bits, 31 in a narrow column.
fn free_value(column: &TableColumn) -> Value<'static> {
    let random = RandomState::new().hash_one(&column.name);
    let wide = i64::try_from(random >> 2).unwrap_or_default();
    match column.sql_type {
        _ if column.nullable => Value::Null,
        SqlType::Text => Value::Text(format!("~{random:0width$x}", width = FREE_LENGTH - 1).into()),
        SqlType::BigInt => Value::Int(-wide),
        _ => Value::Int(-(wide >> 31)),
    }
}

/// Deletes rows; those that a row deleted before them may have taken along need not be there.
pub(super) fn emit_deletes(
    step: &Step,
    may_be_gone: &HashSet<RowId>,
    stores: &Stores,
    wire: &mut Wire<'_>,
) -> Result<()> {
    let statement = statement(step, Operation::Delete, ColumnSet::EMPTY, wire);
    let mut lost = send_each(step, stores, wire, &statement, |store, slot, stores, row| {
        encode_condition(store, slot, stores, row)
    })?;
    lost.retain(|&slot| !may_be_gone.contains(&(step.table.number, slot)));
    if lost.is_empty() { Ok(()) } else { Err(stale(step, &lost, stores)) }
}
