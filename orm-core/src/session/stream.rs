//! Rows of a query that come one by one, in constant memory.

use super::core::{Core, Intent};
use super::entities::Session;
use super::events::SharedEvents;
use super::listen::{Execution, after, before};
use super::select::Select;
use super::statistics::Origin;
use crate::driver::{Rows, Statement};
use crate::error::{Error, Result};
use crate::expr::{Standalone, Untracked};
use crate::load::{Cell, Picked, read_row};
use crate::row::{Fields, Row};
use crate::schema::{BelongsTo, Model};
use crate::stmt::SelectTree;
use crate::store::{Stores, decode, row_name};
use crate::value::Value;

/// The rows of a query, read one by one. The session is in use until it is dropped.
///
/// It ends with the first error.
pub struct Stream<'session, T> {
    rows: Option<Box<dyn Rows + 'session>>,
    read: Read<T>,
    stores: &'session mut Stores,
    broken: &'session mut Option<Error>,
    watched: Option<Watched>,
}

/// What makes something of a row.
pub(super) type Read<T> = Box<dyn FnMut(&dyn Row, &mut Stores) -> Result<T>>;

/// What the session's hooks are told when the stream ends.
struct Watched {
    events: SharedEvents,
    sql: String,
    values: Vec<Value<'static>>,
    rows: u64,
}

impl<'session, M: BelongsTo<B>, B, S> Select<M, S, Untracked, &'session mut Session<B>> {
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
    pub fn stream(self) -> Result<Stream<'session, M>>
    where
        S: Standalone,
    {
        self.on.core.stream(&self.tree, Box::new(|row, _| decode_row::<M>(row)))
    }
}

impl<'session, M, B, S, C> Select<M, S, Picked<C>, &'session mut Session<B>>
where
    M: BelongsTo<B>,
    S: Standalone,
    C: Cell + 'static,
{
    /// The rows one by one, as what was selected, in constant memory. An entity among it stays in the session: a query that is
    /// `untracked` gives structs.
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports before the first row; each item can be an error too.
    pub fn stream(self) -> Result<Stream<'session, C::Value>> {
        self.on.core.stream(&self.tree, Box::new(read_row::<C>))
    }
}

impl Core {
    fn stream<T>(&mut self, tree: &SelectTree, read: Read<T>) -> Result<Stream<'_, T>> {
        self.autoflush()?;
        let (statement, values) = self.compile(tree)?;
        self.stream_of((&statement, &values), Origin::Query, read)
    }

    /// Runs a statement, after a flush; its rows come as they are asked for.
    pub(super) fn stream_of<T>(
        &mut self,
        (statement, values): (&Statement, &[Value<'_>]),
        origin: Origin,
        read: Read<T>,
    ) -> Result<Stream<'_, T>> {
        self.connect(Intent::Read)?;
        let watched = self.watched(statement.sql(), values)?;
        let connection = self.connection.as_mut().expect("invariant: a connection was just made");
        self.statistics.add(origin, 1);
        let rows = match connection.stream(statement, values) {
            Ok(rows) => rows,
            Err(error) => {
                self.broken = Some(error.again());
                return Err(error);
            }
        };
        let (stores, broken) = (&mut self.stores, &mut self.broken);
        Ok(Stream { rows: Some(rows), read, stores, broken, watched })
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

impl<T> Iterator for Stream<'_, T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        let rows = self.rows.as_mut()?;
        let mut row = None;
        let next = rows.next(&mut |found| {
            row = Some((self.read)(found, self.stores));
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

impl<T> Stream<'_, T> {
    /// Gives the statement back and tells the hooks.
    fn end(&mut self, outcome: std::result::Result<(), &Error>) {
        self.rows = None;
        let Some(Watched { events, sql, values, rows }) = self.watched.take() else { return };
        if let Some(events) = &events {
            after(events, &Execution { sql: &sql, values: &values }, outcome.map(|()| rows));
        }
    }
}

impl<T> Drop for Stream<'_, T> {
    fn drop(&mut self) {
        self.end(Ok(()));
    }
}

impl<T> std::fmt::Debug for Stream<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.rows.is_some() { "Stream(open)" } else { "Stream(over)" })
    }
}
