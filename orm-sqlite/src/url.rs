//! `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite:///:memory:` and their options.
//!
//! As SQLAlchemy's SQLite URLs: the third slash ends an empty host, so what follows it is the path.

use orm_core::{Error, Result};
use percent_encoding::percent_decode_str;

use crate::options::{Access, Options, Target, did_you_mean, pragmas};

const EXAMPLE: &str = "write `sqlite:///relative.db`, `sqlite:////absolute.db` or `sqlite:///:memory:`";

/// Parses a URL; `memory` names a new database in memory.
pub(crate) fn parse(url: &str, memory: impl FnOnce() -> Target) -> Result<Options> {
    let (base, query) = match url.split_once('?') {
        Some((base, query)) => (base, Some(query)),
        None => (url, None),
    };
    let path = path_of(base)?;
    let target = match path.as_str() {
        "" | ":memory:" => memory(),
        path => Target::File(path.into()),
    };
    let mut options = Options::new(target);
    let mut seen = Vec::new();
    for pair in query.unwrap_or("").split('&').filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Error::config(format!("option `{pair}` of the URL has no value: write `{pair}=..`")));
        };
        let (name, value) = (decoded(name)?, decoded(value)?);
        if seen.contains(&name) {
            return Err(Error::config(format!("option `{name}` stands twice in the URL")));
        }
        set(&mut options, &name, &value)?;
        seen.push(name);
    }
    Ok(options)
}

/// What comes after `sqlite:///`. The rest of a URL that is not SQLite's may hold a password, so it is not shown.
fn path_of(base: &str) -> Result<String> {
    let Some((scheme, rest)) = base.split_once("://") else {
        return Err(Error::config(format!("this is no database URL: {EXAMPLE}")));
    };
    if !scheme.eq_ignore_ascii_case("sqlite") {
        return Err(Error::config(format!("`{scheme}://` is no SQLite URL: {EXAMPLE}")));
    }
    match rest.strip_prefix('/') {
        Some(path) => decoded(path),
        None if rest.is_empty() => Ok(String::new()),
        None => {
            Err(Error::config(format!("a SQLite URL names no host: {EXAMPLE}, with three slashes or four")))
        }
    }
}

fn set(options: &mut Options, name: &str, value: &str) -> Result<()> {
    match (name, value) {
        ("mode", "ro") => options.access = Access::Read,
        ("mode", "rw") => options.access = Access::Write,
        ("mode", "rwc") => options.access = Access::Create,
        ("mode", "memory") => {
            return Err(Error::config(
                "a database in memory is written `sqlite:///:memory:`, without `mode`",
            ));
        }
        ("mode", other) => {
            let known = ["ro", "rw", "rwc"].into_iter();
            let hint = did_you_mean(other, known);
            return Err(Error::config(format!("mode is `{other}`{hint}; it is `ro`, `rw` or `rwc`")));
        }
        ("cache", "private") => {}
        ("cache", _) => {
            return Err(Error::config(
                "only `cache=private` is supported: the locks of a shared cache ignore the busy timeout",
            ));
        }
        (pragma, value) if pragmas().any(|known| known == pragma) => options.set_pragma(pragma, value)?,
        (unknown, _) => {
            if let Some(place) = elsewhere(unknown) {
                return Err(Error::config(format!("`{unknown}` is no option of a SQLite URL: {place}")));
            }
            let known = pragmas().chain(["mode", "cache"]);
            let hint = did_you_mean(unknown, known);
            return Err(Error::config(format!(
                "unknown option `{unknown}` in the URL{hint}; an example: `sqlite:///users.db?mode=rw&busy_timeout=5000`"
            )));
        }
    }
    Ok(())
}

/// What became of an option that SQLAlchemy's users know: it has another place, or none.
fn elsewhere(name: &str) -> Option<&'static str> {
    Some(match name {
        "pool_size" | "max_overflow" | "pool_timeout" | "pool_recycle" | "pool_pre_ping"
        | "pool_use_lifo" | "poolclass" | "echo" | "isolation_level" | "connect_timeout" | "label_length"
        | "execution_options" => "say it to the engine, by the method of that name of `Engine::builder(..)`",
        "timeout" => "write `busy_timeout`, in milliseconds",
        "charset" => "text is always UTF-8",
        "check_same_thread" => "a connection goes from thread to thread, and is used by one at a time",
        "legacy_schema_aliasing" => "SQLAlchemy 2.0 removed it, and it was about SQL Server only",
        _ => return None,
    })
}

fn decoded(part: &str) -> Result<String> {
    let text = percent_decode_str(part).decode_utf8();
    let text = text.map_err(|_| Error::config("the URL holds an escape that is not UTF-8"))?;
    if text.contains('\0') {
        return Err(Error::config("the URL holds a NUL character"));
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn options(url: &str) -> Options {
        parse(url, || Target::Memory("m".into())).unwrap_or_else(|error| unreachable!("{url}: {error}"))
    }

    fn refusal(url: &str) -> String {
        match parse(url, || Target::Memory("m".into())) {
            Ok(_) => unreachable!("{url} was taken"),
            Err(error) => {
                assert!(error.is_config());
                error.to_string()
            }
        }
    }

    #[test]
    fn s105_three_slashes_are_relative_and_four_absolute() {
        assert_eq!(options("sqlite:///users.db").target, Target::File("users.db".into()));
        assert_eq!(options("sqlite:///a/b.db").target, Target::File("a/b.db".into()));
        assert_eq!(options("sqlite:////var/users.db").target, Target::File("/var/users.db".into()));
        assert_eq!(options("SQLite:///C:/users.db").target, Target::File("C:/users.db".into()));
        assert_eq!(options("sqlite:///caf%C3%A9%20%3F.db").target, Target::File("café ?.db".into()));
    }

    #[test]
    fn s105_nothing_or_memory_is_in_memory() {
        for url in ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///:memory:?cache_size=10"] {
            assert_eq!(options(url).target, Target::Memory("m".into()), "{url}");
        }
    }

    #[test]
    fn s105_options_after_the_question_mark() {
        let options = options(
            "sqlite:///x.db?mode=ro&busy_timeout=250&journal_mode=DELETE&foreign_keys=off&cache=private",
        );
        assert_eq!(options.access, Access::Read);
        assert_eq!(options.busy_timeout, Duration::from_millis(250));
        assert_eq!(options.pragma("journal_mode"), Some("delete"));
        assert_eq!(options.pragma("foreign_keys"), Some("off"));
    }

    #[test]
    fn an_unknown_option_is_an_error_with_the_nearest_word() {
        assert!(refusal("sqlite:///x.db?busy_timout=5").contains("did you mean `busy_timeout`?"));
        assert!(refusal("sqlite:///x.db?mode=rcw").contains("`ro`, `rw` or `rwc`"));
        assert!(refusal("sqlite:///x.db?cache=shared").contains("cache=private"));
        assert!(refusal("sqlite:///x.db?pool_size=5").contains("`Engine::builder(..)`"));
        assert!(refusal("sqlite:///x.db?timeout=5").contains("`busy_timeout`, in milliseconds"));
        assert!(refusal("sqlite:///x.db?legacy_schema_aliasing=1").contains("SQL Server only"));
        assert!(refusal("sqlite:///x.db?mode").contains("no value"));
        assert!(refusal("sqlite:///x.db?mode=ro&mode=rw").contains("twice"));
        assert!(refusal("sqlite:///x.db?busy_timeout=soon").contains("milliseconds"));
        assert!(refusal("sqlite:///x.db?user_version=1;DROP").contains("whole number"));
    }

    #[test]
    fn a_wrong_url_says_how_to_write_one_and_shows_no_password() {
        for url in [
            "postgres://user:secret@host/db",
            "sqlite://user:secret@host/db",
            "user:secret",
            "sqlite://secret.db",
            "",
        ] {
            let error = refusal(url);
            assert!(error.contains("sqlite:///relative.db"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
        assert!(refusal("sqlite:///a%00b").contains("NUL"));
        assert!(refusal("sqlite:///a%FFb").contains("UTF-8"));
    }
}
