//! INSERT and UPDATE of one row where more than plain values is written: expressions, and values in the condition.

use super::select::write_expression;
use super::sink::Sink;
use crate::expr::{Node, TableRef};
use crate::schema::Table;
use crate::util::columns::ColumnSet;
use crate::value::Value;

/// One row to be written, column by column.
pub(crate) struct RowWrite<'a> {
    pub(crate) table: &'static Table,
    pub(crate) written: Vec<Written<'a>>,
    /// What the row has to have, exactly.
    pub(crate) conditions: Vec<Condition>,
    pub(crate) returning: ColumnSet,
}

/// A column, and what is written there.
pub(crate) struct Written<'a> {
    pub(crate) column: usize,
    pub(crate) what: What<'a>,
}

/// What is written to a column.
pub(crate) enum What<'a> {
    Value(Value<'static>),
    Expression(&'a Node),
}

/// A value that a column has to have.
pub(crate) struct Condition {
    pub(crate) column: usize,
    pub(crate) value: Value<'static>,
    /// Whether NULL counts as a value.
    pub(crate) null_safe: bool,
}

/// Inserts the row.
pub(crate) fn write_insert<'a>(row: &'a RowWrite<'a>, out: &mut impl Sink<'a>) {
    out.sql("INSERT INTO ");
    out.table(TableRef::own(row.table));
    for (index, written) in row.written.iter().enumerate() {
        out.sql(if index == 0 { " (" } else { ", " });
        out.column(TableRef::own(row.table), written.column);
    }
    for (index, written) in row.written.iter().enumerate() {
        out.sql(if index == 0 { ") VALUES (" } else { ", " });
        write_what(&written.what, out);
    }
    out.sql(")");
    write_returning(row, out);
}

/// Updates the row.
pub(crate) fn write_update<'a>(row: &'a RowWrite<'a>, out: &mut impl Sink<'a>) {
    out.sql("UPDATE ");
    out.table(TableRef::own(row.table));
    for (index, written) in row.written.iter().enumerate() {
        out.sql(if index == 0 { " SET " } else { ", " });
        out.column(TableRef::own(row.table), written.column);
        out.sql(" = ");
        write_what(&written.what, out);
    }
    for (index, condition) in row.conditions.iter().enumerate() {
        out.sql(if index == 0 { " WHERE " } else { " AND " });
        out.column(TableRef::own(row.table), condition.column);
        out.sql(if condition.null_safe { " IS NOT DISTINCT FROM " } else { " = " });
        out.bind(&condition.value);
    }
    write_returning(row, out);
}

fn write_what<'a>(what: &'a What<'a>, out: &mut impl Sink<'a>) {
    match what {
        What::Value(value) => out.bind(value),
        What::Expression(node) => write_expression(node, out),
    }
}

fn write_returning<'a>(row: &'a RowWrite<'a>, out: &mut impl Sink<'a>) {
    for (index, column) in row.returning.iter().enumerate() {
        out.sql(if index == 0 { " RETURNING " } else { ", " });
        out.column(TableRef::own(row.table), column);
    }
}
