//! A connection: how it is set up, and the driver's contract on top of `raw`.

use std::time::Duration;

use orm_core::driver::{
    BeginMode, ConnectOptions, Connection, Done, IsolationLevel, LiveSchema, Row, Rows, Statement, Transact,
    Value,
};
use orm_core::{Error, Result};
use rusqlite::types::Value as SqlValue;

use crate::error::from_rusqlite;
use crate::live;
use crate::options::{Access, Options, Target};
use crate::raw::{Fixed, RawConnection};

/// A connection to SQLite.
pub(crate) struct SqliteConnection {
    raw: RawConnection,
    place: String,
    /// Every statement is a transaction of its own.
    autocommit: bool,
    /// What SQLite was told of others' changes.
    uncommitted: bool,
}

impl SqliteConnection {
    pub(crate) fn new(
        opened: rusqlite::Connection,
        options: &Options,
        connect: &ConnectOptions,
    ) -> Result<Self> {
        let place = options.place();
        Ok(SqliteConnection {
            raw: RawConnection::new(opened, connect.statement_cache_size, &place)?,
            place,
            autocommit: false,
            uncommitted: false,
        })
    }
}

impl Connection for SqliteConnection {
    fn execute(&mut self, statement: &Statement, values: &[Value<'_>]) -> Result<Done> {
        self.raw.execute(statement, values)
    }

    fn insert_rows<'a>(
        &mut self,
        statement: &Statement,
        next: &mut dyn FnMut(&mut Vec<Value<'a>>) -> Result<bool>,
        generated: &mut Vec<i64>,
    ) -> Result<()> {
        self.raw.insert_rows(statement, next, generated)
    }

    fn query(
        &mut self,
        statement: &Statement,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.raw.query(statement, values, each)
    }

    fn stream<'conn>(
        &'conn mut self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Box<dyn Rows + 'conn>> {
        Ok(Box::new(self.raw.stream(statement, values)?))
    }

    fn describe(&mut self, statement: &Statement, show: &mut dyn FnMut(&[&str]) -> Result<()>) -> Result<()> {
        self.raw.describe(statement, show)
    }

    fn run_script(&mut self, sql: &str) -> Result<()> {
        self.raw.run_script(sql)
    }

    fn transact(&mut self, step: Transact<'_>) -> Result<()> {
        match step {
            Transact::Begin(_) if self.autocommit => Ok(()),
            Transact::Commit | Transact::Rollback if self.autocommit && !self.is_in_transaction() => Ok(()),
            Transact::Begin(BeginMode::Deferred) => self.raw.run_fixed(Fixed::Begin),
            Transact::Begin(BeginMode::Immediate) => self.raw.run_fixed(Fixed::BeginImmediate),
            Transact::Begin(BeginMode::Exclusive) => self.raw.run_fixed(Fixed::BeginExclusive),
            Transact::Commit => self.raw.run_fixed(Fixed::Commit),
            Transact::Rollback => self.raw.run_fixed(Fixed::Rollback),
            Transact::Savepoint(name) => self.raw.run_script(&format!("SAVEPOINT {}", quoted(name))),
            Transact::Release(name) => self.raw.run_script(&format!("RELEASE {}", quoted(name))),
            Transact::RollbackTo(name) => self.raw.run_script(&format!("ROLLBACK TO {}", quoted(name))),
        }
    }

    fn is_in_transaction(&self) -> bool {
        !self.raw.rusqlite().is_autocommit()
    }

    fn ping(&mut self) -> Result<()> {
        self.raw.run_fixed(Fixed::Ping)
    }

    fn set_isolation_level(&mut self, level: IsolationLevel) -> Result<()> {
        let uncommitted = match level {
            IsolationLevel::Autocommit | IsolationLevel::Serializable => false,
            // Others are seen only in a shared cache, which is never used: what one gets is stricter.
            IsolationLevel::ReadUncommitted => true,
            other => {
                return Err(Error::unsupported(format!(
                    "SQLite has no isolation level {other:?}: its transactions are Serializable"
                )));
            }
        };
        if uncommitted != self.uncommitted {
            let word = if uncommitted { "on" } else { "off" };
            set(self.raw.rusqlite(), "read_uncommitted", word, &self.place)?;
            self.uncommitted = uncommitted;
        }
        self.autocommit = level == IsolationLevel::Autocommit;
        Ok(())
    }

    fn live_schema(&mut self) -> Result<LiveSchema> {
        live::read(self.raw.rusqlite()).map_err(|error| from_rusqlite(error, &self.place))
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Sets a new connection up; its busy timeout comes last, for what went before waits as long as opening may take.
pub(crate) fn set_up(connection: &rusqlite::Connection, options: &Options) -> Result<()> {
    let place = &options.place();
    if options.pragma("foreign_keys").is_none() {
        set(connection, "foreign_keys", "on", place)?;
        if ask(connection, "foreign_keys", place)? != SqlValue::Integer(1) {
            return Err(Error::unsupported("this build of SQLite ignores `foreign_keys = on`"));
        }
    }
    for pragma in &options.pragmas {
        let got = set(connection, &pragma.name, &pragma.value, place)?;
        if pragma.name == "journal_mode" && !is_text(got.as_ref(), &pragma.value) {
            let stays = match got {
                Some(SqlValue::Text(mode)) => format!("{place} stays at {mode}"),
                Some(_) | None => format!("{place} stays as it is"),
            };
            return Err(Error::config(format!("journal_mode = {} did not take: {stays}", pragma.value)));
        }
    }
    // The first look at the file: one that is no database is refused here.
    ask(connection, "schema_version", place)?;
    write_ahead(connection, options, place)?;
    set_busy_timeout(connection, options.busy_timeout, place)
}

/// Write-ahead logging, for files that may be written and unless the user said otherwise.
fn write_ahead(connection: &rusqlite::Connection, options: &Options, place: &str) -> Result<()> {
    let is_file = matches!(options.target, Target::File(_));
    let may_write = options.access != Access::Read && !connection.is_readonly("main").unwrap_or(false);
    if !is_file || !may_write {
        return Ok(());
    }
    if options.pragma("journal_mode").is_none() {
        set(connection, "journal_mode", "wal", place)?;
    }
    let is_wal = is_text(Some(&ask(connection, "journal_mode", place)?), "wal");
    if is_wal && options.pragma("synchronous").is_none() {
        set(connection, "synchronous", "normal", place)?;
    }
    Ok(())
}

fn set_busy_timeout(connection: &rusqlite::Connection, limit: Duration, place: &str) -> Result<()> {
    // SQLite counts in `int`.
    let limit = limit.min(Duration::from_millis(i32::MAX as u64));
    connection.busy_timeout(limit).map_err(|error| from_rusqlite(error, place))
}

/// Sets a pragma to a word or number that was checked; some answer with what they are set to.
fn set(connection: &rusqlite::Connection, name: &str, value: &str, place: &str) -> Result<Option<SqlValue>> {
    first_value(connection, &format!("PRAGMA {name} = {value}"), place)
}

fn ask(connection: &rusqlite::Connection, name: &str, place: &str) -> Result<SqlValue> {
    Ok(first_value(connection, &format!("PRAGMA {name}"), place)?.unwrap_or(SqlValue::Null))
}

fn first_value(connection: &rusqlite::Connection, sql: &str, place: &str) -> Result<Option<SqlValue>> {
    let read = || {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        rows.next()?.map(|row| row.get(0)).transpose()
    };
    read().map_err(|error| from_rusqlite(error, place).with_statement(sql))
}

fn is_text(value: Option<&SqlValue>, expected: &str) -> bool {
    matches!(value, Some(SqlValue::Text(text)) if text.eq_ignore_ascii_case(expected))
}
