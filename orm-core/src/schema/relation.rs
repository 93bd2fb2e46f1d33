//! Relations as typed constants: which foreign key leads from a model to those that name it.

use std::marker::PhantomData;

use super::model::Model;
use crate::expr::{Column, Fk};
use crate::value::{Field, Id, Key};

/// A relation over one foreign key.
pub enum Direct {}

/// A relation over the two foreign keys of a link model.
pub struct Through<L>(PhantomData<fn() -> L>);

/// A foreign key's type, when it names rows of `M`.
#[diagnostic::on_unimplemented(
    message = "this foreign key does not lead to `{M}`",
    label = "it names rows of another model",
    note = "the foreign key of this relation has to be of type `Id<{M}>`"
)]
pub trait LeadsTo<M> {}

impl<M: Model, K: Key> LeadsTo<M> for Id<M, K> {}
impl<M: Model, K: Key> LeadsTo<M> for Option<Id<M, K>> {}

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

impl<M: Model, T: Model> Many<M, T> {
    /// The rows whose foreign key names a row of `M`.
    pub const fn new<F: Field + LeadsTo<M>>(back: Column<T, F, Fk>) -> Self {
        Many {
            back: back.field,
            on: None,
            kind: PhantomData,
        }
    }
}

impl<M: Model, T: Model, L: Model> Many<M, T, Through<L>> {
    /// The rows that a link model's second foreign key names, where its first names a row of `M`.
    pub const fn through<F: Field + LeadsTo<M>, G: Field + LeadsTo<T>>(
        back: Column<L, F, Fk>,
        on: Column<L, G, Fk>,
    ) -> Self {
        Many {
            back: back.field,
            on: Some(on.field),
            kind: PhantomData,
        }
    }
}

impl<M: Model, T: Model> One<M, T> {
    /// The row whose foreign key names a row of `M`.
    pub const fn new<F: Field + LeadsTo<M>>(back: Column<T, F, Fk>) -> Self {
        One {
            back: back.field,
            kind: PhantomData,
        }
    }
}
