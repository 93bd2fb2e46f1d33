//! A list of values as a JSON array, which is bound as one text.
//!
//! Integers and texts only: other values have no form in JSON that reads back as itself, and SQLite ends a text in JSON at NUL.

use std::fmt::Write as _;

use crate::error::{Error, Result};
use crate::expr::Node;
use crate::value::{Ids, Value};

/// A JSON array under construction.
#[derive(Default)]
pub(crate) struct JsonList {
    text: String,
}

impl JsonList {
    /// Whether a node can be an item, as far as can be told before keys are known.
    pub(crate) fn takes(node: &Node) -> bool {
        if let Node::Value(value) = node {
            return is_item(value);
        }
        if let Node::Values(values) = node {
            return matches!(values.as_slice(), [value] if is_item(value));
        }
        matches!(node, Node::Entity(_, 1))
    }

    /// Adds a node that the list [`takes`](Self::takes).
    ///
    /// # Errors
    /// Misuse for an entity that has no key; unsupported for one whose key is no item.
    pub(crate) fn push_node(&mut self, node: &Node, ids: &dyn Ids) -> Result<()> {
        if let Node::Value(value) = node {
            return self.push(value);
        }
        if let Node::Values(values) = node {
            return values.iter().try_for_each(|value| self.push(value));
        }
        let Node::Entity(entity, width) = node else { return Err(no_item()) };
        let mut key = Vec::with_capacity(*width);
        ids.encode_entity(*entity, &mut key)?;
        key.iter().try_for_each(|value| self.push(value))
    }

    /// The array.
    pub(crate) fn finish(mut self) -> String {
        if self.text.is_empty() {
            self.text.push('[');
        }
        self.text.push(']');
        self.text
    }

    fn push(&mut self, value: &Value<'_>) -> Result<()> {
        self.text.push(if self.text.is_empty() { '[' } else { ',' });
        match value {
            Value::Int(number) => {
                write!(self.text, "{number}").expect("invariant: writing to a String does not fail");
            }
            Value::Text(text) if is_item(value) => self.push_text(text),
            Value::Text(_) | Value::Null | Value::Real(_) | Value::Blob(_) => return Err(no_item()),
        }
        Ok(())
    }

    fn push_text(&mut self, text: &str) {
        self.text.push('"');
        for character in text.chars() {
            match character {
                '"' | '\\' => {
                    self.text.push('\\');
                    self.text.push(character);
                }
                '\0'..='\x1f' => {
                    let code = u32::from(character);
                    write!(self.text, "\\u{code:04x}").expect("invariant: writing to a String does not fail");
                }
                _ => self.text.push(character),
            }
        }
        self.text.push('"');
    }
}

fn is_item(value: &Value<'_>) -> bool {
    match value {
        Value::Int(_) => true,
        Value::Text(text) => !text.contains('\0'),
        Value::Null | Value::Real(_) | Value::Blob(_) => false,
    }
}

#[cold]
fn no_item() -> Error {
    Error::unsupported(
        "a long list of entities whose keys are bytes or hold NUL: ask for the rows in several parts",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::NoIds;

    #[test]
    fn integers_and_texts_become_an_array() {
        let mut list = JsonList::default();
        for value in [Value::Int(i64::MIN), Value::Text("a\"\\\n\u{7f}ä😀".into())] {
            list.push_node(&Node::Value(value), &NoIds).expect("an item");
        }
        assert_eq!(list.finish(), "[-9223372036854775808,\"a\\\"\\\\\\u000a\u{7f}ä😀\"]");
        assert_eq!(JsonList::default().finish(), "[]");
    }

    #[test]
    fn other_values_are_no_items() {
        for value in [Value::Null, Value::Real(1.0), Value::Blob(vec![1].into()), Value::Text("a\0".into())] {
            assert!(!JsonList::takes(&Node::Value(value)));
        }
        assert!(!JsonList::takes(&Node::Values(vec![Value::Int(1), Value::Int(2)])));
    }
}
