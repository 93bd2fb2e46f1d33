//! What SQLite keeps only as text: the CHECK constraints and the computed columns of a CREATE TABLE.
//!
//! `CHECK`, `CONSTRAINT` and `AS` are names only in quotes, so as bare words outside of inner parentheses they mean what the
//! grammar says, and the rest need not be read.

use orm_core::driver::LiveCheck;

use crate::tokens::{Kind, Token, Tokens};

/// What a CREATE TABLE says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Declaration {
    pub(crate) checks: Vec<LiveCheck>,
    /// The computed columns, each with its expression.
    computed: Vec<(String, String)>,
}

impl Declaration {
    /// `None` where the text is no CREATE TABLE of columns.
    pub(crate) fn read(sql: &str) -> Option<Self> {
        let tokens: Vec<Token<'_>> = Tokens::new(sql).collect();
        let is_table = tokens.first()?.is_word(&["CREATE"]) && tokens.get(1)?.is_word(&["TABLE"]);
        let open = tokens.iter().position(|token| token.is_symbol("("))?;
        let close = closing(&tokens, open)?;
        is_table.then(|| {
            let mut declaration = Declaration::default();
            for item in items(&tokens[open + 1..close]) {
                declaration.add(item, sql);
            }
            declaration
        })
    }

    /// What computes a column.
    pub(crate) fn expression(&self, column: &str) -> Option<String> {
        let (_, expression) = self.computed.iter().find(|(name, _)| name.eq_ignore_ascii_case(column))?;
        Some(expression.clone())
    }

    /// Adds what a column or a constraint of the table says.
    fn add(&mut self, item: &[Token<'_>], sql: &str) {
        let mut at = 0;
        while let Some(token) = item.get(at) {
            let Some(end) = closing(item, at + 1) else {
                at += 1;
                continue;
            };
            let inside = sql[item[at + 1].end()..item[end].start].trim().to_owned();
            if token.is_word(&["CHECK"]) {
                self.checks.push(LiveCheck { name: name_before(item, at), condition: inside });
            } else if token.is_word(&["AS"]) {
                self.computed.extend(item.first().map(|column| (column.content(), inside)));
            }
            at = end + 1;
        }
    }
}

/// The name that a constraint gets: `CONSTRAINT name CHECK`.
fn name_before(item: &[Token<'_>], at: usize) -> Option<String> {
    let [constraint, name] = item.get(at.checked_sub(2)?..at)? else {
        return None;
    };
    constraint.is_word(&["CONSTRAINT"]).then(|| name.content())
}

/// The position of the parenthesis that closes the one at `open`; `None` where none is opened there, or none closed.
fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    tokens.get(open).filter(|token| token.is_symbol("("))?;
    let mut depth = 0_usize;
    for (position, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" => depth += 1,
            ")" if depth == 1 => return Some(position),
            ")" => depth -= 1,
            _ if token.kind == Kind::Unclosed => return None,
            _ => {}
        }
    }
    None
}

/// What stands between the commas outside of parentheses.
fn items<'a, 'sql>(tokens: &'a [Token<'sql>]) -> impl Iterator<Item = &'a [Token<'sql>]> {
    let mut depth = 0_usize;
    tokens.split(move |token| {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.is_symbol(",")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks(sql: &str) -> Vec<(Option<String>, String)> {
        let declaration = Declaration::read(sql).unwrap();
        declaration.checks.into_iter().map(|check| (check.name, check.condition)).collect()
    }

    #[test]
    fn checks_are_found_on_columns_and_on_the_table() {
        let found = checks(
            "CREATE TABLE \"a (check\" (id INTEGER CONSTRAINT pk_a PRIMARY KEY CHECK (id < 9), \"check\" TEXT DEFAULT (')') CHECK (\"check\" <> ','),
             price DECIMAL(10, 2) CONSTRAINT \"not \"\"free\"\"\" CHECK ( price > abs(-1) ) /* CHECK (no) */ NOT NULL,
             at TEXT DEFAULT 'CHECK (no)', -- CHECK (no)
             UNIQUE (at COLLATE NOCASE), CHECK (id > 0) CONSTRAINT last CHECK (at LIKE '(%'))",
        );
        let expected = [
            (None, "id < 9"),
            (None, "\"check\" <> ','"),
            (Some("not \"free\""), "price > abs(-1)"),
            (None, "id > 0"),
            (Some("last"), "at LIKE '(%'"),
        ];
        let expected = expected.map(|(name, condition)| (name.map(str::to_owned), condition.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn computed_columns_are_found_by_their_expression() {
        let sql =
            "create table t (a, [b c] TEXT GENERATED ALWAYS AS (upper(a)) STORED, d AS (CAST(a AS INT)))";
        let computed = Declaration::read(sql).unwrap().computed;
        let expected = [("b c", "upper(a)"), ("d", "CAST(a AS INT)")];
        assert_eq!(computed, expected.map(|(column, sql)| (column.to_owned(), sql.to_owned())));
    }

    #[test]
    fn other_texts_say_nothing() {
        for sql in [
            "",
            "CREATE VIRTUAL TABLE t USING fts5 (a)",
            "CREATE TABLE t (a CHECK (",
            "CREATE VIEW v AS SELECT 1",
        ] {
            assert_eq!(Declaration::read(sql), None, "{sql}");
        }
    }
}
