//! SQL in pieces: words, names, texts, numbers and symbols, without white space and comments. No grammar.

/// A piece of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'sql> {
    pub(crate) kind: Kind,
    /// As it is written, with its quotes.
    pub(crate) text: &'sql str,
    /// Where it begins, in bytes.
    pub(crate) start: usize,
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword, or a name without quotes.
    Word,
    /// A name in `".."`, `` `..` `` or `[..]`; in double quotes it may also be a text.
    Name,
    /// A text in `'..'`.
    Text,
    /// A number.
    Number,
    /// An operator, a parenthesis, a comma.
    Symbol,
    /// What is begun and not closed; the last token.
    Unclosed,
}

const PAIRS: [&str; 9] = ["<>", "!=", "<=", ">=", "==", "||", "<<", ">>", "->"];

impl<'sql> Token<'sql> {
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    pub(crate) fn is_word(&self, words: &[&str]) -> bool {
        self.kind == Kind::Word && words.iter().any(|word| self.text.eq_ignore_ascii_case(word))
    }

    /// What it says, without quotes.
    pub(crate) fn content(&self) -> String {
        let inner = |text: &'sql str| text.get(1..text.len() - 1).unwrap_or_default();
        match (self.kind, self.text.as_bytes().first()) {
            (Kind::Name, Some(b'[')) => inner(self.text).to_owned(),
            (Kind::Name | Kind::Text, Some(&quote)) => {
                let quote = char::from(quote);
                inner(self.text).replace(&format!("{quote}{quote}"), &quote.to_string())
            }
            (Kind::Word | Kind::Number | Kind::Symbol | Kind::Unclosed, _) | (_, None) => {
                self.text.to_owned()
            }
        }
    }
}

/// The pieces of a text, one by one.
pub(crate) struct Tokens<'sql> {
    sql: &'sql str,
    at: usize,
}

impl<'sql> Tokens<'sql> {
    pub(crate) fn new(sql: &'sql str) -> Self {
        Tokens { sql, at: 0 }
    }

    fn rest(&self) -> &'sql [u8] {
        &self.sql.as_bytes()[self.at..]
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let length = match rest.first() {
                Some(byte) if byte.is_ascii_whitespace() => 1,
                Some(b'-') if rest.starts_with(b"--") => length_through(rest, 2, b"\n").unwrap_or(rest.len()),
                Some(b'/') if rest.starts_with(b"/*") => length_through(rest, 2, b"*/").unwrap_or(rest.len()),
                Some(_) | None => return,
            };
            self.at += length;
        }
    }

    /// The kind and the length of what begins here.
    fn measure(&self, first: u8) -> (Kind, usize) {
        let rest = self.rest();
        let quoted = |kind, length: Option<usize>| match length {
            Some(length) => (kind, length),
            None => (Kind::Unclosed, rest.len()),
        };
        match first {
            b'\'' => quoted(Kind::Text, length_quoted(rest, first)),
            b'"' | b'`' => quoted(Kind::Name, length_quoted(rest, first)),
            b'[' => quoted(Kind::Name, length_through(rest, 1, b"]")),
            b'0'..=b'9' => (Kind::Number, length_of_number(rest)),
            b'.' if rest.get(1).is_some_and(u8::is_ascii_digit) => (Kind::Number, length_of_number(rest)),
            byte if starts_word(byte) => (Kind::Word, rest.iter().take_while(|byte| is_word(**byte)).count()),
            _ => {
                let is_pair = PAIRS.iter().any(|pair| rest.starts_with(pair.as_bytes()));
                (Kind::Symbol, if is_pair { 2 } else { 1 })
            }
        }
    }
}

impl<'sql> Iterator for Tokens<'sql> {
    type Item = Token<'sql>;

    fn next(&mut self) -> Option<Token<'sql>> {
        self.skip_blanks();
        let (kind, length) = self.measure(*self.rest().first()?);
        let start = self.at;
        self.at += length;
        // Every first byte of more than one is part of a word, so this cuts between characters.
        Some(Token { kind, text: self.sql.get(start..self.at)?, start })
    }
}

/// Up to and including `end`, which is looked for from `from`.
fn length_through(rest: &[u8], from: usize, end: &[u8]) -> Option<usize> {
    let found = rest[from..].windows(end.len()).position(|window| window == end)?;
    Some(from + found + end.len())
}

/// A doubled quote is part of what is quoted.
fn length_quoted(rest: &[u8], quote: u8) -> Option<usize> {
    let mut at = 1;
    loop {
        at += length_through(&rest[at..], 0, &[quote])?;
        if rest.get(at) != Some(&quote) {
            return Some(at);
        }
        at += 1;
    }
}

fn length_of_number(rest: &[u8]) -> usize {
    let is_hex = rest.starts_with(b"0x") || rest.starts_with(b"0X");
    let mut length = 0;
    while let Some(&byte) = rest.get(length) {
        let is_sign = matches!(byte, b'+' | b'-') && !is_hex && matches!(rest[length - 1], b'e' | b'E');
        if !(byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_' || is_sign) {
            break;
        }
        length += 1;
    }
    length
}

fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word(byte: u8) -> bool {
    starts_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(sql: &str) -> Vec<(Kind, &str)> {
        Tokens::new(sql).map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn sql_is_cut_between_its_pieces() {
        use Kind::*;
        assert_eq!(
            pieces("größe>=1.5e-3/* a ' */OR\"a\"\"b\"!='it''s' -- the end"),
            [
                (Word, "größe"),
                (Symbol, ">="),
                (Number, "1.5e-3"),
                (Word, "OR"),
                (Name, "\"a\"\"b\""),
                (Symbol, "!="),
                (Text, "'it''s'"),
            ]
        );
        assert_eq!(pieces("a-1"), [(Word, "a"), (Symbol, "-"), (Number, "1")]);
        assert_eq!(pieces("0xe-.5"), [(Number, "0xe"), (Symbol, "-"), (Number, ".5")]);
        assert_eq!(pieces("[a b]`c`''"), [(Name, "[a b]"), (Name, "`c`"), (Text, "''")]);
    }

    #[test]
    fn what_is_not_closed_is_the_last_piece() {
        for sql in ["'a", "\"a\"\"", "[a", "`", "'a''"] {
            assert_eq!(pieces(&format!("x {sql}"))[1..], [(Kind::Unclosed, sql)], "{sql}");
        }
        assert_eq!(pieces("x /* never closed").len(), 1);
    }

    #[test]
    fn what_a_piece_says_has_no_quotes() {
        let contents: Vec<String> =
            Tokens::new("'it''s' \"a\"\"b\" [c\"\"] `d``` e '' \"\"").map(|token| token.content()).collect();
        assert_eq!(contents, ["it's", "a\"b", "c\"\"", "d`", "e", "", ""]);
    }
}
