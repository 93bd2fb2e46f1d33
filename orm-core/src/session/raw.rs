//! SQL of the user's own, with typed results.

use std::borrow::Cow;

use super::core::Intent;
use super::entities::Session;
use super::statistics::Origin;
use crate::driver::Statement;
use crate::error::{Error, Result};
use crate::load::load_rows;
use crate::row::{Fields, Row};
use crate::value::{ColumnType, Value};

/// SQL of the user's own and its values, ready to be asked for rows.
#[must_use = "raw SQL does nothing until it is asked for rows"]
pub struct RawQuery<'session, B> {
    session: &'session mut Session<B>,
    sql: &'static str,
    values: Vec<Value<'static>>,
}

impl<B> Session<B> {
    /// A SELECT of your own. The text is part of the program, so that nothing a user types can become SQL; values are bound.
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
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The first of the parameters that cannot be stored.
    pub fn sql(&mut self, sql: &'static str, params: Result<Vec<Value<'static>>>) -> Result<RawQuery<'_, B>> {
        Ok(RawQuery { session: self, sql, values: params? })
    }

    /// Runs a statement of your own that returns no rows, and gives the number of rows that it changed. What the session
    /// holds does not follow: [`get`](Self::get) reads anew after the next commit or rollback.
    ///
    /// # Errors
    /// The first of the parameters that cannot be stored; whatever the flush before it, or the database, reports.
    pub fn execute(&mut self, sql: &'static str, params: Result<Vec<Value<'static>>>) -> Result<u64> {
        let values = params?;
        self.core.autoflush()?;
        let statement = self.core.raw_statement(sql);
        let done = self.core.on_wire(Intent::Write.by(Origin::Raw), |connection, _, _| {
            connection.execute(&statement, &values)
        })?;
        Ok(done.rows)
    }
}

impl<B> RawQuery<'_, B> {
    /// All rows.
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports; a value error that names the column that does not decode.
    pub fn fetch<T: FromRow>(self) -> Result<Vec<T>> {
        let core = &mut self.session.core;
        core.autoflush()?;
        let statement = core.raw_statement(self.sql);
        // What the statement does is not known here; it may write and return rows.
        core.note_write();
        core.on_wire(Intent::Read.by(Origin::Raw), |connection, _, _| {
            load_rows(connection, &statement, &self.values, T::from_row)
        })
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn fetch_first<T: FromRow>(self) -> Result<Option<T>> {
        Ok(self.fetch()?.into_iter().next())
    }

    /// The only row.
    ///
    /// # Errors
    /// Not found when there is none, multiple found when there are more; as [`fetch`](Self::fetch).
    pub fn fetch_one<T: FromRow>(self) -> Result<T> {
        let mut rows = self.fetch()?.into_iter();
        match (rows.next(), rows.next()) {
            (Some(row), None) => Ok(row),
            (None, _) => Err(Error::not_found("no row where the statement was to return exactly one")),
            (Some(_), Some(_)) => {
                Err(Error::multiple_found("more than one row where the statement was to return exactly one"))
            }
        }
    }
}

impl super::core::Core {
    fn raw_statement(&self, sql: &'static str) -> std::sync::Arc<Statement> {
        self.engine.statements().of_shape(sql.as_bytes(), || sql.to_owned())
    }
}

/// What a row of raw SQL becomes: a tuple of column types, by position. A single column is a tuple of one.
#[diagnostic::on_unimplemented(
    message = "a row cannot become `{Self}`",
    label = "not made from a row",
    note = "rows become tuples of column types, such as `(i64, String)`; a single column is `(T,)`"
)]
pub trait FromRow: Sized {
    /// Makes the value from a row.
    ///
    /// # Errors
    /// A value error that names the column that does not decode; misuse when the row has another number of columns.
    fn from_row(row: &dyn Row) -> Result<Self>;
}

macro_rules! tuples {
    ($($count:literal ($($part:ident),+))*) => {$(
        impl<$($part: ColumnType),+> FromRow for ($($part,)+) {
            fn from_row(row: &dyn Row) -> Result<Self> {
                check_width(row, $count)?;
                let mut fields = Fields::new(row, 0);
                Ok(($(column::<$part>(&mut fields, row)?,)+))
            }
        }
    )*};
}

tuples! {
    1 (A)
    2 (A, C)
    3 (A, C, D)
    4 (A, C, D, E)
    5 (A, C, D, E, F)
    6 (A, C, D, E, F, G)
    7 (A, C, D, E, F, G, H)
    8 (A, C, D, E, F, G, H, I)
    9 (A, C, D, E, F, G, H, I, J)
    10 (A, C, D, E, F, G, H, I, J, K)
    11 (A, C, D, E, F, G, H, I, J, K, L)
    12 (A, C, D, E, F, G, H, I, J, K, L, N)
}

fn check_width(row: &dyn Row, expected: usize) -> Result<()> {
    if row.len() == expected {
        return Ok(());
    }
    Err(Error::misuse(format!(
        "the statement returns {} columns, but the program takes {expected}",
        row.len()
    )))
}

fn column<T: ColumnType>(fields: &mut Fields<'_>, row: &dyn Row) -> Result<T> {
    let position = fields.position();
    fields
        .column()
        .map_err(|error| error.context(format!("in column {} ({})", position + 1, row.name(position))))
}

/// What can be bound to raw SQL: any column type, and texts that are borrowed.
pub trait IntoParam {
    /// The value, as the database stores it.
    ///
    /// # Errors
    /// A value error when the database cannot store it.
    fn into_param(self) -> Result<Value<'static>>;
}

impl<T: ColumnType> IntoParam for T {
    fn into_param(self) -> Result<Value<'static>> {
        self.encode().map(Value::into_owned)
    }
}

impl IntoParam for &str {
    fn into_param(self) -> Result<Value<'static>> {
        Ok(Value::Text(Cow::Owned(self.to_owned())))
    }
}

impl IntoParam for &[u8] {
    fn into_param(self) -> Result<Value<'static>> {
        Ok(Value::Blob(Cow::Owned(self.to_owned())))
    }
}

/// The values of raw SQL, in the order of its question marks.
///
/// ```
/// # use orm_core::params;
/// let values = params![1, "a%", None::<String>]?;
/// assert_eq!(values.len(), 3);
/// # Ok::<(), orm_core::Error>(())
/// ```
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        (|| $crate::Result::Ok(::std::vec![$($crate::__private::IntoParam::into_param($value)?),*]))()
    };
}
