//! Rows of a query that come one by one, in constant memory.

use super::core::{Core, Intent};
use super::entities::Session;
use super::events::SharedEvents;
use super::listen::{Execution, after, before};
use super::select::Select;
use super::statistics::Origin;
use crate::driver::Rows;
use crate::error::{Error, Result};
use crate::expr::{Standalone, Untracked};
use crate::row::{Fields, Row};
use crate::schema::{BelongsTo, Model};
use crate::stmt::SelectTree;
use crate::store::{decode, row_name};
use crate::value::Value;

/// The rows of a query, read one by one as structs that no session knows. The session is in use until it is dropped.
///
/// It ends with the first error.
pub struct Stream<'session, M> {
    rows: Option<Box<dyn Rows + 'session>>,
    decode: fn(&dyn Row) -> Result<M>,
    broken: &'session mut Option<Error>,
    watched: Option<Watched>,
}

/// What the session's hooks are told when the stream ends.
struct Watched {
    events: SharedEvents,
    sql: String,
    values: Vec<Value<'static>>,
    rows: u64,
}

impl<'session, M: BelongsTo<B>, B, S: Standalone> Select<M, S, Untracked, &'session mut Session<B>> {
    /// The rows one by one, in constant memory: the loop can end early, and a table of any size fits.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// s.add_all(["ann", "bob"].map(|name| User { name: name.into(), ..Default::default() }));
    /// for user in s.query::<User>().order_by(User::id).untracked().stream()? {
    ///     let user: User = user?;
    ///     println!("{}", user.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports before the first row; each item can be an error too.
    pub fn stream(self) -> Result<Stream<'session, M>> {
        self.on.core.stream(&self.tree)
    }
}

impl Core {
    fn stream<M: Model>(&mut self, tree: &SelectTree) -> Result<Stream<'_, M>> {
        self.autoflush()?;
        self.connect(Intent::Read)?;
        let (statement, values) = self.compile(tree)?;
        let watched = self.watched(statement.sql(), &values)?;
        let connection = self.connection.as_mut().expect("invariant: a connection was just made");
        self.statistics.add(Origin::Query, 1);
        let rows = match connection.stream(&statement, &values) {
            Ok(rows) => rows,
            Err(error) => {
                // The values borrow from the stores, which an error may undo.
                self.broken = Some(error.again());
                return Err(error);
            }
        };
        Ok(Stream { rows: Some(rows), decode: decode_row::<M>, broken: &mut self.broken, watched })
    }

    /// Shows the statement to the hooks, if there are some.
    fn watched(&self, sql: &str, values: &[Value<'_>]) -> Result<Option<Watched>> {
        let Some(events) = &self.events else { return Ok(None) };
        before(events, &Execution { sql, values })?;
        Ok(Some(Watched {
            events: self.events.clone(),
            sql: sql.to_owned(),
            values: values.iter().cloned().map(Value::into_owned).collect(),
            rows: 0,
        }))
    }
}

fn decode_row<M: Model>(row: &dyn Row) -> Result<M> {
    decode(&mut Fields::new(row, 0)).map_err(|error| error.context(row_name::<M>(row, 0)))
}

impl<M> Iterator for Stream<'_, M> {
    type Item = Result<M>;

    fn next(&mut self) -> Option<Result<M>> {
        let rows = self.rows.as_mut()?;
        let (mut row, decode) = (None, self.decode);
        let next = rows.next(&mut |found| {
            row = Some(decode(found));
            Ok(())
        });
        if let (Some(Ok(_)), Some(watched)) = (&row, &mut self.watched) {
            watched.rows += 1;
        }
        match (next, row) {
            (Ok(_), Some(Ok(row))) => Some(Ok(row)),
            (Ok(_), Some(Err(error))) => {
                self.end(Ok(()));
                Some(Err(error))
            }
            (Ok(_), None) => {
                self.end(Ok(()));
                None
            }
            (Err(error), _) => {
                *self.broken = Some(error.again());
                self.end(Err(&error));
                Some(Err(error))
            }
        }
    }
}

impl<M> Stream<'_, M> {
    /// Gives the statement back and tells the hooks.
    fn end(&mut self, outcome: std::result::Result<(), &Error>) {
        self.rows = None;
        let Some(Watched { events, sql, values, rows }) = self.watched.take() else { return };
        if let Some(events) = &events {
            after(events, &Execution { sql: &sql, values: &values }, outcome.map(|()| rows));
        }
    }
}

impl<M> Drop for Stream<'_, M> {
    fn drop(&mut self) {
        self.end(Ok(()));
    }
}

impl<M> std::fmt::Debug for Stream<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.rows.is_some() { "Stream(open)" } else { "Stream(over)" })
    }
}
