//! Columns of [`Uuid`](::uuid::Uuid).
//!
//! Stored as text with hyphens, `67e55044-10b1-426f-9247-bb680e5fe0c8`: it sorts as the UUIDs do, can be read and typed in any
//! database shell, and takes 20 bytes more than the 16 bytes alone. Read from that text, from one without hyphens, with
//! braces or with `urn:uuid:`, in either case, and from 16 bytes. A comparison is one of stored texts: to *query* a database
//! that holds UUIDs in another form, give them a newtype of their own.

use std::borrow::Cow;

use ::uuid::Uuid;

use super::column_type::mismatch;
use super::{ColumnType, SqlType, Value, ValueRef};
use crate::error::{Error, Result};

impl ColumnType for Uuid {
    type Base = Uuid;
    const SQL_TYPE: SqlType = SqlType::Uuid;

    fn encode(&self) -> Result<Value<'_>> {
        let mut text = [0; ::uuid::fmt::Hyphenated::LENGTH];
        let text: &str = self.as_hyphenated().encode_lower(&mut text);
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        let uuid = match value {
            ValueRef::Text(text) => Uuid::try_parse_ascii(text),
            ValueRef::Blob(bytes) => Uuid::from_slice(bytes),
            ValueRef::Null | ValueRef::Int(_) | ValueRef::Real(_) => {
                return Err(mismatch("a UUID as text or as 16 bytes", value));
            }
        };
        uuid.map_err(|error| Error::value(format!("expected a UUID as text or as 16 bytes: {error}")))
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

#[cfg(test)]
mod tests {
    use super::super::laws::*;
    use super::*;

    fn uuids() -> impl Iterator<Item = Uuid> {
        let some = numbers().zip(numbers().skip(7)).map(|(high, low)| Uuid::from_u64_pair(high, low));
        [Uuid::nil(), Uuid::max()].into_iter().chain(some.take(300))
    }

    #[test]
    fn what_is_stored_is_read_back_and_sorts() {
        assert_round_trip(uuids());
        assert_text_sorts(uuids());
        assert_is_key::<Uuid>();
    }

    #[test]
    fn bytes_and_every_way_to_write_it_are_read() {
        let uuid = Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8);
        assert_eq!(to_text(&uuid), "67e55044-10b1-426f-9247-bb680e5fe0c8");
        assert_eq!(Uuid::decode(ValueRef::Blob(uuid.as_bytes())).unwrap(), uuid);
        for text in [
            "67E55044-10B1-426F-9247-BB680E5FE0C8",
            "67e5504410b1426f9247bb680e5fe0c8",
            "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
        ] {
            assert_eq!(from_text::<Uuid>(text).unwrap(), uuid);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        assert!(from_text::<Uuid>("67e55044").unwrap_err().message().starts_with("expected a UUID"));
        assert!(Uuid::decode(ValueRef::Blob(&[1; 15])).unwrap_err().is_value());
        assert!(Uuid::decode(ValueRef::Int(1)).unwrap_err().message().ends_with("found an integer"));
    }
}
