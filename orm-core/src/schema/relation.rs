//! What a relation's paths have to be: which column leads where. The relations themselves are constants of `expr`.

use super::model::Model;
use crate::value::{Column, Fk, Id, Key};

/// A column that is a foreign key to `M`.
#[diagnostic::on_unimplemented(
    message = "this path does not lead back to `{M}`",
    label = "not a foreign key to `{M}`",
    note = "a relation's path ends in a foreign key: a column of type `Id<{M}>` or `Option<Id<{M}>>`"
)]
pub trait LeadsTo<M> {}

#[diagnostic::do_not_recommend]
impl<T, M: Model, K: Key> LeadsTo<M> for Column<T, Id<M, K>, Fk> {}
#[diagnostic::do_not_recommend]
impl<T, M: Model, K: Key> LeadsTo<M> for Column<T, Option<Id<M, K>>, Fk> {}

/// The type that a model's columns are constants of: the model, or what `#[model(columns = ..)]` names.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "no columns here",
    note = "a relation's path is a model and its foreign key, such as `Post::author`"
)]
pub trait Columns {
    /// The model.
    type Model: Model;
}

impl<M: Model> Columns for M {
    type Model = M;
}

/// The foreign key of a model whose field's name has this hash; how a relation finds the type behind a path.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no foreign key of this name",
    label = "not a field of `{Self}`, or its own key"
)]
pub trait ColumnAt<const NAME: u64>: Model {
    /// The field's type.
    type Field;

    /// The position of the field in its struct.
    const FIELD: u16;
}

/// The model whose rows an id names.
#[diagnostic::on_unimplemented(
    message = "this path of a relation is no foreign key",
    label = "`{Self}` names no row of a model"
)]
pub trait Points {
    /// The model.
    type Target: Model;
}

#[diagnostic::do_not_recommend]
impl<M: Model, K: Key> Points for Id<M, K> {
    type Target = M;
}

#[diagnostic::do_not_recommend]
impl<M: Model, K: Key> Points for Option<Id<M, K>> {
    type Target = M;
}

/// A column of `M`.
#[diagnostic::on_unimplemented(
    message = "this is not a column of `{M}`",
    label = "not a column of `{M}`",
    note = "a relation is ordered by columns of the model it leads to"
)]
pub trait ColumnOf<M> {}

impl<M, T, R> ColumnOf<M> for Column<M, T, R> {}

/// What can hold a row's place in a list.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` holds no place in a list",
    label = "not an integer",
    note = "`position` of a relation names a column of `i16`, `i32`, `i64`, `u16`, `u32` or `u64`, or of an `Option` of such"
)]
pub trait Position {}

macro_rules! positions {
    ($($int:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Position for $int {}
        #[diagnostic::do_not_recommend]
        impl Position for Option<$int> {}
    )*};
}

positions!(i16 i32 i64 u16 u32 u64);
