//! Columns of Rust's own types.

use std::borrow::Cow;

use super::column_type::mismatch;
use super::{ColumnType, SqlType, Value, ValueRef};
use crate::error::{Error, Result};

macro_rules! integers {
    ($($int:ty => $sql:ident),* $(,)?) => {$(
        impl ColumnType for $int {
            type Base = $int;
            const SQL_TYPE: SqlType = SqlType::$sql;

            #[inline]
            fn encode(&self) -> Result<Value<'_>> {
                match i64::try_from(*self) {
                    Ok(value) => Ok(Value::Int(value)),
                    Err(_) => Err(too_large(stringify!($int))),
                }
            }

            #[inline]
            fn decode(value: ValueRef<'_>) -> Result<Self> {
                match value {
                    ValueRef::Int(value) => {
                        <$int>::try_from(value).map_err(|_| out_of_range(value, stringify!($int)))
                    }
                    ValueRef::Null | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => {
                        Err(mismatch("an integer", value))
                    }
                }
            }

            #[inline]
            fn same(&self, other: &Self) -> bool {
                self == other
            }

            #[inline]
            fn from_generated(id: i64) -> Option<Self> {
                <$int>::try_from(id).ok()
            }
        }
    )*};
}

integers! {
    i8 => SmallInt, i16 => SmallInt, i32 => Integer, i64 => BigInt,
    u8 => SmallInt, u16 => Integer, u32 => BigInt, u64 => BigInt,
}

#[cold]
fn out_of_range(value: i64, int: &str) -> Error {
    Error::value(format!("{value} does not fit in {int}"))
}

#[cold]
fn too_large(int: &str) -> Error {
    Error::value(format!("a {int} above {} cannot be stored", i64::MAX))
}

macro_rules! floats {
    ($($float:ty => $sql:ident),* $(,)?) => {$(
        impl ColumnType for $float {
            type Base = $float;
            const SQL_TYPE: SqlType = SqlType::$sql;

            /// NaN is refused: SQLite would store NULL for it.
            #[inline]
            fn encode(&self) -> Result<Value<'_>> {
                if self.is_nan() {
                    return Err(Error::value("NaN cannot be stored"));
                }
                Ok(Value::Real(f64::from(*self)))
            }

            #[inline]
            fn decode(value: ValueRef<'_>) -> Result<Self> {
                match value {
                    ValueRef::Real(value) => Ok(value as $float),
                    ValueRef::Int(value) => Ok(value as $float),
                    ValueRef::Null | ValueRef::Text(_) | ValueRef::Blob(_) => Err(mismatch("a float", value)),
                }
            }

            #[inline]
            fn same(&self, other: &Self) -> bool {
                self.to_bits() == other.to_bits()
            }
        }
    )*};
}

floats! { f32 => Real, f64 => Double }

impl ColumnType for bool {
    type Base = bool;
    const SQL_TYPE: SqlType = SqlType::Boolean;

    #[inline]
    fn encode(&self) -> Result<Value<'_>> {
        Ok(Value::Int(i64::from(*self)))
    }

    #[inline]
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Int(0) => Ok(false),
            ValueRef::Int(1) => Ok(true),
            ValueRef::Int(other) => Err(Error::value(format!("{other} is neither 0 nor 1"))),
            ValueRef::Null | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => {
                Err(mismatch("a boolean (0 or 1)", value))
            }
        }
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl ColumnType for String {
    type Base = String;
    const SQL_TYPE: SqlType = SqlType::Text;

    #[inline]
    fn encode(&self) -> Result<Value<'_>> {
        Ok(Value::Text(Cow::Borrowed(self)))
    }

    #[inline]
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        text(value).map(str::to_owned)
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl ColumnType for Vec<u8> {
    type Base = Vec<u8>;
    const SQL_TYPE: SqlType = SqlType::Blob;

    #[inline]
    fn encode(&self) -> Result<Value<'_>> {
        Ok(Value::Blob(Cow::Borrowed(self)))
    }

    #[inline]
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Blob(bytes) => Ok(bytes.to_owned()),
            ValueRef::Null | ValueRef::Int(_) | ValueRef::Real(_) | ValueRef::Text(_) => {
                Err(mismatch("bytes", value))
            }
        }
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// The text of a value, checked to be UTF-8.
#[inline]
pub(crate) fn text(value: ValueRef<'_>) -> Result<&str> {
    match value {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes)
            .map_err(|error| Error::value(format!("the text is not UTF-8: {error}"))),
        ValueRef::Null | ValueRef::Int(_) | ValueRef::Real(_) | ValueRef::Blob(_) => {
            Err(mismatch("text", value))
        }
    }
}
