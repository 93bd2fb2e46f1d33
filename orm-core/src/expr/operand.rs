//! What a column can be compared with.

use super::methods::{Expr, Expression};
use super::node::Node;
use super::scope::{Nothing, Of, Uses};
use super::source::Source;
use crate::error::Result;
use crate::schema::Model;
use crate::value::Column;
use crate::value::{ColumnType, Generated, Handle, Id, Key, NoIds, Value, encode_key};

/// A type whose values can be compared in SQL; `T` and `Option<T>` are compared as `T`.
#[diagnostic::on_unimplemented(message = "values of `{Self}` cannot be compared in a query")]
pub trait Comparable {
    /// What its values are compared as.
    type Base;
}

impl<T: ColumnType> Comparable for T {
    type Base = T::Base;
}

impl<T: ColumnType> Comparable for Generated<T> {
    type Base = T::Base;
}

impl<M: Model, K: Key> Comparable for Id<M, K> {
    type Base = Id<M, K>;
}

impl<M: Model, K: Key> Comparable for Option<Id<M, K>> {
    type Base = Id<M, K>;
}

/// A type whose values can be compared with those of `T`, both from columns or expressions.
#[diagnostic::on_unimplemented(
    message = "a column of `{T}` cannot be compared with a column of `{Self}`",
    label = "not comparable with `{T}`"
)]
pub trait ComparedAs<T> {}

#[diagnostic::do_not_recommend]
impl<T: ColumnType> ComparedAs<T::Base> for T {}
#[diagnostic::do_not_recommend]
impl<T: ColumnType> ComparedAs<T::Base> for Generated<T> {}
#[diagnostic::do_not_recommend]
impl<M: Model, K: Key> ComparedAs<Id<M, K>> for Id<M, K> {}
#[diagnostic::do_not_recommend]
impl<M: Model, K: Key> ComparedAs<Id<M, K>> for Option<Id<M, K>> {}

/// A type whose values are texts.
#[diagnostic::on_unimplemented(message = "a column of `{Self}` is no text", label = "not a text")]
pub trait Text {}

#[diagnostic::do_not_recommend]
impl Text for String {}
#[diagnostic::do_not_recommend]
impl Text for Option<String> {}
#[diagnostic::do_not_recommend]
impl Text for Generated<String> {}
#[diagnostic::do_not_recommend]
impl Text for Generated<Option<String>> {}

/// What a column of `T` can be compared with: a value, a reference to one, another column, a handle or an id.
#[diagnostic::on_unimplemented(
    message = "a column of `{T}` cannot be compared with `{Self}`",
    label = "not comparable with `{T}`"
)]
pub trait Operand<T> {
    /// The models that it speaks of.
    type Uses: Uses;

    /// The operand, without its types.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_operand(self) -> Node;
}

/// What a column of `T` can be looked for in: a list of what it can be compared with, or a statement that selects such.
#[diagnostic::on_unimplemented(
    message = "a column of `{T}` cannot be looked for in `{Self}`",
    label = "not a list, and not a statement that selects one column"
)]
pub trait List<T> {
    /// The models that it speaks of.
    type Uses: Uses;

    /// Whether what is on the left is in it.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn holds(self, left: Node) -> Node;
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<T, L: IntoIterator<Item: Operand<T>>> List<T> for L {
    type Uses = <L::Item as Operand<T>>::Uses;

    fn holds(self, left: Node) -> Node {
        Node::InList(Box::new(left), self.into_iter().map(Operand::into_operand).collect())
    }
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<T: ColumnType<Base = T>> Operand<T> for T {
    type Uses = Nothing;

    fn into_operand(self) -> Node {
        value_node(&self)
    }
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<T: ColumnType<Base = T>> Operand<T> for &T {
    type Uses = Nothing;

    fn into_operand(self) -> Node {
        value_node(self)
    }
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl Operand<String> for &str {
    type Uses = Nothing;

    fn into_operand(self) -> Node {
        Node::Value(Value::Text(self.to_owned().into()))
    }
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<T, M: Source, C: ComparedAs<T>, R> Operand<T> for Column<M, C, R> {
    type Uses = Of<M>;

    fn into_operand(self) -> Node {
        self.into_node()
    }
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<T, C: ComparedAs<T>, U: Uses> Operand<T> for Expr<C, U> {
    type Uses = U;

    fn into_operand(self) -> Node {
        self.into_node()
    }
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<M: Model, K: Key> Operand<Id<M, K>> for Id<M, K> {
    type Uses = Nothing;

    fn into_operand(self) -> Node {
        match self {
            Id::New => Node::Unstorable(format!("`Id::New` names no `{}`", M::table().model)),
            Id::Key(key) => key_node(&key),
            Id::Of(handle) => Node::Entity(handle.entity(), K::WIDTH),
        }
    }
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<M: Model, K: Key> Operand<Id<M, K>> for Handle<M> {
    type Uses = Nothing;

    fn into_operand(self) -> Node {
        Node::Entity(self.entity(), K::WIDTH)
    }
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<M: Model, K: Key> Operand<Id<M, K>> for K {
    type Uses = Nothing;

    fn into_operand(self) -> Node {
        key_node(&self)
    }
}

pub(super) fn value_node<T: ColumnType>(value: &T) -> Node {
    value_or_why(value.encode())
}

/// A value to bind, or why it cannot be stored.
fn value_or_why(value: Result<Value<'_>>) -> Node {
    match value {
        Ok(value) => Node::Value(value.into_owned()),
        Err(error) => Node::Unstorable(error.message().to_owned()),
    }
}

fn key_node<K: Key>(key: &K) -> Node {
    if let Some(value) = key.value() {
        return value_or_why(value);
    }
    let mut values = Vec::with_capacity(K::WIDTH);
    if let Err(error) = encode_key(key, &NoIds, &mut values) {
        return Node::Unstorable(error.message().to_owned());
    }
    Node::Values(values.into_iter().map(Value::into_owned).collect())
}
