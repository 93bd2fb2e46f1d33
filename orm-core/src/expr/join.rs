//! What a query can be joined with: along a foreign key, along a relation, or on a condition of the user's own.

use std::marker::PhantomData;

use super::derived::Placed;
use super::hop::Hop;
use super::methods::Condition;
use super::node::{Columns, Node, TableRef};
use super::relation::{AsPath, KeyField, Many, One, Path, Route};
use super::scope::{Always, Contains, In, RowWise, Uses, Within};
use super::source::{AliasName, As, ModelSource, Source};
use super::tree::{Join, JoinKind, SelectTree};
use crate::schema::{Model, Points};
use crate::util::Marker;
use crate::value::{Column, Fk};

/// A join of a query whose models are `S`.
#[diagnostic::on_unimplemented(
    message = "a query cannot be joined with `{Self}`",
    label = "not a foreign key, a relation, or `to::<Model>().on(..)`"
)]
pub trait Joins<S, I> {
    /// What is joined.
    type Target: Source;

    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;

    /// Adds the join to a statement.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn add_to(self, tree: &mut SelectTree, kind: JoinKind, to: TableRef);
}

#[allow(private_interfaces)]
impl<S: Contains<L, I>, I, L: ModelSource, F: Points> Joins<S, I> for Column<L, F, Fk> {
    type Target = F::Target;
    type Keep<Q> = S::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> S::Keep<Q> {
        S::keep(query)
    }

    fn add_to(self, tree: &mut SelectTree, kind: JoinKind, to: TableRef) {
        let path = Column::<L::Model, F, Fk>::new(self.field).path();
        add_path(tree, kind, &Ends { from: L::table_ref(), to, path });
    }
}

macro_rules! relations {
    ($([$($generic:ident)*] $relation:ty;)*) => {$(
        #[allow(private_interfaces)]
        impl<S: Contains<M, I>, I, M: Model, T: Model $(, $generic)*> Joins<S, I> for $relation
        where
            $relation: AsPath,
        {
            type Target = T;
            type Keep<Q> = S::Keep<Q>;

            #[inline]
            fn keep<Q>(query: Q) -> S::Keep<Q> {
                S::keep(query)
            }

            fn add_to(self, tree: &mut SelectTree, kind: JoinKind, to: TableRef) {
                add_path(tree, kind, &Ends { from: M::table_ref(), to, path: self.path() });
            }
        }
    )*};
}

relations! {
    [V] Many<M, T, V>;
    [] One<M, T>;
}

/// A join whose target has another name.
pub struct Aliased<J, A> {
    join: J,
    kind: Marker<A>,
}

impl<L, F, R> Column<L, F, R> {
    /// The same foreign key, to a model under another name.
    pub fn alias<M, A>(self, _alias: As<M, A>) -> Aliased<Self, As<M, A>> {
        Aliased { join: self, kind: PhantomData }
    }
}

impl<M, T, V> Many<M, T, V> {
    /// The same relation, to a model under another name.
    pub fn alias<A>(self, _alias: As<T, A>) -> Aliased<Self, As<T, A>> {
        Aliased { join: self, kind: PhantomData }
    }
}

impl<M, T> One<M, T> {
    /// The same relation, to a model under another name.
    pub fn alias<A>(self, _alias: As<T, A>) -> Aliased<Self, As<T, A>> {
        Aliased { join: self, kind: PhantomData }
    }
}

#[allow(private_interfaces)]
impl<S, I, J: Joins<S, I, Target = M>, M: Model, A: AliasName> Joins<S, I> for Aliased<J, As<M, A>> {
    type Target = As<M, A>;
    type Keep<Q> = J::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> J::Keep<Q> {
        J::keep(query)
    }

    fn add_to(self, tree: &mut SelectTree, kind: JoinKind, to: TableRef) {
        self.join.add_to(tree, kind, to);
    }
}

/// A model to join, on a condition that follows.
pub struct To<T>(Marker<T>);

/// A model to join on any condition.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::expr::to;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub signature: String }
/// let statement = select::<User>().join(to::<Post>().on(Post::signature.eq(User::name)));
/// ```
pub fn to<M: Model>() -> To<M> {
    To(PhantomData)
}

impl<M: Model, A: AliasName> As<M, A> {
    /// This alias to join, on any condition.
    pub fn on<E: Condition>(self, condition: E) -> On<As<M, A>, E::Uses> {
        On::new(condition, None)
    }
}

impl<M: Model> To<M> {
    /// The condition of the join.
    pub fn on<E: Condition>(self, condition: E) -> On<M, E::Uses> {
        On::new(condition, None)
    }
}

/// A join on a condition that speaks of `U`.
pub struct On<T, U> {
    condition: Node,
    /// What is joined, if it is the rows of a subquery.
    placed: Option<Placed>,
    kind: Marker<(T, U)>,
}

impl<T, U> On<T, U> {
    pub(crate) fn new<E: Condition>(condition: E, placed: Option<Placed>) -> Self {
        On { condition: condition.into_node(), placed, kind: PhantomData }
    }
}

#[allow(private_interfaces)]
impl<S, I, T: Source, U: Uses + RowWise + Within<In<T, S, Always>, I>> Joins<S, I> for On<T, U> {
    type Target = T;
    type Keep<Q> = <U as RowWise>::Keep<<U as Within<In<T, S, Always>, I>>::Keep<Q>>;

    #[inline]
    fn keep<Q>(query: Q) -> Self::Keep<Q> {
        <U as RowWise>::keep(<U as Within<In<T, S, Always>, I>>::keep(query))
    }

    fn add_to(self, tree: &mut SelectTree, kind: JoinKind, to: TableRef) {
        if let Some(placed) = self.placed {
            placed.add_to(tree);
        }
        tree.joins.push(Join { kind, to, between: Vec::new(), on: Some(self.condition) });
    }
}

/// What lies between the numbers of the hidden tables of one way: more than a statement has joins.
const FAR_APART: u16 = 1000;

/// A path between two tables of a statement.
pub(crate) struct Ends {
    pub(crate) from: TableRef,
    pub(crate) to: TableRef,
    pub(crate) path: Path,
}

fn add_path(tree: &mut SelectTree, kind: JoinKind, ends: &Ends) {
    let hidden = tree.next_hidden();
    match kind {
        JoinKind::Right => tree.joins.extend(ends.one_by_one(kind, hidden)),
        JoinKind::Inner | JoinKind::Left | JoinKind::Full => tree.joins.push(ends.join(kind, hidden)),
    }
}

impl Ends {
    /// The join along the path; tables between are hidden under a number.
    pub(crate) fn join(&self, kind: JoinKind, hidden: u16) -> Join {
        let (near, between) = self.links(hidden);
        let conditions = std::iter::once(near).chain(self.conditions());
        Join { kind, to: self.to, between, on: Some(all_of(conditions.collect())) }
    }

    /// The same, with the tables between joined first: rows that do not reach the last of them are left out.
    fn one_by_one(&self, kind: JoinKind, hidden: u16) -> Vec<Join> {
        let (mut near, between) = self.links(hidden);
        let mut joins = Vec::with_capacity(between.len() + 1);
        for (to, next) in between {
            let on = Some(std::mem::replace(&mut near, next));
            joins.push(Join { kind: JoinKind::Inner, to, between: Vec::new(), on });
        }
        let conditions = std::iter::once(near).chain(self.conditions());
        joins.push(Join { kind, to: self.to, between: Vec::new(), on: Some(all_of(conditions.collect())) });
        joins
    }

    /// What links the first table with the next, and each table between with the one behind it.
    fn links(&self, hidden: u16) -> (Node, Vec<(TableRef, Node)>) {
        match self.path.route {
            Route::Up(key) => (key.up(self.from, self.to), Vec::new()),
            Route::Down(key) => (key.up(self.to, self.from), Vec::new()),
            Route::DownUp(first, second) => {
                let link = TableRef::hidden(first.table, hidden);
                (first.up(link, self.from), vec![(link, second.up(link, self.to))])
            }
            Route::Along(hops) => {
                let tables = tables_along(hops, hidden, self.to);
                let near = hops[0].link(self.from, tables[0]);
                let steps = hops[1..].iter().zip(tables.windows(2));
                (near, steps.map(|(hop, ends)| (ends[0], hop.link(ends[0], ends[1]))).collect())
            }
        }
    }

    /// What the relation itself asks of the rows that it leads to.
    fn conditions(&self) -> impl Iterator<Item = Node> + '_ {
        self.path.terms.filters.iter().cloned().map(|mut condition| {
            condition.rebase(TableRef::own(self.to.table), self.to);
            condition
        })
    }
}

impl KeyField {
    /// The condition that a row of its table names a row of the other.
    pub(crate) fn up(self, from: TableRef, to: TableRef) -> Node {
        Node::link(Columns { of: from, columns: &self.foreign_key().columns }, to.key())
    }
}

impl Hop {
    /// The condition that it leads from a row of one table to a row of the other.
    pub(crate) fn link(self, from: TableRef, to: TableRef) -> Node {
        if self.is_up() { self.key().up(from, to) } else { self.key().up(to, from) }
    }
}

/// The tables that a way leads to, one after the other: all but the last are hidden.
pub(crate) fn tables_along(hops: &[Hop], hidden: u16, to: TableRef) -> Vec<TableRef> {
    let between = hops[..hops.len() - 1].iter().zip(0_u16..);
    let hide = |(hop, place): (&Hop, u16)| TableRef::hidden(hop.to(), hidden + FAR_APART * place);
    between.map(hide).chain([to]).collect()
}

/// Conditions as one.
fn all_of(mut conditions: Vec<Node>) -> Node {
    match conditions.len() {
        1 => conditions.remove(0),
        _ => Node::And(conditions),
    }
}
