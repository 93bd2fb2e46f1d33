//! The steps of a flush, in order.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::change::{ChangeSet, Replacement, Row};
use super::follow::{Followers, Order};
use super::graph::{Graph, Op, Phase, Placed, Position, Reason};
use super::links::add_links;
use super::rules::{Aftermath, RowId, Under};
use super::tables::{Part, is_cycle, of_part, order_tables};
use super::unique::{Handover, add_handovers, find_handovers};
use crate::compile::Dialect;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::store::Stores;
use crate::util::columns::ColumnSet;

/// The steps of a flush, in order.
#[derive(Default)]
pub(crate) struct Steps {
    pub(crate) steps: Vec<Step>,
    /// What memory mirrors once they are done.
    pub(crate) aftermath: Aftermath,
    /// What follows when rows get other keys.
    pub(crate) followers: Arc<Followers>,
    /// Rows that a DELETE before theirs may take along.
    pub(crate) may_be_gone: HashSet<RowId>,
}

/// Rows of one table that are written alike, one after the other.
pub(crate) struct Step {
    pub(crate) action: Action,
    pub(crate) table: &'static Table,
    pub(crate) columns: ColumnSet,
    pub(crate) slots: Vec<u32>,
    /// The entities whose rows the rows of a [`Action::Replace`] take over, one each.
    pub(crate) replaced: Vec<u32>,
}

/// What is done to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// INSERT.
    Insert,
    /// UPDATE of what changed.
    Update,
    /// UPDATE of a row whose entity was deleted, to the values of one that was added with its key.
    Replace,
    /// UPDATE of the foreign keys that had to wait until all rows are there.
    Link,
    /// UPDATE of foreign keys to NULL, before a row that they name is deleted.
    Unlink,
    /// UPDATE of foreign keys to NULL, where the session and not the database does so when a row that they name is deleted.
    Clear,
    /// UPDATE of a unique column to NULL or a free value, until another row has taken its value.
    Park,
    /// DELETE.
    Delete,
}

impl Steps {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    fn push(&mut self, action: Action, table: &'static Table, columns: ColumnSet, slots: Vec<u32>) {
        self.steps.push(Step { action, table, columns, slots, replaced: Vec::new() });
    }

    /// Adds a row to the last step, if it may and is written like that, else to a new one; says whether it is a new one.
    fn push_op(&mut self, op: &Op, may_join: bool) -> bool {
        if may_join
            && let Some(last) = self.steps.last_mut()
            && last.action == op.action
            && last.table.number == op.table.number
            && last.columns == op.columns
        {
            last.slots.push(op.slot);
            return false;
        }
        self.push(op.action, op.table, op.columns, vec![op.slot]);
        true
    }
}

/// Orders changes: a table's rows after those of the tables that it names, its UPDATEs before its INSERTs; then the DELETEs
/// the other way round. Where a row takes a value that another gives up, and in cycles, row by row.
///
/// # Errors
/// Misuse when rows wait for each other in a cycle that cannot be broken.
pub(crate) fn plan_changes(
    stores: &Stores,
    changes: &ChangeSet,
    (aftermath, followers): (Aftermath, Followers),
    dialect: &dyn Dialect,
) -> Result<Steps> {
    let parts = order_tables(stores, changes);
    let orders: Vec<Order> = followers.orders.iter().chain(&aftermath.orders).copied().collect();
    let planner = Planner { stores, changes, parts: &parts, orders: &orders };
    let mut plan = Steps::default();
    let handovers = find_handovers(stores, changes, dialect);
    let is_disturbed = orders.iter().any(|order| order.before.0 != order.after.0);
    if handovers.is_empty() && !is_disturbed {
        planner.plan_parts(&mut plan)?;
    } else {
        let ops = (0..parts.len()).flat_map(|stage| planner.writes(stage).chain(planner.deletes(stage)));
        planner.plan_rows(&mut plan, ops.collect(), &handovers)?;
    }
    planner.pair_replaced(&mut plan);
    plan.may_be_gone = taken_along(&plan, &aftermath.under);
    plan.aftermath = aftermath;
    plan.followers = Arc::new(followers);
    Ok(plan)
}

/// Rows to delete that one deleted before them may take along.
fn taken_along(plan: &Steps, under: &[Under]) -> HashSet<RowId> {
    if under.is_empty() {
        return HashSet::new();
    }
    let deletes = plan.steps.iter().filter(|step| step.action == Action::Delete);
    let rows = deletes.flat_map(|step| step.slots.iter().map(|&slot| (step.table.number, slot)));
    let (mut places, mut first_of) = (HashMap::new(), HashMap::new());
    for (place, row) in rows.enumerate() {
        places.insert(row, place);
        first_of.entry(row.0).or_insert(place);
    }
    let is_after = |under: &&Under| {
        let first = match under.slot {
            Some(slot) => places.get(&(under.model, slot)),
            None => first_of.get(&under.model),
        };
        first < places.get(&under.row) && first.is_some()
    };
    under.iter().filter(is_after).map(|under| under.row).collect()
}

struct Planner<'a> {
    stores: &'a Stores,
    changes: &'a ChangeSet,
    parts: &'a [Part],
    orders: &'a [Order],
}

impl Planner<'_> {
    /// Part by part; only those that are cycles row by row.
    fn plan_parts(&self, plan: &mut Steps) -> Result<()> {
        for (stage, part) in self.parts.iter().enumerate() {
            if is_cycle(part) {
                self.plan_rows(plan, self.writes(stage).collect(), &[])?;
            } else {
                self.plan_groups(plan, part);
            }
        }
        for (stage, part) in self.parts.iter().enumerate().rev() {
            if is_cycle(part) {
                self.plan_rows(plan, self.deletes(stage).collect(), &[])?;
            } else {
                for op in self.deletes(stage) {
                    plan.push_op(&op, true);
                }
            }
        }
        Ok(())
    }

    fn plan_groups(&self, plan: &mut Steps, part: &Part) {
        for group in of_part(&self.changes.updates, part) {
            plan.push(Action::Update, part[0], group.columns, group.slots.clone());
        }
        self.replaces(part).for_each(|replaced| {
            plan.push(Action::Replace, part[0], replaced.columns, vec![replaced.new]);
        });
        for group in of_part(&self.changes.inserts, part) {
            plan.push(Action::Insert, part[0], group.columns, group.slots.clone());
        }
        for group in of_part(&self.changes.clears, part) {
            plan.push(Action::Clear, part[0], group.columns, group.slots.clone());
        }
    }

    fn plan_rows(&self, plan: &mut Steps, ops: Vec<Op>, handovers: &[Handover]) -> Result<()> {
        let mut graph = Graph::new(ops);
        add_links(&mut graph, self.stores);
        add_handovers(&mut graph, handovers, self.changes);
        self.add_orders(&mut graph);
        graph.break_cycles().map_err(|cycle| unbreakable(self.stores, &graph, &cycle))?;
        let mut first = 0;
        for (place, Placed { op, named }) in graph.sort().into_iter().enumerate() {
            if op.columns.is_empty() && op.action == Action::Update {
                continue;
            }
            // No row of a step names another of the same step.
            let may_join = place > 0 && named.is_none_or(|named| named < first);
            if plan.push_op(&op, may_join) {
                first = place;
            }
        }
        Ok(())
    }

    fn add_orders(&self, graph: &mut Graph) {
        if self.orders.is_empty() {
            return;
        }
        let rows = graph.ops.iter().enumerate().map(|(index, op)| ((op.table.number, op.slot), index));
        let rows: HashMap<RowId, usize> = rows.collect();
        for order in self.orders {
            if let (Some(&before), Some(&after)) = (rows.get(&order.before), rows.get(&order.after)) {
                graph.add(before, after, Reason::Row, None);
            }
        }
    }

    /// What is written in a part, in the default order.
    fn writes(&self, stage: usize) -> impl Iterator<Item = Op> + '_ {
        let part = &self.parts[stage];
        let updates = of_part(&self.changes.updates, part).flat_map(|group| group.rows());
        let inserts = of_part(&self.changes.inserts, part).flat_map(|group| group.rows());
        let replaces = self.replaces(part).map(|replaced| Row {
            model: replaced.model,
            slot: replaced.new,
            columns: replaced.columns,
        });
        let of = |action| move |row| (action, row);
        let rows = updates.map(of(Action::Update)).chain(replaces.map(of(Action::Replace)));
        let clears = of_part(&self.changes.clears, part).flat_map(|group| group.rows());
        let rows = rows.chain(inserts.map(of(Action::Insert))).chain(clears.map(of(Action::Clear)));
        rows.enumerate().map(move |(order, (action, row))| self.op(action, row, stage, order))
    }

    /// What is deleted of a part, by table and key.
    fn deletes(&self, stage: usize) -> impl Iterator<Item = Op> + '_ {
        let mut rows = Vec::new();
        for table in &self.parts[stage] {
            let of_table = self.changes.deletes.iter().filter(|group| group.model == table.number);
            let mut slots: Vec<u32> = of_table.flat_map(|group| group.slots.iter().copied()).collect();
            if !slots.is_empty() {
                self.stores.any(table.number).sort_by_key(&mut slots);
            }
            let row = |slot| Row { model: table.number, slot, columns: ColumnSet::EMPTY };
            rows.extend(slots.into_iter().map(row));
        }
        let stage = 2 * self.parts.len() - stage;
        rows.into_iter().enumerate().map(move |(order, row)| self.op(Action::Delete, row, stage, order))
    }

    fn op(&self, action: Action, row: Row, stage: usize, order: usize) -> Op {
        let position = Position { stage, phase: Phase::of(action), level: 0, order };
        let table = self.stores.any(row.model).table();
        Op { action, table, slot: row.slot, columns: row.columns, position }
    }

    fn replaces<'a>(&'a self, part: &'a Part) -> impl Iterator<Item = &'a Replacement> {
        part.iter()
            .flat_map(|table| self.changes.replaces.iter().filter(|replaced| replaced.model == table.number))
    }

    /// Tells the rows that are replaced whose they were.
    fn pair_replaced(&self, plan: &mut Steps) {
        for step in plan.steps.iter_mut().filter(|step| step.action == Action::Replace) {
            let model = step.table.number;
            let find = |slot: &u32| {
                self.changes.replaces.iter().find(|pair| pair.model == model && pair.new == *slot)
            };
            step.replaced = step.slots.iter().filter_map(find).map(|pair| pair.old).collect();
        }
    }
}

/// Names what waits for each other.
fn unbreakable(stores: &Stores, graph: &Graph, cycle: &[usize]) -> Error {
    let inner = graph.edges.iter().filter(|edge| cycle.contains(&edge.before) && cycle.contains(&edge.after));
    let (mut columns, mut is_link) = (Vec::new(), true);
    for edge in inner {
        let (before, after) = (graph.ops[edge.before].table, graph.ops[edge.after].table);
        let (table, of_edge) = match edge.reason {
            Reason::Names(key) => (after, &after.foreign_keys[key].columns),
            Reason::Leaves(key) => (before, &before.foreign_keys[key].columns),
            Reason::Key => (before, &before.primary_key),
            Reason::Unique(unique) => (before, &before.uniques[unique].columns),
            Reason::Row => continue,
        };
        is_link &= matches!(edge.reason, Reason::Names(_) | Reason::Leaves(_));
        columns.extend(table.names(of_edge).map(|name| format!("{}.{name}", table.name)));
    }
    columns.dedup();
    let columns = columns.join(", ");
    let mut rows: Vec<String> = cycle.iter().map(|&op| name_of(stores, &graph.ops[op])).collect();
    rows.dedup();
    let rows = rows.join(", ");
    if columns.is_empty() {
        return Error::misuse(format!(
            "each of these rows has to be written before another of them: {rows}; write one of them in a flush of its own first"
        ));
    }
    if is_link {
        return Error::misuse(format!(
            "these rows name each other in a cycle, through {columns}: none of these columns allows NULL, so no row can come first"
        ));
    }
    Error::misuse(format!(
        "these rows hand values on in a cycle, through {columns}, and no column can take another value for a while: {rows}; change one of them in a flush of its own first"
    ))
}

fn name_of(stores: &Stores, op: &Op) -> String {
    match op.action {
        Action::Insert => format!("a new `{}`", op.table.model),
        Action::Update
        | Action::Replace
        | Action::Link
        | Action::Unlink
        | Action::Clear
        | Action::Park
        | Action::Delete => {
            format!("`{}` with key {}", op.table.model, stores.any(op.table.number).key_text(op.slot))
        }
    }
}
