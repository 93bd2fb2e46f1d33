//! A driver around another: it writes down what goes over the wire, and lets what it is told to fail.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use orm_core::driver::{
    BeginMode, ConnectOptions, Connection, Dialect, Done, Driver, IsolationLevel, LiveSchema, PoolDefaults,
    Row, Rows, Statement, StatementId, Transact, Value,
};
use orm_core::{Error, Result};

/// What a probe has seen, and what it shall do; clones are the same probe.
#[derive(Clone, Default)]
pub struct Probe(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    steps: Vec<Step>,
    faults: VecDeque<Fault>,
    connects: usize,
    sent_in_aborted: usize,
}

/// One thing that went over the wire.
#[derive(Clone, Debug)]
pub struct Step {
    /// The SQL, or the transaction's word: `BEGIN IMMEDIATE`, `COMMIT`, `SAVEPOINT s1`.
    pub sql: String,
    /// The statement's number, for statements that are prepared.
    pub id: Option<StatementId>,
    /// How many values were bound.
    pub values: usize,
}

/// What shall fail, and how.
struct Fault {
    hits: Box<dyn FnMut(&str) -> bool + Send>,
    harm: Harm,
    error: Error,
}

/// What a fault does beside failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// Nothing.
    Statement,
    /// The transaction is of no use until it, or a savepoint in it, is rolled back, as on PostgreSQL.
    Abort,
    /// The transaction is over, as after a full disk.
    Transaction,
    /// The connection is gone, and the transaction with it.
    Connection,
}

impl Probe {
    /// A driver that this probe watches.
    pub fn watch(&self, driver: Box<dyn Driver>) -> ProbeDriver {
        ProbeDriver { inner: driver, probe: self.clone() }
    }

    /// What was sent since the last call.
    pub fn take(&self) -> Vec<String> {
        self.take_steps().into_iter().map(|step| step.sql).collect()
    }

    /// What was sent since the last call, with the statements' numbers.
    pub fn take_steps(&self) -> Vec<Step> {
        std::mem::take(&mut self.lock().steps)
    }

    /// How many connections were opened.
    pub fn connects(&self) -> usize {
        self.lock().connects
    }

    /// Lets the `nth` step from now fail, counted from 1; the database does not see it.
    pub fn fail_nth(&self, nth: usize, error: Error) {
        let mut left = nth;
        self.fail_when(error, move |_| {
            left = left.saturating_sub(1);
            left == 0
        });
    }

    /// Lets the `nth` step from now fail, and does that harm.
    pub fn harm_nth(&self, nth: usize, harm: Harm, error: Error) {
        let mut left = nth;
        let hits = move |_: &str| {
            left = left.saturating_sub(1);
            left == 0
        };
        self.lock().faults.push_back(Fault { hits: Box::new(hits), harm, error });
    }

    /// Whether something shall fail still.
    pub fn has_faults(&self) -> bool {
        !self.lock().faults.is_empty()
    }

    /// How many steps came in a transaction that was of no use any more; a rollback does not count.
    pub fn sent_in_aborted(&self) -> usize {
        self.lock().sent_in_aborted
    }

    /// Lets the next step that starts so fail; the database does not see it.
    pub fn fail_next(&self, start: &'static str, error: Error) {
        self.fail_when(error, move |sql| sql.starts_with(start));
    }

    /// Lets the next step that starts so fail, and ends the transaction as some errors of databases do.
    pub fn end_transaction_at(&self, start: &'static str, error: Error) {
        self.lock().faults.push_back(Fault {
            hits: Box::new(move |sql| sql.starts_with(start)),
            harm: Harm::Transaction,
            error,
        });
    }

    /// Lets nothing fail any more.
    pub fn forget_faults(&self) {
        self.lock().faults.clear();
    }

    fn fail_when(&self, error: Error, hits: impl FnMut(&str) -> bool + Send + 'static) {
        self.lock().faults.push_back(Fault { hits: Box::new(hits), harm: Harm::Statement, error });
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, step: Step) -> Option<Fault> {
        let mut inner = self.lock();
        let hit = inner.faults.iter_mut().position(|fault| (fault.hits)(&step.sql));
        inner.steps.push(step);
        hit.and_then(|place| inner.faults.remove(place))
    }
}

/// A driver that a probe watches.
pub struct ProbeDriver {
    inner: Box<dyn Driver>,
    probe: Probe,
}

impl Driver for ProbeDriver {
    fn dialect(&self) -> &'static dyn Dialect {
        self.inner.dialect()
    }

    fn connect(&self, options: &ConnectOptions) -> Result<Box<dyn Connection>> {
        let inner = self.inner.connect(options)?;
        self.probe.lock().connects += 1;
        Ok(Box::new(ProbeConnection { inner, probe: self.probe.clone(), harm: Harm::Statement }))
    }

    fn pool_defaults(&self) -> PoolDefaults {
        self.inner.pool_defaults()
    }

    fn default_isolation_level(&self) -> IsolationLevel {
        self.inner.default_isolation_level()
    }

    fn location(&self) -> String {
        self.inner.location()
    }
}

/// A connection that a probe watches.
struct ProbeConnection {
    inner: Box<dyn Connection>,
    probe: Probe,
    /// What the last fault did, while it lasts.
    harm: Harm,
}

impl ProbeConnection {
    /// Writes a step down; an error if it shall fail.
    fn note(&mut self, sql: &str, id: Option<StatementId>, values: usize) -> Result<()> {
        let step = Step { sql: sql.to_owned(), id, values };
        let fault = self.probe.note(step);
        self.check_usable(sql)?;
        let Some(fault) = fault else { return Ok(()) };
        let is_lasting = fault.harm == Harm::Connection || self.inner.is_in_transaction();
        self.harm = if is_lasting { fault.harm } else { Harm::Statement };
        let ends = matches!(fault.harm, Harm::Transaction | Harm::Connection);
        if ends && self.inner.is_in_transaction() {
            self.inner.transact(Transact::Rollback)?;
        }
        Err(fault.error)
    }

    /// Refuses what makes no sense after a fault that lasts.
    fn check_usable(&mut self, sql: &str) -> Result<()> {
        match self.harm {
            Harm::Connection => Err(Error::disconnected("the connection is gone")),
            Harm::Abort if sql.starts_with("ROLLBACK") => {
                self.harm = Harm::Statement;
                Ok(())
            }
            Harm::Abort => {
                self.probe.lock().sent_in_aborted += 1;
                Err(Error::database("the transaction is aborted, nothing is done until it is rolled back"))
            }
            Harm::Statement | Harm::Transaction => Ok(()),
        }
    }
}

impl Connection for ProbeConnection {
    fn execute(&mut self, statement: &Statement, values: &[Value<'_>]) -> Result<Done> {
        self.note(statement.sql(), Some(statement.id()), values.len())?;
        self.inner.execute(statement, values)
    }

    fn query(
        &mut self,
        statement: &Statement,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.note(statement.sql(), Some(statement.id()), values.len())?;
        self.inner.query(statement, values, each)
    }

    fn stream<'conn>(
        &'conn mut self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Box<dyn Rows + 'conn>> {
        self.note(statement.sql(), Some(statement.id()), values.len())?;
        self.inner.stream(statement, values)
    }

    fn describe(&mut self, statement: &Statement, show: &mut dyn FnMut(&[&str]) -> Result<()>) -> Result<()> {
        self.inner.describe(statement, show)
    }

    fn run_script(&mut self, sql: &str) -> Result<()> {
        self.note(sql, None, 0)?;
        self.inner.run_script(sql)
    }

    fn transact(&mut self, step: Transact<'_>) -> Result<()> {
        self.note(&text_of(step), None, 0)?;
        self.inner.transact(step)
    }

    fn is_in_transaction(&self) -> bool {
        self.inner.is_in_transaction()
    }

    fn ping(&mut self) -> Result<()> {
        self.check_usable("")?;
        self.inner.ping()
    }

    fn set_isolation_level(&mut self, level: IsolationLevel) -> Result<()> {
        self.inner.set_isolation_level(level)
    }

    fn live_schema(&mut self) -> Result<LiveSchema> {
        self.inner.live_schema()
    }
}

fn text_of(step: Transact<'_>) -> String {
    match step {
        Transact::Begin(BeginMode::Deferred) => "BEGIN".to_owned(),
        Transact::Begin(BeginMode::Immediate) => "BEGIN IMMEDIATE".to_owned(),
        Transact::Begin(BeginMode::Exclusive) => "BEGIN EXCLUSIVE".to_owned(),
        Transact::Commit => "COMMIT".to_owned(),
        Transact::Rollback => "ROLLBACK".to_owned(),
        Transact::Savepoint(name) => format!("SAVEPOINT {name}"),
        Transact::Release(name) => format!("RELEASE {name}"),
        Transact::RollbackTo(name) => format!("ROLLBACK TO {name}"),
    }
}
