//! Rows of several queries as those of one: which queries fit each other, and what the whole can still be asked.

use std::marker::PhantomData;

use super::row_struct::AsRow;
use super::scope::{Contains, Correlated, In, Standalone};
use super::shape::{AsHandle, AsStruct, Perhaps};
use crate::value::Field;

/// The models of queries that are combined, by those of the first. Only the order of the whole speaks of them.
pub struct Whole<S>(PhantomData<fn() -> S>);

impl<S: Correlated> Correlated for Whole<S> {
    type Uses = S::Uses;
}

#[diagnostic::do_not_recommend]
impl<S: Standalone> Standalone for Whole<S> {}

#[diagnostic::do_not_recommend]
impl<S: Contains<M, I>, M, I> Contains<M, I> for Whole<S> {
    type Presence = S::Presence;
    type Keep<Q> = S::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> S::Keep<Q> {
        S::keep(query)
    }
}

/// Says that a query is not combined of several.
#[diagnostic::on_unimplemented(
    message = "queries that are combined cannot be changed any more, but for their order and limit",
    label = "combined of several queries",
    note = "filter, join and select in the queries before they are combined, or take the whole as a `.subquery(..)`"
)]
pub trait Single {}

#[diagnostic::do_not_recommend]
impl Single for () {}
#[diagnostic::do_not_recommend]
impl<M, Rest, N> Single for In<M, Rest, N> {}

/// Says that a row of this shape can stand beside one of the shape `D`: as many columns, of the same types. A column that may
/// be NULL in one of them may be in both.
#[diagnostic::on_unimplemented(
    message = "the rows of the two queries differ: `{D}` here, and `{Self}` there",
    label = "other rows than those before",
    note = "queries are combined that select as many columns, of the same types in the same order"
)]
pub trait Alike<D> {
    /// The shape of the rows of both.
    type Both;
}

macro_rules! alike {
    ($([$($generic:tt)*] $a:ty, $b:ty => $both:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generic)*> Alike<$b> for $a {
            type Both = $both;
        }
    )*};
}

alike! {
    [T: Field] T, T => T;
    [T: Field] T, Option<T> => Option<T>;
    [T: Field] Option<T>, T => Option<T>;
    [R, C, D] AsRow<R, C>, AsRow<R, D> => AsRow<R, D>;
    [M] AsHandle<M>, AsHandle<M> => AsHandle<M>;
    [M] AsStruct<M>, AsStruct<M> => AsStruct<M>;
    [C] Perhaps<C>, Perhaps<C> => Perhaps<C>;
    [M] AsHandle<M>, Perhaps<AsHandle<M>> => Perhaps<AsHandle<M>>;
    [M] Perhaps<AsHandle<M>>, AsHandle<M> => Perhaps<AsHandle<M>>;
    [M] AsStruct<M>, Perhaps<AsStruct<M>> => Perhaps<AsStruct<M>>;
    [M] Perhaps<AsStruct<M>>, AsStruct<M> => Perhaps<AsStruct<M>>;
}

macro_rules! tuples {
    ($(($($a:ident $b:ident),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($a: Alike<$b>, $b),+> Alike<($($b,)+)> for ($($a,)+) {
            type Both = ($($a::Both,)+);
        }
    )*};
}

tuples! {
    (A Z)
    (A Z, B Y)
    (A Z, B Y, C X)
    (A Z, B Y, C X, D W)
    (A Z, B Y, C X, D W, E V)
    (A Z, B Y, C X, D W, E V, F U)
    (A Z, B Y, C X, D W, E V, F U, G T)
    (A Z, B Y, C X, D W, E V, F U, G T, H S)
}
