//! Relations as typed constants: which foreign key leads from a model to those that name it.

use std::marker::PhantomData;

use super::model::Model;
use crate::expr::{Column, Fk};
use crate::value::{Id, Key};

/// A relation over one foreign key.
pub enum Direct {}

/// A relation over the two foreign keys of a link model.
pub struct Through<L>(PhantomData<fn() -> L>);

/// A relation over a model in between: its foreign key names one side, and the other side's names it.
pub struct Via<L>(PhantomData<fn() -> L>);

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
    message = "the second path of `many_through` is no foreign key",
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

/// Many rows of `T` that name one row of `M`; directly, or through a link model.
pub struct Many<M, T, V = Direct> {
    /// The field of the foreign key that names `M`.
    back: u16,
    /// The field of the link model's foreign key that names `T`, if there is a link model.
    on: Option<u16>,
    kind: PhantomData<fn() -> (M, T, V)>,
}

/// At most one row of `T` that names a row of `M`.
pub struct One<M, T> {
    /// The field of the foreign key that names `M`.
    back: u16,
    kind: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Many<M, T> {
    /// The rows whose foreign key names a row of `M`; the derive checks that it does.
    pub const fn new<F, R>(back: Column<T, F, R>) -> Self {
        Many { back: back.field, on: None, kind: PhantomData }
    }
}

impl<M, T, L> Many<M, T, Through<L>> {
    /// The rows that a link model's second foreign key names, where its first names a row of `M`.
    pub const fn through<F, R, G, S>(back: Column<L, F, R>, on: Column<L, G, S>) -> Self {
        Many { back: back.field, on: Some(on.field), kind: PhantomData }
    }
}

impl<M, T, L> Many<M, T, Via<L>> {
    /// The rows whose foreign key names a row of the model in between, whose own names a row of `M`.
    pub const fn via<F, R, G, S>(back: Column<L, F, R>, on: Column<T, G, S>) -> Self {
        Many { back: back.field, on: Some(on.field), kind: PhantomData }
    }
}

impl<M, T> One<M, T> {
    /// The row whose foreign key names a row of `M`; the derive checks that it does.
    pub const fn new<F, R>(back: Column<T, F, R>) -> Self {
        One { back: back.field, kind: PhantomData }
    }
}
