//! A connection whose statements are shown: to `tracing` subscribers, and on stderr when the engine echoes.
//!
//! When nobody looks, a statement costs two comparisons more.

use std::time::{Duration, Instant};

use crate::driver::{
    BeginMode, Connection, Done, IsolationLevel, LiveSchema, Row, Rows, Statement, Transact, Value,
};
use crate::error::{Error, Result};

/// What of a statement is shown, and where.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Log {
    pub(crate) echo: bool,
    /// Bound values in logs and errors.
    pub(crate) values: bool,
    /// Nothing is shown, since the connection shows it itself.
    pub(crate) is_silent: bool,
    pub(crate) token: Option<&'static str>,
}

impl Log {
    #[inline(always)]
    fn is_on(&self) -> bool {
        (self.echo || tracing::enabled!(target: "orm::sql", tracing::Level::DEBUG)) && !self.is_silent
    }

    #[cold]
    fn show(&self, event: &Event<'_>) {
        let Event { sql, rows, elapsed, .. } = *event;
        let values = self.values.then_some(event.values);
        let token = self.token;
        if self.echo {
            let mark = token.map(|token| format!("[{token}] ")).unwrap_or_default();
            let bound = values.map(|values| format!(" {values:?}")).unwrap_or_default();
            let end = event.failure.map_or_else(|| format!("{rows} rows"), |kind| format!("failed: {kind}"));
            eprintln!("orm: {mark}{sql}{bound} -- {elapsed:?}, {end}");
        }
        tracing::debug!(
            target: "orm::sql",
            sql,
            rows,
            elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            token,
            values = values.map(tracing::field::debug),
            failure = event.failure,
        );
    }
}

/// A statement that has run.
struct Event<'a> {
    sql: &'a str,
    values: &'a [Value<'a>],
    rows: u64,
    elapsed: Duration,
    failure: Option<&'a str>,
}

/// A connection in use.
pub(crate) struct Logged {
    pub(crate) inner: Box<dyn Connection>,
    pub(crate) log: Log,
    /// Whether its isolation level was changed.
    pub(crate) other_level: bool,
    /// Whether a statement found it dead.
    pub(crate) dead: bool,
    /// How many statements were sent; a batch of rows that one statement inserts counts once.
    pub(crate) sent: u64,
}

impl Logged {
    pub(crate) fn new(inner: Box<dyn Connection>, log: Log) -> Self {
        Logged { inner, log, other_level: false, dead: false, sent: 0 }
    }

    #[cold]
    fn failed(&mut self, error: Error, values: &[Value<'_>]) -> Error {
        self.dead |= error.is_disconnected();
        if self.log.values && !values.is_empty() {
            return error.context(format!("with values {values:?}"));
        }
        error
    }

    /// Runs something and shows it.
    #[cold]
    fn show<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        run: impl FnOnce(&mut dyn Connection) -> (Result<T>, u64),
    ) -> Result<T> {
        let start = Instant::now();
        let (result, rows) = run(&mut *self.inner);
        let failure = result.as_ref().err().map(|error| format!("{:?}", error.kind()));
        self.log.show(&Event { sql, values, rows, elapsed: start.elapsed(), failure: failure.as_deref() });
        result
    }
}

impl Connection for Logged {
    fn execute(&mut self, statement: &Statement, values: &[Value<'_>]) -> Result<Done> {
        self.sent += 1;
        let result = if self.log.is_on() {
            self.show(statement.sql(), values, |inner| {
                let done = inner.execute(statement, values);
                let rows = done.as_ref().map_or(0, |done| done.rows);
                (done, rows)
            })
        } else {
            self.inner.execute(statement, values)
        };
        result.map_err(|error| self.failed(error, values))
    }

    fn insert_rows<'a>(
        &mut self,
        statement: &Statement,
        next: &mut dyn FnMut(&mut Vec<Value<'a>>) -> Result<bool>,
        generated: &mut Vec<i64>,
    ) -> Result<()> {
        let sent = self.sent + 1;
        if !self.log.is_on() && !self.log.values {
            self.sent = sent;
            let result = self.inner.insert_rows(statement, next, generated);
            return result.map_err(|error| self.failed(error, &[]));
        }
        // Each row is a statement to those who look.
        let mut row = Vec::new();
        while next(&mut row)? {
            generated.extend(self.execute(statement, &row)?.generated);
            row.clear();
        }
        self.sent = sent;
        Ok(())
    }

    fn query(
        &mut self,
        statement: &Statement,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.sent += 1;
        let result = if self.log.is_on() {
            self.show(statement.sql(), values, |inner| {
                let mut rows = 0;
                let result = inner.query(statement, values, &mut |row| {
                    rows += 1;
                    each(row)
                });
                (result, rows)
            })
        } else {
            self.inner.query(statement, values, each)
        };
        result.map_err(|error| self.failed(error, values))
    }

    fn stream<'conn>(
        &'conn mut self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Box<dyn Rows + 'conn>> {
        self.sent += 1;
        let shown = self.log.is_on().then(|| Shown {
            log: self.log,
            sql: statement.sql().to_owned(),
            values: values.iter().cloned().map(Value::into_owned).collect(),
            start: Instant::now(),
        });
        let inner = self.inner.stream(statement, values)?;
        Ok(Box::new(LoggedRows { inner, dead: &mut self.dead, shown, rows: 0, failure: None }))
    }

    fn describe(&mut self, statement: &Statement, show: &mut dyn FnMut(&[&str]) -> Result<()>) -> Result<()> {
        self.inner.describe(statement, show).map_err(|error| self.failed(error, &[]))
    }

    fn run_script(&mut self, sql: &str) -> Result<()> {
        self.sent += 1;
        let result = if self.log.is_on() {
            self.show(sql, &[], |inner| (inner.run_script(sql), 0))
        } else {
            self.inner.run_script(sql)
        };
        result.map_err(|error| self.failed(error, &[]))
    }

    fn transact(&mut self, step: Transact<'_>) -> Result<()> {
        let result = if self.log.is_on() {
            self.show(&step_text(step), &[], |inner| (inner.transact(step), 0))
        } else {
            self.inner.transact(step)
        };
        result.map_err(|error| self.failed(error, &[]))
    }

    fn is_in_transaction(&self) -> bool {
        self.inner.is_in_transaction()
    }

    fn ping(&mut self) -> Result<()> {
        self.inner.ping().map_err(|error| self.failed(error, &[]))
    }

    fn set_isolation_level(&mut self, level: IsolationLevel) -> Result<()> {
        self.other_level = true;
        self.inner.set_isolation_level(level).map_err(|error| self.failed(error, &[]))
    }

    fn live_schema(&mut self) -> Result<LiveSchema> {
        self.inner.live_schema().map_err(|error| self.failed(error, &[]))
    }
}

fn step_text(step: Transact<'_>) -> String {
    match step {
        Transact::Begin(BeginMode::Deferred) => "BEGIN".into(),
        Transact::Begin(BeginMode::Immediate) => "BEGIN IMMEDIATE".into(),
        Transact::Begin(BeginMode::Exclusive) => "BEGIN EXCLUSIVE".into(),
        Transact::Commit => "COMMIT".into(),
        Transact::Rollback => "ROLLBACK".into(),
        Transact::Savepoint(name) => format!("SAVEPOINT {name}"),
        Transact::Release(name) => format!("RELEASE {name}"),
        Transact::RollbackTo(name) => format!("ROLLBACK TO {name}"),
    }
}

/// Rows that are asked for one by one; shown when nobody asks for more.
struct LoggedRows<'conn> {
    inner: Box<dyn Rows + 'conn>,
    dead: &'conn mut bool,
    shown: Option<Shown>,
    rows: u64,
    failure: Option<String>,
}

/// What is shown of a statement at its end.
struct Shown {
    log: Log,
    sql: String,
    values: Vec<Value<'static>>,
    start: Instant,
}

impl Rows for LoggedRows<'_> {
    fn next(&mut self, show: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<bool> {
        let next = self.inner.next(show);
        match &next {
            Ok(there_was_one) => self.rows += u64::from(*there_was_one),
            Err(error) => {
                *self.dead |= error.is_disconnected();
                self.failure = Some(format!("{:?}", error.kind()));
            }
        }
        next
    }
}

impl Drop for LoggedRows<'_> {
    fn drop(&mut self) {
        let Some(Shown { log, sql, values, start }) = &self.shown else { return };
        let elapsed = start.elapsed();
        log.show(&Event { sql, values, rows: self.rows, elapsed, failure: self.failure.as_deref() });
    }
}
