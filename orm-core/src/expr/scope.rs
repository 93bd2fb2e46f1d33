//! Which models an expression speaks of, and which a query has, as types.

use std::marker::PhantomData;

use super::methods::{Expr, Expression};
use super::node::Node;

/// Speaks of no model: a value.
pub enum Nothing {}

/// Speaks of one model.
pub struct Of<M>(PhantomData<fn() -> M>);

/// Speaks of what both sides speak of.
pub struct Both<A, B>(PhantomData<fn() -> (A, B)>);

/// The models that an expression speaks of.
pub trait Uses {
    /// Those of this expression after those of another; values add nothing.
    type After<U: Uses>: Uses;
}

impl Uses for Nothing {
    type After<U: Uses> = U;
}

impl<M> Uses for Of<M> {
    type After<U: Uses> = Both<U, Of<M>>;
}

impl<A: Uses, B: Uses> Uses for Both<A, B> {
    type After<U: Uses> = Both<U, Both<A, B>>;
}

/// The models of a query: `M`, then the rest.
pub struct In<M, Rest = ()>(PhantomData<fn() -> (M, Rest)>);

/// Found at the head of a query's models.
pub enum Here {}

/// Found further down in a query's models.
pub struct There<I>(PhantomData<fn() -> I>);

/// Says that a query has a model; `I`, where, is inferred.
#[diagnostic::on_unimplemented(
    message = "`{M}` is not part of this query",
    label = "not part of this query",
    note = "add `.join(..)` with a foreign key that leads to `{M}`"
)]
pub trait Contains<M, I> {}

impl<M, Rest> Contains<M, Here> for In<M, Rest> {}

#[diagnostic::do_not_recommend]
impl<M, N, Rest: Contains<M, I>, I> Contains<M, There<I>> for In<N, Rest> {}

/// Says that a query has every model that an expression speaks of.
pub trait Within<S, I> {}

impl<S> Within<S, ()> for Nothing {}
impl<S: Contains<M, I>, M, I> Within<S, I> for Of<M> {}
impl<S, A: Within<S, I>, B: Within<S, J>, I, J> Within<S, (I, J)> for Both<A, B> {}

/// A condition on the rows of a query whose models are `S`.
pub trait Predicate<S, I> {
    /// The condition, without its types.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_condition(self) -> Node;
}

impl<S, I, U: Uses + Within<S, I>> Predicate<S, I> for Expr<bool, U> {
    #[allow(private_interfaces)]
    fn into_condition(self) -> Node {
        self.into_node()
    }
}
