//! What a statement's text tells about it, without parsing it.

use crate::tokens::{self, Token, Tokens};

/// What a statement changes, as far as its result is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An INSERT, which may generate a key.
    Insert,
    /// An UPDATE, a DELETE, or an INSERT that may update instead.
    Change,
    /// Anything else.
    Other,
}

impl Kind {
    /// Told by the words outside of parentheses, quotes and comments.
    pub(crate) fn of(sql: &str) -> Kind {
        let mut words = words(sql);
        let mut verb = words.next();
        if verb.is_some_and(|first| first.is_word(&["WITH"])) {
            verb = words.find(|word| word.is_word(&VERBS));
        }
        match verb {
            Some(verb) if verb.is_word(&["INSERT", "REPLACE"]) => {
                if words.any(|word| word.is_word(&["UPDATE"])) { Kind::Change } else { Kind::Insert }
            }
            Some(verb) if verb.is_word(&["UPDATE", "DELETE"]) => Kind::Change,
            Some(_) | None => Kind::Other,
        }
    }
}

const VERBS: [&str; 6] = ["INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", "VALUES"];

/// The bare words of a statement that stand outside of parentheses.
fn words(sql: &str) -> impl Iterator<Item = Token<'_>> {
    let mut depth = 0_usize;
    Tokens::new(sql).filter(move |token| {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.kind == tokens::Kind::Word
    })
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn the_verb_is_found_behind_comments_and_common_tables() {
        assert_eq!(Kind::of("INSERT INTO t VALUES (?)"), Kind::Insert);
        assert_eq!(Kind::of(" -- x\n/* delete */ replace into t values (1)"), Kind::Insert);
        assert_eq!(Kind::of("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a"), Kind::Insert);
        assert_eq!(Kind::of("WITH RECURSIVE a(n) AS (DELETE) UPDATE t SET x = 1"), Kind::Change);
        assert_eq!(Kind::of("DELETE FROM t"), Kind::Change);
        assert_eq!(Kind::of("WITH a AS (SELECT 1) SELECT 'insert' FROM a"), Kind::Other);
        assert_eq!(Kind::of("SELECT replace(a, 'b', \"c\") FROM t"), Kind::Other);
        assert_eq!(Kind::of("EXPLAIN INSERT INTO t VALUES (1)"), Kind::Other);
        assert_eq!(Kind::of(""), Kind::Other);
        assert_eq!(Kind::of("'never closed"), Kind::Other);
        assert_eq!(Kind::of("größe ünd"), Kind::Other);
    }

    #[test]
    fn an_upsert_may_generate_nothing() {
        assert_eq!(Kind::of("INSERT INTO t VALUES (?) ON CONFLICT DO UPDATE SET a = 1"), Kind::Change);
        assert_eq!(Kind::of("INSERT INTO t VALUES (?) ON CONFLICT DO NOTHING"), Kind::Insert);
        assert_eq!(Kind::of("INSERT INTO \"update\" VALUES ('update')"), Kind::Insert);
    }
}
