//! Loads the rows that hang on deleted ones where the session and not the database carries out what becomes of them.

use super::emit::Wire;
use super::rules::RowId;
use crate::compile::{Operation, RowSets};
use crate::error::Result;
use crate::schema::{Incoming, RowRule, incoming, make_store_of};
use crate::store::{State, Stores};
use crate::util::columns::ColumnSet;
use crate::value::{Entity, Value};

/// Whether rows have to be loaded before what is deleted can be.
pub(crate) fn needs_children(stores: &Stores, deleted: &[Entity]) -> bool {
    let mut tables: Vec<usize> = deleted.iter().map(|entity| entity.model).collect();
    tables.dedup();
    tables.into_iter().any(|model| incoming(stores.any(model).table()).iter().any(is_by_session))
}

/// Loads the rows that name deleted ones by a foreign key of the session's, and those that name these if they go as well.
///
/// # Errors
/// Whatever the database reports.
pub(crate) fn load_children(stores: &mut Stores, deleted: &[Entity], wire: &mut Wire<'_>) -> Result<()> {
    let is_deleted = |entity: &&Entity| {
        stores.holds(**entity).is_some_and(|store| store.state(entity.place.slot) == State::Deleted)
    };
    let mut queue: Vec<RowId> =
        deleted.iter().filter(is_deleted).map(|entity| (entity.model, entity.place.slot)).collect();
    let mut next = 0;
    while let Some(&row) = queue.get(next) {
        for incoming in incoming(stores.any(row.0).table()).iter().filter(|incoming| is_by_session(incoming))
        {
            let children = load_naming(stores, row, incoming, wire)?;
            if incoming.key.on_delete == RowRule::Cascade {
                let new = children.into_iter().filter(|child| !queue.contains(child)).collect::<Vec<_>>();
                queue.extend(new);
            }
        }
        next += 1;
    }
    Ok(())
}

fn is_by_session(incoming: &Incoming) -> bool {
    incoming.key.by_session && matches!(incoming.key.on_delete, RowRule::Cascade | RowRule::SetNull)
}

/// Loads the rows that name a row.
fn load_naming(
    stores: &mut Stores,
    row: RowId,
    incoming: &Incoming,
    wire: &mut Wire<'_>,
) -> Result<Vec<RowId>> {
    let table = incoming.table;
    make_store_of(table, stores);
    let mut key = Vec::new();
    stores.any(row.0).encode_key(row.1, stores, &mut key)?;
    let key: Vec<Value<'static>> = key.into_iter().map(Value::into_owned).collect();
    let columns: ColumnSet = incoming.key.columns.iter().copied().collect();
    let sets = RowSets { columns, returning: ColumnSet::EMPTY };
    let statement = wire.statements.of_row(wire.dialect, table, Operation::SelectByColumns, sets);
    let mut found = Vec::new();
    wire.connection.query(&statement, &key, &mut |row| {
        found.push((table.number, stores.meet_row(table.number, row, 0)?));
        Ok(())
    })?;
    Ok(found)
}
