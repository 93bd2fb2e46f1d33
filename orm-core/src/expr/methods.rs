//! What can be asked of a column or an expression.

use std::marker::PhantomData;

use super::node::{Anchor, Comparison, Node};
use super::operand::{Comparable, List, Operand, Text};
use super::order::Order;
use super::scope::{Firm, NullTest, Of, Uses};
use super::source::Source;
use crate::value::Column;
use crate::value::Value;

/// An expression that yields `T` and speaks of the models `U`.
pub struct Expr<T, U> {
    node: Node,
    kind: PhantomData<fn() -> (T, U)>,
}

/// What a query can compute from a row: a column, or an expression of columns and values.
pub trait Expression: Sized {
    /// What it yields.
    type Type;

    /// The models that it speaks of.
    type Uses: Uses;

    /// The expression, without its types.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_node(self) -> Node;
}

#[allow(private_interfaces)]
impl<M: Source, T, R> Expression for Column<M, T, R> {
    type Type = T;
    type Uses = Of<M>;

    fn into_node(self) -> Node {
        Node::Field { of: M::table_ref(), field: self.field }
    }
}

#[allow(private_interfaces)]
impl<T, U: Uses> Expression for Expr<T, U> {
    type Type = T;
    type Uses = U;

    fn into_node(self) -> Node {
        self.node
    }
}

/// A column or an expression that is true or false.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a condition", label = "not true or false")]
pub trait Condition: Expression<Type = bool> {}

impl<M: Source, R> Condition for Column<M, bool, R> {}
impl<U: Uses> Condition for Expr<bool, U> {}

impl<T, U> Expr<T, U> {
    pub(crate) fn new(node: Node) -> Self {
        Expr { node, kind: PhantomData }
    }

    /// The expression, without its types.
    pub(crate) fn node(self) -> Node {
        self.node
    }
}

impl<T, U> Clone for Expr<T, U> {
    fn clone(&self) -> Self {
        Expr::new(self.node.clone())
    }
}

impl<U> std::ops::Not for Expr<bool, U> {
    type Output = Self;

    fn not(self) -> Self {
        Expr::new(Node::Not(Box::new(self.node)))
    }
}

impl<M: Source, R> std::ops::Not for Column<M, bool, R> {
    type Output = Expr<bool, Of<M>>;

    fn not(self) -> Self::Output {
        Expr::new(Node::Not(Box::new(self.into_node())))
    }
}

/// The type of a comparison of `L` with `R`.
type Compared<L, T, R> = Expr<bool, <<R as Operand<Base<T>>>::Uses as Uses>::After<<L as Expression>::Uses>>;

/// The same where the comparison never is NULL.
type ComparedSafely<L, T, R> =
    Expr<bool, Firm<<<R as Operand<Base<T>>>::Uses as Uses>::After<<L as Expression>::Uses>>>;

/// What values of `T` are compared as.
type Base<T> = <T as Comparable>::Base;

/// Comparisons and orders of every column and expression.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i32> }
/// let adults = select::<User>().filter(User::age.ge(18)).filter(User::name.starts_with("A"));
/// ```
#[allow(private_bounds)]
#[allow(clippy::wrong_self_convention, reason = "`is_null` makes an expression, it asks nothing of this one")]
pub trait ExpressionMethods: Expression {
    /// `=`; NULL equals nothing, see [`is_null`](Self::is_null).
    fn eq<V: Operand<Base<Self::Type>>>(self, value: V) -> Compared<Self, Self::Type, V>
    where
        Self::Type: Comparable,
    {
        compare(self, Comparison::Equal, value)
    }

    /// `<>`.
    fn ne<V: Operand<Base<Self::Type>>>(self, value: V) -> Compared<Self, Self::Type, V>
    where
        Self::Type: Comparable,
    {
        compare(self, Comparison::NotEqual, value)
    }

    /// `<`.
    fn lt<V: Operand<Base<Self::Type>>>(self, value: V) -> Compared<Self, Self::Type, V>
    where
        Self::Type: Comparable,
    {
        compare(self, Comparison::Less, value)
    }

    /// `<=`.
    fn le<V: Operand<Base<Self::Type>>>(self, value: V) -> Compared<Self, Self::Type, V>
    where
        Self::Type: Comparable,
    {
        compare(self, Comparison::LessOrEqual, value)
    }

    /// `>`.
    fn gt<V: Operand<Base<Self::Type>>>(self, value: V) -> Compared<Self, Self::Type, V>
    where
        Self::Type: Comparable,
    {
        compare(self, Comparison::Greater, value)
    }

    /// `>=`.
    fn ge<V: Operand<Base<Self::Type>>>(self, value: V) -> Compared<Self, Self::Type, V>
    where
        Self::Type: Comparable,
    {
        compare(self, Comparison::GreaterOrEqual, value)
    }

    /// Whether it lies between two values, both included.
    fn between<V: Operand<Base<Self::Type>>>(self, low: V, high: V) -> Compared<Self, Self::Type, V>
    where
        Self::Type: Comparable,
    {
        let [low, high] = [low, high].map(|bound| Box::new(bound.into_operand()));
        Expr::new(Node::Between(Box::new(self.into_node()), low, high))
    }

    /// Whether it is one of a list, or of what a statement finds; of nothing, nothing is one.
    fn in_<L: List<Base<Self::Type>>>(self, list: L) -> Expr<bool, <L::Uses as Uses>::After<Self::Uses>>
    where
        Self::Type: Comparable,
    {
        Expr::new(list.holds(self.into_node()))
    }

    /// Both conditions.
    fn and<E: Condition>(self, other: E) -> Expr<bool, <E::Uses as Uses>::After<Self::Uses>>
    where
        Self: Condition,
    {
        Expr::new(Node::And(vec![self.into_node(), other.into_node()]))
    }

    /// One condition or the other, or both.
    fn or<E: Condition>(self, other: E) -> Expr<bool, <E::Uses as Uses>::After<Self::Uses>>
    where
        Self: Condition,
    {
        Expr::new(Node::Or(vec![self.into_node(), other.into_node()]))
    }

    /// Equal, where NULL equals NULL.
    fn is_not_distinct_from<V: Operand<Base<Self::Type>>>(
        self,
        value: V,
    ) -> ComparedSafely<Self, Self::Type, V>
    where
        Self::Type: Comparable,
    {
        Expr::new(compare(self, Comparison::Same, value).node)
    }

    /// Not equal, where NULL equals NULL and differs from all else.
    fn is_distinct_from<V: Operand<Base<Self::Type>>>(self, value: V) -> ComparedSafely<Self, Self::Type, V>
    where
        Self::Type: Comparable,
    {
        Expr::new(compare(self, Comparison::Distinct, value).node)
    }

    /// Whether it is NULL. Where the query is built, the compiler checks that it can be.
    fn is_null(self) -> Expr<bool, NullTest<Self::Type, Self::Uses>> {
        Expr::new(Node::IsNull(Box::new(self.into_node())))
    }

    /// Whether it is not NULL.
    fn is_not_null(self) -> Expr<bool, NullTest<Self::Type, Self::Uses>> {
        Expr::new(Node::Not(Box::new(Node::IsNull(Box::new(self.into_node())))))
    }

    /// Whether a text is like a pattern: `%` stands for any text, `_` for one character, `\` takes their meaning away.
    /// SQLite folds the case of ASCII letters, and reads a text in a row only up to its first NUL. A pattern that holds NUL is a
    /// value error.
    fn like(self, pattern: &str) -> Expr<bool, Self::Uses>
    where
        Self::Type: Text,
    {
        if pattern.contains('\0') {
            let why = "a pattern of `like` cannot hold NUL, where a database may end it; `contains` takes such a text";
            return Expr::new(Node::Unstorable(why.to_owned()));
        }
        like(self, pattern.to_owned())
    }

    /// Whether a text holds another; cases are folded as by [`like`](Self::like), here and in the next two.
    fn contains(self, text: &str) -> Expr<bool, Self::Uses>
    where
        Self::Type: Text,
    {
        holds(self, Anchor::Anywhere, text)
    }

    /// Whether a text starts with another.
    fn starts_with(self, text: &str) -> Expr<bool, Self::Uses>
    where
        Self::Type: Text,
    {
        holds(self, Anchor::Start, text)
    }

    /// Whether a text ends with another.
    fn ends_with(self, text: &str) -> Expr<bool, Self::Uses>
    where
        Self::Type: Text,
    {
        holds(self, Anchor::End, text)
    }

    /// Least first.
    fn asc(self) -> Order<Self::Uses> {
        Order::ascending(self.into_node())
    }

    /// Greatest first.
    fn desc(self) -> Order<Self::Uses> {
        Order::descending(self.into_node())
    }
}

impl<E: Expression> ExpressionMethods for E {}

fn compare<L: Expression, T, V: Operand<T>>(
    left: L,
    comparison: Comparison,
    right: V,
) -> Expr<bool, <V::Uses as Uses>::After<L::Uses>> {
    Expr::new(Node::compare(comparison, left.into_node(), right.into_operand()))
}

fn like<E: Expression>(text: E, pattern: String) -> Expr<bool, E::Uses> {
    Expr::new(Node::Like(Box::new(text.into_node()), Box::new(Node::Value(Value::Text(pattern.into())))))
}

/// A pattern ends at NUL in SQLite, so a text with one is found by other means.
fn holds<E: Expression>(text: E, anchor: Anchor, part: &str) -> Expr<bool, E::Uses> {
    if part.contains('\0') {
        let part = Value::Text(part.to_owned().into());
        return Expr::new(Node::Holds(anchor, Box::new(text.into_node()), part));
    }
    let (before, after) = match anchor {
        Anchor::Anywhere => ("%", "%"),
        Anchor::Start => ("", "%"),
        Anchor::End => ("%", ""),
    };
    like(text, format!("{before}{}{after}", literal(part)))
}

/// A text as a pattern that only it matches.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
