//! Trees of one model in one statement: some rows, and what a relation leads to from them over and over.

use super::super::core::{Core, Intent};
use super::super::statistics::Origin;
use super::plan::Plan;
use crate::error::Result;
use crate::expr::{KeyField, Naming, Node, Path, Recursion, Route, TableRef};
use crate::load::{TreeRow, load_tree};
use crate::stmt::{SelectTree, What};
use crate::store::Source;

/// A depth from which on all levels are loaded: then a circle of rows costs nothing.
const ALL_LEVELS: usize = 10_000;

/// The rows of a tree's statement.
struct Tree {
    /// The slots that the tree begins with, in their order.
    top: Vec<u32>,
    /// The slots that it leads to.
    found: Vec<u32>,
}

impl Path {
    /// Whether it leads from a table back to itself, so that it can be followed over and over in one statement.
    fn is_tree(&self) -> bool {
        let (Route::Up(key) | Route::Down(key)) = self.route else { return false };
        key.table.number == key.target().number && self.terms.limit.is_none()
    }

    /// A query whose rows begin with this path.
    pub(super) fn begun_by(&self, tree: &SelectTree, depth: usize) -> SelectTree {
        let mut tree = tree.clone();
        tree.recursion = Some(Box::new(Recursion {
            route: self.route,
            filters: self.terms.filters.clone(),
            order_by: self.terms.order_by.clone(),
            depth: levels(depth),
        }));
        tree
    }
}

/// How many levels are loaded; all of them, if there is no number.
pub(super) fn levels(depth: usize) -> Option<u64> {
    (depth <= ALL_LEVELS).then_some(depth as u64)
}

impl Plan {
    /// The branch that can be loaded in the statement of the query itself: one that leads from its table back to it, where
    /// the query takes rows of one table as they are.
    pub(crate) fn recursion(&self, tree: &SelectTree) -> Option<usize> {
        let is_plain = tree.what == What::Rows && tree.items.is_empty() && !tree.distinct;
        let is_whole = tree.compound.is_none()
            && tree.joins.is_empty()
            && tree.group_by.is_empty()
            && tree.having.is_empty()
            && tree.lock.is_none();
        if !is_plain || !is_whole || tree.from.naming != Naming::Own {
            return None;
        }
        self.branches.iter().position(|branch| branch.depth > 1 && branch.path.is_tree())
    }
}

impl Core {
    /// Runs a query with one of its branches in the same statement: the slots of the query's rows.
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports; a value error for a row that does not decode.
    pub(crate) fn run_tree(&mut self, tree: &SelectTree, plan: &Plan, at: usize) -> Result<Vec<u32>> {
        let branch = &plan.branches[at];
        (branch.make_stores)(&mut self.stores);
        self.autoflush()?;
        let path = self.settled(branch.path.clone())?;
        let table = tree.from.table;
        let before = self.stores.any(table.number).slot_count();
        let rows = self
            .run(&path.begun_by(tree, branch.depth), |connection, statement, values, stores| {
                load_tree(connection, statement, values, stores, table)
            })?;
        let Tree { top, found } = self.keep_rows(&path, branch.depth, &rows);
        let source = plan.raises.clone().map_or(Source::Plain, Source::Raising);
        self.remember_load(tree.from.table, before, &found, &source.over(path.name));
        self.remember_load(tree.from.table, before, &top, &Source::Plain);
        Ok(top)
    }

    /// Loads what a path leads to from some entities; of a tree, so many levels at once.
    pub(super) fn load_levels(&mut self, path: &Path, slots: &[u32], depth: usize) -> Result<()> {
        let table = path.route.origin();
        let keys = TableRef::own(table).key_fields();
        let ([key], true, true) = (keys.as_slice(), depth > 1, path.is_tree()) else {
            return self.load_path(path, slots);
        };
        let missing: Vec<u32> = slots.iter().copied().filter(|&slot| !self.is_loaded(path, slot)).collect();
        let has_key = |slot: &u32| self.stores.any(table.number).key(*slot).is_some();
        if !missing.iter().all(has_key) {
            return self.load_path(path, slots);
        }
        for slots in missing.chunks(self.chunk(table.primary_key.len())) {
            let mut tree = SelectTree::new(TableRef::own(table));
            let entity = |&slot: &u32| Node::Entity(self.entity(table.number, slot), table.primary_key.len());
            tree.filters.push(Node::InList(Box::new(key.clone()), slots.iter().map(entity).collect()));
            let source = self.source_of(path, slots[0]).over(path.name);
            let before = self.stores.any(table.number).slot_count();
            let tree = path.begun_by(&tree, depth);
            let (statement, values) = self.compile(&tree)?;
            let rows = self.on_wire(Intent::Read.by(Origin::Eager(path.name)), |connection, stores, _| {
                load_tree(connection, &statement, &values, stores, table)
            })?;
            let Tree { found, .. } = self.keep_rows(path, depth, &rows);
            self.remember_load(table, before, &found, &source);
        }
        Ok(())
    }

    /// Remembers what the rows of a tree say of each other.
    fn keep_rows(&mut self, path: &Path, depth: usize, rows: &[TreeRow]) -> Tree {
        if let Route::Down(key) = path.route {
            self.keep_tree(path, key, levels(depth), rows);
        }
        let mut top: Vec<&TreeRow> = rows.iter().filter(|row| row.last > 0).collect();
        top.sort_unstable_by_key(|row| row.last);
        let found = rows.iter().filter(|row| row.first == 0);
        Tree {
            top: top.into_iter().map(|row| row.slot).collect(),
            found: found.map(|row| row.slot).collect(),
        }
    }

    /// Remembers who is below whom. Those of the last level were not asked who is below them.
    fn keep_tree(&mut self, path: &Path, key: KeyField, levels: Option<u64>, rows: &[TreeRow]) {
        let was_asked = |row: &&TreeRow| levels.is_none_or(|levels| row.depth < levels);
        let parents: Vec<u32> = rows.iter().filter(was_asked).map(|row| row.slot).collect();
        let store = self.stores.any(key.table.number);
        let pair = |row: &TreeRow| {
            let parent = self.stores.slot_of(key.table.number, store.link(row.slot, key.field))?;
            Some((parent, row.slot))
        };
        let pairs: Vec<(u32, u32)> = rows.iter().filter(|row| row.first == 0).filter_map(pair).collect();
        self.lists.load(path.list(0), key, &self.stores, &parents, &pairs);
    }
}
