//! A connection, and the statements that were prepared on it.

use std::ptr::NonNull;

use orm_core::driver::{Done, Row, Rows, Statement, Value};
use orm_core::{Error, Result};

use super::cache::Cache;
use super::statement::{Handle, Keep, Prepared, Run};

/// A statement of ours that every connection keeps.
#[derive(Clone, Copy)]
pub(crate) enum Fixed {
    Begin,
    BeginImmediate,
    BeginExclusive,
    Commit,
    Rollback,
    Ping,
}

const FIXED: [&str; 6] = ["BEGIN", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "COMMIT", "ROLLBACK", "SELECT 1"];

/// A connection with its statements. Fields are dropped in this order: statements end before their connection.
pub(crate) struct RawConnection {
    cache: Cache,
    fixed: [Option<Prepared>; FIXED.len()],
    handle: Handle,
    connection: rusqlite::Connection,
}

// SAFETY: the statements and the handle belong to the connection, which can be sent; they move with it and are reached through it
// only. SQLite allows a connection without a mutex to change threads as long as one uses it at a time.
unsafe impl Send for RawConnection {}

impl RawConnection {
    /// Takes a connection over; `place` names its database in messages.
    ///
    /// # Errors
    /// Misuse never: an open connection has a handle.
    pub(crate) fn new(connection: rusqlite::Connection, cache_size: usize, place: &str) -> Result<Self> {
        // SAFETY: the handle is used while `connection` lives, which the new value owns, and is never closed.
        let db = NonNull::new(unsafe { connection.handle() })
            .ok_or_else(|| Error::disconnected("the connection is closed"))?;
        Ok(RawConnection {
            cache: Cache::new(cache_size),
            fixed: [const { None }; FIXED.len()],
            handle: Handle { db, place: place.into() },
            connection,
        })
    }

    /// The connection, for calls that are not worth a fast path.
    pub(crate) fn rusqlite(&self) -> &rusqlite::Connection {
        &self.connection
    }

    /// Runs a statement to its end.
    pub(crate) fn execute(&mut self, statement: &Statement, values: &[Value<'_>]) -> Result<Done> {
        let (handle, sql) = (&self.handle, statement.sql());
        let prepared = self.cache.get(statement.id(), || Prepared::only(handle, sql, Keep::Cached))?;
        let kind = prepared.kind;
        let mut run = prepared.run(handle, sql, values)?;
        run.finish().map_err(|_| handle.failure(sql))?;
        drop(run);
        Ok(self.handle.done(kind))
    }

    /// Runs an INSERT for each row of values, to its end, and adds the keys that are generated.
    pub(crate) fn insert_rows<'a>(
        &mut self,
        statement: &Statement,
        next: &mut dyn FnMut(&mut Vec<Value<'a>>) -> Result<bool>,
        generated: &mut Vec<i64>,
    ) -> Result<()> {
        let (handle, sql) = (&self.handle, statement.sql());
        let prepared = self.cache.get(statement.id(), || Prepared::only(handle, sql, Keep::Cached))?;
        let kind = prepared.kind;
        let mut row = Vec::new();
        while next(&mut row)? {
            let mut run = prepared.run(handle, sql, &row)?;
            run.finish().map_err(|_| handle.failure(sql))?;
            drop(run);
            generated.extend(handle.done(kind).generated);
            row.clear();
        }
        Ok(())
    }

    /// Runs a statement and shows its rows.
    pub(crate) fn query(
        &mut self,
        statement: &Statement,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        let (handle, sql) = (&self.handle, statement.sql());
        let prepared = self.cache.get(statement.id(), || Prepared::only(handle, sql, Keep::Cached))?;
        let mut run = prepared.run(handle, sql, values)?;
        loop {
            match run.step() {
                Ok(Some(row)) => {
                    each(&row)?;
                    if statement.is_single_row() {
                        return Ok(());
                    }
                }
                Ok(None) => return Ok(()),
                Err(_) => return Err(handle.failure(sql)),
            }
        }
    }

    /// Shows the names of the columns that a statement returns.
    pub(crate) fn describe(
        &mut self,
        statement: &Statement,
        show: &mut dyn FnMut(&[&str]) -> Result<()>,
    ) -> Result<()> {
        let (handle, sql) = (&self.handle, statement.sql());
        let prepared = self.cache.get(statement.id(), || Prepared::only(handle, sql, Keep::Cached))?;
        show(&prepared.column_names())
    }

    /// Runs a statement whose rows are asked for one by one.
    pub(crate) fn stream<'conn>(
        &'conn mut self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Stream<'conn>> {
        let (handle, sql) = (&self.handle, statement.sql());
        let prepared = self.cache.get(statement.id(), || Prepared::only(handle, sql, Keep::Cached))?;
        Ok(Stream { run: prepared.run_copied(handle, sql, values)?, handle, sql: sql.into(), is_over: false })
    }

    /// Runs one of our own statements.
    pub(crate) fn run_fixed(&mut self, which: Fixed) -> Result<()> {
        let (handle, sql) = (&self.handle, FIXED[which as usize]);
        let slot = &mut self.fixed[which as usize];
        let prepared = match slot {
            Some(prepared) => prepared,
            None => slot.insert(Prepared::only(handle, sql, Keep::Cached)?),
        };
        let result = prepared.run(handle, sql, &[])?.finish();
        result.map_err(|_| handle.failure(sql))
    }

    /// Runs the statements of a text one after the other; none may take values.
    pub(crate) fn run_script(&mut self, sql: &str) -> Result<()> {
        let mut rest = sql;
        while !rest.is_empty() {
            let (prepared, after) = Prepared::first(&self.handle, rest, Keep::Once)?;
            let text = rest[..rest.len() - after.len()].trim();
            if let Some(mut prepared) = prepared {
                let result = prepared.run(&self.handle, text, &[])?.finish();
                result.map_err(|_| self.handle.failure(text))?;
            }
            rest = after;
        }
        Ok(())
    }

    #[cfg(test)]
    /// How many statements are kept.
    pub(crate) fn cached(&self) -> usize {
        self.cache.len()
    }
}

/// A statement that stands between two of its rows.
pub(crate) struct Stream<'conn> {
    run: Run<'conn>,
    handle: &'conn Handle,
    sql: Box<str>,
    /// SQLite would begin anew.
    is_over: bool,
}

impl Rows for Stream<'_> {
    fn next(&mut self, show: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<bool> {
        if self.is_over {
            return Ok(false);
        }
        match self.run.step() {
            Ok(Some(row)) => return show(&row).map(|()| true),
            Ok(None) => self.is_over = true,
            Err(_) => {
                self.is_over = true;
                return Err(self.handle.failure(&self.sql));
            }
        }
        Ok(false)
    }
}
