//! The order of a query's rows.

use std::marker::PhantomData;

use super::methods::{Expr, Expression};
use super::node::Node;
use super::scope::{Of, Uses, Within};
use super::source::Source;
use crate::value::Column;

/// An expression with a direction.
pub struct Order<U> {
    ordered: Ordered,
    kind: PhantomData<fn() -> U>,
}

/// The same without its types.
#[derive(Clone)]
pub(crate) struct Ordered {
    pub(crate) node: Node,
    pub(crate) direction: &'static str,
}

impl<U> Order<U> {
    pub(crate) fn ascending(node: Node) -> Self {
        Order { ordered: Ordered { node, direction: "" }, kind: PhantomData }
    }

    pub(crate) fn descending(node: Node) -> Self {
        Order { ordered: Ordered { node, direction: " DESC" }, kind: PhantomData }
    }
}

impl<U> Order<U> {
    /// Rows without a value come first.
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        let descends = self.ordered.direction.starts_with(" DESC");
        self.ordered.direction = if descends { " DESC NULLS FIRST" } else { " NULLS FIRST" };
        self
    }

    /// Rows without a value come last.
    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        let descends = self.ordered.direction.starts_with(" DESC");
        self.ordered.direction = if descends { " DESC NULLS LAST" } else { " NULLS LAST" };
        self
    }
}

/// One part of an order: a column, or an expression with a direction.
pub trait OrderPart {
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_ordered(self) -> Ordered;
}

#[allow(private_interfaces)]
impl<M: Source, T, R> OrderPart for Column<M, T, R> {
    fn into_ordered(self) -> Ordered {
        Ordered { node: self.into_node(), direction: "" }
    }
}

#[allow(private_interfaces)]
impl<U> OrderPart for Order<U> {
    fn into_ordered(self) -> Ordered {
        self.ordered
    }
}

/// What a query whose models are `S` can be ordered by: a column, an expression with a direction, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing to order by",
    label = "not a column",
    note = "a query is ordered by columns and expressions, `User::name` or `User::name.desc()`, or by a tuple of them"
)]
pub trait OrderBy<S, I> {
    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;

    /// Adds its parts.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn add_to(self, parts: &mut Vec<Ordered>);
}

#[allow(private_interfaces)]
impl<S, I, M: Source, T, R> OrderBy<S, I> for Column<M, T, R>
where
    Of<M>: Within<S, I>,
{
    type Keep<Q> = <Of<M> as Within<S, I>>::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> Self::Keep<Q> {
        <Of<M> as Within<S, I>>::keep(query)
    }

    fn add_to(self, parts: &mut Vec<Ordered>) {
        parts.push(self.into_ordered());
    }
}

#[allow(private_interfaces)]
impl<S, I, U: Uses + Within<S, I>> OrderBy<S, I> for Order<U> {
    type Keep<Q> = U::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> U::Keep<Q> {
        U::keep(query)
    }

    fn add_to(self, parts: &mut Vec<Ordered>) {
        parts.push(self.ordered);
    }
}

#[allow(private_interfaces)]
impl<S, I, T, U: Uses + Within<S, I>> OrderBy<S, I> for Expr<T, U> {
    type Keep<Q> = U::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> U::Keep<Q> {
        U::keep(query)
    }

    fn add_to(self, parts: &mut Vec<Ordered>) {
        parts.push(Ordered { node: self.into_node(), direction: "" });
    }
}

macro_rules! tuples {
    ($(($($part:ident $index:ident $at:tt),+) $keep:ty, $query:ident => $kept:expr;)*) => {$(
        #[allow(private_interfaces)]
        impl<S, $($index, $part: OrderBy<S, $index>),+> OrderBy<S, ($($index,)+)> for ($($part,)+) {
            type Keep<Q> = $keep;

            #[inline]
            fn keep<Q>($query: Q) -> Self::Keep<Q> {
                $kept
            }

            fn add_to(self, parts: &mut Vec<Ordered>) {
                $(self.$at.add_to(parts);)+
            }
        }
    )*};
}

tuples! {
    (A I 0) A::Keep<Q>, q => A::keep(q);
    (A I 0, B J 1) A::Keep<B::Keep<Q>>, q => A::keep(B::keep(q));
    (A I 0, B J 1, C K 2) A::Keep<B::Keep<C::Keep<Q>>>, q => A::keep(B::keep(C::keep(q)));
    (A I 0, B J 1, C K 2, D L 3) A::Keep<B::Keep<C::Keep<D::Keep<Q>>>>, q => A::keep(B::keep(C::keep(D::keep(q))));
    (A I 0, B J 1, C K 2, D L 3, E N 4) A::Keep<B::Keep<C::Keep<D::Keep<E::Keep<Q>>>>>,
        q => A::keep(B::keep(C::keep(D::keep(E::keep(q)))));
    (A I 0, B J 1, C K 2, D L 3, E N 4, F O 5) A::Keep<B::Keep<C::Keep<D::Keep<E::Keep<F::Keep<Q>>>>>>,
        q => A::keep(B::keep(C::keep(D::keep(E::keep(F::keep(q))))));
}
