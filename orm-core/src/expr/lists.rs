//! Conditions from a list: all of them, or one of them.

use super::methods::Expr;
use super::node::Node;
use super::scope::{Both, Firm, Nothing, NullTest, Of};

/// One of the conditions; of none, nothing is one.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub email: String }
/// let words = ["ann", "bob"];
/// let statement = select::<User>().filter(any_of(words.map(|word| User::name.contains(word))));
/// let mixed = [User::name.eq("ann").of(), User::name.eq(User::email).of()];
/// let statement = statement.filter(any_of(mixed));
/// ```
pub fn any_of<U>(conditions: impl IntoIterator<Item = Expr<bool, U>>) -> Expr<bool, U> {
    Expr::new(Node::Or(conditions.into_iter().map(Expr::node).collect()))
}

/// All of the conditions, which none are.
pub fn all_of<U>(conditions: impl IntoIterator<Item = Expr<bool, U>>) -> Expr<bool, U> {
    Expr::new(Node::And(conditions.into_iter().map(Expr::node).collect()))
}

impl<T, U> Expr<T, U> {
    /// The same expression, in the one type that all conditions, or all numbers, over one model have: for a list of them, or for
    /// one that is built in a loop.
    pub fn of<M>(self) -> Expr<T, Of<M>>
    where
        U: OnlyOf<M>,
    {
        Expr::new(self.node())
    }
}

/// Says that an expression speaks of one model only.
#[diagnostic::on_unimplemented(
    message = "this condition speaks of more than one model",
    label = "more than one model"
)]
pub trait OnlyOf<M> {}

impl<M> OnlyOf<M> for Nothing {}
impl<M> OnlyOf<M> for Of<M> {}
impl<M, U: OnlyOf<M>> OnlyOf<M> for Firm<U> {}
impl<M, T, U: OnlyOf<M>> OnlyOf<M> for NullTest<Option<T>, U> {}
impl<M, A: OnlyOf<M>, B: OnlyOf<M>> OnlyOf<M> for Both<A, B> {}
