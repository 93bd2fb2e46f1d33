//! A driver without a database: it writes down what is asked of it, and fails on demand.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};

use orm_core::driver::{
    Capabilities, ConnectOptions, Connection, Dialect, Done, Driver, IsolationLevel, LiveSchema, Row,
    Schemas, SqlType, Statement, Transact, Value,
};
use orm_core::{Error, Result};

/// What a test sees and steers.
#[derive(Default)]
pub(crate) struct Server {
    log: Mutex<Vec<String>>,
    opened: AtomicU32,
    open: AtomicU32,
    most_open: AtomicU32,
    /// Connections cannot be opened.
    pub(crate) down: AtomicBool,
    /// Connections opened so far do not answer; counts the last of them.
    pub(crate) dead_up_to: AtomicU32,
    /// ROLLBACK fails.
    pub(crate) broken: AtomicBool,
    /// The next connection is opened once something arrives.
    pub(crate) hang: Mutex<Option<Receiver<()>>>,
}

impl Server {
    /// What happened since the last call: `open 1`, `ping 1`, `rollback 1`, `close 1`.
    pub(crate) fn events(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().expect("no panic"))
    }

    pub(crate) fn opened(&self) -> u32 {
        self.opened.load(Ordering::SeqCst)
    }

    pub(crate) fn most_open(&self) -> u32 {
        self.most_open.load(Ordering::SeqCst)
    }

    fn note(&self, event: &str, number: u32) {
        self.log.lock().expect("no panic").push(format!("{event} {number}"));
    }
}

/// The driver of a [`Server`].
pub(crate) struct Fake(pub(crate) Arc<Server>);

impl Driver for Fake {
    fn dialect(&self) -> &'static dyn Dialect {
        &FakeDialect
    }

    fn connect(&self, _options: &ConnectOptions) -> Result<Box<dyn Connection>> {
        let server = &self.0;
        let hang = server.hang.lock().expect("no panic").take();
        if let Some(wait) = hang {
            wait.recv().expect("the test lets go");
        }
        if server.down.load(Ordering::SeqCst) {
            return Err(Error::cannot_open("the server is down"));
        }
        let number = server.opened.fetch_add(1, Ordering::SeqCst) + 1;
        let open = server.open.fetch_add(1, Ordering::SeqCst) + 1;
        server.most_open.fetch_max(open, Ordering::SeqCst);
        server.note("open", number);
        Ok(Box::new(FakeConnection { server: Arc::clone(server), number, in_transaction: false }))
    }

    fn location(&self) -> String {
        "nowhere".into()
    }
}

struct FakeConnection {
    server: Arc<Server>,
    number: u32,
    in_transaction: bool,
}

impl FakeConnection {
    fn alive(&self) -> Result<()> {
        if self.number <= self.server.dead_up_to.load(Ordering::SeqCst) {
            return Err(Error::disconnected("the server went away"));
        }
        Ok(())
    }
}

impl Connection for FakeConnection {
    /// Its number is the key it "generates".
    fn execute(&mut self, _statement: &Statement, _values: &[Value<'_>]) -> Result<Done> {
        self.alive()?;
        Ok(Done { rows: 1, generated: Some(self.number.into()) })
    }

    fn query(
        &mut self,
        _statement: &Statement,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.alive()?;
        each(&Echoed(values))?;
        each(&Echoed(values))
    }

    fn run_script(&mut self, _sql: &str) -> Result<()> {
        self.alive()
    }

    fn transact(&mut self, step: Transact<'_>) -> Result<()> {
        match step {
            Transact::Begin(_) => self.in_transaction = true,
            Transact::Commit => self.in_transaction = false,
            Transact::Rollback => {
                self.server.note("rollback", self.number);
                if self.server.broken.load(Ordering::SeqCst) {
                    return Err(Error::database("no rollback today"));
                }
                self.in_transaction = false;
            }
            Transact::Savepoint(_) | Transact::Release(_) | Transact::RollbackTo(_) => {}
        }
        Ok(())
    }

    fn is_in_transaction(&self) -> bool {
        self.in_transaction
    }

    fn ping(&mut self) -> Result<()> {
        self.server.note("ping", self.number);
        self.alive()
    }

    fn set_isolation_level(&mut self, level: IsolationLevel) -> Result<()> {
        self.server.note(&format!("{level:?}"), self.number);
        Ok(())
    }

    fn live_schema(&mut self) -> Result<LiveSchema> {
        Ok(LiveSchema::default())
    }
}

impl Drop for FakeConnection {
    fn drop(&mut self) {
        self.server.open.fetch_sub(1, Ordering::SeqCst);
        self.server.note("close", self.number);
    }
}

/// A row of the values that were bound.
struct Echoed<'a>(&'a [Value<'a>]);

impl Row for Echoed<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn value(&self, column: usize) -> orm_core::driver::ValueRef<'_> {
        self.0[column].as_ref()
    }

    fn name(&self, _column: usize) -> &str {
        ""
    }
}

struct FakeDialect;

impl Dialect for FakeDialect {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn capabilities(&self) -> &'static Capabilities {
        static CAPABILITIES: Capabilities = Capabilities {
            foreign_keys_inline_only: false,
            error_aborts_transaction: false,
            error_may_end_transaction: false,
            returning: false,
            on_conflict: false,
            max_binds: 10,
            json_rows: None,
            max_identifier: 30,
            comments: false,
            booleans: false,
            compares_bytes: true,
            case_insensitive_names: false,
            locks: &[],
            schemas: Schemas::NameSpaces,
            natives: orm_core::expr::Native::standard,
        };
        &CAPABILITIES
    }

    fn column_type(&self, _sql_type: &SqlType, _length: Option<u32>) -> std::borrow::Cow<'static, str> {
        "ANY".into()
    }

    fn keywords(&self) -> &'static [&'static str] {
        &[]
    }

    fn accepts(&self, _sql_type: &SqlType, _declared_type: &str) -> bool {
        true
    }
}
