//! The order of a query's rows.

use std::marker::PhantomData;

use super::methods::Expression;
use super::node::Node;
use super::scope::{Of, Uses, Within};
use crate::schema::Model;
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

/// One part of an order: a column, or an expression with a direction.
pub trait OrderPart {
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_ordered(self) -> Ordered;
}

#[allow(private_interfaces)]
impl<M: Model, T, R> OrderPart for Column<M, T, R> {
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
pub trait OrderBy<S, I> {
    /// Adds its parts.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn add_to(self, parts: &mut Vec<Ordered>);
}

#[allow(private_interfaces)]
impl<S, I, M: Model, T, R> OrderBy<S, I> for Column<M, T, R>
where
    Of<M>: Within<S, I>,
{
    fn add_to(self, parts: &mut Vec<Ordered>) {
        parts.push(self.into_ordered());
    }
}

#[allow(private_interfaces)]
impl<S, I, U: Uses + Within<S, I>> OrderBy<S, I> for Order<U> {
    fn add_to(self, parts: &mut Vec<Ordered>) {
        parts.push(self.ordered);
    }
}

macro_rules! tuples {
    ($(($($part:ident $index:ident $at:tt),+))*) => {$(
        #[allow(private_interfaces)]
        impl<S, $($index, $part: OrderBy<S, $index>),+> OrderBy<S, ($($index,)+)> for ($($part,)+) {
            fn add_to(self, parts: &mut Vec<Ordered>) {
                $(self.$at.add_to(parts);)+
            }
        }
    )*};
}

tuples! {
    (A I 0)
    (A I 0, B J 1)
    (A I 0, B J 1, C K 2)
    (A I 0, B J 1, C K 2, D L 3)
    (A I 0, B J 1, C K 2, D L 3, E N 4)
    (A I 0, B J 1, C K 2, D L 3, E N 4, F O 5)
}
