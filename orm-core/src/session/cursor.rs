//! A place in an order as text, which fits into a URL.
//!
//! The bytes are a version, the number of the order, and the values, each with its kind in front; the text is their URL-safe
//! base64. A cursor holds no secret and grants nothing: its values are bound, and filters are those of the query that reads it.

use crate::error::{Error, Result};
use crate::value::Value;

const VERSION: u8 = 1;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The text of a place.
pub(super) fn encode(order: u64, values: &[Value<'_>]) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(order.to_le_bytes());
    for value in values {
        match value {
            Value::Null => bytes.push(0),
            Value::Int(number) => add(&mut bytes, 1, &number.to_le_bytes()),
            Value::Real(number) => add(&mut bytes, 2, &number.to_le_bytes()),
            Value::Text(text) => add_long(&mut bytes, 3, text.as_bytes()),
            Value::Blob(blob) => add_long(&mut bytes, 4, blob),
        }
    }
    to_text(&bytes)
}

/// The values of a place in an order of so many columns.
///
/// # Errors
/// A value error for a text that is no cursor, or one of another order or version.
pub(super) fn decode(text: &str, order: u64, columns: usize) -> Result<Vec<Value<'static>>> {
    let bytes = from_text(text).ok_or_else(no_cursor)?;
    let (version, mut rest) = bytes.split_first().ok_or_else(no_cursor)?;
    if *version != VERSION {
        return Err(Error::value("the cursor is of another version: begin again with the first page"));
    }
    if u64::from_le_bytes(take(&mut rest).ok_or_else(no_cursor)?) != order {
        return Err(Error::value(
            "the cursor is of a query with another order: begin again with the first page",
        ));
    }
    let values: Option<Vec<_>> = (0..columns).map(|_| take_value(&mut rest)).collect();
    values.filter(|_| rest.is_empty()).ok_or_else(no_cursor)
}

#[cold]
fn no_cursor() -> Error {
    Error::value("the text is no cursor: give back `next` of the page before as it was")
}

fn add(bytes: &mut Vec<u8>, kind: u8, value: &[u8]) {
    bytes.push(kind);
    bytes.extend(value);
}

fn add_long(bytes: &mut Vec<u8>, kind: u8, value: &[u8]) {
    add(bytes, kind, &(value.len() as u64).to_le_bytes());
    bytes.extend(value);
}

fn take_value(rest: &mut &[u8]) -> Option<Value<'static>> {
    let [kind] = take(rest)?;
    match kind {
        0 => Some(Value::Null),
        1 => Some(Value::Int(i64::from_le_bytes(take(rest)?))),
        2 => Some(Value::Real(f64::from_le_bytes(take(rest)?))),
        3 => Some(Value::Text(String::from_utf8(take_long(rest)?).ok()?.into())),
        4 => Some(Value::Blob(take_long(rest)?.into())),
        _ => None,
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*taken)
}

fn take_long(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let length = usize::try_from(u64::from_le_bytes(take(rest)?)).ok()?;
    let (taken, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(taken.to_vec())
}

fn to_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let letters = (0..=chunk.len()).map(|at| ALPHABET[(bits >> (18 - 6 * at)) as usize & 63]);
        text.extend(letters.map(char::from));
    }
    text
}

fn from_text(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for letter in chunk {
            bits = bits << 6 | u32::try_from(ALPHABET.iter().position(|other| other == letter)?).ok()?;
        }
        let whole = (bits << (6 * (4 - chunk.len()))).to_be_bytes();
        let (used, unused) = whole[1..].split_at(chunk.len() - 1);
        // What is left over is zero, so that a place has one text.
        if chunk.len() == 1 || unused.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend(used);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Vec<Value<'static>> {
        vec![
            Value::Int(i64::MIN),
            Value::Null,
            Value::Real(-0.5),
            Value::Text("ä\0\u{1f600}/+".into()),
            Value::Blob(vec![0, 255, 128].into()),
            Value::Text("".into()),
        ]
    }

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        for count in 0..=values().len() {
            let values = &values()[..count];
            let text = encode(7, values);
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
            assert_eq!(decode(&text, 7, count).unwrap(), values);
        }
    }

    #[test]
    fn what_is_no_cursor_of_the_order_is_refused() {
        let text = encode(7, &values());
        assert!(decode(&text, 8, 6).unwrap_err().message().contains("another order"));
        assert!(decode(&text, 7, 5).is_err() && decode(&text, 7, 7).is_err());
        assert!(decode(&to_text(&[2, 0]), 7, 0).unwrap_err().message().contains("another version"));
        for end in 0..text.len() {
            assert!(decode(&text[..end], 7, 6).unwrap_err().is_value(), "{end}");
        }
        for wrong in ["", "?", "ä", "A", "AQ=="] {
            assert!(decode(wrong, 7, 6).unwrap_err().is_value(), "{wrong}");
        }
    }
}
