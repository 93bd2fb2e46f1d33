//! Statement events: a connection that shows every statement to the hooks of its session.

use std::sync::Arc;

use super::events::Events;
use crate::driver::{Connection, Done, IsolationLevel, LiveSchema, Row, Statement, Transact, Value};
use crate::error::{Error, Result};

/// A statement that is about to be sent, or that was.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Execution<'a> {
    /// The SQL.
    pub sql: &'a str,
    /// What is bound to its question marks, in their order.
    pub values: &'a [Value<'a>],
}

/// What became of a statement: the rows that it returned, or else changed.
pub type Executed<'a> = Result<u64, &'a Error>;

pub(super) type BeforeExecute = Arc<dyn Fn(&Execution<'_>) -> Result<()> + Send + Sync>;
pub(super) type AfterExecute = Arc<dyn Fn(&Execution<'_>, Executed<'_>) + Send + Sync>;

/// A connection that hooks watch.
pub(super) struct Listened<'a> {
    connection: &'a mut dyn Connection,
    events: &'a Events,
}

/// The connection as it is, or watched if there are hooks for statements.
#[inline]
pub(super) fn listened<'a>(
    connection: &'a mut dyn Connection,
    events: Option<&'a Events>,
    place: &'a mut Option<Listened<'a>>,
) -> &'a mut dyn Connection {
    match events {
        Some(events) if !events.before_execute.is_empty() || !events.after_execute.is_empty() => {
            place.insert(Listened { connection, events })
        }
        Some(_) | None => connection,
    }
}

impl Listened<'_> {
    fn before(&self, execution: &Execution<'_>) -> Result<()> {
        before(self.events, execution)
    }

    fn after(&self, execution: &Execution<'_>, outcome: Executed<'_>) {
        after(self.events, execution, outcome);
    }
}

/// Shows a statement that is about to be sent.
pub(super) fn before(events: &Events, execution: &Execution<'_>) -> Result<()> {
    events
        .before_execute
        .iter()
        .try_for_each(|hook| hook(execution))
        .map_err(|error| error.context("in a `before_execute` hook").with_statement(execution.sql))
}

/// Shows a statement that was sent.
pub(super) fn after(events: &Events, execution: &Execution<'_>, outcome: Executed<'_>) {
    events.after_execute.iter().for_each(|hook| hook(execution, outcome));
}

/// Rows are written one statement each here, so that hooks see them all.
impl Connection for Listened<'_> {
    fn execute(&mut self, statement: &Statement, values: &[Value<'_>]) -> Result<Done> {
        let execution = Execution { sql: statement.sql(), values };
        self.before(&execution)?;
        let done = self.connection.execute(statement, values);
        self.after(&execution, done.as_ref().map(|done| done.rows));
        done
    }

    fn query(
        &mut self,
        statement: &Statement,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        let execution = Execution { sql: statement.sql(), values };
        self.before(&execution)?;
        let mut rows = 0;
        let done = self.connection.query(statement, values, &mut |row| {
            rows += 1;
            each(row)
        });
        self.after(&execution, done.as_ref().map(|()| rows));
        done
    }

    fn describe(&mut self, statement: &Statement, show: &mut dyn FnMut(&[&str]) -> Result<()>) -> Result<()> {
        self.connection.describe(statement, show)
    }

    fn run_script(&mut self, sql: &str) -> Result<()> {
        let execution = Execution { sql, values: &[] };
        self.before(&execution)?;
        let done = self.connection.run_script(sql);
        self.after(&execution, done.as_ref().map(|()| 0));
        done
    }

    fn transact(&mut self, step: Transact<'_>) -> Result<()> {
        self.connection.transact(step)
    }

    fn is_in_transaction(&self) -> bool {
        self.connection.is_in_transaction()
    }

    fn ping(&mut self) -> Result<()> {
        self.connection.ping()
    }

    fn set_isolation_level(&mut self, level: IsolationLevel) -> Result<()> {
        self.connection.set_isolation_level(level)
    }

    fn live_schema(&mut self) -> Result<LiveSchema> {
        self.connection.live_schema()
    }
}
