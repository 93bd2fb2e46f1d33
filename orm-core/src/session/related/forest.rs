//! Untracked trees of one model in the statement of their query: each row comes once, and is put where it belongs.
//!
//! The rows of all levels come as one vector. It is ordered by levels and cut into them; only a row that stands in several
//! places is copied.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::super::core::Core;
use super::graph::{DEEPEST, Twig, keys_of, too_deep};
use super::plan::{Branch, Plan};
use crate::error::Result;
use crate::expr::{Path, Route};
use crate::load::{GraphOf, Keys, Level, LoadedBranch, RowKey, Span};
use crate::schema::Table;
use crate::stmt::SelectTree;

/// How many levels the rows of a forest were asked for: all, if there is no number.
type Levels = Option<usize>;

/// The places of rows, level by level.
struct Forest {
    levels: Vec<Vec<u32>>,
    /// For each row of each level where the rows below it stand in the next one.
    spans: Vec<Vec<Span>>,
}

/// What the rows of a forest were asked for beside their columns, in this order.
struct Asked {
    own: Keys,
    named: Keys,
    first: Keys,
    last: Keys,
    /// For the relations that follow the recursion, then for the others of the query's rows.
    next: Vec<Keys>,
}

impl Asked {
    fn new(table: &'static Table, path: &Path, next: Vec<Keys>) -> Self {
        let key = path.route.first_key();
        let width = table.columns.len();
        Asked {
            own: Keys::new(table.primary_key.as_slice()),
            named: Keys::new(key.foreign_key().columns.as_slice()),
            first: Keys::new(vec![width]),
            last: Keys::new(vec![width + 1]),
            next,
        }
    }

    fn into_keys(self) -> Vec<Keys> {
        [self.own, self.named, self.first, self.last].into_iter().chain(self.next).collect()
    }

    fn from_keys(keys: Vec<Keys>) -> Option<Self> {
        let mut keys = keys.into_iter();
        let (own, named, first, last) = (keys.next()?, keys.next()?, keys.next()?, keys.next()?);
        Some(Asked { own, named, first, last, next: keys.collect() })
    }

    /// The rows of the query, in their order.
    fn top(&self) -> Vec<u32> {
        let is_top = |(_, last): &(u32, i64)| *last > 0;
        let mut top: Vec<(u32, i64)> =
            (0..).zip(self.last.of_rows.iter().map(RowKey::number)).filter(is_top).collect();
        top.sort_unstable_by_key(|(_, last)| *last);
        top.into_iter().map(|(row, _)| row).collect()
    }

    /// Whether the recursion found a row.
    fn is_found(&self, row: usize) -> bool {
        self.first.of_rows[row].number() == 0
    }

    /// For each row those that it leads to, in the order that they came in.
    fn below(&self, path: &Path) -> Vec<Vec<u32>> {
        let mut below = vec![Vec::new(); self.own.of_rows.len()];
        let places: HashMap<&RowKey, u32, RandomState> = self.own.of_rows.iter().zip(0..).collect();
        for (row, place) in (0..).zip(self.named.of_rows.iter().map(|named| places.get(named))) {
            let Some(&place) = place else { continue };
            let (from, to) = match path.route {
                Route::Up(_) => (row, place),
                Route::Down(_) | Route::DownUp(..) | Route::Along(_) => (place, row),
            };
            if self.is_found(to as usize) {
                below[from as usize].push(to);
            }
        }
        below
    }
}

impl Forest {
    fn of(asked: &Asked, path: &Path, depth: Levels) -> Result<Self> {
        let below = asked.below(path);
        let mut forest = Forest { levels: vec![asked.top()], spans: Vec::new() };
        while depth.is_none_or(|depth| forest.spans.len() < depth) {
            let (mut next, mut spans, mut known) =
                (Vec::new(), Vec::new(), HashMap::<u32, Span, RandomState>::default());
            for row in forest.levels.last().into_iter().flatten() {
                spans.push(span_of(&below[*row as usize], path, &mut next, &mut known));
            }
            forest.spans.push(spans);
            if next.is_empty() {
                break;
            }
            if forest.spans.len() > DEEPEST {
                return Err(too_deep(path));
            }
            forest.levels.push(next);
        }
        Ok(forest)
    }

    /// Puts the rows in the order of the levels.
    fn arrange(&self, level: &mut dyn Level, count: usize) {
        let order: Vec<u32> = self.levels.iter().flatten().copied().collect();
        let mut places = vec![u32::MAX; count];
        let is_new =
            |(place, row): (u32, &u32)| std::mem::replace(&mut places[*row as usize], place) == u32::MAX;
        let each_once = (0..).zip(&order).all(is_new);
        match each_once && order.len() == count {
            true => level.arrange(&places),
            false => level.pick(&order),
        }
    }
}

/// The places of the rows below one. Rows that lead up to the same row share its place.
fn span_of(
    below: &[u32],
    path: &Path,
    next: &mut Vec<u32>,
    known: &mut HashMap<u32, Span, RandomState>,
) -> Span {
    let shared = match path.route {
        Route::Up(_) => below.first(),
        Route::Down(_) | Route::DownUp(..) | Route::Along(_) => None,
    };
    if let Some(span) = shared.and_then(|row| known.get(row)) {
        return *span;
    }
    let start = next.len() as u32;
    next.extend_from_slice(below);
    let span = Span { start, end: next.len() as u32 };
    if let Some(row) = shared {
        known.insert(*row, span);
    }
    span
}

impl Core {
    /// Runs a query whose rows no session knows, with one of its branches in the same statement.
    ///
    /// # Errors
    /// As [`grow`](Self::grow).
    pub(crate) fn run_forest<T>(
        &mut self,
        tree: &SelectTree,
        plan: &Plan,
        at: usize,
        graph: &GraphOf<T>,
    ) -> Result<Vec<T>> {
        let branch = &plan.branches[at];
        let twigs = |branches: &mut dyn Iterator<Item = &Branch>| {
            keys_of(&branches.map(|branch| Twig::new(branch, 0)).collect::<Vec<_>>())
        };
        twigs(&mut plan.branches.iter())?;
        let mut next = twigs(&mut branch.then.iter().chain([branch]))?;
        next.truncate(branch.then.len());
        next.extend(twigs(&mut others(plan, at))?);
        let mut keys = Asked::new(tree.from.table, &branch.path, next).into_keys();
        let mut rows = self
            .run(&branch.path.begun_by(tree, branch.depth), |connection, statement, values, _| {
                (graph.load)(connection, statement, values, &mut keys)
            })?;
        if let Some(asked) = Asked::from_keys(keys)
            && !rows.is_empty()
        {
            self.plant(plan, at, &asked, (graph.level)(&mut rows))?;
        }
        Ok(rows)
    }

    /// Puts the rows of a forest where they belong; the rows of the query remain.
    fn plant(&mut self, plan: &Plan, at: usize, asked: &Asked, top: &mut dyn Level) -> Result<()> {
        let (branch, count) = (&plan.branches[at], asked.own.of_rows.len());
        let depth = super::tree::levels(branch.depth).map(|_| branch.depth);
        let forest = Forest::of(asked, &branch.path, depth)?;
        let (then, rest) = asked.next.split_at(branch.then.len());
        let found = |row: u32| asked.is_found(row as usize);
        let then = self.grow_all(&mut branch.then.iter(), then, &found)?;
        let is_top = |row: u32| asked.last.of_rows[row as usize].number() > 0;
        let rest = self.grow_all(&mut others(plan, at), rest, &is_top)?;
        forest.arrange(top, count);
        let mut below: Option<Box<dyn Level>> = None;
        let mut start: usize = forest.levels.iter().map(Vec::len).sum();
        for (level, rows) in forest.levels.iter().enumerate().rev() {
            start -= rows.len();
            let beside = if level == 0 { &rest } else { &then };
            let mut branches: Vec<LoadedBranch> = beside.iter().map(|branch| branch.of_rows(rows)).collect();
            if let Some(spans) = forest.spans.get(level) {
                let rows = below.take().unwrap_or_else(branch.make_level);
                branches.push(branch.loaded(rows, spans.clone()));
            }
            if level == 0 {
                top.attach(branches);
                break;
            }
            let mut rows = top.split_off(start);
            rows.attach(branches);
            below = Some(rows);
        }
        Ok(())
    }

    /// What branches lead to from those of some rows that are meant.
    fn grow_all(
        &mut self,
        branches: &mut dyn Iterator<Item = &Branch>,
        keys: &[Keys],
        is_meant: &dyn Fn(u32) -> bool,
    ) -> Result<Vec<LoadedBranch>> {
        let mut loaded = Vec::with_capacity(keys.len());
        for (branch, keys) in branches.zip(keys) {
            let meant =
                |(row, key): (u32, &RowKey)| if is_meant(row) { key.clone() } else { RowKey::Nothing };
            let above: Vec<RowKey> = (0..).zip(&keys.of_rows).map(meant).collect();
            loaded.push(self.grow_twig(Twig::new(branch, 0), &above)?);
        }
        Ok(loaded)
    }
}

/// The branches of a plan without one.
fn others(plan: &Plan, at: usize) -> impl Iterator<Item = &Branch> {
    plan.branches.iter().enumerate().filter(move |(index, _)| *index != at).map(|(_, branch)| branch)
}
