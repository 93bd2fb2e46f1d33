//! Creates and drops the tables of a base on a connection, all of them or none.

use std::collections::BTreeSet;

use super::core::Engine;
use crate::compile::Dialect;
use crate::compile::ddl::{Creation, Part, compile_create_all, compile_drop_all};
use crate::driver::{BeginMode, Connection, LiveSchema, Transact};
use crate::error::{Error, Result};
use crate::schema::{Metadata, Table};
use crate::verify::{Difference, differences, find_table, has_index};

/// Creates what is not there yet: tables with all that belongs to them, and indexes. A table that is there stays as it is.
///
/// # Errors
/// Configuration when two models of one table have other columns; whatever the database reports, with the statement. Nothing is
/// created then.
pub(crate) fn create_all(
    tables: &[&'static Table],
    dialect: &dyn Dialect,
    connection: &mut dyn Connection,
) -> Result<()> {
    check_one_shape(tables)?;
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

/// Several models may show one table, but only one shape of it can be made.
fn check_one_shape(tables: &[&'static Table]) -> Result<()> {
    let names = |table: &Table| -> BTreeSet<String> {
        table.columns.iter().map(|column| column.name.to_ascii_lowercase()).collect()
    };
    for (position, table) in tables.iter().enumerate() {
        let is_twin = |other: &&&Table| {
            other.schema == table.schema && other.name == table.name && names(other) != names(table)
        };
        if let Some(other) = tables[..position].iter().find(is_twin) {
            return Err(Error::config(format!(
                "`{}` and `{}` are both models of the table `{}`, with other columns: give one of them another `table`",
                other.model, table.model, table.name
            )));
        }
    }
    Ok(())
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
        compile_drop_all(tables, dialect).iter().try_for_each(|sql| run(connection, sql))
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
    connection.run_script(sql).map_err(|error| error.with_statement(sql))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::probe::{EMBEDDED, SERVER};
    use crate::driver::{Done, IsolationLevel, LiveIndex, LiveTable, Row, Statement, Value};
    use crate::schema::Model;
    use crate::schema::fixture::*;

    /// A connection that writes down what it is told.
    #[derive(Default)]
    struct Notes {
        live: LiveSchema,
        /// The statement that fails begins so.
        fails: Option<&'static str>,
        told: Vec<String>,
        in_transaction: bool,
    }

    impl Connection for Notes {
        fn execute(&mut self, _statement: &Statement, _values: &[Value<'_>]) -> Result<Done> {
            unreachable!("a schema is made by scripts")
        }

        fn query(
            &mut self,
            _statement: &Statement,
            _values: &[Value<'_>],
            _each: &mut dyn FnMut(&dyn Row) -> Result<()>,
        ) -> Result<()> {
            unreachable!("a schema is made by scripts")
        }

        fn run_script(&mut self, sql: &str) -> Result<()> {
            if self.fails.is_some_and(|start| sql.starts_with(start)) {
                return Err(Error::database("no"));
            }
            self.told.push(sql.split(" (").next().unwrap_or_default().to_owned());
            Ok(())
        }

        fn transact(&mut self, step: Transact<'_>) -> Result<()> {
            self.in_transaction = matches!(step, Transact::Begin(_));
            self.told.push(format!("{step:?}"));
            Ok(())
        }

        fn is_in_transaction(&self) -> bool {
            self.in_transaction
        }

        fn ping(&mut self) -> Result<()> {
            Ok(())
        }

        fn set_isolation_level(&mut self, _level: IsolationLevel) -> Result<()> {
            Ok(())
        }

        fn live_schema(&mut self) -> Result<LiveSchema> {
            Ok(self.live.clone())
        }
    }

    /// A database that has the posts, with these indexes.
    fn with_posts(indexes: Vec<LiveIndex>) -> Notes {
        let posts = LiveTable { name: "posts".to_owned(), indexes, ..LiveTable::default() };
        Notes { live: LiveSchema { tables: vec![posts] }, ..Notes::default() }
    }

    #[test]
    fn all_is_created_in_one_transaction() {
        let mut notes = Notes::default();
        create_all(&[Team::table(), Player::table()], &EMBEDDED, &mut notes).unwrap();
        let expected = [
            "Begin(Immediate)",
            "CREATE TABLE IF NOT EXISTS players",
            "CREATE TABLE IF NOT EXISTS teams",
            "Commit",
        ];
        assert_eq!(notes.told, expected);
    }

    #[test]
    fn s107_what_is_there_is_not_created_again() {
        let columns = vec!["author_id".to_owned(), "title".to_owned()];
        let index = LiveIndex { name: "by_author".to_owned(), columns };
        let mut notes = with_posts(vec![index]);
        create_all(&[Post::table()], &EMBEDDED, &mut notes).unwrap();
        assert_eq!(notes.told, ["Begin(Immediate)", "Commit"]);
    }

    #[test]
    fn an_index_that_a_table_lacks_is_created() {
        let mut notes = with_posts(Vec::new());
        create_all(&[Post::table()], &EMBEDDED, &mut notes).unwrap();
        assert_eq!(notes.told[1..2], ["CREATE INDEX IF NOT EXISTS ix_posts_author_id_title ON posts"]);
    }

    #[test]
    fn a_foreign_key_is_added_only_to_a_table_that_is_new() {
        let teams = LiveTable { name: "teams".to_owned(), ..LiveTable::default() };
        let mut notes = Notes { live: LiveSchema { tables: vec![teams] }, ..Notes::default() };
        create_all(&[Team::table(), Player::table()], &SERVER, &mut notes).unwrap();
        assert_eq!(notes.told.len(), 4);
        assert!(notes.told[2].starts_with("ALTER TABLE players ADD"));
    }

    #[test]
    fn a_failure_undoes_all_and_names_the_statement() {
        let mut notes = Notes { fails: Some("CREATE TABLE IF NOT EXISTS teams"), ..Notes::default() };
        let error = create_all(&[Team::table(), Player::table()], &EMBEDDED, &mut notes).unwrap_err();
        assert!(error.statement().is_some_and(|sql| sql.contains("teams")));
        assert_eq!(notes.told.last().map(String::as_str), Some("Rollback"));
    }

    #[test]
    fn checks_are_put_off_inside_the_transaction_that_drops_a_circle() {
        let mut notes = Notes::default();
        drop_all(&[Team::table(), Player::table()], &EMBEDDED, &mut notes).unwrap();
        let expected = [
            "Begin(Immediate)",
            "DEFER",
            "DROP TABLE IF EXISTS teams",
            "DROP TABLE IF EXISTS players",
            "Commit",
        ];
        assert_eq!(notes.told, expected);
    }
}
