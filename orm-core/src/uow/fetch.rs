//! Loads the rows that hang on deleted ones where the session and not the database carries out what becomes of them.

use std::collections::HashSet;

use super::collect::orphans;
use super::emit::Wire;
use super::rules::RowId;
use crate::compile::{Gathered, KeySink, Writer, write_select};
use crate::error::Result;
use crate::expr::{Node, Ordered, TableRef};
use crate::schema::{Incoming, RowRule, incoming, make_store_of};
use crate::stmt::SelectTree;
use crate::store::{AnyStore, State, Stores};
use crate::value::{Entity, Value};

/// For how many rows those that name them are loaded at once.
const CHUNK: usize = 500;

/// The rows that go and are named by foreign keys of the session's: those that are marked, and those that lost the row without
/// which they are not to be.
pub(crate) fn parents_that_go(stores: &Stores, deleted: &[Entity]) -> Vec<RowId> {
    let has_children = |store: &dyn AnyStore| incoming(store.table()).iter().any(is_by_session);
    let is_parent = |entity: &&Entity| {
        stores
            .holds(**entity)
            .is_some_and(|store| store.state(entity.place.slot) == State::Deleted && has_children(store))
    };
    let marked = deleted.iter().filter(is_parent).map(|entity| (entity.model, entity.place.slot));
    let parents = stores.iter().filter(|store| has_children(*store));
    marked.chain(parents.flat_map(|store| orphans(store, stores))).collect()
}

/// Loads the rows that name those which go by a foreign key of the session's, and those that name these if they go as well:
/// level by level, all of a foreign key in one statement.
///
/// # Errors
/// Whatever the database reports.
pub(crate) fn load_children(stores: &mut Stores, mut level: Vec<RowId>, wire: &mut Wire<'_>) -> Result<()> {
    let mut seen: HashSet<RowId> = level.iter().copied().collect();
    while !level.is_empty() {
        level.sort_by_key(|row| row.0);
        let mut next = Vec::new();
        for rows in level.chunk_by(|a, b| a.0 == b.0) {
            let by_session = incoming(stores.any(rows[0].0).table()).iter().filter(|key| is_by_session(key));
            for incoming in by_session {
                let children = load_naming(stores, rows, incoming, wire)?;
                if incoming.key.on_delete == RowRule::Cascade {
                    next.extend(children.into_iter().filter(|child| seen.insert(*child)));
                }
            }
        }
        level = next;
    }
    Ok(())
}

fn is_by_session(incoming: &Incoming) -> bool {
    incoming.key.by_session && matches!(incoming.key.on_delete, RowRule::Cascade | RowRule::SetNull)
}

/// Loads the rows that name some rows of a table.
fn load_naming(
    stores: &mut Stores,
    rows: &[RowId],
    incoming: &Incoming,
    wire: &mut Wire<'_>,
) -> Result<Vec<RowId>> {
    make_store_of(incoming.table, stores);
    let table = incoming.table.number;
    let mut found = Vec::new();
    for rows in rows.chunks(CHUNK) {
        let tree = select_naming(stores, rows, incoming);
        let mut gathered = Gathered::default();
        let mut sink = KeySink::new(&mut gathered, stores, wire.dialect);
        write_select(&tree, &mut sink);
        sink.finish()?;
        let Gathered { shape, values } = gathered;
        let statement = wire.statements.of_shape(&shape, || {
            let mut writer = Writer::new(wire.dialect);
            write_select(&tree, &mut writer);
            writer.finish()
        });
        let values: Vec<Value<'static>> = values.into_iter().map(Value::into_owned).collect();
        wire.connection.query(&statement, &values, &mut |row| {
            found.push((table, stores.meet_row(table, row, 0)?));
            Ok(())
        })?;
    }
    Ok(found)
}

/// The rows that name some, in the order of their keys.
fn select_naming(stores: &Stores, rows: &[RowId], incoming: &Incoming) -> SelectTree {
    let mut tree = SelectTree::new(TableRef::own(incoming.table));
    let field = u16::try_from(incoming.field).expect("invariant: a table has 256 columns at most");
    let width = incoming.key.columns.len();
    let key = |&(model, slot): &RowId| Node::Entity(stores.any(model).entity(slot, stores.session()), width);
    let names = Node::Field { of: tree.from, field };
    tree.filters.push(Node::InList(Box::new(names), rows.iter().map(key).collect()));
    let keys = tree.from.key_fields().into_iter();
    tree.order_by = keys.map(|node| Ordered { node, direction: "" }).collect();
    tree
}
