//! Columns that the database fills in.

use super::{ColumnType, Encoder, Field, Shape, SqlType};
use crate::error::{Error, Result};
use crate::row::Fields;

/// A column that the database fills in: a server default or a computed column.
///
/// `Unset` is left out of the INSERT, and what the database put there is read back; on an UPDATE it means unchanged. A
/// `deferred` column is of this type as well: `Unset` until it is loaded.
///
/// ```
/// # use orm_core::Generated;
/// let mut plan: Generated<String> = Generated::default();
/// assert_eq!(plan.get(), None);
/// plan = "free".to_owned().into();
/// assert_eq!(plan.get().map(String::as_str), Some("free"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(untagged))]
pub enum Generated<T> {
    /// Left to the database.
    #[default]
    Unset,
    /// What the database holds, or what it shall hold.
    Value(T),
}

impl<T> Generated<T> {
    /// The value, unless it is left to the database.
    pub fn get(&self) -> Option<&T> {
        match self {
            Generated::Unset => None,
            Generated::Value(value) => Some(value),
        }
    }
}

impl<T> From<T> for Generated<T> {
    fn from(value: T) -> Self {
        Generated::Value(value)
    }
}

impl From<&str> for Generated<String> {
    fn from(value: &str) -> Self {
        Generated::Value(value.to_owned())
    }
}

impl<T: ColumnType> Field for Generated<T> {
    type Role = super::Plain;
    type Names = ();
    const WIDTH: usize = 1;
    const NULLABLE: bool = T::NULLABLE;
    const IS_TEXT: bool = matches!(T::SQL_TYPE, SqlType::Text);
    const IS_GENERATED: bool = true;

    fn describe(shape: &mut Shape) {
        shape.column::<T>();
        shape.mark_generated();
    }

    #[inline]
    fn decode(row: &mut Fields<'_>) -> Result<Self> {
        row.column::<T>().map(Generated::Value)
    }

    #[inline]
    fn pass(row: &mut Fields<'_>) -> Result<Self> {
        row.skip(Self::WIDTH);
        Ok(Generated::Unset)
    }

    #[inline]
    fn encode<'a>(&'a self, out: &mut Encoder<'a, '_>) -> Result<()> {
        out.column(|| match self {
            Generated::Value(value) => value.encode(),
            Generated::Unset => Err(Error::misuse("the value is left to the database and not known yet")),
        })
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Generated::Value(a), Generated::Value(b)) => a.same(b),
            (Generated::Unset, _) => true,
            (Generated::Value(_), Generated::Unset) => false,
        }
    }

    #[inline]
    fn is_unset(&self) -> bool {
        matches!(self, Generated::Unset)
    }

    fn unset(&mut self) {
        *self = Generated::Unset;
    }

    fn assign(&mut self, row: &mut Fields<'_>) -> Result<()> {
        *self = Self::decode(row)?;
        Ok(())
    }
}
