//! Which models an expression speaks of, and which a query has, as types.
//!
//! A trait here has a `Keep` beside what it says: always what it is given. A method that returns it makes the compiler look
//! for the innermost trait first, and so tell the user what is missing there, and nothing else.

use std::marker::PhantomData;

use super::methods::{Expr, Expression};
use super::node::Node;
use super::shape::Selectable;
use super::source::Source;
use crate::util::Marker;
use crate::value::Column;

/// Speaks of no model: a value.
pub enum Nothing {}

/// Speaks of one model.
pub struct Of<M>(PhantomData<fn() -> M>);

/// Speaks of what both sides speak of.
pub struct Both<A, B>(PhantomData<fn() -> (A, B)>);

/// Speaks of `U`, and is never NULL because a model of it is missing.
pub struct Firm<U>(PhantomData<fn() -> U>);

/// Asks whether a `T` that speaks of `U` is NULL.
pub struct NullTest<T, U>(PhantomData<fn() -> (T, U)>);

/// An aggregate of what speaks of `U`: one value for many rows.
pub struct Aggregated<U>(PhantomData<fn() -> U>);

/// A window function of what speaks of `U`: computed when the rows are found.
pub struct Windowed<U>(PhantomData<fn() -> U>);

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

impl<V: Uses> Uses for Firm<V> {
    type After<U: Uses> = Both<U, Firm<V>>;
}

impl<T, V: Uses> Uses for NullTest<T, V> {
    type After<U: Uses> = Both<U, NullTest<T, V>>;
}

impl<V: Uses> Uses for Aggregated<V> {
    type After<U: Uses> = Both<U, Aggregated<V>>;
}

impl<V: Uses> Uses for Windowed<V> {
    type After<U: Uses> = Both<U, Windowed<V>>;
}

/// The models of a query: `M`, which came with `N`, then the rest.
pub struct In<M, Rest = (), N = Always>(Marker<(M, Rest, N)>);

/// A model that every row has.
pub enum Always {}

/// A model that a row may lack, since it came by a left join.
pub enum Maybe {}

/// A model of an outer query.
pub enum Outer {}

/// Whether rows have a model.
pub trait Presence {
    /// Of two: whether rows have both.
    type And<P: Presence>: Presence;

    /// What a `T` of such a model is in a row: an `Option`, if the row may lack it.
    type Apply<T: Selectable>: crate::value::Field;

    /// The same for a whole model.
    type Entity<C>;
}

impl Presence for Always {
    type And<P: Presence> = P;
    type Apply<T: Selectable> = T::Out;
    type Entity<C> = C;
}

impl Presence for Maybe {
    type And<P: Presence> = Maybe;
    type Apply<T: Selectable> = T::Opt;
    type Entity<C> = super::shape::Perhaps<C>;
}

impl Presence for Outer {
    type And<P: Presence> = P;
    type Apply<T: Selectable> = T::Out;
    type Entity<C> = C;
}

/// Found at the head of a query's models.
pub enum Here {}

/// Found further down in a query's models.
pub struct There<I>(PhantomData<fn() -> I>);

/// Says that a query has a model; `I`, where, is inferred.
#[diagnostic::on_unimplemented(
    message = "`{M}` is not part of this query",
    label = "not part of this query",
    note = "add `.join(..)` with a foreign key or a relation that leads to `{M}`"
)]
pub trait Contains<M, I> {
    /// Whether every row has it.
    type Presence: Presence;

    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;
}

#[diagnostic::do_not_recommend]
impl<M, Rest, N: Presence> Contains<M, Here> for In<M, Rest, N> {
    type Presence = N;
    type Keep<Q> = Q;

    #[inline]
    fn keep<Q>(query: Q) -> Q {
        query
    }
}

#[diagnostic::do_not_recommend]
impl<M, L, Rest: Contains<M, I>, I, N> Contains<M, There<I>> for In<L, Rest, N> {
    type Presence = Rest::Presence;
    type Keep<Q> = Rest::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> Rest::Keep<Q> {
        Rest::keep(query)
    }
}

/// Says that a query has every model that an expression speaks of.
pub trait Within<S, I> {
    /// Whether every row has them all.
    type Presence: Presence;

    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;
}

impl<S> Within<S, ()> for Nothing {
    type Presence = Always;
    type Keep<Q> = Q;

    #[inline]
    fn keep<Q>(query: Q) -> Q {
        query
    }
}

impl<S: Contains<M, I>, M, I> Within<S, I> for Of<M> {
    type Presence = S::Presence;
    type Keep<Q> = S::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> S::Keep<Q> {
        S::keep(query)
    }
}

impl<S, A: Within<S, I>, B: Within<S, J>, I, J> Within<S, (I, J)> for Both<A, B> {
    type Presence = <A::Presence as Presence>::And<B::Presence>;
    type Keep<Q> = A::Keep<B::Keep<Q>>;

    #[inline]
    fn keep<Q>(query: Q) -> Self::Keep<Q> {
        A::keep(B::keep(query))
    }
}

impl<S, U: Within<S, I>, I> Within<S, I> for Firm<U> {
    type Presence = Always;
    type Keep<Q> = U::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> U::Keep<Q> {
        U::keep(query)
    }
}

impl<S, U: Within<S, I>, I> Within<S, I> for Aggregated<U> {
    type Presence = Always;
    type Keep<Q> = U::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> U::Keep<Q> {
        U::keep(query)
    }
}

impl<S, U: Within<S, I>, I> Within<S, I> for Windowed<U> {
    type Presence = Always;
    type Keep<Q> = U::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> U::Keep<Q> {
        U::keep(query)
    }
}

impl<S, T, U: Within<S, I>, I> Within<S, I> for NullTest<T, U>
where
    T: NullableAs<U::Presence>,
{
    type Presence = Always;
    type Keep<Q> = T::Keep<U::Keep<Q>>;

    #[inline]
    fn keep<Q>(query: Q) -> Self::Keep<Q> {
        T::keep(U::keep(query))
    }
}

/// Says that an expression of this type can be NULL: the type itself allows it, or a row may lack its model.
#[diagnostic::on_unimplemented(
    message = "an expression of `{Self}` is never NULL here",
    label = "never NULL here",
    note = "only an `Option` in the model, or a column of a left-joined model, can be NULL"
)]
pub trait NullableAs<P> {
    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;
}

macro_rules! nullable {
    ($($generic:ident, $type:ty, $presence:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$generic> NullableAs<$presence> for $type {
            type Keep<Q> = Q;

            #[inline]
            fn keep<Q>(query: Q) -> Q {
                query
            }
        }
    )*};
}

nullable! {
    T, T, Maybe;
    T, Option<T>, Always;
    T, Option<T>, Outer;
}

/// Says that an expression has a value for each row, as a filter needs it.
#[diagnostic::on_unimplemented(
    message = "an aggregate cannot be used where each row is looked at by itself",
    label = "an aggregate of many rows",
    note = "`.having(..)` takes conditions on aggregates, after `.group_by(..)`"
)]
pub trait RowWise {
    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;
}

/// Says that an expression has a value for each group, as HAVING and window functions need it.
#[diagnostic::on_unimplemented(
    message = "a window function cannot be used in a condition or inside of another function",
    label = "a window function",
    note = "it stands in `select` and `order_by`"
)]
pub trait GroupWise {
    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;
}

macro_rules! wise {
    ($wise:ident: $([$($generic:tt)*] $type:ty, $keep:ty, $query:ident => $kept:expr;)*) => {$(
        impl<$($generic)*> $wise for $type {
            type Keep<Q> = $keep;

            #[inline]
            fn keep<Q>($query: Q) -> Self::Keep<Q> {
                $kept
            }
        }
    )*};
}

wise! { RowWise:
    [] Nothing, Q, query => query;
    [M] Of<M>, Q, query => query;
    [U: RowWise] Firm<U>, U::Keep<Q>, query => U::keep(query);
    [T, U: RowWise] NullTest<T, U>, U::Keep<Q>, query => U::keep(query);
    [A: RowWise, B: RowWise] Both<A, B>, A::Keep<B::Keep<Q>>, query => A::keep(B::keep(query));
}

// Never so, in the words of `GroupWise`.
impl<U> RowWise for Windowed<U>
where
    Self: GroupWise,
{
    type Keep<Q> = <Self as GroupWise>::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> Self::Keep<Q> {
        <Self as GroupWise>::keep(query)
    }
}

wise! { GroupWise:
    [] Nothing, Q, query => query;
    [M] Of<M>, Q, query => query;
    [U] Aggregated<U>, Q, query => query;
    [U: GroupWise] Firm<U>, U::Keep<Q>, query => U::keep(query);
    [T, U: GroupWise] NullTest<T, U>, U::Keep<Q>, query => U::keep(query);
    [A: GroupWise, B: GroupWise] Both<A, B>, A::Keep<B::Keep<Q>>, query => A::keep(B::keep(query));
}

/// A condition on the rows of a query whose models are `S`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a condition", label = "not true or false")]
pub trait Predicate<S, I> {
    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;

    /// The condition, without its types.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_condition(self) -> Node;
}

impl<S, I, U: Uses + RowWise + Within<S, I>> Predicate<S, I> for Expr<bool, U> {
    type Keep<Q> = <U as RowWise>::Keep<<U as Within<S, I>>::Keep<Q>>;

    #[inline]
    fn keep<Q>(query: Q) -> Self::Keep<Q> {
        <U as RowWise>::keep(<U as Within<S, I>>::keep(query))
    }

    #[allow(private_interfaces)]
    fn into_condition(self) -> Node {
        self.into_node()
    }
}

#[diagnostic::do_not_recommend]
impl<S, I, M: Source, R> Predicate<S, I> for Column<M, bool, R>
where
    Of<M>: Within<S, I>,
{
    type Keep<Q> = <Of<M> as Within<S, I>>::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> Self::Keep<Q> {
        <Of<M> as Within<S, I>>::keep(query)
    }

    #[allow(private_interfaces)]
    fn into_condition(self) -> Node {
        self.into_node()
    }
}

/// A condition on the groups of a query whose models are `S`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a condition", label = "not true or false")]
pub trait GroupPredicate<S, I> {
    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;

    /// The condition, without its types.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_condition(self) -> Node;
}

impl<S, I, U: Uses + GroupWise + Within<S, I>> GroupPredicate<S, I> for Expr<bool, U> {
    type Keep<Q> = <U as GroupWise>::Keep<<U as Within<S, I>>::Keep<Q>>;

    #[inline]
    fn keep<Q>(query: Q) -> Self::Keep<Q> {
        <U as GroupWise>::keep(<U as Within<S, I>>::keep(query))
    }

    #[allow(private_interfaces)]
    fn into_condition(self) -> Node {
        self.into_node()
    }
}

/// The models of a query, none of which every row has.
pub trait Lacking {
    /// They, as those that rows may lack.
    type Lacking;
}

impl Lacking for () {
    type Lacking = ();
}

impl<M, Rest: Lacking> Lacking for In<M, Rest, Always> {
    type Lacking = In<M, Rest::Lacking, Maybe>;
}

impl<M, Rest: Lacking> Lacking for In<M, Rest, Maybe> {
    type Lacking = In<M, Rest::Lacking, Maybe>;
}

impl<M, Rest: Lacking> Lacking for In<M, Rest, Outer> {
    type Lacking = In<M, Rest::Lacking, Outer>;
}

/// The models of outer queries that a query speaks of.
pub trait Correlated {
    /// They, as what an expression speaks of.
    type Uses: Uses;
}

impl Correlated for () {
    type Uses = Nothing;
}

impl<M, Rest: Correlated> Correlated for In<M, Rest, Always> {
    type Uses = Rest::Uses;
}

impl<M, Rest: Correlated> Correlated for In<M, Rest, Maybe> {
    type Uses = Rest::Uses;
}

impl<M, Rest: Correlated> Correlated for In<M, Rest, Outer> {
    type Uses = <Rest::Uses as Uses>::After<Of<M>>;
}

/// Says that a query speaks of its own models only, so that it can be run.
#[diagnostic::on_unimplemented(
    message = "a query that is correlated with an outer one cannot be run by itself",
    label = "correlated",
    note = "it is for `exists(..)`, `in_(..)` and `.scalar()` inside the outer query"
)]
pub trait Standalone {}

#[diagnostic::do_not_recommend]
impl Standalone for () {}
#[diagnostic::do_not_recommend]
impl<M, Rest: Standalone> Standalone for In<M, Rest, Always> {}
#[diagnostic::do_not_recommend]
impl<M, Rest: Standalone> Standalone for In<M, Rest, Maybe> {}

/// Says that a model is joined once; the compiler cannot tell `I` when it is there already.
pub trait EachModelIsJoinedOnceWithoutAnAlias<M, I> {}

impl<S, M> EachModelIsJoinedOnceWithoutAnAlias<M, ()> for S {}
impl<M, Rest, N> EachModelIsJoinedOnceWithoutAnAlias<M, Here> for In<M, Rest, N> {}
#[diagnostic::do_not_recommend]
impl<M, L, Rest: Contains<M, I>, I, N> EachModelIsJoinedOnceWithoutAnAlias<M, There<I>> for In<L, Rest, N> {}
