//! A driver whose connection the test can use too: it sees what the session's transaction sees, and asks no session.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use orm_core::Result;
use orm_core::driver::{
    ConnectOptions, Connection, Dialect, Done, Driver, IsolationLevel, LiveSchema, PoolDefaults, Row,
    Statement, Transact, Value, ValueRef,
};

use super::bridge::{Val, code_of};

type Shared = Arc<Mutex<Box<dyn Connection>>>;

/// The connection of a database that has one only.
#[derive(Clone, Default)]
pub struct Tap {
    connection: Arc<Mutex<Option<Shared>>>,
    pub(super) was_used: Arc<AtomicBool>,
}

impl Tap {
    /// A driver whose connections go by this tap.
    pub fn watch(&self, driver: Box<dyn Driver>) -> impl Driver {
        TapDriver { inner: driver, tap: self.clone() }
    }

    /// Whether the session sent anything since this was asked last.
    pub fn was_used(&self) -> bool {
        self.was_used.swap(false, Ordering::Relaxed)
    }

    /// Says that the session sent something, or nothing.
    pub fn set_used(&self, was_used: bool) {
        self.was_used.store(was_used, Ordering::Relaxed);
    }

    /// Whether a transaction is open.
    pub fn is_in_transaction(&self) -> bool {
        self.with(|connection| connection.is_in_transaction())
    }

    /// Runs statements of the test's own.
    pub fn run(&self, script: &str) {
        self.with(|connection| connection.run_script(script)).unwrap();
    }

    /// The rows of a SELECT.
    pub fn rows(&self, select: &Statement) -> Vec<Vec<Val>> {
        let mut rows = Vec::new();
        let mut each = |row: &dyn Row| {
            rows.push((0..row.len()).map(|column| val_of(row.value(column))).collect());
            Ok(())
        };
        self.with(|connection| connection.query(select, &[], &mut each)).unwrap();
        rows
    }

    fn with<T>(&self, work: impl FnOnce(&mut dyn Connection) -> T) -> T {
        let connection = lock(&self.connection).clone().expect("the engine has connected");
        let mut connection = lock(&connection);
        work(&mut **connection)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn val_of(value: ValueRef<'_>) -> Val {
    match value {
        ValueRef::Null => Val::Null,
        ValueRef::Int(number) => Val::Int(number),
        ValueRef::Text(text) => Val::Int(code_of(std::str::from_utf8(text).unwrap())),
        ValueRef::Real(_) | ValueRef::Blob(_) => panic!("no such column"),
    }
}

struct TapDriver {
    inner: Box<dyn Driver>,
    tap: Tap,
}

impl Driver for TapDriver {
    fn dialect(&self) -> &'static dyn Dialect {
        self.inner.dialect()
    }
    fn connect(&self, options: &ConnectOptions) -> Result<Box<dyn Connection>> {
        let connection: Shared = Arc::new(Mutex::new(self.inner.connect(options)?));
        *lock(&self.tap.connection) = Some(Arc::clone(&connection));
        Ok(Box::new(TapConnection { connection, was_used: Arc::clone(&self.tap.was_used) }))
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

struct TapConnection {
    connection: Shared,
    was_used: Arc<AtomicBool>,
}

impl TapConnection {
    fn used(&self) -> MutexGuard<'_, Box<dyn Connection>> {
        self.was_used.store(true, Ordering::Relaxed);
        lock(&self.connection)
    }
}

impl Connection for TapConnection {
    fn execute(&mut self, statement: &Statement, values: &[Value<'_>]) -> Result<Done> {
        self.used().execute(statement, values)
    }
    fn insert_rows<'a>(
        &mut self,
        statement: &Statement,
        next: &mut dyn FnMut(&mut Vec<Value<'a>>) -> Result<bool>,
        generated: &mut Vec<i64>,
    ) -> Result<()> {
        self.used().insert_rows(statement, next, generated)
    }
    fn query(
        &mut self,
        statement: &Statement,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.used().query(statement, values, each)
    }
    fn run_script(&mut self, sql: &str) -> Result<()> {
        self.used().run_script(sql)
    }
    fn transact(&mut self, step: Transact<'_>) -> Result<()> {
        self.used().transact(step)
    }
    fn is_in_transaction(&self) -> bool {
        lock(&self.connection).is_in_transaction()
    }
    fn ping(&mut self) -> Result<()> {
        lock(&self.connection).ping()
    }
    fn set_isolation_level(&mut self, level: IsolationLevel) -> Result<()> {
        lock(&self.connection).set_isolation_level(level)
    }
    fn live_schema(&mut self) -> Result<LiveSchema> {
        lock(&self.connection).live_schema()
    }
}
