//! UPDATE and DELETE of all rows that meet conditions, as SQL.

use super::select::{write_columns, write_conditions, write_expression, write_list_of_items};
use super::sink::Sink;
use crate::expr::{Node, TableRef};
use crate::stmt::{BulkAction, BulkTree};

/// Writes an UPDATE or a DELETE. An UPDATE of a table with a version counts it up, unless it sets it.
pub(crate) fn write_bulk<'a>(bulk: &'a BulkTree, out: &mut impl Sink<'a>) {
    out.open(&mut std::iter::once((bulk.table, None)));
    match &bulk.action {
        BulkAction::Update(sets) => {
            out.sql("UPDATE ");
            out.table(bulk.table);
            write_sets(bulk.table, sets, out);
        }
        BulkAction::Delete => {
            out.sql("DELETE FROM ");
            out.table(bulk.table);
        }
    }
    write_conditions(&bulk.filters, " WHERE ", out);
    if !bulk.returning.is_empty() {
        out.sql(" RETURNING ");
        write_list_of_items(&bulk.returning, out);
    }
    out.close();
}

fn write_sets<'a>(table: TableRef, sets: &'a [(u16, Node)], out: &mut impl Sink<'a>) {
    for (index, (field, node)) in sets.iter().enumerate() {
        out.sql(if index == 0 { " SET " } else { ", " });
        write_columns(table, *field, out);
        out.sql(" = ");
        write_expression(node, out);
    }
    let Some(version) = table.table.version else { return };
    if sets.iter().any(|(field, _)| table.table.fields[usize::from(*field)].contains(&version)) {
        return;
    }
    out.sql(", ");
    out.column(table, version);
    out.sql(" = ");
    out.column(table, version);
    out.sql(" + 1");
}
