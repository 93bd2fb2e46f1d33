//! SQL of the user's own inside of an expression, and functions of the database's own.

use super::branch::{Any, Arguments, PerhapsNull};
use super::methods::Expr;
use super::node::Node;
use super::placeholder::{PlaceholderKind, placeholders};
use super::shape::Selectable;

/// A piece of SQL that yields `T`. Each `?` outside of quotes and comments is one of the arguments: a value, which is bound, a column or an
/// expression. It may be NULL if an argument may.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::expr::fragment;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
/// # fn find(s: &mut Session<Db>) -> orm_core::Result<()> {
/// let place = fragment::<i64, _>("instr(?, ?)", (User::name, "a"));
/// let places: Vec<i64> = s.query::<User>().select(place).fetch()?;
/// # Ok(())
/// # }
/// ```
pub fn fragment<T: Selectable, A: Arguments<Any>>(
    sql: &'static str,
    arguments: A,
) -> Expr<PerhapsNull<T, A::Presence>, A::Uses> {
    let (pieces, parts) = (split(sql), arguments.into_nodes());
    if pieces.len() != parts.len() + 1 {
        let (places, given) = (pieces.len() - 1, parts.len());
        return Expr::new(Node::Unstorable(format!(
            "the fragment `{sql}` has {places} question marks, but {given} arguments"
        )));
    }
    Expr::new(Node::Pieces(pieces, parts))
}

/// What stands between the question marks.
fn split(sql: &'static str) -> Vec<&'static str> {
    let (mut pieces, mut start) = (Vec::new(), 0);
    for place in placeholders(sql).into_iter().filter(|place| place.kind == PlaceholderKind::Next) {
        pieces.push(&sql[start..place.at.start]);
        start = place.at.end;
    }
    pieces.push(&sql[start..]);
    pieces
}

/// A call of a function that [`sql_function!`](crate::sql_function) declares.
#[doc(hidden)]
pub fn call<T: Selectable, P, A: Arguments<P>>(
    name: &'static str,
    arguments: A,
) -> Expr<PerhapsNull<T, A::Presence>, A::Uses> {
    Expr::new(Node::Call(name, arguments.into_nodes()))
}

/// Declares functions of the database with their types; an argument that may be NULL makes the result an `Option`.
///
/// ```
/// # use orm_core::prelude::*;
/// orm_core::sql_function! {
///     /// A text as hexadecimal digits.
///     pub fn hex(text: String) -> String;
/// }
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub bio: Option<String> }
/// # fn find(s: &mut Session<Db>) -> orm_core::Result<()> {
/// let codes: Vec<(String, Option<String>)> = s.query::<User>().select((hex(User::name), hex(User::bio))).fetch()?;
/// # Ok(())
/// # }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! sql_function {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) -> $out:ty;)*) => {$(
        $(#[$meta])*
        #[allow(non_camel_case_types)]
        $vis fn $name<$($argument: $crate::expr::Branch<Base = $type>),*>(
            $($argument: $argument),*
        ) -> $crate::expr::Expr<
            $crate::expr::PerhapsNull<$out, <($($argument,)*) as $crate::expr::Arguments<($($type,)*)>>::Presence>,
            <($($argument,)*) as $crate::expr::Arguments<($($type,)*)>>::Uses,
        > {
            $crate::expr::call::<$out, ($($type,)*), _>(concat!(stringify!($name), "("), ($($argument,)*))
        }
    )*};
}
