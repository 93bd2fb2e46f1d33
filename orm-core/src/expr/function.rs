//! Functions of one row.

use super::methods::{Expr, Expression};
use super::node::Node;
use super::operand::{Comparable, Operand};
use super::scope::{Firm, Nothing, Uses};
use crate::value::ColumnType;

/// A value as an expression, to be selected or calculated with.
pub fn literal<T: ColumnType<Base = T>>(value: T) -> Expr<T, Nothing> {
    Expr::new(super::operand::value_node(&value))
}

/// The expression, or a value where it is NULL; so it never is NULL.
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
pub fn coalesce<E: Expression<Type: Comparable>, V>(
    of: E,
    value: V,
) -> Expr<<E::Type as Comparable>::Base, Firm<E::Uses>>
where
    V: Operand<<E::Type as Comparable>::Base, Uses = Nothing>,
{
    Expr::new(Node::Call("COALESCE(", vec![of.into_node(), value.into_operand()]))
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

fn call<T, E: Expression>(name: &'static str, of: E) -> Expr<T, E::Uses>
where
    E::Uses: Uses,
{
    Expr::new(Node::Call(name, vec![of.into_node()]))
}
