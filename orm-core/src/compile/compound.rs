//! UNION, INTERSECT and EXCEPT as SQL.

use super::grouping::is_same;
use super::select::{width as width_of, write_fields, write_limit, write_rows};
use super::sink::Sink;
use crate::error::{Error, Result};
use crate::expr::Node;
use crate::stmt::{Compound, Item, SelectTree, What};

/// Writes SELECTs whose rows are combined. The order is by position: the columns of the whole have the names of the first
/// SELECT's, and what is computed has none.
pub(super) fn write_compound<'a>(select: &'a SelectTree, compound: &'a Compound, out: &mut impl Sink<'a>) {
    if select.distinct {
        out.sql("SELECT DISTINCT * FROM (");
    }
    write_part(&compound.first, out);
    for (operator, part) in &compound.rest {
        out.sql(operator.sql());
        write_part(part, out);
    }
    if select.distinct {
        out.sql(")");
    }
    write_order(select, out);
    write_limit(select, out);
}

/// What is more than one plain SELECT stands in parentheses, which not every database takes around a part of a whole.
fn write_part<'a>(part: &'a SelectTree, out: &mut impl Sink<'a>) {
    if part.is_whole() && part.compound.is_none() {
        return write_rows(part, What::Rows, out);
    }
    // The columns are listed inside.
    out.sql("SELECT * FROM (");
    write_rows(part, What::Rows, out);
    out.sql(")");
}

fn write_order<'a>(select: &'a SelectTree, out: &mut impl Sink<'a>) {
    for (index, ordered) in select.order_by.iter().enumerate() {
        out.sql(if index == 0 { " ORDER BY " } else { ", " });
        let Some(positions) = positions(select, &ordered.node) else {
            // The check refuses it.
            write_fields(&ordered.node, ordered.direction, out);
            continue;
        };
        for (index, position) in positions.enumerate() {
            out.sql(if index == 0 { "" } else { ", " });
            out.number(position as u64);
            out.sql(ordered.direction);
        }
    }
}

/// # Errors
/// Misuse for an order by what is not selected.
pub(super) fn check_compound(select: &SelectTree) -> Result<()> {
    match select.order_by.iter().all(|ordered| positions(select, &ordered.node).is_some()) {
        true => Ok(()),
        false => Err(Error::misuse(
            "queries that are combined are ordered by what the first of them selects: select the expression, or take the whole as a subquery and order that",
        )),
    }
}

/// Where what the first SELECT selects has an expression, from 1.
fn positions(select: &SelectTree, wanted: &Node) -> Option<std::ops::Range<usize>> {
    let first = select.first_part();
    let whole = [Item::Table(first.from)];
    let items = if first.items.is_empty() { &whole } else { first.items.as_slice() };
    let mut next = 1;
    for item in items {
        if let Some(found) = place_in(item, wanted) {
            return Some(next + found.start..next + found.end);
        }
        next += width(item);
    }
    None
}

fn place_in(item: &Item, wanted: &Node) -> Option<std::ops::Range<usize>> {
    match (item, wanted) {
        (Item::Table(table), Node::Field { of, field }) if of == table => {
            Some(of.table.fields[usize::from(*field)].clone())
        }
        (Item::Table(_), _) => None,
        (Item::Expression(node), _) => is_same(node, wanted).then(|| 0..width(item)),
    }
}

fn width(item: &Item) -> usize {
    match item {
        Item::Table(table) => table.table.columns.len(),
        Item::Expression(node) => width_of(node),
    }
}
