use std::ffi::{c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{ptr, slice};

use orm_core::driver::{Done, Row, Statement, Value, ValueRef};
use orm_core::{Error, Result};
use rusqlite::ffi;

use super::{Fixed, RawConnection};
use crate::keywords::KEYWORDS;

fn connection(cache_size: usize) -> RawConnection {
    let opened = rusqlite::Connection::open_in_memory().expect("opens");
    RawConnection::new(opened, cache_size, ":memory:").expect("is open")
}

fn with_table() -> RawConnection {
    let mut raw = connection(8);
    raw.run_script("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b UNIQUE)").expect("creates");
    raw
}

fn rows(raw: &mut RawConnection, sql: &str, values: &[Value<'_>]) -> Result<Vec<Vec<Value<'static>>>> {
    let mut all = Vec::new();
    raw.query(&Statement::new(sql), values, &mut |row| {
        all.push((0..row.len()).map(|column| owned(row.value(column))).collect());
        Ok(())
    })?;
    Ok(all)
}

fn owned(value: ValueRef<'_>) -> Value<'static> {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Int(value) => Value::Int(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(text) => Value::Text(std::str::from_utf8(text).expect("UTF-8").to_owned().into()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_owned().into()),
    }
}

#[test]
fn every_value_comes_back_as_it_was_bound() {
    let mut raw = connection(8);
    let long = "é".repeat(1 << 20);
    let values = [
        Value::Null,
        Value::Int(i64::MIN),
        Value::Int(i64::MAX),
        Value::Real(-0.5),
        Value::Text("".into()),
        Value::Text("quote ' \" NUL \0 and 🦀".into()),
        Value::Text(long.as_str().into()),
        Value::Blob([].as_slice().into()),
        Value::Blob([0, 255, 0].as_slice().into()),
    ];
    let found = rows(&mut raw, "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?", &values).expect("runs");
    assert_eq!(found, [values.clone().map(Value::into_owned)]);
}

#[test]
fn text_of_a_utf16_database_is_converted_and_stays_in_place() {
    let mut raw = connection(8);
    raw.run_script("PRAGMA encoding = 'UTF-16'; CREATE TABLE u (a TEXT)").expect("creates");
    let insert = Statement::new("INSERT INTO u VALUES (?)");
    raw.execute(&insert, &[Value::Text("größe 🦀".into())]).expect("inserts");
    raw.query(&Statement::new("SELECT a, a FROM u"), &[], &mut |row| {
        let (first, second, again) = (row.value(0), row.value(1), row.value(0));
        assert_eq!([owned(first), owned(second)], [Value::Text("größe 🦀".into()), owned(again)]);
        Ok(())
    })
    .expect("reads");
}

#[test]
fn rows_and_generated_keys_are_counted_for_changes_only() {
    let mut raw = with_table();
    let mut run = |sql: &str| raw.execute(&Statement::new(sql), &[]).expect("runs");
    let done = |rows, generated| Done { rows, generated };
    assert_eq!(run("INSERT INTO t (a, b) VALUES (1, 1)"), done(1, Some(1)));
    assert_eq!(run("INSERT INTO t (a, b) VALUES (1, 2), (1, 3)"), done(2, None));
    assert_eq!(run("UPDATE t SET a = 2"), done(3, None));
    assert_eq!(run("SELECT * FROM t"), done(0, None));
    assert_eq!(run("CREATE TABLE u (x)"), done(0, None));
    assert_eq!(run("INSERT OR IGNORE INTO t (b) VALUES (1)"), done(0, None));
    assert_eq!(run("INSERT INTO t (b) VALUES (1) ON CONFLICT (b) DO UPDATE SET a = 9"), done(1, None));
    assert_eq!(run("WITH x AS (SELECT 4 AS v) INSERT INTO t (b) SELECT v FROM x"), done(1, Some(4)));
    assert_eq!(run("INSERT INTO t (b) VALUES (7) RETURNING id"), done(1, Some(5)));
    assert_eq!(run("DELETE FROM t"), done(5, None));
}

#[test]
fn a_text_holds_exactly_one_statement() {
    let mut raw = with_table();
    for sql in ["", "  ", "-- nothing\n", ";"] {
        let error = raw.execute(&Statement::new(sql), &[]).expect_err("nothing to run");
        assert!(error.is_misuse() && error.message().contains("no SQL"), "{sql:?}: {error}");
    }
    for sql in ["SELECT 1; SELECT 2", "SELECT 1; /* x */ DELETE FROM t", "SELECT 1;;SELECT 2"] {
        let error = raw.execute(&Statement::new(sql), &[]).expect_err("two statements");
        assert!(error.is_misuse() && error.message().contains("more than one"), "{sql:?}: {error}");
    }
    raw.execute(&Statement::new("SELECT 1 ; -- the end\n ;; "), &[]).expect("one statement");
    let error = raw.execute(&Statement::new("SELECT 1\0; DROP TABLE t"), &[]).expect_err("NUL");
    assert!(error.is_misuse());
}

#[test]
fn a_wrong_number_of_values_names_both() {
    let mut raw = connection(8);
    let error = raw.execute(&Statement::new("SELECT ?, ?"), &[Value::Int(1)]).expect_err("too few");
    assert!(error.is_misuse());
    assert_eq!(error.message(), "the statement takes 2 values, and 1 were given");
    assert_eq!(error.statement(), Some("SELECT ?, ?"));
}

#[test]
fn a_statement_runs_again_after_an_error_of_the_reader() {
    let mut raw = connection(8);
    let statement = Statement::new("SELECT 1 UNION SELECT 2");
    let mut seen = 0;
    let error = raw.query(&statement, &[], &mut |_| {
        seen += 1;
        Err(Error::value("enough"))
    });
    assert!(error.is_err_and(|error| error.is_value()));
    assert_eq!(seen, 1);
    raw.run_script("CREATE TABLE after (x)").expect("no statement is left running");
    assert_eq!(rows_of(&mut raw, &statement), 2);
}

#[test]
fn a_statement_runs_again_after_a_panic_of_the_reader() {
    let mut raw = connection(8);
    let statement = Statement::new("SELECT ? UNION SELECT 2");
    let text = "gone".to_owned();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        raw.query(&statement, &[Value::Text(text.as_str().into())], &mut |_| std::panic::panic_any("stop"))
    }));
    assert!(caught.is_err());
    drop(text);
    raw.run_script("VACUUM").expect("no statement is left running");
    let mut count = 0;
    let each = &mut |_: &dyn Row| {
        count += 1;
        Ok(())
    };
    raw.query(&statement, &[Value::Int(1)], each).expect("runs");
    assert_eq!(count, 2);
}

fn rows_of(raw: &mut RawConnection, statement: &Statement) -> usize {
    let mut count = 0;
    let each = &mut |_: &dyn Row| {
        count += 1;
        Ok(())
    };
    raw.query(statement, &[], each).expect("runs");
    count
}

#[test]
fn the_least_recently_used_statement_goes() {
    let mut raw = connection(2);
    let statements: Vec<_> = (0..5).map(|n| Statement::new(format!("SELECT {n}"))).collect();
    for statement in statements.iter().chain(&statements) {
        assert_eq!(rows_of(&mut raw, statement), 1);
        assert!(raw.cached() <= 2);
    }
    let prepared = |raw: &RawConnection, sql: &str| live_statements(raw).iter().any(|live| live == sql);
    rows_of(&mut raw, &statements[0]);
    rows_of(&mut raw, &statements[1]);
    rows_of(&mut raw, &statements[0]);
    rows_of(&mut raw, &statements[2]);
    assert!(prepared(&raw, "SELECT 0") && prepared(&raw, "SELECT 2") && !prepared(&raw, "SELECT 1"));
    assert_eq!(live_statements(&raw).len(), 2);
}

/// The text of every statement that SQLite has on this connection.
fn live_statements(raw: &RawConnection) -> Vec<String> {
    let mut all = Vec::new();
    // SAFETY: the handle is open and nobody else uses it; the text of a statement ends with a zero.
    unsafe {
        let db = raw.rusqlite().handle();
        let mut statement = ffi::sqlite3_next_stmt(db, ptr::null_mut());
        while !statement.is_null() {
            let text = std::ffi::CStr::from_ptr(ffi::sqlite3_sql(statement));
            all.push(text.to_string_lossy().into_owned());
            statement = ffi::sqlite3_next_stmt(db, statement);
        }
    }
    all
}

#[test]
fn a_statement_survives_a_change_of_the_schema() {
    let mut raw = with_table();
    let all = Statement::new("SELECT * FROM t");
    let insert = Statement::new("INSERT INTO t (a) VALUES (?)");
    raw.execute(&insert, &[Value::Text("x".into())]).expect("inserts");
    let width = |raw: &mut RawConnection| {
        let mut width = 0;
        let each = &mut |row: &dyn Row| {
            width = row.len();
            assert_eq!(row.name(0), "id");
            Ok(())
        };
        raw.query(&all, &[], each).expect("reads");
        width
    };
    assert_eq!(width(&mut raw), 3);
    raw.run_script("ALTER TABLE t ADD COLUMN c DEFAULT 'new'").expect("alters");
    assert_eq!(width(&mut raw), 4);
    raw.execute(&insert, &[Value::Text("y".into())]).expect("inserts");
}

#[test]
fn an_error_carries_the_statement_and_no_value() {
    let mut raw = with_table();
    let insert = Statement::new("INSERT INTO t (b) VALUES (?)");
    raw.execute(&insert, &[Value::Text("secret".into())]).expect("inserts");
    let error = raw.execute(&insert, &[Value::Text("secret".into())]).expect_err("twice");
    assert!(error.is_unique());
    assert_eq!(error.statement(), Some("INSERT INTO t (b) VALUES (?)"));
    assert!(!format!("{error} {error:?}").contains("secret"));
    raw.execute(&insert, &[Value::Int(1)]).expect("the statement runs again");
}

#[test]
fn a_script_names_the_statement_that_failed() {
    let mut raw = connection(8);
    let script = "CREATE TABLE a (x UNIQUE); INSERT INTO a VALUES (1); -- one\n INSERT INTO a VALUES (1); DELETE FROM a";
    let error = raw.run_script(script).expect_err("twice");
    assert_eq!(error.statement(), Some("-- one\n INSERT INTO a VALUES (1);"));
    let error = raw.run_script("CREATE TABLE b (z); SELEC 1; SELECT 2").expect_err("no SQL");
    assert_eq!(error.statement(), Some("SELEC 1;"));
    let error = raw.run_script("\n\nINSERT INTO a (nope) VALUES (';');\n SELECT 2").expect_err("no column");
    assert_eq!(error.statement(), Some("INSERT INTO a (nope) VALUES (';');"));
    let error = raw.run_script("SELECT 1;\n\n SELECT FROM \n").expect_err("no SQL");
    assert_eq!(error.statement(), Some("SELECT FROM"));
    assert!(raw.run_script("SELECT ?").is_err_and(|error| error.is_misuse()));
}

#[test]
fn transactions_are_begun_and_ended() {
    let mut raw = with_table();
    for begin in [Fixed::Begin, Fixed::BeginImmediate, Fixed::BeginExclusive] {
        raw.run_fixed(begin).expect("begins");
        assert!(!raw.rusqlite().is_autocommit());
        raw.run_fixed(Fixed::Ping).expect("works inside");
        raw.run_fixed(Fixed::Rollback).expect("ends");
    }
    raw.run_fixed(Fixed::Begin).expect("begins");
    raw.run_fixed(Fixed::Commit).expect("ends");
    assert!(raw.run_fixed(Fixed::Commit).is_err());
    assert!(raw.rusqlite().is_autocommit());
}

#[test]
fn statements_are_finalized_before_the_connection_closes() {
    let opened = rusqlite::Connection::open_with_flags("file:/finalized?vfs=memdb", uri()).expect("opens");
    let mut raw = RawConnection::new(opened, 4, "m").expect("is open");
    raw.run_fixed(Fixed::Ping).expect("runs");
    assert_eq!(rows_of(&mut raw, &Statement::new("SELECT 1")), 1);
    drop(raw);
    // A connection with a statement left does not close, so its database would still have its table.
    let mut first = RawConnection::new(
        rusqlite::Connection::open_with_flags("file:/x?vfs=memdb", uri()).expect("opens"),
        4,
        "m",
    )
    .expect("open");
    first.run_script("CREATE TABLE t (x)").expect("creates");
    rows_of(&mut first, &Statement::new("SELECT * FROM t"));
    first.run_fixed(Fixed::Ping).expect("runs");
    drop(first);
    let mut second = RawConnection::new(
        rusqlite::Connection::open_with_flags("file:/x?vfs=memdb", uri()).expect("opens"),
        4,
        "m",
    )
    .expect("open");
    second.run_script("CREATE TABLE t (x)").expect("the first one is gone");
}

#[test]
fn a_connection_goes_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<RawConnection>();
    let mut raw = with_table();
    rows_of(&mut raw, &Statement::new("SELECT 1"));
    let statement = Statement::new("SELECT 2");
    let count = std::thread::spawn(move || rows_of(&mut raw, &statement)).join().expect("no panic");
    assert_eq!(count, 1);
}

#[test]
fn every_keyword_of_sqlite_is_known_and_in_order() {
    // SAFETY: counts and reads static texts, none of which ends with a zero.
    let words: Vec<String> = unsafe {
        (0..ffi::sqlite3_keyword_count())
            .map(|index| {
                let (mut word, mut length): (*const c_char, c_int) = (ptr::null(), 0);
                ffi::sqlite3_keyword_name(index, &raw mut word, &raw mut length);
                String::from_utf8_lossy(slice::from_raw_parts(word.cast(), length as usize)).into_owned()
            })
            .collect()
    };
    let missing: Vec<_> =
        words.iter().filter(|word| KEYWORDS.binary_search(&word.as_str()).is_err()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(KEYWORDS.is_sorted());
}

fn uri() -> rusqlite::OpenFlags {
    rusqlite::OpenFlags::default() | rusqlite::OpenFlags::SQLITE_OPEN_URI
}
