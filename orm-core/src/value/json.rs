//! Columns that hold a JSON document.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::column_type::mismatch;
use super::{ColumnType, SqlType, Value, ValueRef};
use crate::error::{Error, Result};

/// A value that is stored as JSON text: any type that serde can write and read.
///
/// A session compares documents, not texts, so a map whose entries come in another order is no change. Of an
/// `Option<Json<T>>`, `None` is SQL's NULL; `Some` of what serde writes as `null` is JSON's, a text of four letters.
///
/// ```
/// # use orm_core::Json;
/// let mut tags = Json(vec!["rust".to_owned()]);
/// tags.push("orm".to_owned());
/// assert_eq!(tags.len(), 2);
/// assert_eq!(tags, Json::from(vec!["rust".to_owned(), "orm".to_owned()]));
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Json<T> {
    fn from(value: T) -> Self {
        Json(value)
    }
}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> ColumnType for Json<T> {
    type Base = Json<T>;
    const SQL_TYPE: SqlType = SqlType::Json;

    fn encode(&self) -> Result<Value<'_>> {
        serde_json::to_string(&self.0)
            .map(|text| Value::Text(Cow::Owned(text)))
            .map_err(|error| Error::value(format!("the value cannot be written as JSON: {error}")))
    }

    /// A column whose type makes numbers of texts gives a JSON number as a number.
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        let decoded = match value {
            ValueRef::Text(text) => serde_json::from_slice(text),
            ValueRef::Int(number) => serde_json::from_value(number.into()),
            ValueRef::Real(number) => serde_json::from_value(number.into()),
            ValueRef::Null | ValueRef::Blob(_) => return Err(mismatch("JSON as text", value)),
        };
        decoded.map(Json).map_err(|error| refused(&error))
    }

    fn same(&self, other: &Self) -> bool {
        match (serde_json::to_value(&self.0), serde_json::to_value(&other.0)) {
            (Ok(a), Ok(b)) => a == b,
            (Err(_), _) | (_, Err(_)) => false,
        }
    }
}

/// Says where the document stops being what was expected; serde's own words would show what it holds.
#[cold]
fn refused(error: &serde_json::Error) -> Error {
    let fault = match error.classify() {
        serde_json::error::Category::Data => "JSON of another shape",
        serde_json::error::Category::Eof => "JSON that ends too early",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "text that is no JSON",
    };
    let (line, column) = (error.line(), error.column());
    match line {
        0 => Error::value(format!("expected JSON of the field's type, found {fault}")),
        _ => Error::value(format!(
            "expected JSON of the field's type, found {fault} at line {line}, column {column}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use super::super::laws::*;
    use super::*;

    type Document = BTreeMap<String, (i64, f64, Option<String>)>;

    fn documents() -> impl Iterator<Item = Json<Document>> {
        let numbers: Vec<u64> = numbers().take(600).collect();
        let entry = |&number: &u64| {
            let text = char::from_u32(number as u32 % 0x11_0000).map(|letter| format!("'\"\\\n{letter}"));
            (format!("key {}", number % 7), (number as i64, number as f64 / 3.0, text))
        };
        let documents: Vec<_> = numbers.chunks(2).map(|two| Json(two.iter().map(entry).collect())).collect();
        [Json(Document::new())].into_iter().chain(documents)
    }

    #[test]
    fn what_is_stored_is_read_back() {
        assert_round_trip(documents());
        assert_is_key::<Json<Vec<String>>>();
    }

    #[test]
    fn null_of_json_is_not_null_of_sql() {
        type Column = Option<Json<serde_json::Value>>;
        let null: Column = Some(Json(serde_json::Value::Null));
        assert_eq!(to_text(&null), "null");
        assert_eq!(from_text::<Column>("null").unwrap(), null);
        assert_eq!(Column::decode(ValueRef::Null).unwrap(), None);
        assert!(matches!(ColumnType::encode(&None::<Json<u8>>), Ok(Value::Null)));
        assert!(Json::<serde_json::Value>::decode(ValueRef::Null).unwrap_err().is_value());
    }

    #[test]
    fn documents_are_compared_and_not_texts() {
        let one: Json<HashMap<i32, i32>> = Json((0..100).map(|n| (n, n)).collect());
        let other = Json((0..100).rev().map(|n| (n, n)).collect());
        assert!(one.same(&other));
        assert!(!one.same(&Json(HashMap::new())));
    }

    #[test]
    fn a_number_is_json_too() {
        assert_eq!(Json::<u8>::decode(ValueRef::Int(7)).unwrap(), Json(7));
        assert_eq!(Json::<f64>::decode(ValueRef::Real(0.5)).unwrap(), Json(0.5));
        assert!(Json::<u8>::decode(ValueRef::Int(-7)).unwrap_err().is_value());
    }

    #[test]
    fn an_error_names_the_place_and_does_not_show_the_value() {
        let error = from_text::<Json<Vec<u8>>>("[1, \"secret\"]").unwrap_err();
        assert_eq!(
            error.message(),
            "expected JSON of the field's type, found JSON of another shape at line 1, column 12"
        );
        assert!(from_text::<Json<Vec<u8>>>("[1,").unwrap_err().message().contains("ends too early"));
        assert!(from_text::<Json<Vec<u8>>>("one").unwrap_err().message().contains("no JSON"));
    }
}
