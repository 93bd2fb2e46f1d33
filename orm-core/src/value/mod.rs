//! Values between Rust and a database: five storage classes, and the types that can be a column. Rank 1.

mod column;
mod column_type;
pub(crate) mod default;
mod field;
mod generated;
mod id;
mod key;
mod primitive;
mod sql_type;
mod version;

#[cfg(any(feature = "chrono", feature = "time"))]
mod calendar;
#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "serde_json")]
mod json;
#[cfg(test)]
#[allow(dead_code, reason = "which laws are asked for depends on the features")]
mod laws;
#[cfg(feature = "rust_decimal")]
mod rust_decimal;
#[cfg(feature = "time")]
mod time;
#[cfg(feature = "uuid")]
mod uuid;

use std::borrow::Cow;
use std::fmt;

use crate::error::Result;

pub use column::{Column, Fk, Plain};
pub use column_type::ColumnType;
pub use field::{Encoder, Field, Ids, Link, RowOf, Shape};
pub(crate) use field::{NoIds, Reference};
pub use generated::Generated;
pub use id::{Entity, Handle, Id};
pub(crate) use id::{Generation, Place, SessionNumber};
#[cfg(feature = "serde_json")]
pub use json::Json;
pub(crate) use key::encode_key;
pub use key::{HasKey, IntoKey, Key, KeyField};
pub(crate) use primitive::text;
pub use sql_type::SqlType;
pub use version::Version;

/// A value on its way to the database: borrowed where it can be.
///
/// Two values are equal when they are stored alike; floats compare by their bits, so that NaN equals itself and `0.0`
/// differs from `-0.0`.
#[derive(Clone)]
pub enum Value<'a> {
    /// SQL NULL.
    Null,
    /// An integer, also a boolean.
    Int(i64),
    /// A float.
    Real(f64),
    /// Text; NUL bytes are kept.
    Text(Cow<'a, str>),
    /// Bytes.
    Blob(Cow<'a, [u8]>),
}

/// A value as it comes from the database, borrowed from the row.
#[derive(Clone, Copy, Debug)]
pub enum ValueRef<'row> {
    /// SQL NULL.
    Null,
    /// An integer.
    Int(i64),
    /// A float.
    Real(f64),
    /// Text as the database holds it; that it is UTF-8 is checked by whoever decodes it.
    Text(&'row [u8]),
    /// Bytes.
    Blob(&'row [u8]),
}

impl Value<'_> {
    /// The same value, owning what it borrowed.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Int(value) => Value::Int(value),
            Value::Real(value) => Value::Real(value),
            Value::Text(value) => Value::Text(Cow::Owned(value.into_owned())),
            Value::Blob(value) => Value::Blob(Cow::Owned(value.into_owned())),
        }
    }

    /// The same value, borrowing from this one.
    pub fn borrowed(&self) -> Value<'_> {
        match self {
            Value::Null => Value::Null,
            Value::Int(value) => Value::Int(*value),
            Value::Real(value) => Value::Real(*value),
            Value::Text(value) => Value::Text(Cow::Borrowed(value)),
            Value::Blob(value) => Value::Blob(Cow::Borrowed(value)),
        }
    }

    /// The same value as a row would give it.
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Value::Null => ValueRef::Null,
            Value::Int(value) => ValueRef::Int(*value),
            Value::Real(value) => ValueRef::Real(*value),
            Value::Text(value) => ValueRef::Text(value.as_bytes()),
            Value::Blob(value) => ValueRef::Blob(value),
        }
    }
}

impl ValueRef<'_> {
    /// The same value, owned.
    ///
    /// # Errors
    /// A value error for text that is not UTF-8.
    pub fn to_value(self) -> Result<Value<'static>> {
        Ok(match self {
            ValueRef::Null => Value::Null,
            ValueRef::Int(value) => Value::Int(value),
            ValueRef::Real(value) => Value::Real(value),
            ValueRef::Text(_) => Value::Text(Cow::Owned(text(self)?.to_owned())),
            ValueRef::Blob(value) => Value::Blob(Cow::Owned(value.to_owned())),
        })
    }

    /// What kind of value it is, in the words of an error message.
    pub fn kind(&self) -> &'static str {
        match self {
            ValueRef::Null => "NULL",
            ValueRef::Int(_) => "an integer",
            ValueRef::Real(_) => "a float",
            ValueRef::Text(_) => "text",
            ValueRef::Blob(_) => "bytes",
        }
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Real(a), Value::Real(b)) => a.to_bits() == b.to_bits(),
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Blob(a), Value::Blob(b)) => a == b,
            (Value::Null | Value::Int(_) | Value::Real(_) | Value::Text(_) | Value::Blob(_), _) => false,
        }
    }
}

/// As SQL would write the literal; blobs by their length.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("NULL"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Real(value) => write!(f, "{value:?}"),
            Value::Text(value) => write!(f, "'{}'", value.replace('\'', "''")),
            Value::Blob(value) => write!(f, "<{} bytes>", value.len()),
        }
    }
}
