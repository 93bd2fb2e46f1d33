//! How the database would run a statement, as text.

use super::core::{Core, Intent};
use super::entities::Session;
use super::raw::RawQuery;
use super::select::Select;
use super::statistics::Origin;
use crate::driver::{Statement, Value};
use crate::error::{Error, Result};
use crate::expr::Standalone;
use crate::load::{Output, load_rows};
use crate::row::Row;
use crate::schema::{BelongsTo, Model};

impl<M: BelongsTo<B>, B, S, O: Output<M>> Select<M, S, O, &mut Session<B>> {
    /// How the database would find the rows: its plan as text, a step a line. Nothing is run.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, #[column(index)] pub name: String }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// let plan = s.query::<User>().filter(User::name.eq("ann")).explain()?;
    /// assert!(plan.contains("INDEX ix_users_name"), "{plan}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Unsupported where the database tells no plans; whatever the flush before it, or the database, reports.
    pub fn explain(self) -> Result<String>
    where
        S: Standalone,
    {
        let core = &mut self.on.core;
        core.autoflush()?;
        let (statement, values) = core.compile(&self.tree)?;
        core.explain(statement.sql(), &values)
    }
}

impl<M: Model, S, O: Output<M>> Select<M, S, O> {
    /// How the database would find the rows, in a session.
    ///
    /// # Errors
    /// As the same end of a query.
    pub fn explain<B>(&self, session: &mut Session<B>) -> Result<String>
    where
        S: Standalone,
        M: BelongsTo<B>,
    {
        self.clone().in_session(session).explain()
    }
}

impl<B> RawQuery<'_, B> {
    /// How the database would run the statement: its plan as text, a step a line. Nothing is run.
    ///
    /// # Errors
    /// Unsupported where the database tells no plans; whatever the flush before it, or the database, reports.
    pub fn explain(self) -> Result<String> {
        let core = &mut self.session.core;
        core.autoflush()?;
        core.explain(&self.sql, &self.values)
    }
}

impl Core {
    fn explain(&mut self, sql: &str, values: &[Value<'_>]) -> Result<String> {
        let dialect = self.dialect();
        let Some(explain) = dialect.explain() else {
            return Err(Error::unsupported(format!("{} tells no plans of statements", dialect.name())));
        };
        let statement = Statement::new(format!("{explain}{sql}"));
        let rows = self.on_wire(Intent::Read.by(Origin::Raw), |connection, _, _| {
            load_rows(connection, &statement, values, |row: &dyn Row| {
                (0..row.len()).map(|column| row.value(column).to_value()).collect::<Result<Vec<_>>>()
            })
        })?;
        Ok(dialect.plan_text(&rows))
    }
}
