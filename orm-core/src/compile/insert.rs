//! INSERT of several rows in one statement, and what it does where a row is there already.

use super::dialect::Dialect;
use super::writer::Writer;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::util::columns::ColumnSet;

/// What an INSERT does with a row whose unique values another row has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Conflict {
    /// It fails.
    #[default]
    Fail,
    /// The row is left out; with columns, only where these are what another row has.
    Nothing(ColumnSet),
    /// The other row takes over some values.
    Update {
        /// The unique columns that another row has the values of.
        target: ColumnSet,
        /// The columns that are taken over.
        set: ColumnSet,
    },
}

/// The columns that an INSERT writes and returns.
#[derive(Clone, Copy)]
pub(crate) struct InsertShape {
    pub(crate) columns: ColumnSet,
    pub(crate) rows: usize,
    pub(crate) conflict: Conflict,
    /// Whether all columns of the rows are returned.
    pub(crate) returns: bool,
}

/// The text of an INSERT.
///
/// # Errors
/// Unsupported where the database cannot do it.
pub(crate) fn insert_many_sql(
    dialect: &dyn Dialect,
    table: &'static Table,
    shape: &InsertShape,
) -> Result<String> {
    let capabilities = dialect.capabilities();
    if !capabilities.on_conflict && !matches!(shape.conflict, Conflict::Fail) {
        return Err(Error::unsupported(format!("{} has no INSERT .. ON CONFLICT", dialect.name())));
    }
    if !capabilities.returning && shape.returns {
        return Err(Error::unsupported(format!("{} has no INSERT .. RETURNING", dialect.name())));
    }
    let mut sql = Writer::new(dialect);
    sql.sql("INSERT INTO ").table_name(table);
    if shape.columns.is_empty() {
        sql.sql(" DEFAULT VALUES");
    } else {
        sql.sql(" ").names(names(table, &shape.columns)).sql(" VALUES ");
        sql.list(0..shape.rows, |sql, _| {
            sql.sql("(").list(shape.columns.iter(), |sql, _| {
                sql.sql("?");
            });
            sql.sql(")");
        });
        write_conflict(&mut sql, table, &shape.conflict);
    }
    if shape.returns {
        sql.sql(" RETURNING ").list(&table.columns, |sql, column| {
            sql.name(&column.name);
        });
    }
    Ok(sql.finish())
}

fn write_conflict(sql: &mut Writer<'_>, table: &'static Table, conflict: &Conflict) {
    match conflict {
        Conflict::Fail => {}
        Conflict::Nothing(target) if target.is_empty() => drop(sql.sql(" ON CONFLICT DO NOTHING")),
        Conflict::Nothing(target) => {
            sql.sql(" ON CONFLICT ").names(names(table, target)).sql(" DO NOTHING");
        }
        Conflict::Update { target, set } => {
            sql.sql(" ON CONFLICT ").names(names(table, target)).sql(" DO UPDATE SET ");
            let counted = table.version.filter(|version| !set.contains(*version));
            sql.list(set.iter().chain(counted), |sql, column| {
                let name = &table.columns[column].name;
                sql.name(name).sql(" = ");
                match Some(column) == counted {
                    true => sql.table_name(table).sql(".").name(name).sql(" + 1"),
                    false => sql.sql("excluded.").name(name),
                };
            });
        }
    }
}

fn names<'set>(table: &'static Table, columns: &'set ColumnSet) -> impl Iterator<Item = &'static str> + 'set {
    columns.iter().map(|column| table.columns[column].name.as_str())
}
