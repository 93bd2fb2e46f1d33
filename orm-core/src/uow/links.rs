//! What foreign keys say about the order of rows: one is there before another names it, and goes after the last that does.

use std::collections::HashMap;

use super::graph::{Graph, Reason, Remedy};
use super::plan::Action;
use crate::schema::{ForeignKey, Table};
use crate::store::Stores;
use crate::util::columns::ColumnSet;
use crate::value::{Entity, Link};

/// Adds an edge for each foreign key between two rows of a graph.
pub(super) fn add_links(graph: &mut Graph, stores: &Stores) {
    let rows = Rows::new(graph, stores);
    for op in 0..graph.ops.len() {
        match graph.ops[op].action {
            Action::Insert => add_named(graph, stores, &rows, op),
            Action::Clear => add_cleared(graph, stores, &rows, op),
            Action::Update | Action::Replace => {
                add_named(graph, stores, &rows, op);
                add_left(graph, stores, &rows, op);
            }
            Action::Delete => add_left(graph, stores, &rows, op),
            Action::Link | Action::Unlink | Action::Park => {}
        }
    }
}

/// The rows that a row names after the flush.
fn add_named(graph: &mut Graph, stores: &Stores, rows: &Rows, op: usize) {
    let (table, slot) = (graph.ops[op].table, graph.ops[op].slot);
    stores.any(table.number).links(slot, &mut |field, link| {
        let Some((position, key)) = foreign_key(table, field) else { return };
        let columns = columns_of(key);
        let target = key.target().number;
        if let Some(target) = rows.find(&rows.there, stores, target, link) {
            // An UPDATE can give a row another key and name it by that.
            if target == op && graph.ops[op].action != Action::Insert {
                return;
            }
            if graph.ops[op].columns.intersects(&columns) {
                let can_wait = graph.ops[op].action == Action::Insert && can_be_null(table, key);
                graph.add(target, op, Reason::Names(position), can_wait.then_some(Remedy::Link));
            }
        } else if let Some(target) = rows.find(&rows.leaving, stores, target, link) {
            // It goes with the other, or names nothing then: whatever the rule of the foreign key says.
            graph.add(op, target, Reason::Leaves(position), None);
        }
    });
}

/// The rows that a row names, and shall not when they go; it is written before that.
fn add_cleared(graph: &mut Graph, stores: &Stores, rows: &Rows, op: usize) {
    add_named(graph, stores, rows, op);
    if let Some(&written) = rows.updated.get(&(graph.ops[op].table.number, graph.ops[op].slot)) {
        graph.add(written, op, Reason::Row, None);
    }
}

/// The rows that a row named before the flush.
fn add_left(graph: &mut Graph, stores: &Stores, rows: &Rows, op: usize) {
    let (table, slot) = (graph.ops[op].table, graph.ops[op].slot);
    stores.any(table.number).kept_links(slot, &mut |field, link| {
        let Some((position, key)) = foreign_key(table, field) else { return };
        let Some(target) = rows.find(&rows.leaving, stores, key.target().number, link) else { return };
        let row = &graph.ops[op];
        let is_free = row.action == Action::Delete || row.columns.intersects(&columns_of(key));
        let remedy = (is_free && can_be_null(table, key)).then_some(Remedy::Unlink);
        if target != op || remedy.is_some() && row.action != Action::Delete {
            graph.add(op, target, Reason::Leaves(position), remedy);
        }
    });
}

/// The foreign key that a field is, with its position.
fn foreign_key(table: &'static Table, field: usize) -> Option<(usize, &'static ForeignKey)> {
    let name = table.field_names[field];
    table.foreign_keys.iter().enumerate().find(|(_, key)| key.field == name)
}

fn columns_of(key: &ForeignKey) -> ColumnSet {
    key.columns.iter().copied().collect()
}

/// Whether a row can be there without naming another.
fn can_be_null(table: &Table, key: &ForeignKey) -> bool {
    key.nullable && !key.columns.iter().any(|column| table.primary_key.contains(column))
}

/// Finds the operation on the row that a link names.
struct Rows {
    /// Rows that are there after the flush, of which something depends on when.
    there: Names,
    /// Rows that are deleted.
    leaving: Names,
    /// Rows that are updated.
    updated: HashMap<(usize, u32), usize>,
}

#[derive(Default)]
struct Names {
    slots: HashMap<(usize, u32), usize>,
    keys: HashMap<(usize, String), usize>,
}

impl Rows {
    fn new(graph: &Graph, stores: &Stores) -> Self {
        let mut rows = Rows { there: Names::default(), leaving: Names::default(), updated: HashMap::new() };
        for (index, op) in graph.ops.iter().enumerate() {
            if op.action == Action::Update {
                rows.updated.insert((op.table.number, op.slot), index);
            }
            let store = stores.any(op.table.number);
            let (names, key) = match op.action {
                Action::Insert => (&mut rows.there, store.current_key_text(op.slot, stores)),
                Action::Update if writes_key(op.table, &op.columns) => {
                    (&mut rows.there, store.current_key_text(op.slot, stores))
                }
                Action::Delete => (&mut rows.leaving, Some(store.key_text(op.slot))),
                Action::Update
                | Action::Replace
                | Action::Link
                | Action::Unlink
                | Action::Clear
                | Action::Park => continue,
            };
            names.slots.insert((op.table.number, op.slot), index);
            names.keys.extend(key.map(|key| ((op.table.number, key), index)));
        }
        rows
    }

    fn find(&self, names: &Names, stores: &Stores, model: usize, link: Link<'_>) -> Option<usize> {
        match link {
            Link::None => None,
            Link::Of(Entity { model, place }) => names.slots.get(&(model, place.slot)).copied(),
            Link::Key(_) if names.keys.is_empty() => None,
            Link::Key(key) => {
                let text = stores.any_if_made(model)?.text_of_key(key)?;
                names.keys.get(&(model, text)).copied()
            }
        }
    }
}

/// Whether an UPDATE of columns gives a row another key.
pub(super) fn writes_key(table: &Table, columns: &ColumnSet) -> bool {
    table.primary_key.iter().any(|&column| columns.contains(column))
}
