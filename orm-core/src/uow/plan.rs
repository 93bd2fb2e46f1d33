//! The steps of a flush, in order: as data, and as text that tests compare.

use std::fmt;

use super::change::{ChangeSet, Row};
use super::graph::{Leveled, is_cycle, level_deletes, level_inserts, order_tables};
use crate::error::Result;
use crate::schema::Table;
use crate::store::{Group, Stores};
use crate::util::columns::ColumnSet;

/// What a flush would do, in order. It prints one line a step.
#[derive(Default)]
pub struct Plan {
    pub(crate) steps: Vec<Step>,
    is_ended: bool,
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

    /// The next row goes into a new step.
    fn end_step(&mut self) {
        self.is_ended = true;
    }

    fn push(&mut self, action: Action, table: &'static Table, columns: ColumnSet, slots: Vec<u32>) {
        self.steps.push(Step { action, table, columns, slots });
    }

    /// Adds a row to the last step, if it is written like that, else to a new one.
    fn push_row(&mut self, action: Action, table: &'static Table, columns: ColumnSet, slot: u32) {
        if !std::mem::take(&mut self.is_ended)
            && let Some(last) = self.steps.last_mut()
            && last.action == action
            && last.table.number == table.number
            && last.columns == columns
        {
            return last.slots.push(slot);
        }
        self.push(action, table, columns, vec![slot]);
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
            plan_groups(&mut plan, Action::Update, &changes.updates, part);
            plan_groups(&mut plan, Action::Insert, &changes.inserts, part);
        }
    }
    for part in parts.iter().rev() {
        plan_deletes(&mut plan, stores, changes, part)?;
    }
    Ok(plan)
}

/// The tables of the changes, by name.
fn tables_of(stores: &Stores, changes: &ChangeSet) -> Vec<&'static Table> {
    let mut models: Vec<usize> = changes.written().chain(&changes.deletes).map(|group| group.model).collect();
    models.sort_unstable();
    models.dedup();
    let mut tables: Vec<&'static Table> = models.into_iter().map(|model| stores.any(model).table()).collect();
    tables.sort_by_key(|table| (table.name, table.model));
    tables
}

/// The groups of a part's tables, each with its table.
fn of_part<'a>(
    groups: &'a [Group],
    part: &'a [&'static Table],
) -> impl Iterator<Item = (&'a Group, &'static Table)> + 'a {
    groups.iter().filter_map(|group| {
        let table = part.iter().find(|table| table.number == group.model)?;
        Some((group, *table))
    })
}

fn plan_groups(plan: &mut Plan, action: Action, groups: &[Group], part: &[&'static Table]) {
    for (group, table) in of_part(groups, part) {
        plan.push(action, table, group.columns, group.slots.clone());
    }
}

/// Tables that name each other: row by row, by level; then what had to wait; then the UPDATEs.
fn plan_cycle(plan: &mut Plan, stores: &Stores, changes: &ChangeSet, part: &[&'static Table]) -> Result<()> {
    let rows: Vec<Row> = of_part(&changes.inserts, part).flat_map(|(group, _)| group.rows()).collect();
    let leveled = level_inserts(stores, &rows)?;
    let mut last_level = None;
    for index in by_level(&leveled, part, &rows) {
        let (table, row) = (stores.any(rows[index].model).table(), &rows[index]);
        // No row of a step names another of the same step.
        if last_level.replace(leveled.level[index]) != Some(leveled.level[index]) {
            plan.end_step();
        }
        let mut columns = row.columns;
        waiting_columns(table, &leveled.waiting[index]).iter().for_each(|column| columns.remove(column));
        plan.push_row(Action::Insert, table, columns, row.slot);
    }
    plan_waiting(plan, stores, &rows, &leveled, Action::Link);
    plan_groups(plan, Action::Update, &changes.updates, part);
    Ok(())
}

fn plan_deletes(
    plan: &mut Plan,
    stores: &Stores,
    changes: &ChangeSet,
    part: &[&'static Table],
) -> Result<()> {
    let rows = deleted_by_key(stores, changes, part);
    if rows.is_empty() {
        return Ok(());
    }
    let leveled = if is_cycle(part) {
        level_deletes(stores, &rows)?
    } else {
        Leveled { level: vec![0; rows.len()], waiting: vec![Vec::new(); rows.len()] }
    };
    plan_waiting(plan, stores, &rows, &leveled, Action::Unlink);
    for index in by_level(&leveled, part, &rows) {
        let row = &rows[index];
        plan.push_row(Action::Delete, stores.any(row.model).table(), ColumnSet::EMPTY, row.slot);
    }
    Ok(())
}

/// The rows to delete in the order of their tables, those of a table in the order of their keys.
fn deleted_by_key(stores: &Stores, changes: &ChangeSet, part: &[&'static Table]) -> Vec<Row> {
    let mut sorted = Vec::new();
    for table in part {
        let of_table = changes.deletes.iter().filter(|group| group.model == table.number);
        let mut slots: Vec<u32> = of_table.flat_map(|group| group.slots.iter().copied()).collect();
        if !slots.is_empty() {
            stores.any(table.number).sort_by_key(&mut slots);
        }
        let row = |slot| Row { model: table.number, slot, columns: ColumnSet::EMPTY };
        sorted.extend(slots.into_iter().map(row));
    }
    sorted
}

/// Positions of rows by level, then by table, then as they were.
fn by_level(leveled: &Leveled, part: &[&'static Table], rows: &[Row]) -> Vec<usize> {
    let table = |row: &Row| part.iter().position(|table| table.number == row.model);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&index| (leveled.level[index], table(&rows[index])));
    order
}

fn plan_waiting(plan: &mut Plan, stores: &Stores, rows: &[Row], leveled: &Leveled, action: Action) {
    for (row, waiting) in rows.iter().zip(&leveled.waiting).filter(|(_, waiting)| !waiting.is_empty()) {
        let table = stores.any(row.model).table();
        plan.push_row(action, table, waiting_columns(table, waiting), row.slot);
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
