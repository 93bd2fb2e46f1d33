//! Trees in one statement: the rows of a SELECT, and what they lead to over and over, by a recursive table of keys.
//!
//! The table holds a key, how deep it was found, and which of the SELECT's rows it is, or 0 where the recursion found it. A row
//! then comes once, with the least and the greatest of these numbers: a row that is asked for can be found below another one
//! too. UNION leaves out what is there already, so that without a depth a circle ends.

use super::select::{write_conditions, write_limit, write_order};
use super::sink::Sink;
use crate::expr::{KeyField, Recursion, Route};
use crate::stmt::SelectTree;

/// What the columns of a key are called, in order.
const KEYS: [&str; 6] = ["orm_key", "orm_key_2", "orm_key_3", "orm_key_4", "orm_key_5", "orm_key_6"];

/// Writes a SELECT that begins a recursion. A row holds all columns of the table, then the least and the greatest number, then
/// the depth.
pub(super) fn write_tree<'a>(select: &'a SelectTree, recursion: &'a Recursion, out: &mut impl Sink<'a>) {
    let key = recursion.route.first_key();
    out.sql("WITH RECURSIVE orm_tree AS (");
    write_top(select, out);
    out.sql(" UNION ");
    write_step(select, recursion, key, out);
    out.sql(") SELECT ");
    out.open(&mut std::iter::once((select.from, None)));
    out.columns(select.from);
    out.sql(", orm_first, orm_last, orm_depth FROM (SELECT ");
    write_keys(key, out);
    out.sql(", MIN(orm_row) AS orm_first, MAX(orm_row) AS orm_last, MIN(orm_depth) AS orm_depth FROM orm_tree GROUP BY ");
    write_keys(key, out);
    out.sql(") AS orm_found JOIN ");
    out.table(select.from);
    write_meeting(select, &select.from.table.primary_key, out);
    write_order(&recursion.order_by, " ORDER BY ", out);
    out.close();
}

/// The rows that the recursion begins with. Only a SELECT of its own can have a limit there.
fn write_top<'a>(select: &'a SelectTree, out: &mut impl Sink<'a>) {
    let is_limited = select.limit.is_some() || select.offset.is_some();
    let keys = &select.from.table.primary_key;
    if is_limited {
        out.sql("SELECT ");
        write_names(keys.len(), out);
        out.sql(", orm_depth, orm_row FROM (");
    }
    out.open(&mut std::iter::once((select.from, None)));
    out.sql("SELECT ");
    for (name, column) in KEYS.iter().zip(keys) {
        out.column(select.from, *column);
        out.sql(" AS ");
        out.sql(name);
        out.sql(", ");
    }
    out.sql("0 AS orm_depth, ROW_NUMBER() OVER (");
    write_order(&select.order_by, "ORDER BY ", out);
    out.sql(") AS orm_row FROM ");
    out.table(select.from);
    write_conditions(&select.filters, " WHERE ", out);
    if is_limited {
        write_order(&select.order_by, " ORDER BY ", out);
        write_limit(select, out);
        out.sql(") AS orm_top");
    }
    out.close();
}

/// From the rows that were found to those that they lead to.
fn write_step<'a>(select: &'a SelectTree, recursion: &'a Recursion, key: KeyField, out: &mut impl Sink<'a>) {
    let (primary, foreign) = (&select.from.table.primary_key, &key.foreign_key().columns);
    let (found, asked) = match recursion.route {
        Route::Up(_) => (foreign, primary),
        Route::Down(_) | Route::DownUp(..) | Route::Along(_) => (primary, foreign),
    };
    out.open(&mut std::iter::once((select.from, None)));
    out.sql("SELECT ");
    for column in found {
        out.column(select.from, *column);
        out.sql(", ");
    }
    out.sql(if recursion.depth.is_some() { "orm_depth + 1" } else { "0" });
    out.sql(", 0 FROM orm_tree JOIN ");
    out.table(select.from);
    write_meeting(select, asked, out);
    let mut between = " WHERE ";
    if let Some(depth) = recursion.depth {
        out.sql(" WHERE orm_depth < ");
        out.number(depth);
        between = " AND ";
    }
    if let Route::Up(_) = recursion.route {
        out.sql(between);
        out.column(select.from, foreign[0]);
        out.sql(" IS NOT NULL");
        between = " AND ";
    }
    write_conditions(&recursion.filters, between, out);
    out.close();
}

fn write_meeting<'a>(select: &'a SelectTree, columns: &[usize], out: &mut impl Sink<'a>) {
    for (index, (name, column)) in KEYS.iter().zip(columns).enumerate() {
        out.sql(if index == 0 { " ON " } else { " AND " });
        out.column(select.from, *column);
        out.sql(" = ");
        out.sql(name);
    }
}

fn write_keys<'a>(key: KeyField, out: &mut impl Sink<'a>) {
    write_names(key.foreign_key().columns.len(), out);
}

fn write_names<'a>(count: usize, out: &mut impl Sink<'a>) {
    for (index, name) in KEYS.iter().take(count).enumerate() {
        if index > 0 {
            out.sql(", ");
        }
        out.sql(name);
    }
}
