//! Where a database is, and how its connections are opened.

use std::path::PathBuf;
use std::time::Duration;

use orm_core::{Error, Result};

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// In a file.
    File(PathBuf),
    /// In memory, under a name of its own.
    Memory(String),
}

/// What a connection may do with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Read.
    Read,
    /// Read and write, if it is there.
    Write,
    /// Read and write; made if it is not there.
    Create,
}

/// All of it.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) target: Target,
    pub(crate) access: Access,
    pub(crate) busy_timeout: Duration,
    /// Names and values that are safe to write as they are, in the order they were given.
    pub(crate) pragmas: Vec<Pragma>,
}

/// A setting of SQLite's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pragma {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The pragmas that are on or off.
const SWITCHES: [&str; 10] = [
    "automatic_index",
    "case_sensitive_like",
    "cell_size_check",
    "checkpoint_fullfsync",
    "defer_foreign_keys",
    "foreign_keys",
    "fullfsync",
    "ignore_check_constraints",
    "query_only",
    "recursive_triggers",
];

const SETTINGS: [&str; 8] = ["on", "off", "true", "false", "yes", "no", "1", "0"];

/// The pragmas that set something on a connection; SQLite itself ignores one it does not know.
const PRAGMAS: [&str; 33] = [
    "analysis_limit",
    "application_id",
    "auto_vacuum",
    "automatic_index",
    "busy_timeout",
    "cache_size",
    "cache_spill",
    "case_sensitive_like",
    "cell_size_check",
    "checkpoint_fullfsync",
    "defer_foreign_keys",
    "encoding",
    "foreign_keys",
    "fullfsync",
    "hard_heap_limit",
    "ignore_check_constraints",
    "journal_mode",
    "journal_size_limit",
    "locking_mode",
    "max_page_count",
    "mmap_size",
    "page_size",
    "query_only",
    "recursive_triggers",
    "reverse_unordered_selects",
    "secure_delete",
    "soft_heap_limit",
    "synchronous",
    "temp_store",
    "threads",
    "trusted_schema",
    "user_version",
    "wal_autocheckpoint",
];

impl Options {
    pub(crate) fn new(target: Target) -> Self {
        Options { target, access: Access::Create, busy_timeout: Duration::from_secs(5), pragmas: Vec::new() }
    }

    /// The value that a pragma was given.
    pub(crate) fn pragma(&self, name: &str) -> Option<&str> {
        self.pragmas.iter().find(|pragma| pragma.name == name).map(|pragma| pragma.value.as_str())
    }

    /// Sets a pragma, which is a known one, to a word or a number, so that neither can become other SQL.
    pub(crate) fn set_pragma(&mut self, name: &str, value: &str) -> Result<()> {
        let name = name.to_ascii_lowercase();
        if !PRAGMAS.contains(&name.as_str()) {
            let known = PRAGMAS.iter().copied();
            return Err(Error::config(format!(
                "`{name}` is no pragma that sets anything{}",
                did_you_mean(&name, known)
            )));
        }
        if !is_word_or_number(value) {
            return Err(Error::config(format!(
                "pragma `{name}` takes a word or a whole number, such as `-2000` or `wal`"
            )));
        }
        if name == "busy_timeout" {
            return self.set_busy_timeout(value);
        }
        let value = value.to_ascii_lowercase();
        // SQLite takes any other word for "off".
        if SWITCHES.contains(&name.as_str()) && !SETTINGS.contains(&value.as_str()) {
            return Err(Error::config(format!("pragma `{name}` is `{value}`; it is `on` or `off`")));
        }
        self.pragmas.retain(|pragma| pragma.name != name);
        self.pragmas.push(Pragma { name, value });
        Ok(())
    }

    pub(crate) fn set_busy_timeout(&mut self, milliseconds: &str) -> Result<()> {
        let milliseconds = milliseconds.parse::<u32>().map_err(|_| {
            Error::config(format!("busy_timeout is `{milliseconds}`: it takes milliseconds, such as 5000"))
        })?;
        self.busy_timeout = Duration::from_millis(milliseconds.into());
        Ok(())
    }

    /// Whether the file has no name; SQLite would make a database that is gone with its connection.
    pub(crate) fn is_empty_path(&self) -> bool {
        matches!(&self.target, Target::File(path) if path.as_os_str().is_empty())
    }

    /// The database, for messages.
    pub(crate) fn place(&self) -> String {
        match &self.target {
            Target::File(path) => path.display().to_string(),
            Target::Memory(_) => ":memory:".to_owned(),
        }
    }
}

/// Names of pragmas, as options of a URL.
pub(crate) fn pragmas() -> impl Iterator<Item = &'static str> {
    PRAGMAS.into_iter()
}

fn is_word_or_number(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && value.starts_with(|first: char| first.is_ascii_alphabetic());
    // `UTF-8` and its kin are the values of one pragma.
    is_number
        || is_word
        || ["utf-8", "utf-16", "utf-16le", "utf-16be"].contains(&value.to_ascii_lowercase().as_str())
}

/// `: did you mean ..?`, when a known word is near.
pub(crate) fn did_you_mean<'known>(word: &str, known: impl Iterator<Item = &'known str>) -> String {
    known
        .map(|known| (strsim::jaro_winkler(word, known), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| format!(": did you mean `{known}`?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options::new(Target::File("x.db".into()))
    }

    #[test]
    fn a_switch_is_on_or_off() {
        for value in ["maybe", "2", "onn"] {
            let error = options().set_pragma("foreign_keys", value).expect_err("no switch");
            assert_eq!(error.message(), format!("pragma `foreign_keys` is `{value}`; it is `on` or `off`"));
        }
        options().set_pragma("foreign_keys", "OFF").expect("a switch");
    }

    #[test]
    fn neither_name_nor_value_can_become_sql() {
        for (name, value) in [
            ("user_version; DROP TABLE t", "1"),
            ("user_version", "1; DROP TABLE t"),
            ("user_version", "(1)"),
            ("user_version", "'1'"),
            ("user_version", ""),
            ("user_version", "-"),
            ("", "1"),
        ] {
            assert!(
                options().set_pragma(name, value).is_err_and(|error| error.is_config()),
                "{name} = {value}"
            );
        }
    }

    #[test]
    fn an_unknown_pragma_is_an_error_with_the_nearest_word() {
        let error = options().set_pragma("foreign_key", "on").expect_err("unknown");
        assert!(error.message().ends_with("did you mean `foreign_keys`?"), "{error}");
    }

    #[test]
    fn the_last_value_of_a_pragma_counts() {
        let mut options = options();
        options.set_pragma("cache_size", "-2000").expect("a number");
        options.set_pragma("CACHE_SIZE", "10").expect("a number");
        assert_eq!(options.pragma("cache_size"), Some("10"));
        assert_eq!(options.pragmas.len(), 1);
    }
}
