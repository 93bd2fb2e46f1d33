//! Creates and drops the tables of a base on a connection, all of them or none.

use super::core::Engine;
use crate::compile::Dialect;
use crate::compile::ddl::{Creation, Part, compile_create_all, compile_drop_all};
use crate::driver::{BeginMode, Connection, LiveSchema, Transact};
use crate::error::Result;
use crate::schema::{Difference, Metadata, Table, differences, find_table, has_index};

/// Creates what is not there yet: tables with all that belongs to them, and indexes. A table that is there stays as it is.
///
/// # Errors
/// Whatever the database reports, with the statement; nothing is created then.
pub(crate) fn create_all(
    tables: &[&'static Table],
    dialect: &dyn Dialect,
    connection: &mut dyn Connection,
) -> Result<()> {
    in_transaction(connection, |connection| {
        let live = connection.live_schema()?;
        for step in compile_create_all(tables, dialect) {
            if !is_there(&step, &live, dialect) {
                run(connection, &step.sql)?;
            }
        }
        Ok(())
    })
}

/// Drops the tables that are there, with all their rows.
///
/// # Errors
/// A foreign key of a table that the base does not know still names a row; whatever else the database reports, with the
/// statement. Nothing is dropped then.
pub(crate) fn drop_all(
    tables: &[&'static Table],
    dialect: &dyn Dialect,
    connection: &mut dyn Connection,
) -> Result<()> {
    in_transaction(connection, |connection| {
        compile_drop_all(tables, dialect)
            .iter()
            .try_for_each(|sql| run(connection, sql))
    })
}

/// Whether what a statement makes is there. What is added to a table was added when the table was made.
fn is_there(step: &Creation, live: &LiveSchema, dialect: &dyn Dialect) -> bool {
    let Some(live) = find_table(live, step.table, dialect) else {
        return false;
    };
    match step.part {
        Part::Table | Part::Addition => true,
        Part::Index(position) => {
            let index = &step.table.indexes[position];
            let columns: Vec<&str> = step.table.names(&index.columns).collect();
            has_index(live, &columns, dialect)
        }
    }
}

/// A statement of its own for each, so that an error names the one that failed.
fn run(connection: &mut dyn Connection, sql: &str) -> Result<()> {
    connection
        .run_script(sql)
        .map_err(|error| error.with_statement(sql))
}

fn in_transaction(
    connection: &mut dyn Connection,
    work: impl FnOnce(&mut dyn Connection) -> Result<()>,
) -> Result<()> {
    connection.transact(Transact::Begin(BeginMode::Immediate))?;
    let done = work(connection).and_then(|()| connection.transact(Transact::Commit));
    if done.is_err() && connection.is_in_transaction() {
        // The first error is the one to report; a connection that cannot roll back is found out by its pool.
        let _ = connection.transact(Transact::Rollback);
    }
    done
}

impl<B> Metadata<B> {
    /// Holds the models against the live database: every difference in words, or nothing.
    ///
    /// Tables and columns that no model knows are no difference, unless an INSERT would fail for want of a value.
    ///
    /// # Errors
    /// Whatever the database reports while its schema is read.
    pub fn verify(&self, engine: &Engine<B>) -> Result<Vec<Difference>> {
        let live = engine.checkout()?.live_schema()?;
        Ok(differences(self.tables(), &live, engine.core().dialect()))
    }
}
