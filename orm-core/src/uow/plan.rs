//! The steps of a flush, in order: as data, and as text that tests compare.

use std::fmt;

use super::change::{Change, ChangeSet};
use super::graph::{Leveled, is_cycle, level_deletes, level_inserts, order_tables};
use crate::error::Result;
use crate::schema::Table;
use crate::store::Stores;
use crate::util::columns::ColumnSet;

/// What a flush would do, in order. It prints one line a step.
#[derive(Default)]
pub struct Plan {
    pub(crate) steps: Vec<Step>,
}

/// Rows of one table that are written alike, one after the other.
pub(crate) struct Step {
    pub(crate) action: Action,
    pub(crate) table: &'static Table,
    pub(crate) columns: ColumnSet,
    pub(crate) slots: Vec<u32>,
}

/// What is done to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Insert,
    Update,
    /// The foreign keys that had to wait until all rows are there.
    Link,
    /// Foreign keys become NULL before their rows are deleted.
    Unlink,
    Delete,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Adds a row to the last step, if it is written like that, else to a new one.
    fn push(&mut self, action: Action, table: &'static Table, columns: ColumnSet, slot: u32) {
        if let Some(last) = self.steps.last_mut()
            && last.action == action
            && last.table.number == table.number
            && last.columns == columns
        {
            return last.slots.push(slot);
        }
        self.steps.push(Step { action, table, columns, slots: vec![slot] });
    }
}

/// Orders changes: a table's rows after those of the tables that it names, its UPDATEs before its INSERTs; then the DELETEs
/// the other way round.
///
/// # Errors
/// Misuse when rows name each other in a cycle that cannot be broken.
pub(crate) fn plan_changes(stores: &Stores, changes: &ChangeSet) -> Result<Plan> {
    let mut plan = Plan::default();
    let parts = order_tables(&tables_of(stores, changes));
    for part in &parts {
        if is_cycle(part) {
            plan_cycle(&mut plan, stores, changes, part)?;
        } else {
            plan_updates(&mut plan, stores, changes, part);
            of_part(&changes.inserts, part)
                .for_each(|change| plan.push(Action::Insert, part[0], change.columns, change.slot));
        }
    }
    for part in parts.iter().rev() {
        plan_deletes(&mut plan, stores, changes, part)?;
    }
    Ok(plan)
}

/// The tables of the changes, by name.
fn tables_of(stores: &Stores, changes: &ChangeSet) -> Vec<&'static Table> {
    let all = changes.inserts.iter().chain(&changes.updates).chain(&changes.deletes);
    let mut models: Vec<usize> = Vec::new();
    for change in all {
        if models.last() != Some(&change.model) && !models.contains(&change.model) {
            models.push(change.model);
        }
    }
    let mut tables: Vec<&'static Table> = models.into_iter().map(|model| stores.any(model).table()).collect();
    tables.sort_by_key(|table| (table.name, table.model));
    tables
}

fn of_part<'a>(changes: &'a [Change], part: &'a [&'static Table]) -> impl Iterator<Item = &'a Change> {
    changes.iter().filter(|change| part.iter().any(|table| table.number == change.model))
}

/// UPDATEs of a table by the columns that they write, each group by key.
fn plan_updates(plan: &mut Plan, stores: &Stores, changes: &ChangeSet, part: &[&'static Table]) {
    let mut groups: Vec<(usize, ColumnSet, Vec<u32>)> = Vec::new();
    for change in of_part(&changes.updates, part) {
        match groups
            .iter_mut()
            .rev()
            .find(|(model, columns, _)| (*model, *columns) == (change.model, change.columns))
        {
            Some((_, _, slots)) => slots.push(change.slot),
            None => groups.push((change.model, change.columns, vec![change.slot])),
        }
    }
    plan.steps.extend(groups.into_iter().map(|(model, columns, slots)| Step {
        action: Action::Update,
        table: stores.any(model).table(),
        columns,
        slots,
    }));
}

/// Tables that name each other: row by row, by level; then what had to wait; then the UPDATEs.
fn plan_cycle(plan: &mut Plan, stores: &Stores, changes: &ChangeSet, part: &[&'static Table]) -> Result<()> {
    let rows: Vec<Change> = of_part(&changes.inserts, part).copied().collect();
    let leveled = level_inserts(stores, &rows)?;
    for index in by_level(&leveled, part, &rows) {
        let (table, row) = (stores.any(rows[index].model).table(), &rows[index]);
        let mut columns = row.columns;
        waiting_columns(table, &leveled.waiting[index]).iter().for_each(|column| columns.remove(column));
        plan.push(Action::Insert, table, columns, row.slot);
    }
    plan_waiting(plan, stores, &rows, &leveled, Action::Link);
    plan_updates(plan, stores, changes, part);
    Ok(())
}

fn plan_deletes(
    plan: &mut Plan,
    stores: &Stores,
    changes: &ChangeSet,
    part: &[&'static Table],
) -> Result<()> {
    let mut rows: Vec<Change> = of_part(&changes.deletes, part).copied().collect();
    if rows.is_empty() {
        return Ok(());
    }
    sort_by_key(stores, part, &mut rows);
    let leveled = if is_cycle(part) {
        level_deletes(stores, &rows)?
    } else {
        Leveled { level: vec![0; rows.len()], waiting: vec![Vec::new(); rows.len()] }
    };
    plan_waiting(plan, stores, &rows, &leveled, Action::Unlink);
    for index in by_level(&leveled, part, &rows) {
        let row = &rows[index];
        plan.push(Action::Delete, stores.any(row.model).table(), ColumnSet::EMPTY, row.slot);
    }
    Ok(())
}

/// Rows in the order of their tables, those of a table in the order of their keys.
fn sort_by_key(stores: &Stores, part: &[&'static Table], rows: &mut Vec<Change>) {
    let mut sorted = Vec::with_capacity(rows.len());
    for table in part {
        let mut slots: Vec<u32> =
            rows.iter().filter(|row| row.model == table.number).map(|row| row.slot).collect();
        stores.any_if_made(table.number).into_iter().for_each(|store| store.sort_by_key(&mut slots));
        let change = |slot| Change { model: table.number, slot, columns: ColumnSet::EMPTY };
        sorted.extend(slots.into_iter().map(change));
    }
    *rows = sorted;
}

/// Positions of rows by level, then by table, then as they were.
fn by_level(leveled: &Leveled, part: &[&'static Table], rows: &[Change]) -> Vec<usize> {
    let table = |row: &Change| part.iter().position(|table| table.number == row.model);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&index| (leveled.level[index], table(&rows[index])));
    order
}

fn plan_waiting(plan: &mut Plan, stores: &Stores, rows: &[Change], leveled: &Leveled, action: Action) {
    for (row, waiting) in rows.iter().zip(&leveled.waiting).filter(|(_, waiting)| !waiting.is_empty()) {
        let table = stores.any(row.model).table();
        plan.push(action, table, waiting_columns(table, waiting), row.slot);
    }
}

fn waiting_columns(table: &Table, fields: &[usize]) -> ColumnSet {
    fields.iter().flat_map(|&field| table.fields[field].clone()).collect()
}

/// `1 insert users(name) x2`, one line a step.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{} {step}", index + 1)?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table;
        let columns: Vec<&str> =
            self.columns.iter().map(|column| table.columns[column].name.as_str()).collect();
        let columns = columns.join(", ");
        let count = self.slots.len();
        match self.action {
            Action::Insert => write!(f, "insert {}({columns}) x{count}", table.name),
            Action::Update => write!(f, "update {} set {columns} x{count}", table.name),
            Action::Link => write!(f, "update {} set {columns} x{count}   (breaks a cycle)", table.name),
            Action::Unlink => {
                write!(f, "update {} set {columns} = null x{count}   (breaks a cycle)", table.name)
            }
            Action::Delete => write!(f, "delete {} x{count}", table.name),
        }
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
