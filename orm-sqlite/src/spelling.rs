//! Whether two expressions surely differ, by more than how they are spelled.
//!
//! There is no grammar of expressions here: lists of tokens are compared. What may be a matter of spelling counts as one,
//! since a database that is right must not be called wrong.

use std::borrow::Cow;

use crate::tokens::{Kind, Token, Tokens};

/// Whether two expressions differ by more than white space, comments, the case of keywords and names, quotes around names,
/// parentheses, and the order of a list of values. `false` where a text cannot be understood.
pub(crate) fn is_other(one: &str, other: &str) -> bool {
    match (pieces(one), pieces(other)) {
        (Some(one), Some(other)) => {
            one.len() != other.len() || one.iter().zip(&other).any(|(a, b)| !a.is_same(b))
        }
        (_, None) | (None, _) => false,
    }
}

/// A token and what it says.
#[derive(Clone)]
struct Piece {
    kind: Kind,
    content: Cow<'static, str>,
    /// What stands in double quotes is a text where it is no name.
    may_be_text: bool,
}

impl Piece {
    fn of(kind: Kind, content: impl Into<Cow<'static, str>>) -> Self {
        Piece { kind, content: content.into(), may_be_text: kind == Kind::Text }
    }

    fn is_same(&self, other: &Piece) -> bool {
        let is_name = |piece: &Piece| matches!(piece.kind, Kind::Word | Kind::Name);
        if is_name(self) && is_name(other) {
            return self.content.eq_ignore_ascii_case(&other.content);
        }
        let is_alike = self.kind == other.kind || (self.may_be_text && other.may_be_text);
        is_alike && self.content == other.content
    }
}

/// The pieces without parentheses: many of them are there for the reader only.
fn pieces(sql: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut list = None;
    for token in Tokens::new(sql) {
        match (token.kind, token.text) {
            (Kind::Unclosed, _) => return None,
            (_, "(") => list = follows_in(&pieces).then_some(pieces.len()),
            (_, ")") => {
                if let Some(start) = list.take() {
                    sort_list(&mut pieces, start);
                }
            }
            _ => pieces.extend(pieces_of(token)),
        }
    }
    (!pieces.is_empty()).then_some(pieces)
}

/// Whether what comes is the list of an IN.
fn follows_in(pieces: &[Piece]) -> bool {
    pieces.last().is_some_and(|last| last.kind == Kind::Word && last.content.eq_ignore_ascii_case("IN"))
}

/// Puts the items of a list in order; the commas go.
fn sort_list(pieces: &mut Vec<Piece>, start: usize) {
    let list = pieces.split_off(start);
    let is_comma = |piece: &Piece| piece.kind == Kind::Symbol && piece.content == ",";
    let mut items: Vec<&[Piece]> = list.split(is_comma).collect();
    items.sort_by_key(|item| item.iter().map(|piece| piece.content.as_ref()).collect::<Vec<_>>());
    pieces.extend(items.into_iter().flatten().cloned());
}

/// One spelling of what has several.
fn pieces_of(token: Token<'_>) -> Vec<Piece> {
    let word = |word: &'static str| Piece::of(Kind::Word, word);
    let text = token.text.to_ascii_uppercase();
    match (token.kind, text.as_str()) {
        (Kind::Word, "TRUE") => vec![Piece::of(Kind::Number, "1")],
        (Kind::Word, "FALSE") => vec![Piece::of(Kind::Number, "0")],
        (Kind::Word, "ISNULL") => vec![word("IS"), word("NULL")],
        (Kind::Word, "NOTNULL") => vec![word("IS"), word("NOT"), word("NULL")],
        (Kind::Symbol, "!=") => vec![Piece::of(Kind::Symbol, "<>")],
        (Kind::Symbol, "==") => vec![Piece::of(Kind::Symbol, "=")],
        (Kind::Number, _) => vec![Piece::of(Kind::Number, number(token.text))],
        (Kind::Name, _) => {
            let may_be_text = token.text.starts_with('"');
            vec![Piece { may_be_text, ..Piece::of(Kind::Name, token.content()) }]
        }
        (Kind::Word | Kind::Text | Kind::Symbol | Kind::Unclosed, _) => {
            vec![Piece::of(token.kind, token.content())]
        }
    }
}

/// `1.50` as `1.5`, and `1.0` as `1`.
fn number(text: &str) -> String {
    match (text.parse::<i128>(), text.parse::<f64>()) {
        (Ok(whole), _) => whole.to_string(),
        (Err(_), Ok(float)) => float.to_string(),
        (Err(_), Err(_)) => text.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_other;

    #[test]
    fn another_spelling_is_no_difference() {
        for (one, other) in [
            ("people >= 0", "((PEOPLE>=0))"),
            ("people >= 0", "\"people\" /* all */ >=\n 0 -- of them"),
            ("[group] <> 'a' and x is not null", "(\"group\" != 'a') AND (x NOTNULL)"),
            ("`a``b` == 1.0", "\"a`b\" = 1"),
            ("kind IN ('a', 'b', 'c')", "kind in ('c','a','b')"),
            ("kind IN ('a', 'b')", "kind in (\"b\", \"a\")"),
            ("level IN (-1, 2, -3)", "level IN (2, -3, -1)"),
            ("active IN (0, 1)", "active IN (FALSE, true)"),
            ("'it''s'", "\"it's\""),
            ("datetime('now')", "(DateTime ('now'))"),
            ("1e3", "1000.0"),
        ] {
            assert!(!is_other(one, other) && !is_other(other, one), "{one} | {other}");
        }
    }

    #[test]
    fn what_says_something_else_is_a_difference() {
        for (one, other) in [
            ("people >= 0", "people > 0"),
            ("people >= 0", "people >= 00.5"),
            ("people >= 0", "people >= 0 AND people < 9"),
            ("name = 'a'", "name = 'A'"),
            ("name = 'a'", "name = a"),
            ("kind IN ('a', 'b')", "kind IN ('a', 'b', 'c')"),
            ("kind IN ('a', 'b')", "kind NOT IN ('a', 'b')"),
            ("'free'", "'paid'"),
            ("'1'", "1"),
            ("9007199254740993", "9007199254740992"),
            ("a < b", "b < a"),
            ("substr(a, 1, 2)", "substr(a, 2, 1)"),
            ("NULL", "'NULL'"),
        ] {
            assert!(is_other(one, other) && is_other(other, one), "{one} | {other}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_no_difference() {
        for sql in ["", " -- nothing", "()", "name = 'a", "[a > 1"] {
            assert!(!is_other(sql, "people >= 0") && !is_other("people >= 0", sql), "{sql}");
        }
    }
}
