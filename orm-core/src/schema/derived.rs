//! What generated code calls, so that it is data and calls: checks at compile time, and the few steps a derive needs.

use std::borrow::Cow;
use std::fmt::Display;

use super::model::Model;
use super::relation::{ColumnAt, ColumnOf, LeadsTo};
use crate::engine::EngineCell;
use crate::error::{Error, Result};
use crate::schema::DeclarativeBase;
use crate::util::columns::ColumnSet;
use crate::util::columns::MAX_COLUMNS;
use crate::value::{Column, ColumnType, Field, Plain, Value, ValueRef, Version, text};

/// What tells a model from all others: where it stands and what it is called.
#[doc(hidden)]
#[macro_export]
macro_rules! __orm_origin_of {
    ($name:literal) => {
        $crate::__private::origin(
            ::core::concat!(::core::module_path!(), "::", $name),
            ::core::line!(),
            ::core::column!(),
        )
    };
}

/// Tells a model from all others: by its module and name, and where its derive stands.
pub const fn origin(path: &str, line: u32, column: u32) -> u64 {
    let place = ((line as u64) << 32) | column as u64;
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ place;
    let mut at = 0;
    while at < path.len() {
        hash = (hash ^ path.as_bytes()[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    // Zero is for models that have no origin.
    hash | 1
}

/// The role of a primary key of a type that names rows: none where they are those of its own model.
pub struct KeyRole<const IS_OWN: bool>;

/// What a column of `KeyRole` can do in a query, if its type alone would say `R`.
pub trait RoleOf<R> {
    /// The role.
    type Role;
}

impl<R> RoleOf<R> for KeyRole<true> {
    type Role = Plain;
}

impl<R> RoleOf<R> for KeyRole<false> {
    type Role = R;
}

/// A type that can count the writes of a row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a version",
    label = "not `Version`",
    note = "a column with the attribute `version` is of type `Version`"
)]
pub trait IsVersion {}

impl IsVersion for Version {}

/// Compiles for a version only.
pub const fn require_version<T: IsVersion>() {}

/// The foreign key whose field's name has this hash: the second path of `many_through`.
pub const fn linked<L, const NAME: u64>() -> Column<L, L::Field, <L::Field as Field>::Role>
where
    L: ColumnAt<NAME, Field: Field>,
{
    Column::new(L::FIELD)
}

/// That a table has no more columns than it may.
#[track_caller]
#[expect(clippy::panic, reason = "it runs in the compiler: the message is the error")]
pub const fn require_few_columns(count: usize, message: &str) {
    if count > MAX_COLUMNS {
        panic!("{}", message);
    }
}

/// The column, if it is a foreign key to `M`.
pub const fn leads_to<M, T, F, R>(column: Column<T, F, R>) -> Column<T, F, R>
where
    Column<T, F, R>: LeadsTo<M>,
{
    column
}

/// Compiles for a column of `M` only.
pub const fn require_column_of<M, C: ColumnOf<M>>(_column: &C) {}

/// Gives a field its `on_update` value, unless its columns change anyway.
pub fn refresh<M: Model, T>(changed: &ColumnSet, field: usize, slot: &mut T, value: impl FnOnce() -> T) {
    let columns = M::table().fields[field].clone();
    if !columns.into_iter().any(|column| changed.contains(column)) {
        *slot = value();
    }
}

/// Passes a `validate` function's refusal on.
pub fn validated<E: Display>(
    field: &'static str,
    verdict: Result<(), E>,
    refuse: &mut dyn FnMut(&'static str, String),
) {
    if let Err(reason) = verdict {
        refuse(field, reason.to_string());
    }
}

/// The base of a model that names none, so that the missing one is the only error.
pub struct NoBase;

impl DeclarativeBase for NoBase {
    const NAME: &'static str = "no base";

    fn engine_cell() -> &'static EngineCell<Self> {
        unfinished()
    }
}

/// The body of code that was derived from a struct with errors; it never runs.
#[cold]
pub fn unfinished() -> ! {
    unreachable!("code with errors does not compile")
}

/// Stands for the base of a struct of columns, which belongs to none: its fields are plain columns.
pub struct Embedded;

/// What a struct of columns can hold: column types, and other such structs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column type",
    label = "no column can hold this",
    note = "derive `ColumnType` for a newtype or a struct of columns, `ColumnEnum` for an enum"
)]
pub trait Part {
    /// Compiles where the trait is implemented.
    const IS_PART: () = ();
}

impl<T: Field> Part for T where T::Names: NoRow {}

/// Says that a field's type names no row.
#[diagnostic::on_unimplemented(
    message = "an id cannot be part of a struct of columns",
    label = "it would be no foreign key here"
)]
pub trait NoRow {}

impl NoRow for () {}

/// The text of an enum's variant as a value.
#[inline]
pub fn text_value(text: &'static str) -> Value<'static> {
    Value::Text(Cow::Borrowed(text))
}

/// The variant that a text stands for.
///
/// # Errors
/// A value error that names the text and the known ones.
pub fn decode_text_enum<T: Clone>(name: &str, known: &[(&str, T)], value: ValueRef<'_>) -> Result<T> {
    let found = text(value)?;
    match known.iter().find(|(text, _)| *text == found) {
        Some((_, variant)) => Ok(variant.clone()),
        None => Err(unknown(name, format!("{:?}", shortened(found)), known.iter().map(|(text, _)| text))),
    }
}

/// The variant that an integer stands for.
///
/// # Errors
/// A value error that names the integer and the known ones.
pub fn decode_int_enum<T: Clone>(name: &str, known: &[(i64, T)], value: ValueRef<'_>) -> Result<T> {
    let found = <i64 as ColumnType>::decode(value)?;
    match known.iter().find(|(number, _)| *number == found) {
        Some((_, variant)) => Ok(variant.clone()),
        None => Err(unknown(name, found.to_string(), known.iter().map(|(number, _)| number))),
    }
}

#[cold]
fn unknown(name: &str, found: String, known: impl Iterator<Item = impl Display>) -> Error {
    let known: Vec<String> = known.map(|value| value.to_string()).collect();
    Error::value(format!("{found} is no value of `{name}`, which knows {}", known.join(", ")))
}

/// At most 40 characters of a text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
