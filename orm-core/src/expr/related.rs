//! Conditions on what a relation leads to: EXISTS over the relation's own path.

use super::join::Ends;
use super::methods::Expr;
use super::node::{Node, TableRef};
use super::relation::{AsPath, Many, One, Path};
use super::scope::{Firm, In, Of, Predicate};
use super::tree::{JoinKind, SelectTree};
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

/// EXISTS over a path, from a table of the statement around it. A relation that leads back to the same table takes the rows
/// that it leads to under a name of their own, or the table around could not be spoken of.
fn exists(path: &Path, from: TableRef, mut condition: Node) -> Node {
    let target = TableRef::own(path.route.target());
    let to = match target == from {
        true => TableRef::hidden(target.table, 100 + depth(&condition)),
        false => target,
    };
    condition.rebase(target, to);
    let join = Ends { from, to, path: path.clone() }.join(JoinKind::Inner, 100 + depth(&condition));
    let mut tree = SelectTree::new(to);
    let (between, on) = (join.between, join.on);
    tree.filters.extend(on);
    if let Some((between, far)) = between {
        tree.joins.push(super::tree::Join {
            kind: JoinKind::Inner,
            to: between,
            between: None,
            on: Some(far),
        });
    }
    tree.filters.push(condition);
    Node::Exists(Box::new(tree))
}

/// How many SELECTs stand inside each other in a condition.
fn depth(node: &Node) -> u16 {
    if let Node::Exists(select) | Node::InSelect(_, select) | Node::Scalar(select) = node {
        return 1 + select.filters.iter().map(depth).max().unwrap_or(0);
    }
    let mut deepest = 0;
    node.each_child(&mut |child| deepest = deepest.max(depth(child)));
    deepest
}
