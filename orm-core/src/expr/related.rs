//! Conditions on what a relation leads to: EXISTS over the relation's own path.

use super::join::Ends;
use super::methods::Expr;
use super::node::{Node, TableRef};
use super::relation::{AsPath, Many, One, Path};
use super::scope::{Firm, In, Of, Predicate};
use super::tree::{Item, Join, JoinKind, SelectTree};
use crate::schema::{Model, Points};
use crate::value::{Column, Fk};

/// A condition on the rows of `M`, by rows that a relation leads to.
type ByRelated<M> = Expr<bool, Firm<Of<M>>>;

impl<M: Model, T: Model, V> Many<M, T, V>
where
    Self: AsPath,
{
    /// Whether one of the rows that it leads to meets a condition.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(DeclarativeBase)] pub struct Db;
    /// # #[derive(Model, Clone)] #[model(base = Db)]
    /// # #[relation(posts = many(Post::author))]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
    /// # #[derive(Model, Clone)] #[model(base = Db)]
    /// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: Id<User>, pub title: String }
    /// let fans = select::<User>().filter(User::posts.any(Post::title.contains("rust")));
    /// let others = select::<User>().filter(!User::posts.any(Post::title.contains("rust")));
    /// ```
    pub fn any<P: Predicate<In<T>, I>, I>(self, condition: P) -> P::Keep<ByRelated<M>> {
        P::keep(Expr::new(exists(&self.path(), TableRef::own(M::table()), condition.into_condition())))
    }

    /// Whether all of the rows that it leads to meet a condition, as they do when there are none.
    pub fn all<P: Predicate<In<T>, I>, I>(self, condition: P) -> P::Keep<ByRelated<M>> {
        let fails = Node::Postfix(" IS NOT TRUE", Box::new(condition.into_condition()));
        P::keep(Expr::new(Node::Not(Box::new(exists(&self.path(), TableRef::own(M::table()), fails)))))
    }
}

impl<M: Model, T: Model> One<M, T> {
    /// Whether the row that it leads to is there, and meets a condition.
    pub fn has<P: Predicate<In<T>, I>, I>(self, condition: P) -> P::Keep<ByRelated<M>> {
        P::keep(Expr::new(exists(&self.path(), TableRef::own(M::table()), condition.into_condition())))
    }
}

impl<M: Model, F: Points> Column<M, F, Fk> {
    /// Whether the row that the foreign key names meets a condition.
    pub fn has<P: Predicate<In<F::Target>, I>, I>(self, condition: P) -> P::Keep<ByRelated<M>> {
        P::keep(Expr::new(exists(&self.path(), TableRef::own(M::table()), condition.into_condition())))
    }
}

/// EXISTS over a path, from a table of the statement around it.
fn exists(path: &Path, from: TableRef, condition: Node) -> Node {
    let rows = Rows::of(path, from, &[&condition]);
    let condition = rows.of_their_own(condition);
    let mut tree = rows.tree;
    tree.filters.push(condition);
    Node::Exists(Box::new(tree))
}

/// The rows that a path leads to, from a table of the statement around them.
pub(super) struct Rows {
    target: TableRef,
    pub(super) tree: SelectTree,
}

impl Rows {
    /// A relation that leads back to the same table takes the rows that it leads to under a name of their own, or the table around
    /// could not be spoken of; the name is none of those in what is asked of the rows.
    pub(super) fn of(path: &Path, from: TableRef, asked: &[&Node]) -> Rows {
        let target = TableRef::own(path.route.target());
        let asked = asked.iter().copied().chain(&path.terms.filters);
        let number = 100 + asked.map(depth).max().unwrap_or(0);
        let to = if target == from { TableRef::hidden(target.table, number) } else { target };
        let join = Ends { from, to, path: path.clone() }.join(JoinKind::Inner, number);
        let mut tree = SelectTree::new(to);
        tree.filters.extend(join.on);
        tree.joins.extend(join.between.into_iter().rev().map(|(between, next)| Join {
            kind: JoinKind::Inner,
            to: between,
            between: Vec::new(),
            on: Some(next),
        }));
        Rows { target, tree }
    }

    /// What speaks of the rows, by the name that they have here.
    pub(super) fn of_their_own(&self, mut node: Node) -> Node {
        node.rebase(self.target, self.tree.from);
        node
    }
}

/// How many SELECTs stand inside each other in a condition.
fn depth(node: &Node) -> u16 {
    if let Node::Exists(select) | Node::InSelect(_, select) | Node::Scalar(select) = node {
        let items = select.items.iter().filter_map(|item| match item {
            Item::Expression(node) => Some(node),
            Item::Table(_) => None,
        });
        return 1 + select.filters.iter().chain(items).map(depth).max().unwrap_or(0);
    }
    let mut deepest = 0;
    node.each_child(&mut |child| deepest = deepest.max(depth(child)));
    deepest
}
