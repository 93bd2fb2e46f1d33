//! What has to come before what, row by row. A graph is made only where the order of the tables does not say enough: where
//! tables form a cycle, and where a row takes a value that another gives up.
//!
//! Each operation has a position in the default order. A sort that always takes the ready operation of least position keeps
//! that order wherever no edge disturbs it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::plan::Action;
use crate::schema::Table;
use crate::util::columns::ColumnSet;
use crate::util::topo::strongly_connected;

/// What is done to one row.
#[derive(Clone)]
pub(super) struct Op {
    pub(super) action: Action,
    pub(super) table: &'static Table,
    pub(super) slot: u32,
    pub(super) columns: ColumnSet,
    pub(super) position: Position,
}

/// Where an operation stands if nothing disturbs the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    /// Which part of the tables; those of DELETEs follow, the other way round.
    pub(super) stage: usize,
    pub(super) phase: Phase,
    /// How far down a tree of rows that are inserted or deleted together.
    pub(super) level: usize,
    pub(super) order: usize,
}

/// The order of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Before,
    Update,
    Insert,
    After,
}

impl Phase {
    pub(super) fn of(action: Action) -> Self {
        match action {
            Action::Park | Action::Unlink => Phase::Before,
            Action::Update | Action::Replace => Phase::Update,
            Action::Insert | Action::Delete => Phase::Insert,
            Action::Link | Action::Clear => Phase::After,
        }
    }
}

/// Says that one operation comes before another.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) before: usize,
    pub(super) after: usize,
    pub(super) reason: Reason,
    /// How a cycle can be broken here, if it can.
    pub(super) remedy: Option<Remedy>,
}

/// Why one operation comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// A row is there before another names it, by a foreign key of the other.
    Names(usize),
    /// A row stops naming another before that goes, by a foreign key of the first.
    Leaves(usize),
    /// A row gives up the key that another takes.
    Key,
    /// A row gives up the value of a unique constraint that another takes.
    Unique(usize),
    /// Both write the same row.
    Row,
}

/// How a cycle is broken at an edge: the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Remedy {
    /// The column of the first row takes another value for a while.
    Park(usize),
    /// The first row names nothing before the second goes.
    Unlink,
    /// The second row names nothing until the first is there.
    Link,
}

/// Operations and what orders them.
pub(super) struct Graph {
    pub(super) ops: Vec<Op>,
    pub(super) edges: Vec<Edge>,
    /// What breaking a cycle added, by action, table and slot.
    added: HashMap<(Action, usize, u32), usize>,
}

/// An operation in its place.
pub(super) struct Placed {
    pub(super) op: Op,
    /// The place of the last row before it that it names by an entity: both cannot be of one step.
    pub(super) named: Option<usize>,
}

impl Graph {
    pub(super) fn new(ops: Vec<Op>) -> Self {
        Graph { ops, edges: Vec::new(), added: HashMap::new() }
    }

    pub(super) fn add(&mut self, before: usize, after: usize, reason: Reason, remedy: Option<Remedy>) {
        self.edges.push(Edge { before, after, reason, remedy });
    }

    /// Breaks every cycle at its weakest edge.
    ///
    /// # Errors
    /// The members of a cycle that has no edge to break it at.
    pub(super) fn break_cycles(&mut self) -> Result<(), Vec<usize>> {
        loop {
            let befores = self.befores();
            let parts = strongly_connected(self.ops.len(), |op| befores[op].clone());
            let mut part_of = vec![0; self.ops.len()];
            for (number, part) in parts.iter().enumerate() {
                part.iter().for_each(|&op| part_of[op] = number);
            }
            let mut weakest: Vec<Option<usize>> = vec![None; parts.len()];
            let mut is_cycle = vec![false; parts.len()];
            for (index, edge) in self.edges.iter().enumerate() {
                let part = part_of[edge.after];
                if part_of[edge.before] == part {
                    is_cycle[part] = true;
                    let best = weakest[part].map(|best| self.weakness(best));
                    if edge.remedy.is_some() && best.is_none_or(|best| self.weakness(index) < best) {
                        weakest[part] = Some(index);
                    }
                }
            }
            let Some(first) = is_cycle.iter().position(|&is_cycle| is_cycle) else { return Ok(()) };
            let mut broken: Vec<usize> = weakest.iter().flatten().copied().collect();
            if let Some(part) = (first..parts.len()).find(|&part| is_cycle[part] && weakest[part].is_none()) {
                return Err(parts[part].clone());
            }
            broken.sort_unstable();
            broken.into_iter().rev().for_each(|edge| self.break_at(edge));
        }
    }

    /// The less, the sooner a cycle is broken there.
    fn weakness(&self, edge: usize) -> (Option<Remedy>, usize, usize) {
        let Edge { before, after, remedy, .. } = self.edges[edge];
        let written = if remedy == Some(Remedy::Link) { after } else { before };
        (remedy, written, edge)
    }

    fn break_at(&mut self, edge: usize) {
        let Edge { before, after, reason, remedy } = self.edges.swap_remove(edge);
        match (reason, remedy) {
            (Reason::Names(key), Some(Remedy::Link)) => {
                let columns: ColumnSet =
                    self.ops[after].table.foreign_keys[key].columns.iter().copied().collect();
                let written = self.ops[after].columns.without(&columns);
                self.ops[after].columns = written;
                let link = self.beside(after, Action::Link, columns);
                self.add(before, link, reason, None);
            }
            (Reason::Leaves(key), Some(Remedy::Unlink)) => {
                let columns = self.ops[before].table.foreign_keys[key].columns.iter().copied().collect();
                let unlink = self.beside(before, Action::Unlink, columns);
                self.add(unlink, after, reason, None);
            }
            (Reason::Unique(_), Some(Remedy::Park(column))) => {
                let park = self.beside(before, Action::Park, [column].into_iter().collect());
                self.add(park, after, reason, None);
                for other in &mut self.edges {
                    if other.before == before && other.reason == reason {
                        (other.before, other.remedy) = (park, None);
                    }
                }
            }
            _ => unreachable!("a remedy belongs to its reason, and only an edge with one is broken"),
        }
    }

    /// The operation of a kind on the same row, made if there is none; it writes the columns as well.
    fn beside(&mut self, row: usize, action: Action, columns: ColumnSet) -> usize {
        let Op { table, slot, position, .. } = self.ops[row];
        if let Some(&known) = self.added.get(&(action, table.number, slot)) {
            columns.iter().for_each(|column| self.ops[known].columns.insert(column));
            return known;
        }
        let position = Position { phase: Phase::of(action), ..position };
        self.ops.push(Op { action, table, slot, columns, position });
        let new = self.ops.len() - 1;
        self.added.insert((action, table.number, slot), new);
        let (first, second) = if action == Action::Link { (row, new) } else { (new, row) };
        self.add(first, second, Reason::Row, None);
        new
    }

    /// What comes before each operation.
    fn befores(&self) -> Vec<Vec<usize>> {
        let mut befores = vec![Vec::new(); self.ops.len()];
        self.edges.iter().for_each(|edge| befores[edge.after].push(edge.before));
        befores
    }

    /// The operations in order; there is no cycle any more.
    pub(super) fn sort(mut self) -> Vec<Placed> {
        let afters = self.afters();
        let first = self.topological(&afters);
        self.level(&first, &afters);
        let order = self.topological(&afters);
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, &op)| place[op] = at);
        let mut named = vec![None; order.len()];
        for edge in self.edges.iter().filter(|edge| matches!(edge.reason, Reason::Names(_))) {
            named[edge.after] = named[edge.after].max(Some(place[edge.before]));
        }
        order.into_iter().map(|op| Placed { op: self.ops[op].clone(), named: named[op] }).collect()
    }

    /// The edges that leave each operation.
    fn afters(&self) -> Vec<Vec<usize>> {
        let mut afters = vec![Vec::new(); self.ops.len()];
        self.edges.iter().enumerate().for_each(|(index, edge)| afters[edge.before].push(index));
        afters
    }

    fn topological(&self, afters: &[Vec<usize>]) -> Vec<usize> {
        let mut waits = vec![0; self.ops.len()];
        self.edges.iter().for_each(|edge| waits[edge.after] += 1);
        let at = |op: usize| Reverse((self.ops[op].position, op));
        let mut ready: BinaryHeap<_> = (0..self.ops.len()).filter(|&op| waits[op] == 0).map(at).collect();
        let mut order = Vec::with_capacity(self.ops.len());
        while let Some(Reverse((_, op))) = ready.pop() {
            order.push(op);
            for &edge in &afters[op] {
                let after = self.edges[edge].after;
                waits[after] -= 1;
                if waits[after] == 0 {
                    ready.push(at(after));
                }
            }
        }
        order
    }

    /// Rows of a tree are inserted level by level from the root, and deleted level by level to the root.
    fn level(&mut self, order: &[usize], afters: &[Vec<usize>]) {
        let mut level = vec![0; self.ops.len()];
        for &op in order.iter().filter(|&&op| self.ops[op].action == Action::Insert) {
            for edge in afters[op].iter().map(|&edge| &self.edges[edge]) {
                if self.are_alike(edge) {
                    level[edge.after] = level[edge.after].max(level[op] + 1);
                }
            }
        }
        let mut deepest = vec![0; self.ops.iter().map(|op| op.position.stage + 1).max().unwrap_or(0)];
        for &op in order.iter().rev().filter(|&&op| self.ops[op].action == Action::Delete) {
            let parents = afters[op].iter().map(|&edge| &self.edges[edge]);
            level[op] = parents
                .filter(|edge| self.are_alike(edge))
                .map(|edge| level[edge.after] + 1)
                .max()
                .unwrap_or(0);
            let stage = self.ops[op].position.stage;
            deepest[stage] = level[op].max(deepest[stage]);
        }
        for (op, level) in self.ops.iter_mut().zip(level) {
            op.position.level = match op.action {
                Action::Delete => deepest[op.position.stage] - level,
                Action::Insert => level,
                Action::Update
                | Action::Replace
                | Action::Link
                | Action::Unlink
                | Action::Clear
                | Action::Park => 0,
            };
        }
    }

    /// Whether an edge is one of a tree of rows that are written alike.
    fn are_alike(&self, edge: &Edge) -> bool {
        let (before, after) = (&self.ops[edge.before], &self.ops[edge.after]);
        let is_foreign_key = matches!(edge.reason, Reason::Names(_) | Reason::Leaves(_));
        is_foreign_key && before.action == after.action && before.position.stage == after.position.stage
    }
}
