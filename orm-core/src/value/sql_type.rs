//! The kind of column a Rust type asks for; a dialect gives it its name.

/// What a column holds, before a dialect names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SqlType {
    /// True or false.
    Boolean,
    /// An integer of at most 16 bits.
    SmallInt,
    /// An integer of at most 32 bits.
    Integer,
    /// An integer of 64 bits.
    BigInt,
    /// A float of 32 bits.
    Real,
    /// A float of 64 bits.
    Double,
    /// Text; its greatest length is the column's.
    Text,
    /// Bytes.
    Blob,
    /// A calendar day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time, without a zone.
    DateTime,
    /// A point in time.
    Timestamp,
    /// A UUID.
    Uuid,
    /// A JSON document.
    Json,
    /// An exact decimal number.
    Decimal,
    /// One of these texts.
    TextEnum(&'static [&'static str]),
    /// One of these integers.
    IntEnum(&'static [i64]),
}
