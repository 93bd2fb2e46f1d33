//! What a column can be set to. It is not what it can be compared with: NULL does not go into a column that never is NULL.

use super::methods::{Expr, Expression};
use super::node::Node;
use super::operand::{Operand, value_node};
use super::scope::{Nothing, Of, RowWise, Uses, Within};
use super::source::Source;
use crate::schema::Model;
use crate::value::{Column, ColumnType, Generated, Handle, Id, Key, Value};

/// What a column of `T` can be set to: a value, another column, an expression, a handle or an id.
#[diagnostic::on_unimplemented(
    message = "a column of `{T}` cannot be set to `{Self}`",
    label = "not a value of `{T}`",
    note = "what may be NULL goes into an `Option` only; `coalesce` gives it a value"
)]
pub trait Assign<T> {
    /// The models that it speaks of.
    type Uses: Uses;

    /// The value, without its types.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_assigned(self) -> Node;
}

/// The same in a statement whose models are `S`.
#[diagnostic::on_unimplemented(
    message = "a column of `{T}` cannot be set to `{Self}`",
    label = "not a value of `{T}`",
    note = "what may be NULL goes into an `Option` only; `coalesce` gives it a value"
)]
pub trait AssignIn<S, T, I>: Assign<T> {
    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;
}

impl<S, T, I, V: Assign<T>> AssignIn<S, T, I> for V
where
    V::Uses: RowWise + Within<S, I>,
{
    type Keep<Q> = <V::Uses as RowWise>::Keep<<V::Uses as Within<S, I>>::Keep<Q>>;

    #[inline]
    fn keep<Q>(query: Q) -> Self::Keep<Q> {
        <V::Uses as RowWise>::keep(<V::Uses as Within<S, I>>::keep(query))
    }
}

macro_rules! assigns {
    ($([$($generic:tt)*] $value:ty => $column:ty, $uses:ty, $self:ident => $node:expr;)*) => {$(
        #[allow(private_interfaces)]
        #[diagnostic::do_not_recommend]
        impl<$($generic)*> Assign<$column> for $value {
            type Uses = $uses;

            fn into_assigned($self) -> Node {
                $node
            }
        }
    )*};
}

assigns! {
    [T: ColumnType] T => T, Nothing, self => value_node(&self);
    [T: ColumnType] T => Option<T>, Nothing, self => value_node(&self);
    [T: ColumnType] T => Generated<T>, Nothing, self => value_node(&self);
    [T: ColumnType] &T => T, Nothing, self => value_node(self);
    [] &str => String, Nothing, self => Node::Value(Value::Text(self.to_owned().into()));
    [] &str => Option<String>, Nothing, self => Node::Value(Value::Text(self.to_owned().into()));
    [] &str => Generated<String>, Nothing, self => Node::Value(Value::Text(self.to_owned().into()));
    [M: Model, K: Key] Id<M, K> => Id<M, K>, Nothing, self => self.into_operand();
    [M: Model, K: Key] Id<M, K> => Option<Id<M, K>>, Nothing, self => self.into_operand();
    [M: Model, K: Key] Handle<M> => Id<M, K>, Nothing, self => Operand::<Id<M, K>>::into_operand(self);
    [M: Model, K: Key] Handle<M> => Option<Id<M, K>>, Nothing, self => Operand::<Id<M, K>>::into_operand(self);
    [M: Model, K: Key] K => Id<M, K>, Nothing, self => Operand::<Id<M, K>>::into_operand(self);
    [M: Model, K: Key] K => Option<Id<M, K>>, Nothing, self => Operand::<Id<M, K>>::into_operand(self);
    [M: Model, K: Key] Option<Id<M, K>> => Option<Id<M, K>>, Nothing, self => match self {
        Some(id) => id.into_operand(),
        None => Node::Values(vec![Value::Null; K::WIDTH]),
    };
    [M: Source, T, R] Column<M, T, R> => T, Of<M>, self => self.into_node();
    [M: Source, T, R] Column<M, T, R> => Option<T>, Of<M>, self => self.into_node();
    [U: Uses, T] Expr<T, U> => T, U, self => self.into_node();
    [U: Uses, T] Expr<T, U> => Option<T>, U, self => self.into_node();
}
