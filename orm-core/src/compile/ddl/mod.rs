//! The schema of a base as SQL: what creates all of its tables, and what drops them.
//!
//! Tables come in the order of their foreign keys. Tables that name each other in a circle have no such order: where the
//! database can add a foreign key later, those between them are added when all of them are there, and dropped before the
//! first of them goes; where it cannot, they are written with the tables, and checks are put off while tables are dropped.

mod names;
mod table;

#[cfg(test)]
mod tests;

use names::IndexNames;
pub(crate) use table::{Check, checks, find_check};
use table::{foreign_key_name, write_foreign_key, write_table};

use super::{Dialect, Schemas, Writer};
use crate::schema::{ForeignKey, Index, Metadata, Table, in_foreign_key_order};

/// A statement of a new schema, and what it makes.
pub(crate) struct Creation {
    pub(crate) table: &'static Table,
    pub(crate) part: Part,
    pub(crate) sql: String,
}

/// What a statement of a new schema makes.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// The table.
    Table,
    /// An index, by its position in the table.
    Index(usize),
    /// What is added to the table and has to come with it: foreign keys, comments.
    Addition,
}

impl<B> Metadata<B> {
    /// The statements that create all tables, with their constraints and indexes, in foreign-key order. They make only what
    /// is not there yet. No database is asked.
    ///
    /// ```
    /// use orm_core::driver::Driver;
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone)] #[model(base = UsersDb, table = "users")]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
    /// let sql = UsersDb::metadata().create_all_sql(Sqlite::memory().dialect());
    /// assert!(sql[0].starts_with("CREATE TABLE IF NOT EXISTS users"));
    /// ```
    pub fn create_all_sql(&self, dialect: &dyn Dialect) -> Vec<String> {
        compile_create_all(self.tables(), dialect).into_iter().map(|step| step.sql).collect()
    }

    /// The statements that drop all tables that are there, in the reverse order. They belong in one transaction: where tables
    /// name each other in a circle, the first statement may hold for the transaction only.
    pub fn drop_all_sql(&self, dialect: &dyn Dialect) -> Vec<String> {
        compile_drop_all(self.tables(), dialect)
    }

    /// [`create_all_sql`](Self::create_all_sql) as one script.
    pub fn create_all_script(&self, dialect: &dyn Dialect) -> String {
        script(&self.create_all_sql(dialect))
    }

    /// [`drop_all_sql`](Self::drop_all_sql) as one script.
    pub fn drop_all_script(&self, dialect: &dyn Dialect) -> String {
        script(&self.drop_all_sql(dialect))
    }
}

fn script(statements: &[String]) -> String {
    statements.iter().map(|sql| format!("{sql};\n")).collect()
}

/// The statements that create tables, in order.
pub(crate) fn compile_create_all(tables: &[&'static Table], dialect: &dyn Dialect) -> Vec<Creation> {
    let parts = in_foreign_key_order(tables);
    let names = IndexNames::of(tables, dialect.capabilities().max_identifier);
    let mut steps = Vec::new();
    for part in &parts {
        for &table in part {
            let sql = write_table(table, dialect, |key| !is_added_later(table, key, part, dialect));
            steps.push(Creation { table, part: Part::Table, sql });
        }
        for &table in part {
            steps.extend(later_keys(table, part, dialect).map(|key| Creation {
                table,
                part: Part::Addition,
                sql: add_foreign_key(table, key, dialect),
            }));
        }
    }
    for &table in parts.iter().flatten() {
        steps.extend(table.indexes.iter().enumerate().map(|(position, index)| Creation {
            table,
            part: Part::Index(position),
            sql: create_index(table, index, &names.name(table, index), dialect),
        }));
        steps.extend(comments(table, dialect));
    }
    steps
}

/// The statements that drop tables, in order.
pub(crate) fn compile_drop_all(tables: &[&'static Table], dialect: &dyn Dialect) -> Vec<String> {
    let parts = in_foreign_key_order(tables);
    let mut statements = Vec::new();
    if dialect.capabilities().foreign_keys_inline_only && parts.iter().any(|part| part.len() > 1) {
        statements.extend(dialect.defer_foreign_keys().map(str::to_owned));
    }
    for part in parts.iter().rev() {
        for &table in part.iter().rev() {
            statements
                .extend(later_keys(table, part, dialect).map(|key| drop_foreign_key(table, key, dialect)));
        }
        for &table in part.iter().rev() {
            let mut writer = Writer::new(dialect);
            writer.sql("DROP TABLE IF EXISTS ").table_name(table);
            statements.push(writer.finish());
        }
    }
    statements
}

/// Whether a foreign key leads to another table of the same circle, and the database can add it later.
fn is_added_later(table: &Table, key: &ForeignKey, part: &[&'static Table], dialect: &dyn Dialect) -> bool {
    let target = key.target();
    !dialect.capabilities().foreign_keys_inline_only
        && !std::ptr::eq(table, target)
        && part.iter().any(|&other| std::ptr::eq(other, target))
}

fn later_keys<'a>(
    table: &'static Table,
    part: &'a [&'static Table],
    dialect: &'a dyn Dialect,
) -> impl Iterator<Item = &'static ForeignKey> + 'a {
    table.foreign_keys.iter().filter(move |key| is_added_later(table, key, part, dialect))
}

fn add_foreign_key(table: &Table, key: &ForeignKey, dialect: &dyn Dialect) -> String {
    let mut writer = Writer::new(dialect);
    writer.sql("ALTER TABLE ").table_name(table).sql(" ADD ");
    write_foreign_key(&mut writer, table, key, dialect);
    writer.finish()
}

fn drop_foreign_key(table: &Table, key: &ForeignKey, dialect: &dyn Dialect) -> String {
    let name = foreign_key_name(table, key, dialect);
    let mut writer = Writer::new(dialect);
    writer.sql("ALTER TABLE IF EXISTS ").table_name(table);
    writer.sql(" DROP CONSTRAINT IF EXISTS ").name(&name);
    writer.finish()
}

fn create_index(table: &Table, index: &Index, name: &str, dialect: &dyn Dialect) -> String {
    let mut writer = Writer::new(dialect);
    writer.sql("CREATE INDEX IF NOT EXISTS ");
    match (dialect.capabilities().schemas, table.schema) {
        (Schemas::Databases, Some(schema)) => {
            writer.name(schema).sql(".").name(name).sql(" ON ").name(table.name);
        }
        (Schemas::Databases, None) | (Schemas::NameSpaces, _) => {
            writer.name(name).sql(" ON ").table_name(table);
        }
    }
    writer.sql(" ").names(table.names(&index.columns));
    writer.finish()
}

/// Comments on the table and its columns, where the database keeps them.
fn comments(table: &'static Table, dialect: &dyn Dialect) -> Vec<Creation> {
    if !dialect.capabilities().comments {
        return Vec::new();
    }
    let of_table = table.comment.map(|comment| {
        let mut writer = Writer::new(dialect);
        writer.sql("COMMENT ON TABLE ").table_name(table).sql(" IS ").text(comment);
        writer.finish()
    });
    let of_columns = table.columns.iter().filter_map(|column| {
        let mut writer = Writer::new(dialect);
        writer.sql("COMMENT ON COLUMN ").table_name(table).sql(".").name(&column.name);
        writer.sql(" IS ").text(column.comment?);
        Some(writer.finish())
    });
    of_table.into_iter().chain(of_columns).map(|sql| Creation { table, part: Part::Addition, sql }).collect()
}
