//! The order of a SELECT as a place that rows have: what stands behind a row is found by the values of that row.
//!
//! Rows behind `(a, b)` in the order `x, y` are those with `x > a OR (x = a AND y > b)`. NULL is less than all values, unless the
//! order says otherwise, and the statement says so too: databases differ in this.

use super::dialect::Dialect;
use super::grouping::is_aggregated;
use super::select::{width, write_order};
use super::sink::Sink;
use super::writer::Writer;
use crate::error::{Error, Result};
use crate::expr::{Comparison, Node, Ordered, TableRef};
use crate::stmt::{Item, SelectTree};
use crate::value::Value;

/// The order of a SELECT in which no two rows have one place.
pub(crate) struct Keyset {
    parts: Vec<Part>,
}

/// A part of an order.
struct Part {
    node: Node,
    descends: bool,
    nulls: Nulls,
}

/// Where rows without a value stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nulls {
    /// There are none.
    Never,
    First,
    Last,
}

impl Keyset {
    /// Makes the order of a SELECT total, and adds it to what the SELECT returns, behind all else.
    ///
    /// # Errors
    /// Misuse for a SELECT whose rows have no place of their own.
    pub(crate) fn add_to(tree: &mut SelectTree) -> Result<Self> {
        check(tree)?;
        let missing = if tree.group_by.is_empty() { keys(tree) } else { tree.group_by.clone() };
        for node in missing {
            if !is_ordered_by(tree, &node) {
                tree.order_by.push(Ordered { node, direction: "" });
            }
        }
        let parts: Vec<Part> = tree.order_by.iter().map(|ordered| part(ordered, tree)).collect();
        for (ordered, part) in tree.order_by.iter_mut().zip(&parts) {
            ordered.direction = part.direction();
        }
        if tree.items.is_empty() {
            tree.items.push(Item::Table(tree.from));
        }
        tree.items.extend(parts.iter().map(|part| Item::Expression(part.node.clone())));
        Ok(Keyset { parts })
    }

    /// How many columns the order has.
    pub(crate) fn width(&self) -> usize {
        self.parts.iter().map(|part| width(&part.node)).sum()
    }

    /// Leaves the rows that stand behind a place.
    pub(crate) fn restrict(&self, tree: &mut SelectTree, place: Vec<Value<'static>>) {
        let mut place = place.into_iter();
        let values: Vec<Vec<Value<'static>>> =
            self.parts.iter().map(|part| place.by_ref().take(width(&part.node)).collect()).collect();
        let places = self.parts.iter().zip(&values);
        let behind = places.rev().fold(None, |inner, (part, value)| part.behind(value, inner));
        let conditions = if tree.group_by.is_empty() { &mut tree.filters } else { &mut tree.having };
        // Says again what the condition implies, for an index on the first column.
        if let ([first, _, ..], Some(value)) = (&self.parts[..], values.first()) {
            conditions.extend(first.bound(value));
        }
        conditions.push(behind.unwrap_or(Node::Or(Vec::new())));
    }

    /// A number of the order, the same in every process: a cursor of another order has another.
    pub(crate) fn fingerprint(&self, tree: &SelectTree, dialect: &dyn Dialect) -> u64 {
        let mut writer = Writer::new(dialect);
        Sink::open(&mut writer, &mut tree.named_tables());
        write_order(&tree.order_by, "", &mut writer);
        Sink::close(&mut writer);
        writer.finish().bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

impl Part {
    fn direction(&self) -> &'static str {
        match (self.descends, self.nulls) {
            (false, Nulls::Never) => "",
            (false, Nulls::First) => " NULLS FIRST",
            (false, Nulls::Last) => " NULLS LAST",
            (true, Nulls::Never) => " DESC",
            (true, Nulls::First) => " DESC NULLS FIRST",
            (true, Nulls::Last) => " DESC NULLS LAST",
        }
    }

    /// Rows behind a value, and those at the value that a condition on the next parts leaves.
    fn behind(&self, value: &[Value<'static>], at_value: Option<Node>) -> Option<Node> {
        let here = at_value.map(|inner| Node::And(vec![self.at(value), inner]));
        let mut parts: Vec<Node> = self.past(value).into_iter().chain(here).collect();
        if parts.len() > 1 { Some(Node::Or(parts)) } else { parts.pop() }
    }

    fn at(&self, value: &[Value<'static>]) -> Node {
        match is_null(value) {
            true => self.null(),
            false => self.compare(Comparison::Equal, value),
        }
    }

    /// Rows that have another value, which comes later.
    fn past(&self, value: &[Value<'static>]) -> Option<Node> {
        let later = if self.descends { Comparison::Less } else { Comparison::Greater };
        match (is_null(value), self.nulls) {
            (true, Nulls::Last) => None,
            (true, Nulls::First | Nulls::Never) => Some(Node::Not(Box::new(self.null()))),
            (false, Nulls::Last) => Some(Node::Or(vec![self.compare(later, value), self.null()])),
            (false, Nulls::First | Nulls::Never) => Some(self.compare(later, value)),
        }
    }

    /// What all rows at a value or behind it meet, if one comparison says it.
    fn bound(&self, value: &[Value<'static>]) -> Option<Node> {
        let comparison = if self.descends { Comparison::LessOrEqual } else { Comparison::GreaterOrEqual };
        let is_one = !is_null(value) && self.nulls != Nulls::Last;
        is_one.then(|| self.compare(comparison, value))
    }

    fn null(&self) -> Node {
        Node::IsNull(Box::new(self.node.clone()))
    }

    fn compare(&self, comparison: Comparison, value: &[Value<'static>]) -> Node {
        let right = match value {
            [one] => Node::Value(one.clone()),
            several => Node::Values(several.to_vec()),
        };
        Node::compare(comparison, self.node.clone(), right)
    }
}

fn is_null(value: &[Value<'static>]) -> bool {
    value.contains(&Value::Null)
}

fn part(ordered: &Ordered, tree: &SelectTree) -> Part {
    let descends = ordered.direction.starts_with(" DESC");
    let nulls = match (can_be_null(&ordered.node, tree), ordered.direction) {
        (false, _) => Nulls::Never,
        (true, direction) if direction.ends_with("FIRST") => Nulls::First,
        (true, direction) if direction.ends_with("LAST") => Nulls::Last,
        (true, _) if descends => Nulls::Last,
        (true, _) => Nulls::First,
    };
    Part { node: ordered.node.clone(), descends, nulls }
}

fn can_be_null(node: &Node, tree: &SelectTree) -> bool {
    let Node::Field { of, field } = node else { return true };
    tree.may_lack(*of)
        || of.table.fields[usize::from(*field)].clone().any(|column| of.table.columns[column].nullable)
}

fn check(tree: &SelectTree) -> Result<()> {
    let refuse = |what: &str| {
        Err(Error::misuse(format!("a page after a cursor cannot be had of {what}: page by number instead")))
    };
    if tree.limit.is_some() || tree.offset.is_some() {
        return Err(Error::misuse("a query that is paged has a limit: leave out yours, and your offset"));
    }
    if tree.compound.is_some() {
        return refuse("combined queries");
    }
    if tree.group_by.is_empty() && is_aggregated(tree) {
        return refuse("a query that gives one row");
    }
    let items = tree.items.iter().filter_map(|item| match item {
        Item::Expression(node) => Some(node),
        Item::Table(_) => None,
    });
    if items.chain(tree.order_by.iter().map(|ordered| &ordered.node)).any(has_window) {
        return refuse("window functions, which would see the rows of one page only");
    }
    let is_of_rows = |node: &Node| matches!(node, Node::Field { of, .. } if *of == tree.from);
    let is_plain = tree.items.is_empty() && tree.order_by.iter().all(|ordered| is_of_rows(&ordered.node));
    if tree.distinct && !is_plain {
        return refuse("distinct rows that no key tells apart");
    }
    Ok(())
}

fn has_window(node: &Node) -> bool {
    if let Node::Window(_) = node {
        return true;
    }
    let mut found = false;
    node.each_child(&mut |child| found |= has_window(child));
    found
}

/// What tells rows apart: nothing more, if the order does so already.
fn keys(tree: &SelectTree) -> Vec<Node> {
    if tree.joins.is_empty() && has_unique_order(tree) {
        return Vec::new();
    }
    let joined = tree.joins.iter().filter(|_| !tree.distinct).map(|join| join.to);
    std::iter::once(tree.from).chain(joined).flat_map(TableRef::key_fields).collect()
}

/// Whether the columns that a table is ordered by hold a key, or unique columns without NULL.
fn has_unique_order(tree: &SelectTree) -> bool {
    let table = tree.from.table;
    let ordered = |column: &usize| {
        tree.order_by.iter().any(|ordered| match &ordered.node {
            Node::Field { of, field } => {
                *of == tree.from && table.fields[usize::from(*field)].contains(column)
            }
            _ => false,
        })
    };
    let is_whole =
        |columns: &[usize]| columns.iter().all(|column| ordered(column) && !table.columns[*column].nullable);
    is_whole(&table.primary_key) || table.uniques.iter().any(|unique| is_whole(&unique.columns))
}

fn is_ordered_by(tree: &SelectTree, node: &Node) -> bool {
    tree.order_by.iter().any(|ordered| super::grouping::is_same(&ordered.node, node))
}
