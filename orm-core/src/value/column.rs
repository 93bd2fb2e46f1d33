//! Columns of models as typed constants.

use std::marker::PhantomData;

use crate::util::Marker;

/// The role of a column that is no foreign key.
pub enum Plain {}

/// The role of a foreign key: it joins and relates.
pub enum Fk {}

/// A column of a model, typed by its model, its field's type and its role: `User::name` is a `Column<User, String>`.
pub struct Column<M, T, R = Plain> {
    /// The position of the field in its struct.
    pub(crate) field: u16,
    kind: Marker<(M, T, R)>,
}

impl<M, T, R> Column<M, T, R> {
    /// The column of the field at a position; derives write it.
    pub const fn new(field: u16) -> Self {
        Column { field, kind: PhantomData }
    }
}

impl<M, T, R> Clone for Column<M, T, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T, R> Copy for Column<M, T, R> {}
