//! The way of a relation over models in between, foreign key by foreign key.

use std::marker::PhantomData;

use super::relation::KeyField;
use crate::schema::{Model, Points, Table};
use crate::value::{Column, Field, Fk, Id, Key};

/// A foreign key on the way: it is followed up, to the row that it names, or down, to the rows that name one by it.
#[derive(Clone, Copy)]
pub struct Hop {
    table: fn() -> &'static Table,
    field: u16,
    is_up: bool,
}

impl Hop {
    /// The foreign key.
    pub(crate) fn key(self) -> KeyField {
        KeyField { table: (self.table)(), field: self.field }
    }

    pub(crate) fn is_up(self) -> bool {
        self.is_up
    }

    /// The table that it leads from.
    pub(crate) fn from(self) -> &'static Table {
        if self.is_up { self.key().table } else { self.key().target() }
    }

    /// The table that it leads to.
    pub(crate) fn to(self) -> &'static Table {
        if self.is_up { self.key().target() } else { self.key().table }
    }
}

/// A foreign key that leads on from `M`: down where it names `M`, else up.
#[diagnostic::on_unimplemented(
    message = "this path does not lead back to `{M}`",
    label = "not a foreign key to `{M}`, nor one of `{M}`",
    note = "the next path of `many_via` is a foreign key to `{M}`, which leads to the rows that name one, or a foreign key of `{M}`, \
            which leads to the row that it names"
)]
pub trait LeadsOn<M, const UP: bool> {}

#[diagnostic::do_not_recommend]
impl<T, M: Model, K: Key> LeadsOn<M, false> for Column<T, Id<M, K>, Fk> {}
#[diagnostic::do_not_recommend]
impl<T, M: Model, K: Key> LeadsOn<M, false> for Column<T, Option<Id<M, K>>, Fk> {}
#[diagnostic::do_not_recommend]
impl<M, F: Points> LeadsOn<M, true> for Column<M, F, Fk> {}

/// The foreign key `F` of `O`, as a way down to `O` or up to what it names.
pub struct Way<O, F, const UP: bool>(PhantomData<fn() -> (O, F)>);

/// Where a way ends.
pub trait Turn {
    /// The model.
    type End: Model;
}

#[diagnostic::do_not_recommend]
impl<O: Model, F> Turn for Way<O, F, false> {
    type End = O;
}

#[diagnostic::do_not_recommend]
impl<O, F: Points> Turn for Way<O, F, true> {
    type End = F::Target;
}

/// Whether the foreign key `F` of `O` is followed up from `M`: it is one of `M` that names another model.
pub const fn goes_up<M: Model, O: Model, F: Field>() -> bool {
    O::ORIGIN == M::ORIGIN && F::ORIGIN != M::ORIGIN
}

/// A column as the next step from `M`.
pub const fn hop<M, const UP: bool, T: Model, F, R>(column: Column<T, F, R>) -> Hop
where
    Column<T, F, R>: LeadsOn<M, UP>,
{
    Hop { table: T::table, field: column.field, is_up: UP }
}
