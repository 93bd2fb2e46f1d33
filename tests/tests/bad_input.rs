//! Files that cannot be used, locks, a full disk, and texts of every kind: each is told in words, or comes back unchanged.

#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::time::{Duration, Instant};

use orm_core::__private::{DeclarativeBase, EngineCell};
use orm_core::driver::{BeginMode, Connection, Statement, Transact, Value, ValueRef};
use orm_core::engine::{Checkout, Engine};
use orm_core::{Error, Result};
use orm_sqlite::Sqlite;
use tempfile::TempDir;

struct Db;

impl DeclarativeBase for Db {
    const NAME: &'static str = "Db";

    fn engine_cell() -> &'static EngineCell<Self> {
        static CELL: EngineCell<Db> = EngineCell::new();
        &CELL
    }
}

fn engine(driver: Sqlite) -> Engine<Db> {
    Engine::builder(driver).connect_timeout(Duration::from_millis(20)).build().unwrap()
}

fn checkout(driver: Sqlite) -> Result<Checkout> {
    engine(driver).checkout()
}

fn refusal(driver: Sqlite) -> Error {
    checkout(driver).expect_err("it cannot be opened")
}

fn run(connection: &mut dyn Connection, sql: &str) -> Result<u64> {
    connection.execute(&Statement::new(sql), &[]).map(|done| done.rows)
}

/// A file with one table `t (x)`, which nobody has open.
fn file(folder: &TempDir) -> std::path::PathBuf {
    let path = folder.path().join("x.db");
    run(&mut *checkout(Sqlite::file(&path)).unwrap(), "CREATE TABLE t (x)").unwrap();
    path
}

#[test]
fn a_missing_folder_is_named() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("missing");
    let error = refusal(Sqlite::file(missing.join("x.db")));
    assert!(error.is_cannot_open());
    assert!(
        error.message().contains(&format!("there is no folder {}: create it", missing.display())),
        "{error}"
    );
    assert!(!missing.exists());
}

#[test]
fn a_missing_file_is_made_unless_it_shall_not_be() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.db");
    let url = |mode: &str| Sqlite::url(&format!("sqlite:///{}?mode={mode}", path.display())).unwrap();
    for driver in [Sqlite::file(&path).no_create(), Sqlite::file(&path).read_only(), url("ro"), url("rw")] {
        let error = refusal(driver);
        assert!(error.is_cannot_open() && error.message().contains("there is no such file"), "{error}");
        assert!(error.message().contains(&path.display().to_string()), "{error}");
        assert!(!path.exists());
    }
    checkout(url("rwc")).unwrap();
    assert!(path.exists());
}

#[test]
fn an_empty_path_is_no_file() {
    let error = refusal(Sqlite::file(""));
    assert!(error.is_cannot_open() && error.message().contains("the path is empty"), "{error}");
}

#[test]
fn a_folder_is_no_file() {
    let folder = TempDir::new().unwrap();
    let error = refusal(Sqlite::file(folder.path()));
    assert!(error.is_cannot_open() && error.message().contains("it is a folder"), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_refused_when_it_is_opened() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.db");
    fs::write(&path, "Dear diary, ".repeat(1000)).unwrap();
    for driver in [Sqlite::file(&path), Sqlite::file(&path).read_only()] {
        let error = refusal(driver);
        assert!(error.is_cannot_open() && error.message().contains("is no SQLite database"), "{error}");
        assert!(error.message().contains("x.db"), "{error}");
    }
    assert!(fs::read_to_string(&path).unwrap().starts_with("Dear diary"));
}

#[test]
fn a_truncated_database_is_told_to_be_damaged() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    let bytes = fs::read(&path).unwrap();
    let mut damaged = bytes.clone();
    damaged[100..].fill(0xA5);
    fs::write(&path, damaged).unwrap();
    let result =
        checkout(Sqlite::file(&path)).and_then(|mut connection| run(&mut *connection, "SELECT * FROM t"));
    let error = result.expect_err("damaged");
    assert!(error.is_database() && error.message().contains("is damaged"), "{error:?}");
}

#[test]
fn a_database_opened_for_reading_refuses_to_be_written() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    let mut connection = checkout(Sqlite::file(&path).read_only()).unwrap();
    run(&mut *connection, "SELECT * FROM t").unwrap();
    let error = run(&mut *connection, "INSERT INTO t VALUES (1)").expect_err("read only");
    assert!(error.is_read_only() && error.message().contains("cannot be written"), "{error}");
    assert_eq!(error.statement(), Some("INSERT INTO t VALUES (1)"));
}

#[test]
#[cfg(unix)]
fn a_write_protected_file_can_be_read_and_refuses_to_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.db");
    let driver = |path: &std::path::Path| Sqlite::file(path).pragma("journal_mode", "delete").unwrap();
    run(&mut *checkout(driver(&path)).unwrap(), "CREATE TABLE t (x)").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    if fs::OpenOptions::new().write(true).open(&path).is_ok() {
        // The superuser may write everything.
        return;
    }
    let mut connection = checkout(Sqlite::file(&path)).unwrap();
    run(&mut *connection, "SELECT * FROM t").unwrap();
    assert!(run(&mut *connection, "INSERT INTO t VALUES (1)").is_err_and(|error| error.is_read_only()));
}

#[test]
fn a_locked_database_is_busy_after_the_timeout() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    let mut holder = checkout(Sqlite::file(&path)).unwrap();
    holder.transact(Transact::Begin(BeginMode::Immediate)).unwrap();
    let driver = Sqlite::file(&path).busy_timeout(Duration::from_millis(30));
    let mut waiting = checkout(driver).unwrap();
    run(&mut *waiting, "SELECT * FROM t").unwrap();
    let start = Instant::now();
    let error = run(&mut *waiting, "INSERT INTO t VALUES (1)").expect_err("locked");
    assert!(start.elapsed() >= Duration::from_millis(25), "it waited");
    assert!(error.is_busy() && error.message().contains("is locked by another connection"), "{error}");
    assert!(waiting.transact(Transact::Begin(BeginMode::Immediate)).is_err_and(|error| error.is_busy()));
    holder.transact(Transact::Commit).unwrap();
    run(&mut *waiting, "INSERT INTO t VALUES (1)").unwrap();
}

#[test]
fn a_snapshot_that_is_too_old_is_busy_at_once() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    let mut reader = checkout(Sqlite::file(&path)).unwrap();
    reader.transact(Transact::Begin(BeginMode::Deferred)).unwrap();
    run(&mut *reader, "SELECT * FROM t").unwrap();
    run(&mut *checkout(Sqlite::file(&path)).unwrap(), "INSERT INTO t VALUES (1)").unwrap();
    let error = run(&mut *reader, "INSERT INTO t VALUES (2)").expect_err("too late");
    assert!(error.is_busy() && error.message().contains("IMMEDIATE"), "{error}");
    assert!(reader.is_in_transaction());
}

#[test]
fn a_database_that_is_locked_while_it_is_opened_waits_no_longer_than_allowed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.db");
    let driver = || Sqlite::file(&path).pragma("journal_mode", "delete").unwrap();
    let mut holder = checkout(driver()).unwrap();
    run(&mut *holder, "CREATE TABLE t (x)").unwrap();
    holder.transact(Transact::Begin(BeginMode::Exclusive)).unwrap();
    let start = Instant::now();
    let error = refusal(driver());
    assert!(error.is_busy(), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(2), "connect_timeout counts, not the busy timeout");
}

#[test]
fn a_full_disk_is_told() {
    let mut connection = checkout(Sqlite::memory().pragma("max_page_count", 8).unwrap()).unwrap();
    run(&mut *connection, "CREATE TABLE t (x)").unwrap();
    let insert = Statement::new("INSERT INTO t VALUES (?)");
    let much = vec![7_u8; 100_000];
    let error = connection.execute(&insert, &[Value::Blob(much.as_slice().into())]).expect_err("full");
    assert!(error.is_full() && error.message().contains("max_page_count"), "{error}");
    connection.execute(&insert, &[Value::Blob(much[..10].into())]).unwrap();
}

#[test]
fn texts_of_every_kind_come_back_unchanged() {
    let mut connection = checkout(Sqlite::memory()).unwrap();
    run(&mut *connection, "CREATE TABLE t (x TEXT)").unwrap();
    let insert = Statement::new("INSERT INTO t VALUES (?)");
    let texts = [
        String::new(),
        "it's \"quoted\" `so` [or] so".to_owned(),
        "'; DROP TABLE t; --".to_owned(),
        "\0".to_owned(),
        "before\0after".to_owned(),
        "🦀 é \u{10FFFF} \u{FEFF}".to_owned(),
        "x".repeat(1 << 20),
        "ü".repeat(1 << 20),
    ];
    for text in &texts {
        connection.execute(&insert, &[Value::Text(text.as_str().into())]).unwrap();
    }
    let mut found = Vec::new();
    connection
        .query(&Statement::new("SELECT x FROM t ORDER BY rowid"), &[], &mut |row| {
            let ValueRef::Text(text) = row.value(0) else { unreachable!("text was stored") };
            found.push(String::from_utf8(text.to_owned()).unwrap());
            Ok(())
        })
        .unwrap();
    assert!(found == texts);
}

#[test]
fn a_file_keeps_what_was_written_when_the_engine_is_gone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("names with spaces & ünicode?.db");
    {
        let mut connection = checkout(Sqlite::file(&path)).unwrap();
        run(&mut *connection, "CREATE TABLE t (x)").unwrap();
        run(&mut *connection, "INSERT INTO t VALUES (1), (2)").unwrap();
    }
    let mut connection = checkout(Sqlite::file(&path).no_create()).unwrap();
    assert_eq!(run(&mut *connection, "DELETE FROM t").unwrap(), 2);
}
