//! The habits of other databases, played on top of one that has them not: no RETURNING, few values in a statement, lists one by
//! one, locks of rows, which are left out before the statement is sent on, and an error that leaves the transaction of no use until it, or a savepoint in it, is rolled back.

use std::borrow::Cow;
use std::sync::OnceLock;

use orm_core::driver::{
    Capabilities, ConnectOptions, Connection, Dialect, Done, Driver, GeneratedKey, IsolationLevel,
    LiveSchema, LockClause, PoolDefaults, Row, SqlType, Statement, TableColumn, Transact, Value,
};
use orm_core::{Error, Result};

/// A driver whose database has other habits.
pub struct Habits {
    inner: Box<dyn Driver>,
    dialect: &'static HabitDialect,
}

impl Habits {
    /// Lets the database of a driver have them.
    pub fn of(inner: Box<dyn Driver>) -> Self {
        let dialect = DIALECT.get_or_init(|| HabitDialect::over(inner.dialect()));
        Habits { inner, dialect }
    }
}

/// All that PostgreSQL has.
const LOCKS: &[LockClause] = &[
    LockClause::Update,
    LockClause::Share,
    LockClause::NoKeyUpdate,
    LockClause::KeyShare,
    LockClause::Of,
    LockClause::NoWait,
    LockClause::SkipLocked,
];

/// The dialect of all of them: a process runs the tests of one backend.
static DIALECT: OnceLock<HabitDialect> = OnceLock::new();

struct HabitDialect {
    inner: &'static dyn Dialect,
    capabilities: Capabilities,
}

impl HabitDialect {
    fn over(inner: &'static dyn Dialect) -> Self {
        let capabilities = Capabilities {
            error_aborts_transaction: true,
            error_may_end_transaction: false,
            returning: false,
            on_conflict: false,
            max_binds: 12,
            json_rows: None,
            locks: LOCKS,
            ..*inner.capabilities()
        };
        HabitDialect { inner, capabilities }
    }
}

impl Driver for Habits {
    fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }
    fn connect(&self, options: &ConnectOptions) -> Result<Box<dyn Connection>> {
        Ok(Box::new(HabitConnection { inner: self.inner.connect(options)?, is_aborted: false }))
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

impl Dialect for HabitDialect {
    fn name(&self) -> &'static str {
        "habits"
    }
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }
    fn column_type(&self, sql_type: &SqlType, length: Option<u32>) -> Cow<'static, str> {
        self.inner.column_type(sql_type, length)
    }
    fn keywords(&self) -> &'static [&'static str] {
        self.inner.keywords()
    }
    fn accepts(&self, sql_type: &SqlType, declared_type: &str) -> bool {
        self.inner.accepts(sql_type, declared_type)
    }
    fn generated_key(&self, column: &TableColumn) -> GeneratedKey {
        self.inner.generated_key(column)
    }
    fn default_collation(&self) -> Option<&'static str> {
        self.inner.default_collation()
    }
    fn fold(&self, collation: &str, text: &str) -> String {
        self.inner.fold(collation, text)
    }
    fn defer_foreign_keys(&self) -> Option<&'static str> {
        self.inner.defer_foreign_keys()
    }
}

struct HabitConnection {
    inner: Box<dyn Connection>,
    /// Whether an error has left the transaction of no use.
    is_aborted: bool,
}

impl HabitConnection {
    fn run<T>(&mut self, work: impl FnOnce(&mut dyn Connection) -> Result<T>) -> Result<T> {
        if self.is_aborted {
            // A session knows this, and tells the error that came first.
            return Err(Error::schema("a statement was sent in a transaction of no use"));
        }
        let result = work(&mut *self.inner);
        self.is_aborted = result.is_err() && self.inner.is_in_transaction();
        result
    }

    /// A statement that the database cannot be sent.
    fn check(&self, statement: &Statement, values: &[Value<'_>]) -> Result<()> {
        let sql = statement.sql();
        if sql.contains(" RETURNING ") || sql.contains(" ON CONFLICT ") || values.len() > 12 {
            return Err(Error::schema(format!("there is no such statement here: {sql}")));
        }
        Ok(())
    }
}

/// A statement that locks rows as one that does not.
fn without_lock(statement: &Statement) -> Option<Statement> {
    let sql = statement.sql();
    let lock =
        [" FOR UPDATE", " FOR SHARE", " FOR NO KEY", " FOR KEY"].iter().find_map(|lock| sql.find(lock))?;
    let after = sql[lock..].find(')').map_or(sql.len(), |end| lock + end);
    Some(Statement::new(format!("{}{}", &sql[..lock], &sql[after..])))
}

impl Connection for HabitConnection {
    fn execute(&mut self, statement: &Statement, values: &[Value<'_>]) -> Result<Done> {
        self.check(statement, values)?;
        self.run(|connection| connection.execute(statement, values))
    }
    fn query(
        &mut self,
        statement: &Statement,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.check(statement, values)?;
        let bare = without_lock(statement);
        let mut refused = None;
        let found = self.run(|connection| {
            let result =
                connection.query(bare.as_ref().unwrap_or(statement), values, &mut |row| match each(row) {
                    Ok(()) => Ok(()),
                    Err(error) => {
                        refused = Some(error);
                        Err(Error::misuse("a row was refused"))
                    }
                });
            // The database knows nothing of it.
            if refused.is_some() { Ok(()) } else { result }
        });
        match refused {
            Some(error) => Err(error),
            None => found,
        }
    }
    fn run_script(&mut self, sql: &str) -> Result<()> {
        self.run(|connection| connection.run_script(sql))
    }
    fn transact(&mut self, step: Transact<'_>) -> Result<()> {
        if matches!(step, Transact::Rollback | Transact::RollbackTo(_)) {
            self.is_aborted = false;
        }
        self.run(|connection| connection.transact(step))
    }
    fn is_in_transaction(&self) -> bool {
        self.inner.is_in_transaction()
    }
    fn ping(&mut self) -> Result<()> {
        self.inner.ping()
    }
    fn set_isolation_level(&mut self, level: IsolationLevel) -> Result<()> {
        self.inner.set_isolation_level(level)
    }
    fn live_schema(&mut self) -> Result<LiveSchema> {
        self.inner.live_schema()
    }
}
