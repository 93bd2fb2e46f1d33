//! Functions of one row.

#![allow(clippy::type_complexity, reason = "the types say what may be NULL; users do not write them")]

use super::branch::{Alike, Arguments, Branch, Nullability, PerhapsNull};
use super::methods::{Expr, Expression};
use super::node::Node;
use super::operand::Comparable;
use super::scope::{Firm, Nothing, Uses};
use crate::value::ColumnType;

/// A value as an expression, to be selected or calculated with.
pub fn literal<T: ColumnType<Base = T>>(value: T) -> Expr<T, Nothing> {
    Expr::new(super::operand::value_node(&value))
}

/// The expression, or another where it is NULL; so it is NULL only where the other is, and never if that is a value.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::expr::coalesce;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub bio: Option<String> }
/// # fn bios(s: &mut Session<Db>) -> orm_core::Result<()> {
/// let bios: Vec<String> = s.query::<User>().select(coalesce(User::bio, "silent")).fetch()?;
/// # Ok(())
/// # }
/// ```
pub fn coalesce<E: Branch, V: Branch<Base = E::Base>>(
    of: E,
    other: V,
) -> Expr<PerhapsNull<E::Base, V::Presence>, <V::Uses as Uses>::After<Firm<E::Uses>>> {
    Expr::new(Node::Call("COALESCE(", vec![of.into_branch(), other.into_branch()]))
}

macro_rules! of_text {
    ($($(#[$doc:meta])* $name:ident $sql:literal;)*) => {$(
        $(#[$doc])*
        pub fn $name<E: Expression<Type: Comparable<Base = String>>>(of: E) -> Expr<E::Type, E::Uses> {
            call($sql, of)
        }
    )*};
}

of_text! {
    /// A text in lower case; of ASCII letters only, in SQLite.
    lower "LOWER(";
    /// A text in upper case; of ASCII letters only, in SQLite.
    upper "UPPER(";
    /// A text without spaces at its ends.
    trim "TRIM(";
    /// A text without spaces before it.
    ltrim "LTRIM(";
    /// A text without spaces behind it.
    rtrim "RTRIM(";
}

/// The number without its sign.
pub fn abs<E: Expression<Type: super::arithmetic::Numeric>>(of: E) -> Expr<E::Type, E::Uses> {
    call("ABS(", of)
}

/// The number of characters of a text.
pub fn length<E: Expression<Type: Nullability<Base = String>>>(of: E) -> Expr<Alike<E, i64>, E::Uses> {
    call("LENGTH(", of)
}

/// A number, rounded to so many digits behind the point.
pub fn round<E: Expression<Type: Nullability<Base = f64>>>(
    of: E,
    digits: u8,
) -> Expr<Alike<E, f64>, E::Uses> {
    Expr::new(Node::Call("ROUND(", vec![of.into_node(), super::operand::value_node(&digits)]))
}

/// What arguments of the types `P` yield as a `T`.
type Called<T, A, P> = Expr<PerhapsNull<T, <A as Arguments<P>>::Presence>, <A as Arguments<P>>::Uses>;

/// A part of a text: from a character, the first of which is 1, and so many of them.
pub fn substr<E, F, L>(text: E, from: F, length: L) -> Called<String, (E, F, L), (String, i64, i64)>
where
    (E, F, L): Arguments<(String, i64, i64)>,
{
    Expr::new(Node::Call("SUBSTR(", (text, from, length).into_nodes()))
}

/// A text with each of its parts that equals one text replaced by another.
pub fn replace<E, A, B>(text: E, part: A, by: B) -> Called<String, (E, A, B), (String, String, String)>
where
    (E, A, B): Arguments<(String, String, String)>,
{
    Expr::new(Node::Call("REPLACE(", (text, part, by).into_nodes()))
}

/// Texts as one; NULL if one of them is.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::expr::concat;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
/// # fn greet(s: &mut Session<Db>) -> orm_core::Result<()> {
/// let greetings: Vec<String> = s.query::<User>().select(concat(("hello ", User::name, "!"))).fetch()?;
/// # Ok(())
/// # }
/// ```
pub fn concat<A>(texts: A) -> Called<String, A, <A as Texts>::Types>
where
    A: Texts + Arguments<<A as Texts>::Types>,
{
    let parts = texts.into_nodes();
    let mut pieces = vec![" || "; parts.len() + 1];
    pieces[0] = "(";
    pieces[parts.len()] = ")";
    Expr::new(Node::Pieces(pieces, parts))
}

/// Two texts or more.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tuple of two to four texts",
    label = "not a tuple of texts"
)]
pub trait Texts {
    /// The types that they have.
    type Types;
}

impl<A, B> Texts for (A, B) {
    type Types = (String, String);
}

impl<A, B, C> Texts for (A, B, C) {
    type Types = (String, String, String);
}

impl<A, B, C, D> Texts for (A, B, C, D) {
    type Types = (String, String, String, String);
}

fn call<T, E: Expression>(name: &'static str, of: E) -> Expr<T, E::Uses>
where
    E::Uses: Uses,
{
    Expr::new(Node::Call(name, vec![of.into_node()]))
}
