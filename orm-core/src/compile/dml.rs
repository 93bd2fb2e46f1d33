//! INSERT, UPDATE and DELETE of one row, and SELECT by key, as SQL.

use super::dialect::Dialect;
use super::writer::Writer;
use crate::schema::Table;
use crate::util::columns::ColumnSet;

/// Inserts some columns of a row; returns those that the database fills in, but for a generated key that it tells anyway.
pub(crate) fn insert_sql(
    dialect: &dyn Dialect,
    table: &'static Table,
    columns: &ColumnSet,
    returning: &ColumnSet,
) -> String {
    let mut sql = Writer::new(dialect);
    sql.sql("INSERT INTO ").table_name(table);
    if columns.is_empty() {
        sql.sql(" DEFAULT VALUES");
    } else {
        sql.sql(" ").names(names(table, columns)).sql(" VALUES (");
        sql.list(columns.iter(), |sql, _| {
            sql.sql("?");
        });
        sql.sql(")");
    }
    write_returning(&mut sql, table, returning);
    sql.finish()
}

/// Updates some columns of the row of a key; with a version, only if the row still has it.
pub(crate) fn update_sql(
    dialect: &dyn Dialect,
    table: &'static Table,
    columns: &ColumnSet,
    returning: &ColumnSet,
) -> String {
    let mut sql = Writer::new(dialect);
    sql.sql("UPDATE ").table_name(table).sql(" SET ");
    sql.list(names(table, columns), |sql, name| {
        sql.name(name).sql(" = ?");
    });
    write_key(&mut sql, table);
    write_returning(&mut sql, table, returning);
    sql.finish()
}

/// Deletes the row of a key; with a version, only if the row still has it.
pub(crate) fn delete_sql(dialect: &dyn Dialect, table: &'static Table) -> String {
    let mut sql = Writer::new(dialect);
    sql.sql("DELETE FROM ").table_name(table);
    write_key(&mut sql, table);
    sql.finish()
}

/// Selects every column of the row of a key, in the order of the table.
pub(crate) fn select_by_key_sql(dialect: &dyn Dialect, table: &'static Table) -> String {
    let mut sql = select_all(dialect, table);
    write_conditions(&mut sql, table.names(&table.primary_key));
    sql.finish()
}

fn select_all<'d>(dialect: &'d dyn Dialect, table: &'static Table) -> Writer<'d> {
    let mut sql = Writer::new(dialect);
    sql.sql("SELECT ").list(&table.columns, |sql, column| {
        match column.deferred {
            true => sql.sql("NULL"),
            false => sql.name(&column.name),
        };
    });
    sql.sql(" FROM ").table_name(table);
    sql
}

fn write_key(sql: &mut Writer, table: &'static Table) {
    let version = table.version.as_slice();
    write_conditions(sql, table.names(&table.primary_key).chain(table.names(version)));
}

fn write_conditions<'name>(sql: &mut Writer, names: impl Iterator<Item = &'name str>) {
    for (index, name) in names.enumerate() {
        sql.sql(if index == 0 { " WHERE " } else { " AND " }).name(name).sql(" = ?");
    }
}

fn write_returning(sql: &mut Writer, table: &'static Table, returning: &ColumnSet) {
    if !returning.is_empty() {
        sql.sql(" RETURNING ").list(names(table, returning), |sql, name| {
            sql.name(name);
        });
    }
}

fn names<'set>(table: &'static Table, columns: &'set ColumnSet) -> impl Iterator<Item = &'static str> + 'set {
    columns.iter().map(|column| table.columns[column].name.as_str())
}
