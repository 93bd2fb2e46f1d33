//! Relations as typed constants: which foreign key leads from a model to those that name it.

use std::marker::PhantomData;

use super::model::Model;
use super::table::{ForeignKey, Table};
use crate::util::Marker;
use crate::value::{Column, Fk, Id, Key};

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
    /// The field of the second foreign key, if a model stands between.
    on: Option<u16>,
    kind: Marker<(M, T, V)>,
}

/// At most one row of `T` that names a row of `M`.
pub struct One<M, T> {
    /// The field of the foreign key that names `M`.
    back: u16,
    kind: Marker<(M, T)>,
}

impl<M, T> Many<M, T> {
    /// The rows whose foreign key names a row of `M`; the derive checks that it does.
    pub const fn new<F, R>(back: Column<T, F, R>) -> Self {
        Many { back: back.field, on: None, kind: PhantomData }
    }
}

impl<M, T: Model> Many<M, T> {
    /// The foreign key of `T` that names `M`.
    pub fn foreign_key(&self) -> &'static ForeignKey {
        foreign_key::<T>(self.back)
    }
}

impl<M, T: Model, V> Many<M, T, V> {
    /// The table that the relation leads to.
    pub fn target(&self) -> &'static Table {
        T::table()
    }
}

impl<M, T, L> Many<M, T, Through<L>> {
    /// The rows that a link model's second foreign key names, where its first names a row of `M`.
    pub const fn through<F, R, G, S>(back: Column<L, F, R>, on: Column<L, G, S>) -> Self {
        Many { back: back.field, on: Some(on.field), kind: PhantomData }
    }
}

impl<M, T, L: Model> Many<M, T, Through<L>> {
    /// The foreign key of the link model that names `M`.
    pub fn foreign_key(&self) -> &'static ForeignKey {
        foreign_key::<L>(self.back)
    }

    /// The foreign key of the link model that names `T`.
    pub fn second_foreign_key(&self) -> &'static ForeignKey {
        foreign_key::<L>(second(self.on))
    }
}

impl<M, T, L> Many<M, T, Via<L>> {
    /// The rows whose foreign key names a row of the model in between, whose own names a row of `M`.
    pub const fn via<F, R, G, S>(back: Column<L, F, R>, on: Column<T, G, S>) -> Self {
        Many { back: back.field, on: Some(on.field), kind: PhantomData }
    }
}

impl<M, T: Model, L: Model> Many<M, T, Via<L>> {
    /// The foreign key of the model in between that names `M`.
    pub fn foreign_key(&self) -> &'static ForeignKey {
        foreign_key::<L>(self.back)
    }

    /// The foreign key of `T` that names the model in between.
    pub fn second_foreign_key(&self) -> &'static ForeignKey {
        foreign_key::<T>(second(self.on))
    }
}

impl<M, T> One<M, T> {
    /// The row whose foreign key names a row of `M`; the derive checks that it does.
    pub const fn new<F, R>(back: Column<T, F, R>) -> Self {
        One { back: back.field, kind: PhantomData }
    }
}

impl<M, T: Model> One<M, T> {
    /// The foreign key of `T` that names `M`.
    pub fn foreign_key(&self) -> &'static ForeignKey {
        foreign_key::<T>(self.back)
    }

    /// The table that the relation leads to.
    pub fn target(&self) -> &'static Table {
        T::table()
    }
}

fn foreign_key<T: Model>(field: u16) -> &'static ForeignKey {
    let table = T::table();
    let name = table.field_names[usize::from(field)];
    let found = table.foreign_keys.iter().find(|key| key.field == name);
    found.expect("invariant: the derive makes relations of foreign keys only")
}

fn second(field: Option<u16>) -> u16 {
    field.expect("invariant: a relation over another model has two foreign keys")
}
