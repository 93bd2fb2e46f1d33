//! The types that fit one column.

use super::{SqlType, Value, ValueRef};
use crate::error::{Error, Result};

/// A Rust type that is stored in one column.
///
/// Implemented for integers, floats, `bool`, `String`, `Vec<u8>` and `Option` of any of them; behind features for the
/// types of chrono, time, uuid, serde_json and rust_decimal. `#[derive(ColumnEnum)]` and `#[derive(ColumnType)]` implement
/// it for enums and newtypes.
///
/// | type | feature | stored as |
/// |---|---|---|
/// | `NaiveDate`; `Date` | `chrono`; `time` | `2024-05-06` |
/// | `NaiveTime`; `Time` | | `12:34:56`, with 3, 6 or 9 digits of a fraction where there is one |
/// | `NaiveDateTime`; `PrimitiveDateTime` | | `2024-05-06 12:34:56`, with a fraction as above |
/// | `DateTime<Utc>`; `OffsetDateTime` | | the same, in UTC and without a zone |
/// | `Uuid` | `uuid` | `67e55044-10b1-426f-9247-bb680e5fe0c8` |
/// | `Json<T>` | `serde_json` | JSON text |
/// | `Decimal` | `rust_decimal` | text with every digit, without zeros at the end |
///
/// These texts sort as the days and times do, SQLite's date functions read them, and `CURRENT_TIMESTAMP` writes the same.
/// Reading takes more: a `T` for the space, `Z` or an offset (the time is turned into UTC), a day alone, a UUID of 16 bytes, a
/// decimal from a number. `DateTime<Local>` and `DateTime<FixedOffset>` are no column types, since their offset would be lost:
/// `.to_utc()` says so in the program. Dates have years of 0 to 9999. Decimals are compared as text where a database has none:
/// `=` is exact, `<` is not in numeric order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column type",
    label = "no column can hold this",
    note = "derive `ColumnType` for a newtype, `ColumnEnum` for an enum, or enable the feature of the crate it comes from"
)]
pub trait ColumnType: Clone + Send + Sync + 'static {
    /// The type that values of this column are compared as: `T` for both `T` and `Option<T>`.
    type Base: ColumnType;

    /// What the column holds.
    const SQL_TYPE: SqlType;

    /// Whether the column allows NULL.
    const NULLABLE: bool = false;

    /// The value as the database stores it.
    ///
    /// # Errors
    /// A value error when the database has no way to store it, such as a `u64` above `i64::MAX`.
    fn encode(&self) -> Result<Value<'_>>;

    /// The value from what the database holds.
    ///
    /// # Errors
    /// A value error that says what was expected and what was found.
    fn decode(value: ValueRef<'_>) -> Result<Self>;

    /// Whether both are stored alike, so that writing one over the other changes nothing.
    #[inline]
    fn same(&self, other: &Self) -> bool {
        match (self.encode(), other.encode()) {
            (Ok(a), Ok(b)) => a == b,
            (Err(_), _) | (_, Err(_)) => false,
        }
    }

    /// The key that a database generated, for types that can be one.
    fn from_generated(_id: i64) -> Option<Self> {
        None
    }
}

impl<T: ColumnType> ColumnType for Option<T> {
    type Base = T::Base;
    const SQL_TYPE: SqlType = T::SQL_TYPE;
    const NULLABLE: bool = true;

    #[inline]
    fn encode(&self) -> Result<Value<'_>> {
        match self {
            Some(value) => value.encode(),
            None => Ok(Value::Null),
        }
    }

    #[inline]
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Null => Ok(None),
            ValueRef::Int(_) | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => {
                T::decode(value).map(Some)
            }
        }
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Some(a), Some(b)) => a.same(b),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

/// The error of a value that is of another storage class than the column's type.
#[cold]
pub(crate) fn mismatch(expected: &str, found: ValueRef<'_>) -> Error {
    Error::value(format!("expected {expected}, found {}", found.kind()))
}
