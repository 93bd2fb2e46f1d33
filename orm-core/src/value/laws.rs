//! What the tests of every column type ask of it.

use std::fmt::Debug;

use super::{ColumnType, Value, ValueRef};

/// Numbers without a pattern, the same in every run (SplitMix64).
pub(crate) fn numbers() -> impl Iterator<Item = u64> {
    let mut state = 0_u64;
    std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    })
}

/// The value of a text, as a row gives it.
pub(crate) fn from_text<T: ColumnType>(text: &str) -> crate::error::Result<T> {
    T::decode(ValueRef::Text(text.as_bytes()))
}

/// The text that a value is stored as.
pub(crate) fn to_text<T: ColumnType + Debug>(value: &T) -> String {
    match value.encode() {
        Ok(Value::Text(text)) => text.into_owned(),
        other => panic!("{value:?} is stored as {other:?}, not as text"),
    }
}

/// encode∘decode = id.
pub(crate) fn assert_round_trip<T: ColumnType + PartialEq + Debug>(values: impl IntoIterator<Item = T>) {
    let mut count = 0;
    for value in values {
        let stored = value.encode().expect("the value can be stored");
        assert_eq!(T::decode(stored.as_ref()).expect("what was stored can be read"), value);
        assert!(value.same(&value.clone()));
        count += 1;
    }
    assert!(count >= 200, "a law of {count} values");
}

/// The order of the stored texts is that of the values, and only equal values have equal texts.
pub(crate) fn assert_text_sorts<T: ColumnType + Ord + Debug>(values: impl IntoIterator<Item = T>) {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort();
    for pair in values.windows(2) {
        assert_eq!(to_text(&pair[0]).cmp(&to_text(&pair[1])), pair[0].cmp(&pair[1]), "{pair:?}");
    }
}

/// Fails to compile for a type that cannot be a primary key.
pub(crate) fn assert_is_key<K: super::Key>() {}
