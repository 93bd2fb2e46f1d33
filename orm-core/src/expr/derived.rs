//! Tables that no database has: the rows of a query, named where another takes rows from them.
//!
//! A subquery stands where the rows are taken from; what stands in WITH (a CTE) may be taken from several times, and may speak
//! of itself. Which one it is, and what its columns are, is said by types; the rest is data.

use std::marker::PhantomData;
use std::sync::Arc;

use super::join::On;
use super::methods::Condition;
use super::node::TableRef;
use super::row_struct::{End, RowStruct};
use super::source::{AliasName, As, Source};
use super::tree::SelectTree;
use crate::schema::Model;
use crate::util::Marker;
use crate::value::Field;

/// A table of a statement that no database has.
#[derive(Clone)]
pub(crate) struct DerivedTable {
    /// How expressions speak of it.
    pub(crate) table: TableRef,
    /// What it is called in SQL.
    pub(crate) name: &'static str,
    pub(crate) body: DerivedBody,
}

/// Where its rows come from.
#[derive(Clone)]
pub(crate) enum DerivedBody {
    /// From a SELECT that stands there.
    Subquery(Arc<SelectTree>),
    /// From what stands in WITH under a name.
    With(&'static str),
}

/// What stands in WITH.
pub(crate) struct WithTable {
    pub(crate) name: &'static str,
    pub(crate) select: SelectTree,
    /// Whether it speaks of itself.
    pub(crate) is_recursive: bool,
}

/// The rows of a query, as what another takes rows from.
#[derive(Clone)]
pub(crate) struct Placed {
    table: DerivedTable,
    with: Vec<Arc<WithTable>>,
}

impl Placed {
    /// As a subquery.
    pub(crate) fn subquery(table: TableRef, name: &'static str, select: SelectTree) -> Self {
        let body = DerivedBody::Subquery(Arc::new(select.labelled(table)));
        Placed { table: DerivedTable { table, name, body }, with: Vec::new() }
    }

    /// As what stands in WITH. What the query has there itself comes before it.
    pub(crate) fn with(table: TableRef, name: &'static str, select: SelectTree) -> Self {
        let mut select = select.labelled(table);
        let mut with = std::mem::take(&mut select.with);
        with.push(Arc::new(WithTable { name, select, is_recursive: false }));
        Placed { table: DerivedTable { table, name, body: DerivedBody::With(name) }, with }
    }

    /// Says what a table of a statement is.
    pub(crate) fn add_to(self, tree: &mut SelectTree) {
        tree.add_with(self.with);
        tree.derived.push(self.table);
    }

    /// A statement that takes its rows.
    pub(crate) fn select(self) -> SelectTree {
        let mut tree = SelectTree::new(self.table.table);
        self.add_to(&mut tree);
        tree
    }

    /// The same rows under another name.
    pub(crate) fn renamed(mut self, table: TableRef, name: &'static str) -> Self {
        self.table.table = table;
        self.table.name = name;
        self
    }

    /// The same, spoken of inside of itself.
    pub(crate) fn inside(&self) -> Self {
        Placed { table: self.table.clone(), with: Vec::new() }
    }

    /// Combines what stands in WITH last with a query that may speak of it.
    pub(crate) fn extended(mut self, extend: impl FnOnce(SelectTree) -> SelectTree) -> Self {
        let Some(last) = self.with.pop() else { return self };
        let mut select = extend(last.select.clone());
        for table in std::mem::take(&mut select.with) {
            if !self.with.iter().any(|known| Arc::ptr_eq(known, &table)) {
                self.with.push(table);
            }
        }
        self.with.push(Arc::new(WithTable { name: last.name, select, is_recursive: true }));
        self
    }
}

impl SelectTree {
    /// With columns that have the names of a table's.
    fn labelled(mut self, table: TableRef) -> Self {
        self.first_part_mut().labels = Some(table.table);
        self
    }
}

/// A struct that rows become, whose fields other queries speak of as columns. `#[derive(FromRow)]` implements it.
pub trait RowSource: RowStruct + Source {
    /// Its columns, as those of the source `S`.
    type Columns<S>;

    /// They.
    fn columns<S>() -> Self::Columns<S>;
}

/// Says that a cell is a column.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no column that another query could speak of",
    label = "not a column",
    note = "a subquery with a struct of rows selects columns and expressions; `.subquery(alias)` takes whole models"
)]
pub trait Columnar {}

#[diagnostic::do_not_recommend]
impl<T: Field> Columnar for T {}

/// Says that all cells of a struct are columns.
pub trait AllColumnar {}

impl AllColumnar for End {}
impl<C: Columnar, D: AllColumnar> AllColumnar for (C, D) {}

/// Rows that stand in WITH.
pub enum InWith {}

/// Rows that stand where they are taken from.
pub enum InPlace {}

/// The rows of a query of `M`, as a source `T` of others, with the columns `c`. They become `O` when they are selected as a
/// whole.
pub struct Derived<K, M, T, O, C> {
    /// Its columns.
    pub c: C,
    placed: Placed,
    kind: Marker<(K, M, T, O)>,
}

/// The rows of a query that stand in WITH, made by `.cte(..)`.
pub type Cte<M, T, O, C> = Derived<InWith, M, T, O, C>;

/// The rows of a query that stand where they are taken from, made by `.subquery(..)`.
pub type Subquery<M, T, O, C> = Derived<InPlace, M, T, O, C>;

impl<K, M, T, O, C> Derived<K, M, T, O, C> {
    pub(crate) fn new(placed: Placed, c: C) -> Self {
        Derived { c, placed, kind: PhantomData }
    }

    pub(crate) fn placed(&self) -> Placed {
        self.placed.clone()
    }

    pub(crate) fn into_parts(self) -> (Placed, C) {
        (self.placed, self.c)
    }

    /// Its rows to join, on any condition.
    pub fn on<E: Condition>(&self, condition: E) -> On<T, E::Uses> {
        On::new(condition, Some(self.placed()))
    }
}

#[allow(clippy::type_complexity, reason = "the types say what a query has; users do not write them")]
impl<K, M, R: RowSource, O> Derived<K, M, R, O, R::Columns<R>> {
    /// The same rows under another name, so that they can stand in a query twice.
    pub fn alias<A: AliasName>(&self, _alias: As<R, A>) -> Derived<K, M, As<R, A>, O, R::Columns<As<R, A>>> {
        Derived::new(self.placed().renamed(As::<R, A>::table_ref(), A::NAME), R::columns())
    }
}

impl<K, M: Model, A, O> Derived<K, M, As<M, A>, O, As<M, A>> {
    /// The same rows under another name, so that they can stand in a query twice.
    pub fn alias<N: AliasName>(&self, alias: As<M, N>) -> Derived<K, M, As<M, N>, O, As<M, N>> {
        Derived::new(self.placed().renamed(As::<M, N>::table_ref(), N::NAME), alias)
    }
}
