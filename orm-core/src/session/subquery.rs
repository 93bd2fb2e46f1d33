//! Statements inside expressions: EXISTS, IN and one value.

use super::select::Select;
use crate::expr::{ComparedAs, Correlated, Expr, Firm, List, Node, Selectable};
use crate::load::Picked;
use crate::schema::Model;

/// What a statement inside another speaks of there.
type Around<S> = <S as Correlated>::Uses;

/// Whether a statement finds a row.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::exists;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: Id<User> }
/// let posts = select::<Post>().correlate::<User>().filter(Post::author.eq(User::id));
/// let writers = select::<User>().filter(exists(posts));
/// ```
pub fn exists<M: Model, S: Correlated, O>(statement: Select<M, S, O>) -> Expr<bool, Firm<Around<S>>> {
    Expr::new(Node::Exists(Box::new(statement.into_tree())))
}

impl<M: Model, S: Correlated, T: Selectable> Select<M, S, Picked<T>> {
    /// The one value that the statement finds, as an expression; NULL if it finds none.
    pub fn scalar(self) -> Expr<T::Opt, Firm<Around<S>>> {
        Expr::new(Node::Scalar(Box::new(self.into_tree())))
    }
}

#[allow(private_interfaces)]
impl<M: Model, S: Correlated, T: ComparedAs<V>, V> List<V> for Select<M, S, Picked<T>> {
    type Uses = Firm<Around<S>>;

    fn holds(self, left: Node) -> Node {
        Node::InSelect(Box::new(left), Box::new(self.into_tree()))
    }
}
