//! SQL of the user's own, with typed results.

use std::borrow::Cow;
use std::sync::Arc;

use super::core::{Core, Intent};
use super::entities::Session;
use super::params::Params;
use super::statistics::Origin;
use super::stream::Stream;
use crate::driver::{Connection, Statement};
use crate::error::{Error, Result};
use crate::load::{FromRow, Places, load_cells, read_row};
use crate::row::Row;
use crate::store::Stores;
use crate::value::Value;

/// SQL of the user's own and its values, ready to be asked for rows.
#[must_use = "raw SQL does nothing until it is asked for rows, or told to `execute`"]
pub struct RawQuery<'session, B> {
    pub(super) session: &'session mut Session<B>,
    pub(super) sql: Cow<'static, str>,
    pub(super) values: Vec<Value<'static>>,
}

impl<B> Session<B> {
    /// A statement of your own. The text is part of the program, so that nothing a user types can become SQL; values are bound, by
    /// position or by name. The rows become what is asked for: tuples, structs, models or entities, see [`FromRow`].
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// s.add(User { name: "alice".into(), ..Default::default() });
    /// let sql = "SELECT id, name FROM users WHERE name LIKE ?";
    /// let rows: Vec<(i64, String)> = s.sql(sql, params!["a%"])?.fetch()?;
    /// assert_eq!(rows, [(1, "alice".to_owned())]);
    ///
    /// let sql = "SELECT count(*) FROM users WHERE name = :name OR age > :age";
    /// let count: i64 = s.sql(sql, params! { name: "alice", age: 17 })?.one()?;
    /// assert_eq!(count, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The first of the parameters that cannot be stored; misuse for another number of values than the statement takes, and
    /// for names that are not those of the statement.
    pub fn sql<P: Params>(&mut self, sql: &'static str, params: Result<P>) -> Result<RawQuery<'_, B>> {
        self.raw(Cow::Borrowed(sql), params)
    }

    /// The same for a text that is built when the program runs. Whoever calls this has made sure that no part of the text comes
    /// from outside: a name of a column from a list of the program, say. What a user types goes into the values.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # fn count(s: &mut Session<UsersDb>, table: &str) -> orm_core::Result<i64> {
    /// let table = ["users", "posts"].into_iter().find(|known| *known == table).unwrap_or("users");
    /// s.sql_unchecked(format!("SELECT count(*) FROM {table}"), params![])?.one()
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`sql`](Self::sql).
    pub fn sql_unchecked<P: Params>(
        &mut self,
        sql: impl Into<String>,
        params: Result<P>,
    ) -> Result<RawQuery<'_, B>> {
        self.raw(Cow::Owned(sql.into()), params)
    }

    fn raw<P: Params>(&mut self, sql: Cow<'static, str>, params: Result<P>) -> Result<RawQuery<'_, B>> {
        let (sql, values) = params?.bind(sql)?;
        Ok(RawQuery { session: self, sql, values })
    }

    /// Runs a statement of your own that returns no rows, and gives the number of rows that it changed. What the session
    /// holds does not follow: [`get`](Self::get) reads anew after the next commit or rollback.
    ///
    /// # Errors
    /// As [`sql`](Self::sql); whatever the flush before it, or the database, reports.
    pub fn execute<P: Params>(&mut self, sql: &'static str, params: Result<P>) -> Result<u64> {
        self.sql(sql, params)?.execute()
    }
}

impl<'session, B> RawQuery<'session, B> {
    /// All rows.
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports; schema for a column that a struct or a model takes and the statement
    /// does not return; a value error that names the column that does not decode.
    pub fn fetch<T: FromRow>(self) -> Result<Vec<T>> {
        self.all()
    }

    /// All rows; the same as [`fetch`](Self::fetch), as queries have both.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn all<T: FromRow>(self) -> Result<Vec<T>> {
        let core = &mut self.session.core;
        let statement = core.raw_statement(&self.sql, Rows::All);
        core.raw_rows::<T>(&statement, &self.values)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn first<T: FromRow>(self) -> Result<Option<T>> {
        let core = &mut self.session.core;
        let statement = core.raw_statement(&self.sql, Rows::First);
        Ok(core.raw_rows::<T>(&statement, &self.values)?.into_iter().next())
    }

    /// The only row.
    ///
    /// # Errors
    /// Not found when there is none, multiple found when there are more; as [`fetch`](Self::fetch).
    pub fn one<T: FromRow>(self) -> Result<T> {
        self.one_or_none()?
            .ok_or_else(|| Error::not_found("no row where the statement was to return exactly one"))
    }

    /// The only row, if there is one.
    ///
    /// # Errors
    /// Multiple found when there are more; as [`fetch`](Self::fetch).
    pub fn one_or_none<T: FromRow>(self) -> Result<Option<T>> {
        let mut rows = self.all()?.into_iter();
        match (rows.next(), rows.next()) {
            (row, None) => Ok(row),
            (_, Some(_)) => {
                Err(Error::multiple_found("more than one row where the statement was to return exactly one"))
            }
        }
    }

    /// The rows one by one, in constant memory.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch) before the first row; each item can be an error too.
    pub fn stream<T: FromRow>(self) -> Result<Stream<'session, T>> {
        let core = &mut self.session.core;
        let statement = core.raw_statement(&self.sql, Rows::All);
        core.autoflush()?;
        core.connect(Intent::Read)?;
        core.note_write();
        let connection = core.connection.as_mut().expect("invariant: a connection was just made");
        check_columns::<T>(&mut **connection, &statement).map_err(|error| core.look_after(error))?;
        let mut places = None;
        let read = move |row: &dyn Row, stores: &mut Stores| read_placed::<T>(&mut places, row, stores);
        core.stream_of((&statement, &self.values), Origin::Raw, Box::new(read))
    }

    /// Runs it and passes over its rows, if it has some; gives the number of rows that it changed.
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports.
    pub fn execute(self) -> Result<u64> {
        let core = &mut self.session.core;
        core.autoflush()?;
        let statement = core.raw_statement(&self.sql, Rows::All);
        let done = core.on_wire(Intent::Write.by(Origin::Raw), |connection, _, _| {
            connection.execute(&statement, &self.values)
        })?;
        Ok(done.rows)
    }
}

impl<B> std::fmt::Debug for RawQuery<'_, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawQuery({})", self.sql)
    }
}

/// Which of its rows a statement is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    All,
    First,
}

impl Core {
    fn raw_statement(&self, sql: &str, rows: Rows) -> Arc<Statement> {
        self.engine.statements().of_text(sql, rows == Rows::First)
    }

    fn raw_rows<T: FromRow>(&mut self, statement: &Statement, values: &[Value<'_>]) -> Result<Vec<T>> {
        self.autoflush()?;
        self.connect(Intent::Read)?;
        // What the statement does is not known here; it may write and return rows.
        self.note_write();
        self.on_wire(Intent::Read.by(Origin::Raw), |connection, stores, _| {
            check_columns::<T>(connection, statement)?;
            let mut places = None;
            let read = |row: &dyn Row, stores: &mut Stores| read_placed::<T>(&mut places, row, stores);
            load_cells::<T::Cell>(connection, (statement, values), stores, read)
        })
    }
}

/// Checks before a statement runs that its columns are those that are taken, if the driver can tell.
fn check_columns<T: FromRow>(connection: &mut dyn Connection, statement: &Statement) -> Result<()> {
    connection.describe(statement, &mut |names| Places::of::<T::Cell>(names).map(drop))
}

/// Reads a row whose columns are found with the first one.
fn read_placed<T: FromRow>(places: &mut Option<Places>, row: &dyn Row, stores: &mut Stores) -> Result<T> {
    let places = match places {
        Some(places) => places,
        None => places.insert(Places::of_row::<T::Cell>(row)?),
    };
    places.show(row, |row| read_row::<T::Cell>(row, stores))
}
