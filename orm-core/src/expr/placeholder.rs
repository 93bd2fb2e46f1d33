//! The places of values in SQL of the user's own. Texts, names in quotes and comments hold none.

use std::ops::Range;

/// A place for a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placeholder<'sql> {
    /// Where it stands in the text.
    pub(crate) at: Range<usize>,
    pub(crate) kind: PlaceholderKind<'sql>,
}

/// How a place says which value it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlaceholderKind<'sql> {
    /// `?`: the next one.
    Next,
    /// `?2` or `$2`: by its number, from 1.
    Number(usize),
    /// `:name`, `@name` or `$name`.
    Name(&'sql str),
}

/// The places of a text, in order.
pub(crate) fn placeholders(sql: &str) -> Vec<Placeholder<'_>> {
    let (bytes, mut found, mut at) = (sql.as_bytes(), Vec::new(), 0);
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at + 1..];
        at = match (byte, rest.first()) {
            (b'\'' | b'"' | b'`', _) => at + 2 + length_until(rest, &[byte]),
            (b'-', Some(b'-')) => at + 2 + length_until(rest, b"\n"),
            (b'/', Some(b'*')) => at + 4 + length_until(&rest[1..], b"*/"),
            // A cast of PostgreSQL.
            (b':', Some(b':')) => at + 2,
            (b'?' | b':' | b'@' | b'$', _) => match kind_of(byte, &sql[at + 1..]) {
                Some((kind, length)) => {
                    found.push(Placeholder { at: at..at + 1 + length, kind });
                    at + 1 + length
                }
                None => at + 1,
            },
            // A name may hold a dollar sign, but not begin with one.
            _ if is_word(byte) => {
                at + 1 + rest.iter().take_while(|next| is_word(**next) || **next == b'$').count()
            }
            _ => at + 1,
        };
    }
    found
}

fn kind_of(sign: u8, rest: &str) -> Option<(PlaceholderKind<'_>, usize)> {
    let length = rest.bytes().take_while(|byte| is_word(*byte)).count();
    let word = &rest[..length];
    match (sign, word.parse()) {
        (b'?', _) if word.is_empty() => Some((PlaceholderKind::Next, 0)),
        (b'?' | b'$', Ok(number)) => Some((PlaceholderKind::Number(number), length)),
        (b'?', Err(_)) => Some((PlaceholderKind::Next, 0)),
        (_, Err(_)) if !word.is_empty() => Some((PlaceholderKind::Name(word), length)),
        (_, Ok(_) | Err(_)) => None,
    }
}

/// A letter, a digit or an underscore; beyond ASCII all are letters.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn length_until(text: &[u8], end: &[u8]) -> usize {
    text.windows(end.len()).position(|window| window == end).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(sql: &str) -> Vec<PlaceholderKind<'_>> {
        let found = placeholders(sql);
        for place in &found {
            assert!("?:@$".contains(&sql[place.at.start..=place.at.start]), "{sql}");
        }
        found.into_iter().map(|place| place.kind).collect()
    }

    #[test]
    fn values_are_named_counted_or_next() {
        use PlaceholderKind::{Name, Next, Number};
        assert_eq!(kinds("a = ? AND b IN (?,?)"), [Next, Next, Next]);
        assert_eq!(kinds("a = ?2 OR b = $1"), [Number(2), Number(1)]);
        assert_eq!(kinds("a = :größe OR b = @b_2 OR $c"), [Name("größe"), Name("b_2"), Name("c")]);
    }

    #[test]
    fn quotes_comments_and_casts_hold_none() {
        for sql in [
            "'?' || 'it''s :no'",
            "\"a?\" = `:b`",
            "1 -- ? :a",
            "1 /* ? \n :a */",
            "a::text",
            "'12:30'",
            "x:",
            "'open ?",
            "/* open ?",
            "a$b",
        ] {
            assert_eq!(placeholders(sql), [], "{sql}");
        }
        assert_eq!(kinds("-- ?\n?"), [PlaceholderKind::Next]);
        assert_eq!(kinds("/**/?"), [PlaceholderKind::Next]);
    }
}
