//! From SQLite's codes and messages to kinds of error, in words that say what to do.

use orm_core::{Constraint, Error, ErrorKind};
use rusqlite::ffi;

/// The error of an extended result code and the message that came with it; `place` names the database.
#[cold]
pub(crate) fn classify(code: i32, message: &str, place: &str) -> Error {
    let error = match code & 0xff {
        ffi::SQLITE_CONSTRAINT => constraint(code, message),
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => busy(code, place),
        ffi::SQLITE_FULL => Error::full(format!(
            "{place} cannot grow: the disk is full, or the database reached its `max_page_count`"
        )),
        ffi::SQLITE_READONLY => Error::read_only(format!(
            "{place} cannot be written: it was opened for reading, or the file or its folder is write-protected"
        )),
        ffi::SQLITE_CANTOPEN => Error::cannot_open(format!("cannot open {place}: {message}")),
        ffi::SQLITE_NOTADB => {
            Error::cannot_open(format!("{place} is no SQLite database, or it is encrypted: check the path"))
        }
        ffi::SQLITE_CORRUPT => Error::database(format!(
            "{place} is damaged ({message}): restore it from a backup, or try `.recover` of the sqlite3 program"
        )),
        ffi::SQLITE_INTERRUPT => Error::database("the statement was interrupted"),
        ffi::SQLITE_TOOBIG => {
            Error::value("a text, a blob or a row is longer than SQLite allows (a billion bytes)")
        }
        ffi::SQLITE_MISMATCH => Error::value(format!("a value does not fit its column: {message}")),
        ffi::SQLITE_MISUSE | ffi::SQLITE_RANGE => Error::misuse(message),
        ffi::SQLITE_ERROR => plain(message),
        _ => Error::database(message),
    };
    error.with_source(rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some(message.to_owned())))
}

/// The same for an error that rusqlite has wrapped.
#[cold]
pub(crate) fn from_rusqlite(error: rusqlite::Error, place: &str) -> Error {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => {
            let message = message.unwrap_or_else(|| code.to_string());
            classify(code.extended_code, &message, place)
        }
        other => Error::database(other.to_string()).with_source(other),
    }
}

fn busy(code: i32, place: &str) -> Error {
    if code == ffi::SQLITE_BUSY_SNAPSHOT {
        return Error::busy(
            "another transaction has committed since this one began to read, so this one can no longer write: run it again, \
             beginning IMMEDIATE",
        );
    }
    Error::busy(format!(
        "{place} is locked by another connection, and stayed so for the busy timeout: end transactions sooner, or run this one \
         again"
    ))
}

/// `SQLITE_ERROR` says everything in its message.
fn plain(message: &str) -> Error {
    const SCHEMA: [&str; 6] = [
        "no such table",
        "no such column",
        "no such index",
        "no such view",
        "has no column named",
        "already exists",
    ];
    if SCHEMA.iter().any(|words| message.contains(words)) {
        return Error::schema(message);
    }
    Error::database(message)
}

fn constraint(code: i32, message: &str) -> Error {
    let detail = message.split_once(": ").map_or("", |(_, detail)| detail);
    match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            unique(detail)
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => {
            let constraint = columns(detail);
            Error::not_null(format!("{} must not be NULL", listed(&constraint))).with_constraint(constraint)
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => foreign_key(),
        // RESTRICT is a trigger of SQLite's own, which raises the words of every other foreign key.
        ffi::SQLITE_CONSTRAINT_TRIGGER if message == "FOREIGN KEY constraint failed" => foreign_key(),
        ffi::SQLITE_CONSTRAINT_CHECK => {
            let name = Some(detail.to_owned()).filter(|name| !name.is_empty());
            let constraint = Constraint { name, ..Constraint::default() };
            Error::check(format!("the check `{detail}` refused the row")).with_constraint(constraint)
        }
        ffi::SQLITE_CONSTRAINT_DATATYPE => Error::value(message),
        // A trigger, a hook or a function refused: the message is the author's own.
        _ => Error::new(ErrorKind::Check, message).with_constraint(Constraint::default()),
    }
}

fn foreign_key() -> Error {
    Error::foreign_key(
        "a foreign key names a row that is not there, or a row that others still name was deleted or changed",
    )
    .with_constraint(Constraint::default())
}

fn unique(detail: &str) -> Error {
    if let Some(name) = detail.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
        let constraint = Constraint { name: Some(name.to_owned()), ..Constraint::default() };
        return Error::unique(format!("the unique index `{name}` has a row with these values already"))
            .with_constraint(constraint);
    }
    let constraint = columns(detail);
    Error::unique(format!("{} must be unique, and another row has this value", listed(&constraint)))
        .with_constraint(constraint)
}

/// `users.email, users.name`: the table, and its columns.
fn columns(detail: &str) -> Constraint {
    let mut constraint = Constraint::default();
    for part in detail.split(", ") {
        // Names may hold dots. All parts name one table, so what comes before the first column's last dot is it.
        let split = match &constraint.table {
            Some(table) => part.strip_prefix(table.as_str()).and_then(|rest| rest.strip_prefix('.')),
            None => part.rsplit_once('.').map(|(table, column)| {
                constraint.table = Some(table.to_owned());
                column
            }),
        };
        constraint.columns.push(split.unwrap_or(part).to_owned());
    }
    constraint
}

/// `users.email and users.name`.
fn listed(constraint: &Constraint) -> String {
    let table = constraint.table.as_deref().map(|table| format!("{table}.")).unwrap_or_default();
    let columns: Vec<_> = constraint.columns.iter().map(|column| format!("{table}{column}")).collect();
    columns.join(" with ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unique_violation_names_table_and_columns() {
        let error = classify(2067, "UNIQUE constraint failed: users.email, users.x", "db");
        assert!(error.is_unique());
        let constraint = error.constraint().expect("a constraint");
        assert_eq!(constraint.table.as_deref(), Some("users"));
        assert_eq!(constraint.columns, ["email", "x"]);
        assert_eq!(
            error.message(),
            "users.email with users.x must be unique, and another row has this value"
        );
    }

    #[test]
    fn a_unique_index_on_an_expression_is_named() {
        let error = classify(2067, "UNIQUE constraint failed: index 'lower_email'", "db");
        assert_eq!(error.constraint().and_then(|c| c.name.as_deref()), Some("lower_email"));
    }

    #[test]
    fn a_table_with_a_dot_in_its_name_is_told_from_its_columns() {
        let error = classify(1299, "NOT NULL constraint failed: a.b.c", "db");
        let constraint = error.constraint().expect("a constraint");
        assert_eq!(
            (constraint.table.as_deref(), constraint.columns.as_slice()),
            (Some("a.b"), &["c".to_owned()][..])
        );
    }

    #[test]
    fn every_code_has_its_kind() {
        let kind = |code, message| classify(code, message, "db").kind();
        assert_eq!(kind(1555, "UNIQUE constraint failed: t.id"), ErrorKind::Unique);
        assert_eq!(kind(787, "FOREIGN KEY constraint failed"), ErrorKind::ForeignKey);
        assert_eq!(kind(1811, "FOREIGN KEY constraint failed"), ErrorKind::ForeignKey);
        assert_eq!(kind(275, "CHECK constraint failed: positive"), ErrorKind::Check);
        assert_eq!(kind(1811, "not today"), ErrorKind::Check);
        assert_eq!(kind(3091, "cannot store TEXT value in INTEGER column t.a"), ErrorKind::Value);
        assert_eq!(kind(5, "database is locked"), ErrorKind::Busy);
        assert_eq!(kind(517, "database is locked"), ErrorKind::Busy);
        assert_eq!(kind(6, "database table is locked"), ErrorKind::Busy);
        assert_eq!(kind(13, "database or disk is full"), ErrorKind::Full);
        assert_eq!(kind(8, "attempt to write a readonly database"), ErrorKind::ReadOnly);
        assert_eq!(kind(14, "unable to open database file"), ErrorKind::CannotOpen);
        assert_eq!(kind(26, "file is not a database"), ErrorKind::CannotOpen);
        assert_eq!(kind(11, "database disk image is malformed"), ErrorKind::Database);
        assert_eq!(kind(1, "no such table: users"), ErrorKind::Schema);
        assert_eq!(kind(1, "table users has no column named x"), ErrorKind::Schema);
        assert_eq!(kind(1, "near \"SELEC\": syntax error"), ErrorKind::Database);
        assert_eq!(kind(18, "string or blob too big"), ErrorKind::Value);
    }
}
