//! SQLite's driver through an engine: how connections are set up, what they report, what the live schema says.

#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use orm_core::driver::{
    BeginMode, Connection, Done, IsolationLevel, LiveColumn, LiveForeignKey, LiveIndex, LiveTable, Row,
    Statement, Transact, Value, ValueRef,
};
use orm_core::engine::{Checkout, Engine, ExecutionOptions};
use orm_core::{DeclarativeBase, Error, Id, Model, Result};
use orm_sqlite::Sqlite;
use tempfile::TempDir;

#[derive(DeclarativeBase)]
struct Db;

/// A model whose index gets a long name.
#[derive(Model, Clone)]
#[model(base = Db, table = "measurements_of_the_station")]
struct Measurement {
    #[column(primary_key)]
    id: Id<Measurement>,
    #[column(index)]
    temperature_of_the_ground: i64,
}

fn engine(driver: Sqlite) -> Engine<Db> {
    Engine::builder(driver).build().unwrap()
}

fn memory() -> Checkout {
    engine(Sqlite::memory()).checkout().unwrap()
}

/// The first value of the first row.
fn ask(connection: &mut dyn Connection, sql: &str) -> Result<Value<'static>> {
    let mut found = Value::Null;
    connection.query(&Statement::new(sql), &[], &mut |row| {
        found = match row.value(0) {
            ValueRef::Null => Value::Null,
            ValueRef::Int(value) => Value::Int(value),
            ValueRef::Real(value) => Value::Real(value),
            ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned().into()),
            ValueRef::Blob(bytes) => Value::Blob(bytes.to_owned().into()),
        };
        Ok(())
    })?;
    Ok(found)
}

fn pragma(connection: &mut dyn Connection, name: &str) -> Value<'static> {
    ask(connection, &format!("PRAGMA {name}")).unwrap()
}

fn run(connection: &mut dyn Connection, sql: &str) -> Result<Done> {
    connection.execute(&Statement::new(sql), &[])
}

fn refused(connection: &mut dyn Connection, sql: &str) -> Error {
    run(connection, sql).expect_err("refused")
}

#[test]
fn a_file_gets_foreign_keys_wal_and_a_busy_timeout() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.db");
    let engine = engine(Sqlite::file(&path));
    assert!(!path.exists(), "building an engine opens nothing");
    let mut connection = engine.checkout().unwrap();
    assert_eq!(pragma(&mut *connection, "foreign_keys"), Value::Int(1));
    assert_eq!(pragma(&mut *connection, "busy_timeout"), Value::Int(5000));
    assert_eq!(pragma(&mut *connection, "journal_mode"), Value::Text("wal".into()));
    assert_eq!(pragma(&mut *connection, "synchronous"), Value::Int(1));
}

#[test]
fn every_connection_is_set_up_alike() {
    let folder = TempDir::new().unwrap();
    let engine = engine(Sqlite::file(folder.path().join("x.db")).pragma("cache_size", -1234).unwrap());
    let mut all: Vec<_> = (0..3).map(|_| engine.checkout().unwrap()).collect();
    for connection in &mut all {
        assert_eq!(pragma(&mut **connection, "foreign_keys"), Value::Int(1));
        assert_eq!(pragma(&mut **connection, "synchronous"), Value::Int(1));
        assert_eq!(pragma(&mut **connection, "cache_size"), Value::Int(-1234));
    }
}

#[test]
fn what_is_given_takes_the_place_of_a_default() {
    let folder = TempDir::new().unwrap();
    let url = format!(
        "sqlite:///{}?journal_mode=delete&foreign_keys=off&busy_timeout=7",
        folder.path().join("x.db").display()
    );
    let mut connection = engine(Sqlite::url(&url).unwrap()).checkout().unwrap();
    assert_eq!(pragma(&mut *connection, "foreign_keys"), Value::Int(0));
    assert_eq!(pragma(&mut *connection, "busy_timeout"), Value::Int(7));
    assert_eq!(pragma(&mut *connection, "journal_mode"), Value::Text("delete".into()));
    assert_eq!(pragma(&mut *connection, "synchronous"), Value::Int(2));
    let driver = Sqlite::file(folder.path().join("y.db")).busy_timeout(Duration::MAX);
    assert_eq!(pragma(&mut *engine(driver).checkout().unwrap(), "busy_timeout"), Value::Int(i32::MAX.into()));
}

#[test]
fn a_file_name_is_never_read_as_a_uri() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.db");
    drop(engine(Sqlite::file(&path)).checkout().unwrap());
    let uri = format!("file:{}", path.display());
    assert!(
        engine(Sqlite::file(uri)).checkout().is_err(),
        "a path in a folder called `file:`, which is not there"
    );
}

#[test]
fn a_database_in_memory_is_private_and_outlives_its_connections() {
    let one = engine(Sqlite::memory());
    let other = engine(Sqlite::url("sqlite://").unwrap());
    run(&mut *one.checkout().unwrap(), "CREATE TABLE t (x)").unwrap();
    one.dispose();
    run(&mut *one.checkout().unwrap(), "INSERT INTO t VALUES (1)").unwrap();
    assert!(refused(&mut *other.checkout().unwrap(), "INSERT INTO t VALUES (1)").is_schema());
}

#[test]
fn a_second_user_of_a_database_in_memory_is_told_why_it_waits() {
    let builder = Engine::<Db>::builder(Sqlite::memory()).pool_timeout(Duration::ZERO);
    let engine = builder.build().unwrap();
    let first = engine.checkout().unwrap();
    let error = engine.checkout().err().unwrap();
    assert!(error.is_timeout() && error.message().contains(":memory: has one connection"), "{error}");
    drop(first);
    let folder = tempfile::tempdir().unwrap();
    let file = Sqlite::file(folder.path().join("a.db"));
    let builder = Engine::<Db>::builder(file).pool_size(1).max_overflow(0).pool_timeout(Duration::ZERO);
    let engine = builder.build().unwrap();
    let _first = engine.checkout().unwrap();
    let error = engine.checkout().err().unwrap();
    assert!(!error.message().contains("has one connection"), "{error}");
}

#[test]
fn the_file_that_is_called_memory_is_in_memory() {
    let engine = engine(Sqlite::file(":memory:"));
    run(&mut *engine.checkout().unwrap(), "CREATE TABLE t (x)").unwrap();
    engine.dispose();
    run(&mut *engine.checkout().unwrap(), "INSERT INTO t VALUES (1)").unwrap();
}

#[test]
fn connections_to_one_database_in_memory_see_the_same_rows() {
    let engine = Engine::<Db>::builder(Sqlite::memory()).pool_size(2).build().unwrap();
    let (mut first, mut second) = (engine.checkout().unwrap(), engine.checkout().unwrap());
    run(&mut *first, "CREATE TABLE t (x)").unwrap();
    run(&mut *first, "INSERT INTO t VALUES (1)").unwrap();
    assert_eq!(ask(&mut *second, "SELECT count(*) FROM t").unwrap(), Value::Int(1));
}

#[test]
fn a_database_in_memory_has_one_connection_unless_told() {
    let engine =
        Engine::<Db>::builder(Sqlite::memory()).pool_timeout(Duration::from_millis(10)).build().unwrap();
    let _out = engine.checkout().unwrap();
    let error = engine.checkout().err().unwrap();
    assert!(error.is_timeout() && error.message().contains("pool_size 1 and max_overflow 0"), "{error}");
}

#[test]
fn s93_s106_what_was_not_committed_is_gone() {
    let folder = TempDir::new().unwrap();
    let engine = engine(Sqlite::file(folder.path().join("x.db")));
    let mut connection = engine.checkout().unwrap();
    run(&mut *connection, "CREATE TABLE t (x)").unwrap();
    connection.transact(Transact::Begin(BeginMode::Immediate)).unwrap();
    run(&mut *connection, "INSERT INTO t VALUES (1)").unwrap();
    assert!(connection.is_in_transaction());
    drop(connection);
    let mut connection = engine.checkout().unwrap();
    assert!(!connection.is_in_transaction());
    assert_eq!(ask(&mut *connection, "SELECT count(*) FROM t").unwrap(), Value::Int(0));
    assert_eq!(engine.pool_status().checked_out, 1);
}

#[test]
fn s106_begin_commits_and_an_error_or_a_panic_rolls_back() {
    let engine = engine(Sqlite::memory());
    engine.begin(|c| c.run_script("CREATE TABLE t (x); INSERT INTO t VALUES (1)")).unwrap();
    let failed = engine.begin(|c| {
        run(&mut **c, "INSERT INTO t VALUES (2)")?;
        run(&mut **c, "INSERT INTO nowhere VALUES (2)")
    });
    assert!(failed.is_err_and(|error| error.is_schema()));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        engine.begin(|c| -> Result<()> {
            run(&mut **c, "INSERT INTO t VALUES (3)")?;
            std::panic::resume_unwind(Box::new("stop"))
        })
    }));
    assert!(panicked.is_err());
    let mut connection = engine.connect().unwrap();
    assert_eq!(ask(&mut *connection, "SELECT group_concat(x) FROM t").unwrap(), Value::Text("1".into()));
}

#[test]
fn savepoints_of_any_name_are_ended_one_by_one() {
    let mut connection = memory();
    run(&mut *connection, "CREATE TABLE t (x)").unwrap();
    connection.transact(Transact::Begin(BeginMode::Deferred)).unwrap();
    for name in ["a", "select", "x\"; DROP TABLE t; --", "ü 1"] {
        connection.transact(Transact::Savepoint(name)).unwrap();
        run(&mut *connection, "INSERT INTO t VALUES (1)").unwrap();
        connection.transact(Transact::RollbackTo(name)).unwrap();
        connection.transact(Transact::Release(name)).unwrap();
    }
    connection.transact(Transact::Commit).unwrap();
    assert_eq!(ask(&mut *connection, "SELECT count(*) FROM t").unwrap(), Value::Int(0));
    assert!(connection.transact(Transact::Release("none")).is_err());
}

#[test]
fn an_isolation_level_that_sqlite_lacks_is_refused() {
    let mut connection = memory();
    for level in [IsolationLevel::ReadCommitted, IsolationLevel::RepeatableRead] {
        let error = connection.set_isolation_level(level).expect_err("refused");
        assert!(error.is_unsupported() && error.message().contains("Serializable"), "{error}");
    }
    let engine = Engine::<Db>::builder(Sqlite::memory())
        .isolation_level(IsolationLevel::RepeatableRead)
        .build()
        .unwrap();
    assert!(engine.checkout().is_err_and(|error| error.is_unsupported()));
    assert_eq!(engine.pool_status().checked_out, 0);
}

#[test]
fn s106_with_autocommit_nothing_is_rolled_back() {
    let engine = engine(Sqlite::memory());
    run(&mut *engine.checkout().unwrap(), "CREATE TABLE t (x)").unwrap();
    let autocommit =
        engine.execution_options(ExecutionOptions::new().isolation_level(IsolationLevel::Autocommit));
    for (engine, kept) in [(&engine, 0), (&autocommit, 1), (&engine, 1)] {
        let mut connection = engine.checkout().unwrap();
        connection.transact(Transact::Begin(BeginMode::Deferred)).unwrap();
        run(&mut *connection, "INSERT INTO t VALUES (1)").unwrap();
        connection.transact(Transact::Rollback).unwrap();
        assert_eq!(ask(&mut *connection, "SELECT count(*) FROM t").unwrap(), Value::Int(kept));
    }
}

#[test]
fn a_ping_answers() {
    memory().ping().unwrap();
}

const CONSTRAINTS: &str = "
    CREATE TABLE users (
        id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, a TEXT, b TEXT, age INTEGER CONSTRAINT grown_up CHECK (age >= 18),
        c TEXT, UNIQUE (a, b));
    CREATE UNIQUE INDEX lower_c ON users (lower(c));
    CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users(id));
    CREATE TABLE pairs (x INTEGER, y INTEGER, PRIMARY KEY (x, y)) WITHOUT ROWID;
    CREATE TABLE strict (n INTEGER) STRICT;
    CREATE TRIGGER no_delete BEFORE DELETE ON pairs BEGIN SELECT RAISE(ABORT, 'pairs stay'); END;
    INSERT INTO users (id, email, a, b, c) VALUES (1, 'a@x', 'p', 'q', 'c');
    INSERT INTO pairs VALUES (1, 2);";

fn constrained() -> Checkout {
    let mut connection = memory();
    connection.run_script(CONSTRAINTS).unwrap();
    connection
}

#[test]
fn a_violated_constraint_names_table_and_columns() {
    let mut connection = constrained();
    let mut named = |sql: &str| {
        let error = refused(&mut *connection, sql);
        let constraint = error.constraint().expect("a constraint").clone();
        (error.kind(), constraint.table, constraint.columns.join(" "), constraint.name)
    };
    use orm_core::ErrorKind::{Check, ForeignKey, NotNull, Unique};
    let users = || Some("users".to_owned());
    let none = String::new;
    assert_eq!(named("INSERT INTO users (email) VALUES ('a@x')"), (Unique, users(), "email".into(), None));
    assert_eq!(
        named("INSERT INTO users (email, a, b) VALUES ('b', 'p', 'q')"),
        (Unique, users(), "a b".into(), None)
    );
    assert_eq!(named("INSERT INTO users (id, email) VALUES (1, 'b')"), (Unique, users(), "id".into(), None));
    assert_eq!(
        named("INSERT INTO users (email, c) VALUES ('b', 'C')"),
        (Unique, None, none(), Some("lower_c".into()))
    );
    assert_eq!(named("INSERT INTO pairs VALUES (1, 2)"), (Unique, Some("pairs".into()), "x y".into(), None));
    assert_eq!(named("INSERT INTO users (a) VALUES ('x')"), (NotNull, users(), "email".into(), None));
    assert_eq!(
        named("INSERT INTO users (email, age) VALUES ('b', 3)"),
        (Check, None, none(), Some("grown_up".into()))
    );
    assert_eq!(named("INSERT INTO posts (author) VALUES (9)"), (ForeignKey, None, none(), None));
    assert_eq!(named("DELETE FROM pairs"), (Check, None, none(), None));
}

#[test]
fn other_errors_have_their_kinds() {
    let mut connection = constrained();
    assert!(refused(&mut *connection, "SELECT * FROM nowhere").is_schema());
    assert!(refused(&mut *connection, "SELECT missing FROM users").is_schema());
    assert!(refused(&mut *connection, "INSERT INTO users (missing) VALUES (1)").is_schema());
    assert!(refused(&mut *connection, "SELEC 1").is_database());
    assert!(refused(&mut *connection, "INSERT INTO users (id, email) VALUES ('x', 'y')").is_value());
    assert!(refused(&mut *connection, "INSERT INTO strict VALUES ('x')").is_value());
    assert!(refused(&mut *connection, "SELECT zeroblob(2000000000)").is_value());
    assert_eq!(refused(&mut *connection, "DELETE FROM pairs").message(), "pairs stay");
    run(&mut *connection, "SELECT 1").unwrap();
}

#[test]
fn an_error_inside_a_transaction_leaves_it_open() {
    let mut connection = constrained();
    connection.transact(Transact::Begin(BeginMode::Deferred)).unwrap();
    refused(&mut *connection, "INSERT INTO users (email) VALUES ('a@x')");
    assert!(connection.is_in_transaction());
    refused(&mut *connection, "INSERT OR ROLLBACK INTO users (email) VALUES ('a@x')");
    assert!(!connection.is_in_transaction(), "the database ended it, and says so");
}

#[test]
fn a_deferred_foreign_key_fails_at_the_commit() {
    let mut connection = memory();
    connection
        .run_script(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED)",
        )
        .unwrap();
    connection.transact(Transact::Begin(BeginMode::Deferred)).unwrap();
    run(&mut *connection, "INSERT INTO t VALUES (1, 2)").unwrap();
    assert!(connection.transact(Transact::Commit).is_err_and(|error| error.is_foreign_key()));
    assert!(connection.is_in_transaction());
    run(&mut *connection, "INSERT INTO t VALUES (2, 1)").unwrap();
    connection.transact(Transact::Commit).unwrap();
}

fn column(name: &str, declared_type: &str, nullable: bool) -> LiveColumn {
    LiveColumn {
        name: name.into(),
        declared_type: declared_type.into(),
        nullable,
        collation: Some("BINARY".into()),
        ..LiveColumn::default()
    }
}

const LIVE: &str = r#"
    CREATE TABLE "odd ""name" (a INTEGER PRIMARY KEY);
    CREATE TABLE parent (x TEXT, y NVARCHAR(20) NOT NULL, PRIMARY KEY (y, x));
    CREATE TABLE child (
        id INTEGER PRIMARY KEY AUTOINCREMENT, n NUMERIC(10,2) DEFAULT 1.5, s TEXT NOT NULL DEFAULT 'it''s' UNIQUE,
        px TEXT, py TEXT, other INTEGER REFERENCES "odd ""name" ON DELETE SET NULL,
        twice INTEGER GENERATED ALWAYS AS (id * 2) VIRTUAL, stored INTEGER AS (id + 1) STORED,
        FOREIGN KEY (py, px) REFERENCES parent ON DELETE CASCADE ON UPDATE RESTRICT, UNIQUE (px, py));
    CREATE INDEX child_n ON child (n DESC, s);
    CREATE UNIQUE INDEX child_u ON child (other);
    CREATE UNIQUE INDEX child_partial ON child (n) WHERE n > 1;
    CREATE INDEX child_expression ON child (lower(s));
    CREATE VIEW v AS SELECT 1;"#;

fn live() -> Vec<LiveTable> {
    let mut connection = memory();
    connection.run_script(LIVE).unwrap();
    connection.live_schema().unwrap().tables
}

#[test]
fn the_live_schema_has_every_table_and_no_other() {
    let names: Vec<_> = live().into_iter().map(|table| table.name).collect();
    assert_eq!(names, ["child", "odd \"name", "parent"]);
}

#[test]
fn the_live_schema_has_columns_and_keys() {
    let [child, _, parent] = <[LiveTable; 3]>::try_from(live()).unwrap();
    assert_eq!(parent.primary_key, ["y", "x"]);
    assert_eq!(parent.columns, [column("x", "TEXT", true), column("y", "NVARCHAR(20)", false)]);
    assert_eq!(child.primary_key, ["id"]);
    assert_eq!(child.columns[0], column("id", "INTEGER", false), "a rowid is never NULL");
    assert_eq!(child.columns[1].default.as_deref(), Some("1.5"));
    assert_eq!(child.columns[2].default.as_deref(), Some("'it''s'"));
    let computed: Vec<_> =
        child.columns.iter().filter(|column| column.computed).map(|column| &column.name).collect();
    assert_eq!(computed, ["twice", "stored"]);
}

#[test]
fn the_live_schema_has_foreign_keys_with_the_columns_they_imply() {
    let [child, ..] = <[LiveTable; 3]>::try_from(live()).unwrap();
    let other = LiveForeignKey {
        columns: vec!["other".into()],
        table: "odd \"name".into(),
        references: vec!["a".into()],
        on_delete: "SET NULL".into(),
        on_update: "NO ACTION".into(),
    };
    let both = LiveForeignKey {
        columns: vec!["py".into(), "px".into()],
        table: "parent".into(),
        references: vec!["y".into(), "x".into()],
        on_delete: "CASCADE".into(),
        on_update: "RESTRICT".into(),
    };
    assert_eq!(child.foreign_keys, [other, both]);
}

#[test]
fn the_live_schema_has_indexes_but_no_partial_ones_and_no_expressions() {
    let [child, ..] = <[LiveTable; 3]>::try_from(live()).unwrap();
    assert_eq!(child.uniques, [vec!["s"], vec!["px", "py"], vec!["other"]]);
    let index = LiveIndex { name: "child_n".into(), columns: vec!["n".into(), "s".into()] };
    assert_eq!(child.indexes, [index]);
}

#[test]
fn generated_names_are_no_longer_than_label_length() {
    let name = |length: Option<usize>| {
        let builder = Engine::<Db>::builder(Sqlite::memory());
        let engine = match length {
            Some(length) => builder.label_length(length),
            None => builder,
        };
        let engine = engine.build().unwrap();
        engine.create_all().unwrap();
        assert!(engine.metadata().verify(&engine).unwrap().is_empty());
        engine.create_all().unwrap();
        let tables = engine.checkout().unwrap().live_schema().unwrap().tables;
        tables[0].indexes[0].name.clone()
    };
    assert!(name(None).len() > 24);
    assert!(name(Some(24)).len() <= 24, "{}", name(Some(24)));
}

#[test]
fn s106_an_isolation_level_is_set_and_set_back() {
    let engine = engine(Sqlite::memory());
    let loose =
        engine.execution_options(ExecutionOptions::new().isolation_level(IsolationLevel::ReadUncommitted));
    for (engine, set) in [(&loose, 1), (&engine, 0), (&loose, 1)] {
        assert_eq!(pragma(&mut *engine.checkout().unwrap(), "read_uncommitted"), Value::Int(set));
    }
}

#[test]
fn a_stream_holds_one_row_at_a_time() {
    let mut connection = memory();
    // It never ends, so nobody can have gathered it.
    let endless =
        Statement::new("WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n) SELECT i FROM n");
    let mut found = Vec::new();
    let mut rows = connection.stream(&endless, &[Value::Int(7)]).unwrap();
    for _ in 0..3 {
        let there_was_one = rows.next(&mut |row| {
            found.push(row.value(0).to_value()?);
            Ok(())
        });
        assert!(there_was_one.unwrap());
    }
    drop(rows);
    assert_eq!(found, [Value::Int(7), Value::Int(8), Value::Int(9)]);
    assert_eq!(ask(&mut *connection, "SELECT 1").unwrap(), Value::Int(1));
}

#[test]
fn a_stream_copies_the_values_that_it_binds() {
    let mut connection = memory();
    let statement = Statement::new("SELECT ? UNION ALL SELECT ?");
    let text = String::from("short lived");
    let values = [Value::Text(text.as_str().into()), Value::Blob(vec![1, 2].into())];
    let mut rows = connection.stream(&statement, &values).unwrap();
    drop(values);
    drop(text);
    let mut found = Vec::new();
    let mut keep = |row: &dyn Row| {
        found.push(row.value(0).to_value()?);
        Ok(())
    };
    while rows.next(&mut keep).unwrap() {}
    assert_eq!(found, [Value::Text("short lived".into()), Value::Blob(vec![1, 2].into())]);
}
