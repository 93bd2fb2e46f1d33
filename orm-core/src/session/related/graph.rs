//! Untracked graphs: what a plan asks for of rows that no session knows, level by level.

use super::super::core::{Core, Intent};
use super::super::statistics::Origin;
use super::along::{Begun, Start};
use super::fetch::has_key;
use super::plan::{Branch, Plan};
use crate::error::{Error, Result};
use crate::expr::{Hop, Join, JoinKind, KeyField, Node, Path, Route, TableRef};
use crate::load::{Groups, Intake, Keys, Level, LoadedBranch, RowKey, Span};
use crate::stmt::{Item, SelectTree};

/// How deep a graph can be: values that hold values are dropped and serialised one inside the other.
pub(super) const DEEPEST: usize = 1_000;

/// A branch of a plan that is followed from the rows of one level.
#[derive(Clone, Copy)]
pub(super) struct Twig<'a> {
    branch: &'a Branch,
    /// How many times over it is followed still.
    times: usize,
    /// How many levels there are above.
    level: usize,
}

/// The statement for what a path leads to, but for the keys.
struct Question {
    tree: SelectTree,
    /// What the keys are compared with.
    asked: Asked,
    /// The columns of a row that name the row above.
    named: Vec<usize>,
    /// Where the columns of the model begin.
    first: usize,
    /// The key of the model, where a row can be linked twice.
    once: Option<&'static [usize]>,
}

/// What the keys of the rows above are compared with.
enum Asked {
    /// A foreign key, and its number of columns.
    ForeignKey(Node, usize),
    /// A primary key.
    PrimaryKey(TableRef),
}

impl Plan {
    /// The keys that the rows of a query are asked for.
    ///
    /// # Errors
    /// Misuse for a relation that the plan has twice.
    pub(crate) fn keys(&self) -> Result<Vec<Keys>> {
        let twigs: Vec<Twig<'_>> = self.branches.iter().map(|branch| Twig::new(branch, 0)).collect();
        keys_of(&twigs)
    }
}

impl<'a> Twig<'a> {
    pub(super) fn new(branch: &'a Branch, level: usize) -> Self {
        Twig { branch, times: branch.depth, level }
    }

    /// What is followed from the rows that it leads to.
    fn next(self) -> Vec<Twig<'a>> {
        let again = (self.times > 1).then_some(Twig { times: self.times - 1, level: self.level + 1, ..self });
        let then = self.branch.then.iter().map(|branch| Twig::new(branch, self.level + 1));
        then.chain(again).collect()
    }
}

impl Branch {
    /// The rows that it leads to, and where those of each row above stand.
    pub(super) fn loaded(&self, rows: Box<dyn Level>, spans: Vec<Span>) -> LoadedBranch {
        let (id, name) = (self.path.id, self.path.name.name);
        LoadedBranch { id, name, is_list: self.is_list, rows: rows.freeze(), spans }
    }
}

pub(super) fn keys_of(twigs: &[Twig<'_>]) -> Result<Vec<Keys>> {
    for (index, twig) in twigs.iter().enumerate() {
        if twigs[..index].iter().any(|other| other.branch.path.id == twig.branch.path.id) {
            let name = twig.branch.path.name;
            return Err(Error::misuse(format!(
                "`{name}` is loaded twice with the same rows, and an untracked row holds a relation once: \
                 write one of them, with all that follows it by `.then(..)`"
            )));
        }
    }
    Ok(twigs.iter().map(|twig| Keys::new(followed_by(&twig.branch.path))).collect())
}

/// The columns of a row by which a path is followed from it.
fn followed_by(path: &Path) -> &'static [usize] {
    match path.route {
        Route::Up(key) => &key.foreign_key().columns,
        Route::Down(_) | Route::DownUp(..) | Route::Along(_) => &path.route.origin().primary_key,
    }
}

impl Core {
    /// Loads what a plan asks for of the rows of a query, whose keys were noted.
    ///
    /// # Errors
    /// Whatever the database reports; misuse for a relation that the plan has twice, and for a graph that is too deep.
    pub(crate) fn grow(&mut self, plan: &Plan, level: &mut dyn Level, keys: &[Keys]) -> Result<()> {
        let mut branches = Vec::with_capacity(keys.len());
        for (branch, keys) in plan.branches.iter().zip(keys) {
            branches.push(self.grow_twig(Twig::new(branch, 0), &keys.of_rows)?);
        }
        level.attach(branches);
        Ok(())
    }

    /// What a branch leads to from rows with these keys, and what follows from there.
    pub(super) fn grow_twig(&mut self, twig: Twig<'_>, above: &[RowKey]) -> Result<LoadedBranch> {
        let (path, next) = (&twig.branch.path, twig.next());
        let groups = Groups::of(above);
        let mut intake = Intake::new((twig.branch.make_level)(), keys_of(&next)?);
        self.take_in(path, &groups, &mut intake)?;
        let spans = intake.group(&groups);
        let Intake { mut level, keys, .. } = intake;
        if !next.is_empty() && !level.is_empty() {
            check_depth(twig)?;
            let mut branches = Vec::with_capacity(next.len());
            for (next, keys) in next.into_iter().zip(&keys) {
                branches.push(self.grow_twig(next, &keys.of_rows)?);
            }
            level.attach(branches);
        }
        Ok(twig.branch.loaded(level, spans))
    }

    /// Loads the rows that a path leads to from those of some keys, in chunks.
    fn take_in(&mut self, path: &Path, groups: &Groups, intake: &mut Intake) -> Result<()> {
        if groups.keys.is_empty() {
            return Ok(());
        }
        let Question { mut tree, asked, named, first, once } = question(path);
        intake.expect(named, first, once);
        for keys in groups.keys.chunks(self.chunk_asked(&asked)) {
            tree.filters.push(asked.is_one_of(keys));
            let (statement, values) = self.compile(&tree)?;
            self.on_wire(Intent::Read.by(Origin::Eager(path.name)), |connection, _, _| {
                intake.load(connection, (&statement, &values), groups)
            })?;
            tree.filters.pop();
        }
        Ok(())
    }

    fn chunk_asked(&self, asked: &Asked) -> usize {
        match asked {
            Asked::ForeignKey(_, width) => self.chunk(*width),
            Asked::PrimaryKey(table) => self.chunk_of_keys(table.table),
        }
    }
}

fn check_depth(twig: Twig<'_>) -> Result<()> {
    if twig.level < DEEPEST { Ok(()) } else { Err(too_deep(&twig.branch.path)) }
}

#[cold]
pub(super) fn too_deep(path: &Path) -> Error {
    let name = path.name;
    Error::misuse(format!(
        "`{name}` leads more than {DEEPEST} levels deep, or in a circle: give `recursive` a smaller depth, or load entities"
    ))
}

fn question(path: &Path) -> Question {
    match path.route {
        Route::Up(key) => {
            let table = TableRef::own(key.target());
            let (tree, named) = (SelectTree::new(table), key.target().primary_key.clone());
            Question { tree, asked: Asked::PrimaryKey(table), named, first: 0, once: None }
        }
        Route::Down(key) => {
            let table = TableRef::own(key.table);
            let mut tree = SelectTree::new(table);
            tree.filters.clone_from(&path.terms.filters);
            tree.order_by.clone_from(&path.terms.order_by);
            tree.limit = path.terms.limit;
            tree.limit_for_each = path.terms.limit.map(|_| foreign_key(table, key));
            let named = key.foreign_key().columns.clone();
            Question { tree, asked: Asked::of(table, key), named, first: 0, once: None }
        }
        Route::DownUp(back, on) => linked(path, back, on),
        Route::Along(hops) => question_along(path, hops),
    }
}

/// The rows on the far side of a link table, each behind the key that the link's row names.
fn linked(path: &Path, back: KeyField, on: KeyField) -> Question {
    let (link, end) = (TableRef::hidden(back.table, 0), TableRef::own(on.target()));
    let mut tree = SelectTree::new(link);
    tree.items = vec![Item::Expression(foreign_key(link, back)), Item::Table(end)];
    let on = Some(on.up(link, end));
    tree.joins.push(Join { kind: JoinKind::Inner, to: end, between: Vec::new(), on });
    tree.filters.clone_from(&path.terms.filters);
    tree.order_by.clone_from(&path.terms.order_by);
    let width = back.foreign_key().columns.len();
    let once = Some(end.table.primary_key.as_slice());
    Question { tree, asked: Asked::of(link, back), named: (0..width).collect(), first: width, once }
}

/// The rows at the end of a way, each behind the key of the row that it leads from.
fn question_along(path: &Path, hops: &'static [Hop]) -> Question {
    let Begun { mut tree, start, key, .. } = Begun::of(path, hops, JoinKind::Inner);
    let end = path.route.target();
    tree.items.push(Item::Table(TableRef::own(end)));
    tree.order_by.clone_from(&path.terms.order_by);
    let asked = match start {
        Start::Named(link, key) => Asked::of(link, key),
        Start::Own(from) => Asked::PrimaryKey(from),
    };
    Question { tree, asked, named: (0..key).collect(), first: key, once: Some(&end.primary_key) }
}

fn foreign_key(of: TableRef, key: KeyField) -> Node {
    Node::Field { of, field: key.field }
}

impl Asked {
    fn of(table: TableRef, key: KeyField) -> Self {
        Asked::ForeignKey(foreign_key(table, key), key.foreign_key().columns.len())
    }

    /// The condition that it is one of some keys.
    fn is_one_of(&self, keys: &[RowKey]) -> Node {
        match self {
            Asked::ForeignKey(field, _) => {
                let keys = keys.iter().map(|key| Node::Values(key.values())).collect();
                Node::InList(Box::new(field.clone()), keys)
            }
            Asked::PrimaryKey(table) => {
                let keys: Vec<_> = keys.iter().map(RowKey::values).collect();
                has_key(*table, &keys)
            }
        }
    }
}
