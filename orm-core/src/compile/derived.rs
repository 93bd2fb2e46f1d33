//! Subqueries in FROM, and WITH, as SQL.

use super::select::{width, write_fields, write_rows};
use super::sink::Sink;
use crate::expr::{DerivedBody, Node, TableRef};
use crate::schema::Table;
use crate::stmt::{Item, SelectTree, What};

/// Writes what stands before a SELECT.
pub(super) fn write_with<'a>(select: &'a SelectTree, out: &mut impl Sink<'a>) {
    let is_recursive = select.with.iter().any(|table| table.is_recursive);
    for (index, table) in select.with.iter().enumerate() {
        out.sql(match (index, is_recursive) {
            (0, false) => "WITH ",
            (0, true) => "WITH RECURSIVE ",
            (_, _) => ", ",
        });
        out.name(table.name);
        out.sql(" AS (");
        write_rows(&table.select, What::Rows, out);
        out.sql(")");
    }
    if !select.with.is_empty() {
        out.sql(" ");
    }
}

/// Writes a table where rows are taken from it.
pub(super) fn write_source<'a>(select: &'a SelectTree, table: TableRef, out: &mut impl Sink<'a>) {
    let Some(derived) = select.derived(table) else { return out.table(table) };
    match &derived.body {
        DerivedBody::Subquery(inner) => {
            out.sql("(");
            write_rows(inner, What::Rows, out);
            out.sql(") AS ");
            out.name(derived.name);
        }
        DerivedBody::With(name) => {
            out.name(name);
            if *name != derived.name {
                out.sql(" AS ");
                out.name(derived.name);
            }
        }
    }
}

/// Writes items, each column with the name of the column that it is in a table.
pub(super) fn write_labelled_items<'a>(items: &'a [Item], table: &'static Table, out: &mut impl Sink<'a>) {
    let mut next = 0;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.sql(", ");
        }
        match item {
            Item::Expression(Node::Field { of, field }) => {
                for (index, column) in of.table.fields[usize::from(*field)].clone().enumerate() {
                    out.sql(if index == 0 { "" } else { ", " });
                    out.column(*of, column);
                    if of.table.columns[column].name != table.columns[next].name {
                        write_label(table, next, out);
                    }
                    next += 1;
                }
            }
            Item::Expression(node) => {
                write_fields(node, "", out);
                write_label(table, next, out);
                next += width(node);
            }
            Item::Table(of) => {
                out.columns(*of);
                next += of.table.columns.len();
            }
        }
    }
}

fn write_label<'a>(table: &'static Table, column: usize, out: &mut impl Sink<'a>) {
    out.sql(" AS ");
    out.label(table, column);
}
