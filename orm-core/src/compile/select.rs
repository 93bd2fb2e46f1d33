//! SELECT as SQL.

use super::compound::write_compound;
use super::derived::{write_labelled_items, write_source, write_with};
use super::grouping::is_aggregated;
use super::json::JsonList;
use super::recursion::write_tree;
use super::sink::Sink;
use super::window::write_window;
use crate::expr::{Aggregate, Anchor, Columns, Join, JoinKind, LockClause, Node, Ordered, TableRef};
use crate::stmt::{Item, SelectTree, What};
use crate::value::{Entity, Value};

/// Writes a SELECT. A LIMIT is part of the text: bound, it would make SQLite compile the statement anew each time.
pub(crate) fn write_select<'a>(select: &'a SelectTree, out: &mut impl Sink<'a>) {
    if let Some(recursion) = &select.recursion {
        return write_tree(select, recursion, out);
    }
    match select.what {
        What::Rows if select.limit_for_each.is_some() => write_first_of_each(select, out),
        What::Rows => write_rows(select, select.what, out),
        What::Exists => {
            out.sql("SELECT EXISTS (");
            write_rows(select, select.what, out);
            out.sql(")");
        }
        What::Count if is_countable(select) => write_rows(select, select.what, out),
        What::Count => {
            out.sql("SELECT COUNT(*) FROM (");
            let rows = if select.distinct { What::Rows } else { What::Exists };
            write_rows(select, rows, out);
            out.sql(")");
        }
    }
}

/// Whether the rows of a SELECT are those that COUNT(*) in it counts.
fn is_countable(select: &SelectTree) -> bool {
    let is_whole = select.limit.is_none() && select.offset.is_none() && select.compound.is_none();
    is_whole && !select.distinct && select.group_by.is_empty() && !is_aggregated(select)
}

pub(super) fn write_rows<'a>(select: &'a SelectTree, what: What, out: &mut impl Sink<'a>) {
    write_with(select, out);
    if let Some(compound) = &select.compound {
        return write_compound(select, compound, out);
    }
    out.open(&mut select.named_tables());
    out.sql(if select.distinct { "SELECT DISTINCT " } else { "SELECT " });
    match what {
        What::Rows => write_items(select, out),
        What::Count => out.sql("COUNT(*)"),
        What::Exists if is_aggregated(select) => write_items(select, out),
        What::Exists => out.sql("1"),
    }
    out.sql(" FROM ");
    write_source(select, select.from, out);
    select.joins.iter().for_each(|join| write_join(select, join, out));
    write_conditions(&select.filters, " WHERE ", out);
    for (index, node) in select.group_by.iter().enumerate() {
        out.sql(if index == 0 { " GROUP BY " } else { ", " });
        write_fields(node, "", out);
    }
    write_conditions(&select.having, " HAVING ", out);
    if select.what == What::Rows || select.limit.is_some() {
        write_order(&select.order_by, " ORDER BY ", out);
    }
    write_limit(select, out);
    write_lock(select, out);
    out.close();
}

/// The first rows of each value of an expression, which a window counts.
fn write_first_of_each<'a>(select: &'a SelectTree, out: &mut impl Sink<'a>) {
    out.open(&mut select.named_tables());
    out.sql("SELECT ");
    out.columns(select.from);
    out.sql(" FROM (SELECT ");
    out.columns(select.from);
    out.sql(", ROW_NUMBER() OVER (PARTITION BY ");
    select.limit_for_each.iter().for_each(|each| write_fields(each, "", out));
    write_order(&select.order_by, " ORDER BY ", out);
    out.sql(") AS orm_row FROM ");
    out.table(select.from);
    write_conditions(&select.filters, " WHERE ", out);
    out.sql(") AS ");
    out.table(select.from);
    out.sql(" WHERE orm_row <= ");
    out.number(select.limit.unwrap_or(LARGEST).min(LARGEST));
    out.sql(" ORDER BY orm_row");
    out.close();
}

fn write_items<'a>(select: &'a SelectTree, out: &mut impl Sink<'a>) {
    if select.items.is_empty() {
        return out.columns(select.from);
    }
    match select.labels {
        Some(table) => write_labelled_items(&select.items, table, out),
        None => write_list_of_items(&select.items, out),
    }
}

pub(super) fn write_list_of_items<'a>(items: &'a [Item], out: &mut impl Sink<'a>) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.sql(", ");
        }
        match item {
            Item::Expression(node) => write_fields(node, "", out),
            Item::Table(table) => out.columns(*table),
        }
    }
}

/// Tables between stand in parentheses with the one behind them, so that a left join keeps or leaves out all.
fn write_join<'a>(select: &'a SelectTree, join: &'a Join, out: &mut impl Sink<'a>) {
    out.sql(match join.kind {
        JoinKind::Inner => " JOIN ",
        JoinKind::Left => " LEFT JOIN ",
        JoinKind::Right => " RIGHT JOIN ",
        JoinKind::Full => " FULL JOIN ",
    });
    let tables: Vec<_> = join.between.iter().map(|(table, _)| *table).chain([join.to]).collect();
    out.sql(if join.between.is_empty() { "" } else { "(" });
    write_source(select, tables[0], out);
    for (table, (_, on)) in tables[1..].iter().zip(&join.between) {
        out.sql(" JOIN ");
        out.table(*table);
        out.sql(" ON ");
        write_node(on, out);
    }
    out.sql(if join.between.is_empty() { "" } else { ")" });
    if let Some(on) = &join.on {
        out.sql(" ON ");
        write_node(on, out);
    }
}

pub(super) fn write_conditions<'a>(conditions: &'a [Node], first: &'static str, out: &mut impl Sink<'a>) {
    for (index, filter) in conditions.iter().enumerate() {
        out.sql(if index == 0 { first } else { " AND " });
        write_operand(filter, out);
    }
}

pub(super) fn write_order<'a>(order_by: &'a [Ordered], first: &'static str, out: &mut impl Sink<'a>) {
    for (index, ordered) in order_by.iter().enumerate() {
        out.sql(if index == 0 { first } else { ", " });
        write_fields(&ordered.node, ordered.direction, out);
    }
}

/// The greatest number that every database takes.
const LARGEST: u64 = i64::MAX as u64;

pub(super) fn write_limit<'a>(select: &'a SelectTree, out: &mut impl Sink<'a>) {
    match (select.limit, select.offset) {
        (None, None) => {}
        (Some(limit), _) => {
            out.sql(" LIMIT ");
            out.number(limit.min(LARGEST));
        }
        (None, Some(_)) => out.sql(" LIMIT -1"),
    }
    if let Some(offset) = select.offset {
        out.sql(" OFFSET ");
        out.bind_number(offset);
    }
}

/// The check asks whether the database has the clauses.
fn write_lock<'a>(select: &'a SelectTree, out: &mut impl Sink<'a>) {
    let Some(lock) = &select.lock else { return };
    for clause in lock.clauses() {
        out.sql(clause.sql());
        for (index, table) in lock.of.iter().enumerate().filter(|_| clause == LockClause::Of) {
            out.sql(if index == 0 { "" } else { ", " });
            out.called(*table);
        }
    }
}

/// An expression, each of its columns with something behind it: a composite id is ordered column by column.
pub(super) fn write_fields<'a>(node: &'a Node, behind: &'static str, out: &mut impl Sink<'a>) {
    let Node::Field { of, field } = node else {
        write_operand(node, out);
        return out.sql(behind);
    };
    for (index, column) in of.table.fields[usize::from(*field)].clone().enumerate() {
        if index > 0 {
            out.sql(", ");
        }
        out.column(*of, column);
        out.sql(behind);
    }
}

/// An expression on the columns of one table, where nothing stands beside it.
pub(super) fn write_expression<'a>(node: &'a Node, out: &mut impl Sink<'a>) {
    write_node(node, out);
}

/// An expression where another may stand beside it: in parentheses, if it could be torn apart there.
fn write_operand<'a>(node: &'a Node, out: &mut impl Sink<'a>) {
    let is_loose = match node {
        Node::And(parts) | Node::Or(parts) => parts.len() > 1,
        Node::Binary(..) => true,
        Node::Link(sides) => sides.0.columns.len() > 1,
        Node::Field { .. } | Node::Value(_) | Node::Values(_) | Node::Entity(..) | Node::Unstorable(_) => {
            false
        }
        Node::Compare(..) | Node::Not(_) | Node::IsNull(_) | Node::InList(..) | Node::InSelect(..) => false,
        Node::Between(..) | Node::Like(..) | Node::Holds(..) => false,
        Node::Pieces(..) => true,
        Node::Postfix(..) | Node::Exists(_) | Node::Scalar(_) | Node::Call(..) | Node::Aggregate(_) => false,
        Node::Native(..) | Node::Window(_) => false,
    };
    if is_loose {
        out.sql("(");
    }
    write_node(node, out);
    if is_loose {
        out.sql(")");
    }
}

fn write_node<'a>(node: &'a Node, out: &mut impl Sink<'a>) {
    match node {
        Node::Field { of, field } => write_columns(*of, *field, out),
        Node::Value(value) => out.bind(value),
        Node::Values(values) => write_row(values.len(), out, |index, out| out.bind(&values[index])),
        Node::Entity(entity, width) => write_entity(*entity, *width, out),
        Node::Unstorable(why) => out.refuse(why),
        Node::Compare(comparison, sides) => write_pair(&sides.0, comparison.sql(), &sides.1, out),
        Node::Binary(operator, left, right) => write_pair(left, operator, right, out),
        Node::Link(sides) => write_link(&sides.0, &sides.1, out),
        Node::And(parts) => write_list(parts, " AND ", "1 = 1", out),
        Node::Or(parts) => write_list(parts, " OR ", "1 = 0", out),
        Node::Not(inner) => write_not(inner, out),
        Node::IsNull(inner) => write_null_test(inner, " IS NULL", " OR ", out),
        Node::InList(left, list) => write_in(left, list, out),
        Node::InSelect(left, select) => {
            write_operand(left, out);
            out.sql(" IN (");
            write_rows(select, What::Rows, out);
            out.sql(")");
        }
        Node::Exists(select) => {
            out.sql("EXISTS (");
            write_rows(select, What::Exists, out);
            out.sql(")");
        }
        Node::Scalar(select) => {
            out.sql("(");
            write_rows(select, What::Rows, out);
            out.sql(")");
        }
        Node::Between(left, low, high) => {
            write_pair(left, " BETWEEN ", low, out);
            out.sql(" AND ");
            write_operand(high, out);
        }
        Node::Like(text, pattern) => {
            write_pair(text, " LIKE ", pattern, out);
            out.sql(" ESCAPE '\\'");
        }
        Node::Holds(anchor, text, part) => write_holds(*anchor, text, part, out),
        Node::Postfix(words, inner) => {
            out.sql("(");
            write_node(inner, out);
            out.sql(")");
            out.sql(words);
        }
        Node::Call(name, arguments) => {
            out.sql(name);
            write_arguments(arguments, out);
        }
        Node::Pieces(pieces, parts) => write_pieces(pieces, parts, out),
        Node::Native(native, arguments) => {
            let (before, behind) = (out.capabilities().natives)(*native);
            out.sql(before);
            write_all(arguments, out);
            out.sql(behind);
        }
        Node::Aggregate(aggregate) => write_aggregate(aggregate, out),
        Node::Window(window) => write_window(window, out),
    }
}

fn write_pieces<'a>(pieces: &'a [&'static str], parts: &'a [Node], out: &mut impl Sink<'a>) {
    for (index, piece) in pieces.iter().enumerate() {
        out.sql(piece);
        if let Some(part) = parts.get(index) {
            write_operand(part, out);
        }
    }
}

fn write_arguments<'a>(arguments: &'a [Node], out: &mut impl Sink<'a>) {
    write_all(arguments, out);
    out.sql(")");
}

fn write_all<'a>(arguments: &'a [Node], out: &mut impl Sink<'a>) {
    for (index, argument) in arguments.iter().enumerate() {
        if index > 0 {
            out.sql(", ");
        }
        write_node(argument, out);
    }
}

/// A composite id is counted by its first column: all of them are NULL, or none is.
fn write_aggregate<'a>(aggregate: &'a Aggregate, out: &mut impl Sink<'a>) {
    out.sql(aggregate.name);
    if aggregate.distinct {
        out.sql("DISTINCT ");
    }
    match &aggregate.of {
        None => out.sql("*"),
        Some(Node::Field { of, field }) => out.column(*of, of.table.fields[usize::from(*field)].start),
        Some(node) => write_node(node, out),
    }
    out.sql(")");
    if let Some(filter) = &aggregate.filter {
        out.sql(" FILTER (WHERE ");
        write_node(filter, out);
        out.sql(")");
    }
}

fn write_link<'a>(left: &Columns, right: &Columns, out: &mut impl Sink<'a>) {
    for (index, (a, b)) in left.columns.iter().zip(right.columns).enumerate() {
        if index > 0 {
            out.sql(" AND ");
        }
        out.column(left.of, *a);
        out.sql(" = ");
        out.column(right.of, *b);
    }
}

fn write_pair<'a>(left: &'a Node, between: &'static str, right: &'a Node, out: &mut impl Sink<'a>) {
    write_operand(left, out);
    out.sql(between);
    write_operand(right, out);
}

fn write_list<'a>(parts: &'a [Node], between: &'static str, empty: &'static str, out: &mut impl Sink<'a>) {
    if parts.is_empty() {
        return out.sql(empty);
    }
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.sql(between);
        }
        write_operand(part, out);
    }
}

fn write_not<'a>(inner: &'a Node, out: &mut impl Sink<'a>) {
    if let Node::IsNull(inner) = inner {
        return write_null_test(inner, " IS NOT NULL", " AND ", out);
    }
    out.sql("NOT (");
    write_node(inner, out);
    out.sql(")");
}

/// A row value cannot be asked as a whole: a composite id names nothing when one of its columns is NULL.
fn write_null_test<'a>(node: &'a Node, test: &'static str, between: &'static str, out: &mut impl Sink<'a>) {
    let Node::Field { of, field } = node else {
        write_operand(node, out);
        return out.sql(test);
    };
    let columns = of.table.fields[usize::from(*field)].clone();
    let is_loose = columns.len() > 1;
    if is_loose {
        out.sql("(");
    }
    for (index, column) in columns.enumerate() {
        if index > 0 {
            out.sql(between);
        }
        out.column(*of, column);
        out.sql(test);
    }
    if is_loose {
        out.sql(")");
    }
}

/// `instr` and `lower` read beyond a NUL; `length` does so for bytes only. `lower` folds ASCII letters, as LIKE does.
fn write_holds<'a>(anchor: Anchor, text: &'a Node, part: &'a Value<'static>, out: &mut impl Sink<'a>) {
    let (before, between) = match anchor {
        Anchor::Anywhere | Anchor::Start => ("instr(lower(", "), lower("),
        Anchor::End => ("substr(CAST(lower(", ") AS BLOB), -length(CAST(lower("),
    };
    out.sql(before);
    write_operand(text, out);
    out.sql(between);
    out.bind(part);
    match anchor {
        Anchor::Anywhere => out.sql(")) > 0"),
        Anchor::Start => out.sql(")) = 1"),
        Anchor::End => {
            out.sql(") AS BLOB))) = CAST(lower(");
            out.bind(part);
            out.sql(") AS BLOB)");
        }
    }
}

/// A list that is longer than this is bound as one JSON array where the database reads one, so that all of them share a
/// statement.
const LONG_LIST: usize = 32;

/// A short list is filled up to a power of two with its last value, so that lists of many lengths share a statement; but not
/// beyond what fits.
fn write_in<'a>(left: &'a Node, list: &'a [Node], out: &mut impl Sink<'a>) {
    let Some(last) = list.last() else {
        return out.sql("1 = 0");
    };
    write_operand(left, out);
    out.sql(" IN (");
    if let Some(rows) = out.capabilities().json_rows
        && list.len() > LONG_LIST
        && list.iter().all(JsonList::takes)
    {
        out.sql(rows);
        out.bind_list(list);
        return out.sql(")");
    }
    if width(last) > 1 {
        out.sql("VALUES ");
    }
    let filled = list.len().next_power_of_two();
    let fits = filled * width(last) * 2 <= out.capabilities().max_binds;
    for index in 0..if fits { filled } else { list.len() } {
        if index > 0 {
            out.sql(", ");
        }
        write_operand(list.get(index).unwrap_or(last), out);
    }
    out.sql(")");
}

/// How many columns stand beside each other in what an operand is.
pub(super) fn width(node: &Node) -> usize {
    if let Node::Field { of, field } = node {
        return of.table.fields[usize::from(*field)].len();
    }
    if let Node::Values(values) = node {
        return values.len();
    }
    if let Node::Entity(_, width) = node { *width } else { 1 }
}

pub(super) fn write_columns<'a>(of: TableRef, field: u16, out: &mut impl Sink<'a>) {
    let columns = of.table.fields[usize::from(field)].clone();
    write_row(columns.len(), out, |index, out| out.column(of, columns.start + index));
}

fn write_entity<'a>(entity: Entity, width: usize, out: &mut impl Sink<'a>) {
    if width > 1 {
        out.sql("(");
    }
    out.bind_entity(entity, width);
    if width > 1 {
        out.sql(")");
    }
}

/// One item as it is, several as a row value.
fn write_row<'a, S: Sink<'a>>(count: usize, out: &mut S, each: impl Fn(usize, &mut S)) {
    if count == 1 {
        return each(0, out);
    }
    for index in 0..count {
        out.sql(if index == 0 { "(" } else { ", " });
        each(index, out);
    }
    out.sql(")");
}
