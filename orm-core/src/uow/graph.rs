//! What has to come before what: tables by their foreign keys, and rows where tables form a cycle.

use std::collections::HashMap;

use super::change::Row;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::store::Stores;
use crate::util::topo::strongly_connected;
use crate::value::{Entity, Link};

/// Tables in foreign-key order, in parts: a part of several tables, or of one that names itself, is a cycle.
pub(super) fn order_tables(tables: &[&'static Table]) -> Vec<Vec<&'static Table>> {
    let position = |target: &Table| tables.iter().position(|table| table.number == target.number);
    let needs =
        |table: usize| tables[table].foreign_keys.iter().filter_map(|key| position(key.target())).collect();
    let parts = strongly_connected(tables.len(), needs);
    parts.into_iter().map(|part| part.into_iter().map(|table| tables[table]).collect()).collect()
}

/// Whether a part's rows have to be ordered one by one.
pub(super) fn is_cycle(part: &[&'static Table]) -> bool {
    part.len() > 1 || part[0].foreign_keys.iter().any(|key| key.target().number == part[0].number)
}

/// Says that one row has to come after another, because of a foreign key.
#[derive(Clone, Copy)]
struct Edge {
    before: usize,
    field: usize,
    can_wait: bool,
}

/// Rows by level, and the fields of each that have to wait until all rows are there.
pub(super) struct Leveled {
    pub(super) level: Vec<usize>,
    pub(super) waiting: Vec<Vec<usize>>,
}

/// Levels rows so that each comes after those that it names.
///
/// A cycle is broken at a foreign key that can be NULL; the field then waits.
///
/// # Errors
/// Misuse when a cycle has no foreign key that can be NULL, naming the tables and columns.
pub(super) fn level_inserts(stores: &Stores, rows: &[Row]) -> Result<Leveled> {
    let named = Named::new(stores, rows);
    let edges = rows.iter().map(|row| named.edges(stores, row, Which::Current)).collect();
    level_rows(stores, rows, edges)
}

/// Levels rows so that each is deleted before those that it names.
///
/// # Errors
/// Misuse when a cycle has no foreign key that can be NULL, naming the tables and columns.
pub(super) fn level_deletes(stores: &Stores, rows: &[Row]) -> Result<Leveled> {
    let named = Named::new(stores, rows);
    let edges = rows.iter().map(|row| named.edges(stores, row, Which::Kept)).collect();
    let mut leveled = level_rows(stores, rows, edges)?;
    let deepest = leveled.level.iter().copied().max().unwrap_or(0);
    leveled.level.iter_mut().for_each(|level| *level = deepest - *level);
    Ok(leveled)
}

fn level_rows(stores: &Stores, rows: &[Row], mut edges: Vec<Vec<Edge>>) -> Result<Leveled> {
    let mut waiting = vec![Vec::new(); rows.len()];
    loop {
        let parts = strongly_connected(rows.len(), |row| edges[row].iter().map(|edge| edge.before).collect());
        let cycles: Vec<&Vec<usize>> = parts.iter().filter(|part| has_cycle(part, &edges)).collect();
        if cycles.is_empty() {
            return Ok(Leveled { level: levels(&parts, &edges), waiting });
        }
        for cycle in cycles {
            let (row, field) =
                breakable(cycle, &edges).ok_or_else(|| unbreakable(stores, rows, cycle, &edges))?;
            edges[row].retain(|edge| edge.field != field);
            waiting[row].push(field);
        }
    }
}

fn has_cycle(part: &[usize], edges: &[Vec<Edge>]) -> bool {
    part.len() > 1 || edges[part[0]].iter().any(|edge| edge.before == part[0])
}

/// The first edge of a cycle that can wait.
fn breakable(cycle: &[usize], edges: &[Vec<Edge>]) -> Option<(usize, usize)> {
    cycle.iter().find_map(|&row| {
        let edge = edges[row].iter().find(|edge| edge.can_wait && cycle.contains(&edge.before))?;
        Some((row, edge.field))
    })
}

/// Parts come after what they need, so one pass is enough.
fn levels(parts: &[Vec<usize>], edges: &[Vec<Edge>]) -> Vec<usize> {
    let mut level = vec![0; edges.len()];
    for &row in parts.iter().flatten() {
        level[row] = edges[row].iter().map(|edge| level[edge.before] + 1).max().unwrap_or(0);
    }
    level
}

fn unbreakable(stores: &Stores, rows: &[Row], cycle: &[usize], edges: &[Vec<Edge>]) -> Error {
    let columns: Vec<String> = cycle
        .iter()
        .flat_map(|&row| {
            let table = stores.any(rows[row].model).table();
            let inner = edges[row].iter().filter(|edge| cycle.contains(&edge.before));
            inner.map(|edge| format!("{}.{}", table.name, table.columns[table.fields[edge.field].start].name))
        })
        .collect();
    Error::misuse(format!(
        "these rows name each other in a cycle, through {}: none of these columns allows NULL, so no row can come first",
        columns.join(", ")
    ))
}

/// Which values of a row its links are read from.
#[derive(Clone, Copy)]
enum Which {
    Current,
    Kept,
}

/// Finds the row, among those at hand, that a link names.
struct Named {
    slots: HashMap<(usize, u32), usize>,
    keys: HashMap<(usize, String), usize>,
}

impl Named {
    fn new(stores: &Stores, rows: &[Row]) -> Self {
        let mut named = Named { slots: HashMap::new(), keys: HashMap::new() };
        for (index, row) in rows.iter().enumerate() {
            named.slots.insert((row.model, row.slot), index);
            if let Some(key) = stores.any(row.model).own_key_text(row.slot, stores) {
                named.keys.insert((row.model, key), index);
            }
        }
        named
    }

    fn edges(&self, stores: &Stores, row: &Row, which: Which) -> Vec<Edge> {
        let store = stores.any(row.model);
        let table = store.table();
        let mut edges = Vec::new();
        let mut add = |field: usize, link: Link<'_>| {
            let Some(key) = table.foreign_keys.iter().find(|key| key.field == table.field_names[field])
            else {
                return;
            };
            if let Some(before) = self.find(stores, key.target().number, link) {
                edges.push(Edge { before, field, can_wait: key.nullable });
            }
        };
        match which {
            Which::Current => store.links(row.slot, &mut add),
            Which::Kept => store.kept_links(row.slot, &mut add),
        }
        edges
    }

    fn find(&self, stores: &Stores, model: usize, link: Link<'_>) -> Option<usize> {
        match link {
            Link::None => None,
            Link::Of(Entity { model, place }) => self.slots.get(&(model, place.slot)).copied(),
            Link::Key(key) => {
                let text = stores.any_if_made(model)?.text_of_key(key)?;
                self.keys.get(&(model, text)).copied()
            }
        }
    }
}
