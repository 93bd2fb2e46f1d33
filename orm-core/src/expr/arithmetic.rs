//! `+ - * / %` on columns, expressions and numbers.

use std::ops::{Add, Div, Mul, Rem, Sub};

use super::methods::{Expr, Expression};
use super::node::Node;
use super::scope::{Always, Maybe, Nothing, Of, Presence, Uses};
use super::shape::Selectable;
use super::source::Source;
use crate::value::{Column, ColumnType};

/// A number that SQL can do arithmetic with.
pub trait Number: ColumnType + Selectable {}

/// A type that arithmetic takes: a number, or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "there is no arithmetic on values of `{Self}`",
    label = "not a number"
)]
pub trait Numeric {
    /// The number.
    type Number: Number;

    /// Whether there always is one.
    type Presence: Presence;
}

/// What can stand beside a number `N` in arithmetic: a number, a column or an expression of the same type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be added to a number of `{N}`, or otherwise calculated with",
    label = "not a `{N}`",
    note = "both sides have the same type of number; `cast` changes it"
)]
pub trait Term<N> {
    /// The models that it speaks of.
    type Uses: Uses;

    /// Whether it always has a value.
    type Presence: Presence;

    /// The term, without its types.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_term(self) -> Node;
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<N: Number> Term<N> for N {
    type Uses = Nothing;
    type Presence = Always;

    fn into_term(self) -> Node {
        super::operand::value_node(&self)
    }
}

macro_rules! terms {
    ($($type:ident $presence:ty, $wrapped:ty;)*) => {$(
        #[allow(private_interfaces)]
        #[diagnostic::do_not_recommend]
        impl<$type: Number, M: Source, R> Term<$type> for Column<M, $wrapped, R> {
            type Uses = Of<M>;
            type Presence = $presence;

            fn into_term(self) -> Node {
                self.into_node()
            }
        }

        #[allow(private_interfaces)]
        #[diagnostic::do_not_recommend]
        impl<$type: Number, U: Uses> Term<$type> for Expr<$wrapped, U> {
            type Uses = U;
            type Presence = $presence;

            fn into_term(self) -> Node {
                self.into_node()
            }
        }
    )*};
}

terms! {
    N Always, N;
    N Maybe, Option<N>;
}

/// What can be calculated with a `T`. That `T` is a number is asked here and not of the operators: the compiler would say in its
/// own words that there is no such operator.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be added to a number of `{T}`, or otherwise calculated with",
    label = "not a `{T}`",
    note = "both sides have the same type of number; `cast` changes it"
)]
pub trait With<T> {
    /// What it yields.
    type Result;

    /// The models that it speaks of.
    type Uses: Uses;

    /// The term, without its types.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_term(self) -> Node;
}

#[allow(private_interfaces)]
impl<T: Numeric, V: Term<T::Number>> With<T> for V {
    type Result = <<T::Presence as Presence>::And<V::Presence> as Presence>::Apply<T::Number>;
    type Uses = V::Uses;

    fn into_term(self) -> Node {
        Term::into_term(self)
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $sql:literal;)*) => {$(
        impl<M: Source, T, R, V: With<T>> $trait<V> for Column<M, T, R> {
            type Output = Expr<V::Result, <V::Uses as Uses>::After<Of<M>>>;

            fn $method(self, other: V) -> Self::Output {
                Expr::new(binary(self.into_node(), $sql, other.into_term()))
            }
        }

        impl<T, U: Uses, V: With<T>> $trait<V> for Expr<T, U> {
            type Output = Expr<V::Result, <V::Uses as Uses>::After<U>>;

            fn $method(self, other: V) -> Self::Output {
                Expr::new(binary(self.into_node(), $sql, other.into_term()))
            }
        }
    )*};
}

operators! {
    Add add " + ";
    Sub sub " - ";
    Mul mul " * ";
    Div div " / ";
    Rem rem " % ";
}

fn binary(left: Node, operator: &'static str, right: Node) -> Node {
    Node::Binary(operator, Box::new(left), Box::new(right))
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Number for $number {}

        #[diagnostic::do_not_recommend]
        impl Numeric for $number {
            type Number = $number;
            type Presence = Always;
        }

        #[diagnostic::do_not_recommend]
        impl Numeric for Option<$number> {
            type Number = $number;
            type Presence = Maybe;
        }

        numbers!(@ $number: Add add " + ");
        numbers!(@ $number: Sub sub " - ");
        numbers!(@ $number: Mul mul " * ");
        numbers!(@ $number: Div div " / ");
        numbers!(@ $number: Rem rem " % ");
    )*};
    (@ $number:ty: $trait:ident $method:ident $sql:literal) => {
        impl<M: Source, R> $trait<Column<M, $number, R>> for $number {
            type Output = Expr<$number, Of<M>>;

            fn $method(self, other: Column<M, $number, R>) -> Self::Output {
                Expr::new(binary(Term::into_term(self), $sql, other.into_node()))
            }
        }

        impl<U: Uses> $trait<Expr<$number, U>> for $number {
            type Output = Expr<$number, U>;

            fn $method(self, other: Expr<$number, U>) -> Self::Output {
                Expr::new(binary(Term::into_term(self), $sql, other.into_node()))
            }
        }
    };
}

numbers! { i8, i16, i32, i64, u8, u16, u32, u64, f32, f64 }
