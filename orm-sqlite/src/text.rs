//! What a statement's text tells about it, without parsing it.

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
        let mut words = Words::new(sql);
        let Some(first) = words.find(|word| !is(word, &["WITH", "RECURSIVE"])) else {
            return Kind::Other;
        };
        let verb = if starts_with_cte(sql) {
            words.find(|word| is(word, &["INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", "VALUES"]))
        } else {
            Some(first)
        };
        match verb {
            Some(verb) if is(verb, &["INSERT", "REPLACE"]) => {
                if words.any(|word| is(word, &["UPDATE"])) {
                    Kind::Change
                } else {
                    Kind::Insert
                }
            }
            Some(verb) if is(verb, &["UPDATE", "DELETE"]) => Kind::Change,
            Some(_) | None => Kind::Other,
        }
    }
}

fn starts_with_cte(sql: &str) -> bool {
    Words::new(sql).next().is_some_and(|word| is(word, &["WITH"]))
}

fn is(word: &str, keywords: &[&str]) -> bool {
    keywords.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// The bare words of a statement that stand outside of parentheses.
struct Words<'sql> {
    sql: &'sql str,
    at: usize,
    depth: usize,
}

impl<'sql> Words<'sql> {
    fn new(sql: &'sql str) -> Self {
        Words { sql, at: 0, depth: 0 }
    }

    fn rest(&self) -> &'sql [u8] {
        &self.sql.as_bytes()[self.at..]
    }

    /// Passes over everything up to and including `end`.
    fn skip_past(&mut self, start: usize, end: &[u8]) {
        let rest = &self.rest()[start..];
        let found = rest.windows(end.len()).position(|window| window == end);
        self.at += start + found.map_or(rest.len(), |position| position + end.len());
    }
}

impl<'sql> Iterator for Words<'sql> {
    type Item = &'sql str;

    fn next(&mut self) -> Option<&'sql str> {
        loop {
            let rest = self.rest();
            match *rest.first()? {
                b'(' => self.depth += 1,
                b')' => self.depth = self.depth.saturating_sub(1),
                // A doubled quote inside closes and opens again, which comes to the same.
                quote @ (b'\'' | b'"' | b'`') => {
                    self.skip_past(1, &[quote]);
                    continue;
                }
                b'[' => {
                    self.skip_past(1, b"]");
                    continue;
                }
                b'-' if rest.starts_with(b"--") => {
                    self.skip_past(2, b"\n");
                    continue;
                }
                b'/' if rest.starts_with(b"/*") => {
                    self.skip_past(2, b"*/");
                    continue;
                }
                byte if is_word(byte) => {
                    let length = rest.iter().take_while(|byte| is_word(**byte)).count();
                    let word = &self.sql[self.at..self.at + length];
                    self.at += length;
                    if self.depth == 0 {
                        return Some(word);
                    }
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
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
