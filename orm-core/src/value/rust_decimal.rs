//! Columns of [`Decimal`](::rust_decimal::Decimal).
//!
//! Stored as text, every digit kept, without zeros at the end: `1.10` and `1.1` are one number, so they are one text, and a
//! unique column or a key knows it. How many zeros a number is shown with is for the program to say. Read from text, also
//! with an exponent, from integers, and from floats as their shortest decimal: the `0.99` of a column that
//! makes numbers of texts is the `0.99` that went in.
//!
//! Where a database has no decimals, it compares the texts: equality is exact, `<` and `ORDER BY` are not in
//! numeric order unless the query casts the column.

use std::borrow::Cow;

use ::rust_decimal::Decimal;

use super::column_type::mismatch;
use super::{ColumnType, SqlType, Value, ValueRef};
use crate::error::{Error, Result};

const EXPECTED: &str = "a decimal number of at most 28 digits";

impl ColumnType for Decimal {
    type Base = Decimal;
    const SQL_TYPE: SqlType = SqlType::Decimal;

    fn encode(&self) -> Result<Value<'_>> {
        Ok(Value::Text(Cow::Owned(self.normalize().to_string())))
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Int(number) => Ok(Decimal::from(number)),
            ValueRef::Real(number) => from_float(number),
            ValueRef::Text(_) => from_digits(super::text(value)?),
            ValueRef::Null | ValueRef::Blob(_) => Err(mismatch(EXPECTED, value)),
        }
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// No digit is lost: a number that has too many is an error.
fn from_digits(text: &str) -> Result<Decimal> {
    Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .map_err(|_| Error::value(format!("expected {EXPECTED}, found other text")))
}

/// The shortest decimal that is this float, rounded to 28 places after the point.
fn from_float(number: f64) -> Result<Decimal> {
    number
        .to_string()
        .parse()
        .map_err(|_| Error::value(format!("expected {EXPECTED}, found a float beyond that")))
}

#[cfg(test)]
mod tests {
    use super::super::laws::*;
    use super::*;

    fn decimals() -> impl Iterator<Item = Decimal> {
        let some = numbers().zip(numbers().skip(11)).map(|(a, b)| {
            Decimal::from_parts(
                a as u32,
                (a >> 32) as u32,
                b as u32,
                b & (1 << 40) != 0,
                (b >> 41) as u32 % 29,
            )
        });
        let extremes = [Decimal::ZERO, Decimal::MAX, Decimal::MIN, Decimal::new(1, 28), Decimal::new(-0, 5)];
        extremes.into_iter().chain(some.take(300))
    }

    #[test]
    fn what_is_stored_is_read_back() {
        assert_round_trip(decimals());
        assert_is_key::<Decimal>();
    }

    #[test]
    fn equal_numbers_are_equal_texts() {
        assert_eq!(to_text(&Decimal::new(110, 2)), "1.1");
        assert_eq!(to_text(&Decimal::new(100, 0)), "100");
        assert_eq!(to_text(&-Decimal::ZERO), "0");
    }

    #[test]
    fn integers_and_floats_are_read_as_they_look() {
        let read = |value| Decimal::decode(value).map(|number| number.to_string()).ok();
        assert_eq!(read(ValueRef::Int(i64::MIN)).as_deref(), Some("-9223372036854775808"));
        assert_eq!(read(ValueRef::Real(0.99)).as_deref(), Some("0.99"));
        assert_eq!(read(ValueRef::Real(-13.86)).as_deref(), Some("-13.86"));
        assert_eq!(read(ValueRef::Text(b"1.5e3")).as_deref(), Some("1500"));
        (0..100_000).for_each(|cents| {
            assert_eq!(
                Decimal::decode(ValueRef::Real(f64::from(cents) / 100.0)).unwrap(),
                Decimal::new(i64::from(cents), 2)
            );
        });
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in
            ["", "one", "1,5", "0.12345678901234567890123456789012", "99999999999999999999999999999999"]
        {
            assert!(
                from_text::<Decimal>(text).unwrap_err().message().starts_with("expected a decimal"),
                "{text}"
            );
        }
        assert!(Decimal::decode(ValueRef::Real(f64::INFINITY)).unwrap_err().is_value());
        assert!(Decimal::decode(ValueRef::Real(1e300)).unwrap_err().is_value());
        assert!(Decimal::decode(ValueRef::Blob(b"1")).unwrap_err().is_value());
    }
}
