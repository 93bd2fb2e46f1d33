//! What a function or a CASE takes: a value, a column or an expression, and whether it may be NULL.

use std::marker::PhantomData;

use super::methods::{Expr, Expression};
use super::node::Node;
use super::operand::value_node;
use super::scope::{Always, Maybe, Nothing, Presence, Uses};
use super::shape::Selectable;
use super::source::Source;
use crate::schema::Model;
use crate::value::{Column, ColumnType, Generated, Id, Key};

/// A type as the type without its `Option`, and whether it had one.
#[diagnostic::on_unimplemented(
    message = "values of `{Self}` cannot be calculated with",
    label = "not a column type"
)]
pub trait Nullability {
    /// The type of values that are not NULL.
    type Base: Selectable;

    /// Whether there always is one.
    type Presence: Presence;
}

/// A type beside the same type without its `Option`.
pub enum Beside<T, B> {
    #[doc(hidden)]
    Never(std::convert::Infallible, PhantomData<fn() -> (T, B)>),
}

/// Whether the two are one type.
pub trait Sameness {
    /// Whether there always is a value.
    type Presence: Presence;
}

impl<T> Sameness for Beside<T, T> {
    type Presence = Always;
}

impl<T> Sameness for Beside<Option<T>, T> {
    type Presence = Maybe;
}

/// The presence of a `T` in a column.
type PresenceOf<T> = <Beside<T, <T as ColumnType>::Base> as Sameness>::Presence;

macro_rules! nullability {
    ($([$($generic:tt)*] [$($where:tt)*] $type:ty => $base:ty, $presence:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generic)*> Nullability for $type
        where
            $($where)*
        {
            type Base = $base;
            type Presence = $presence;
        }
    )*};
}

nullability! {
    [T: ColumnType] [Beside<T, T::Base>: Sameness] T => T::Base, PresenceOf<T>;
    [T: ColumnType] [Beside<T, T::Base>: Sameness] Generated<T> => T::Base, PresenceOf<T>;
    [M: Model, K: Key] [] Id<M, K> => Id<M, K>, Always;
    [M: Model, K: Key] [] Option<Id<M, K>> => Id<M, K>, Maybe;
}

/// What a function or a CASE takes: a value, a column or an expression.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value, column or expression",
    label = "not a value of a column type"
)]
pub trait Branch {
    /// The type of its values that are not NULL.
    type Base: Selectable;

    /// Whether its type says that there always is one.
    type Presence: Presence;

    /// The models that it speaks of.
    type Uses: Uses;

    /// The same without its types.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_branch(self) -> Node;
}

macro_rules! branches {
    ($([$($generic:tt)*] $type:ty => $base:ty, $presence:ty, $uses:ty, $self:ident => $node:expr;)*) => {$(
        #[allow(private_interfaces)]
        #[diagnostic::do_not_recommend]
        impl<$($generic)*> Branch for $type {
            type Base = $base;
            type Presence = $presence;
            type Uses = $uses;

            fn into_branch($self) -> Node {
                $node
            }
        }
    )*};
}

branches! {
    [T: ColumnType<Base = T>] T => T, Always, Nothing, self => value_node(&self);
    [] &str => String, Always, Nothing, self => value_node(&self.to_owned());
    [M: Source, T: Nullability, R] Column<M, T, R> => T::Base, T::Presence, super::scope::Of<M>, self => self.into_node();
    [T: Nullability, U: Uses] Expr<T, U> => T::Base, T::Presence, U, self => self.into_node();
}

/// The type of a `T` that is there if `P` says so.
pub type PerhapsNull<T, P> = <P as Presence>::Apply<T>;

/// What an expression of `E`'s NULL-ness is, if its values are `T`.
pub(super) type Alike<E, T> = PerhapsNull<T, <<E as Expression>::Type as Nullability>::Presence>;

/// Arguments of types that are fixed: NULL in any of them is NULL as a whole.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no arguments of the types `{T}`",
    label = "wrong arguments"
)]
pub trait Arguments<T> {
    /// Whether all of them always have a value.
    type Presence: Presence;

    /// The models that they speak of.
    type Uses: Uses;

    /// They, without their types.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_nodes(self) -> Vec<Node>;
}

/// Arguments of any types.
pub enum Any {}

#[allow(private_interfaces)]
impl Arguments<()> for () {
    type Presence = Always;
    type Uses = Nothing;

    fn into_nodes(self) -> Vec<Node> {
        Vec::new()
    }
}

#[allow(private_interfaces)]
impl Arguments<Any> for () {
    type Presence = Always;
    type Uses = Nothing;

    fn into_nodes(self) -> Vec<Node> {
        Vec::new()
    }
}

macro_rules! arguments {
    ($($presence:ty, $uses:ty: $($part:ident $type:ident $at:tt),+;)*) => {$(
        #[allow(private_interfaces)]
        impl<$($part: Branch<Base = $type>, $type),+> Arguments<($($type,)+)> for ($($part,)+) {
            type Presence = $presence;
            type Uses = $uses;

            fn into_nodes(self) -> Vec<Node> {
                vec![$(self.$at.into_branch()),+]
            }
        }

        #[allow(private_interfaces)]
        impl<$($part: Branch),+> Arguments<Any> for ($($part,)+) {
            type Presence = $presence;
            type Uses = $uses;

            fn into_nodes(self) -> Vec<Node> {
                vec![$(self.$at.into_branch()),+]
            }
        }
    )*};
}

/// What speaks of both.
type With<A, B> = <B as Uses>::After<A>;

/// Whether both are there.
type Also<A, B> = <A as Presence>::And<B>;

arguments! {
    A::Presence, A::Uses: A T 0;
    Also<A::Presence, B::Presence>, With<A::Uses, B::Uses>: A T 0, B U 1;
    Also<Also<A::Presence, B::Presence>, C::Presence>, With<With<A::Uses, B::Uses>, C::Uses>: A T 0, B U 1, C V 2;
    Also<Also<A::Presence, B::Presence>, Also<C::Presence, D::Presence>>,
        With<With<A::Uses, B::Uses>, With<C::Uses, D::Uses>>: A T 0, B U 1, C V 2, D W 3;
}
