//! What a grouped SELECT may return: databases that do not check it return a value of any row of the group.

use crate::error::{Error, Result};
use crate::expr::{Item, Node, SelectTree, TableRef, Window};

/// Whether a SELECT makes one row of several.
pub(super) fn is_aggregated(select: &SelectTree) -> bool {
    let in_items = select.items.iter().any(|item| match item {
        Item::Expression(node) => has_aggregate(node),
        Item::Table(_) => false,
    });
    in_items || !select.having.is_empty()
}

/// Refuses a column that is neither grouped by nor inside an aggregate.
///
/// # Errors
/// Misuse, which names the column.
pub(super) fn check_groups(select: &SelectTree) -> Result<()> {
    if select.group_by.is_empty() && !is_aggregated(select) {
        return Ok(());
    }
    let groups = Groups { select, group_by: &select.group_by };
    for item in &select.items {
        match item {
            Item::Expression(node) => groups.check(node, "selects")?,
            Item::Table(table) if groups.have_key_of(*table) => {}
            Item::Table(table) => return Err(ungrouped(*table, first_key(*table), "selects")),
        }
    }
    if select.items.is_empty() && !groups.have_key_of(select.from) {
        return Err(ungrouped(select.from, first_key(select.from), "selects"));
    }
    select.having.iter().try_for_each(|node| groups.check(node, "has a condition on"))?;
    select.order_by.iter().try_for_each(|ordered| groups.check(&ordered.node, "is ordered by"))
}

struct Groups<'select> {
    select: &'select SelectTree,
    group_by: &'select [Node],
}

impl Groups<'_> {
    fn check(&self, node: &Node, verb: &str) -> Result<()> {
        if let Node::Field { of, field } = node {
            // A row of a query around this one is one row.
            let is_outer = self.select.tables().all(|table| table != *of);
            let is_grouped = is_outer || self.have_field(*of, *field) || self.have_key_of(*of);
            return match is_grouped {
                true => Ok(()),
                false => Err(ungrouped(*of, of.table.fields[usize::from(*field)].start, verb)),
            };
        }
        if matches!(node, Node::Aggregate(_)) || self.group_by.iter().any(|group| is_same(group, node)) {
            return Ok(());
        }
        let mut result = Ok(());
        node.each_child(&mut |child| {
            if result.is_ok() {
                result = self.check(child, verb);
            }
        });
        result
    }

    fn have_field(&self, table: TableRef, wanted: u16) -> bool {
        let is_wanted =
            |node: &Node| matches!(node, Node::Field { of, field } if *of == table && *field == wanted);
        self.group_by.iter().any(is_wanted)
    }

    /// Whether the rows of a group are one row of a table, since its key is grouped by.
    fn have_key_of(&self, table: TableRef) -> bool {
        let mut fields = table.table.fields.iter().enumerate();
        !table.table.primary_key.is_empty()
            && fields.all(|(field, columns)| {
                let is_key = columns.clone().any(|column| table.table.primary_key.contains(&column));
                !is_key || self.have_field(table, u16::try_from(field).unwrap_or(u16::MAX))
            })
    }
}

/// Whether two expressions are written alike, as far as can be told without a database.
pub(super) fn is_same(a: &Node, b: &Node) -> bool {
    if let (Node::Field { of, field }, Node::Field { of: other, field: at }) = (a, b) {
        return of == other && field == at;
    }
    if let (Node::Value(a), Node::Value(b)) = (a, b) {
        return a == b;
    }
    if let (Node::Aggregate(a), Node::Aggregate(b)) = (a, b)
        && (a.distinct, a.of.is_some()) != (b.distinct, b.of.is_some())
    {
        return false;
    }
    if std::mem::discriminant(a) != std::mem::discriminant(b) || names_of(a) != names_of(b) {
        return false;
    }
    if let (Node::Pieces(a, _), Node::Pieces(b, _)) = (a, b)
        && a != b
    {
        return false;
    }
    if let (Node::Window(a), Node::Window(b)) = (a, b)
        && !is_same_window(a, b)
    {
        return false;
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    a.each_child(&mut |child| left.push(child));
    b.each_child(&mut |child| right.push(child));
    let says_all = matches!(a, Node::Call(..) | Node::Aggregate(_) | Node::Window(_));
    let is_known = says_all || !left.is_empty();
    is_known && left.len() == right.len() && left.iter().zip(right).all(|(a, b)| is_same(a, b))
}

fn is_same_window(a: &Window, b: &Window) -> bool {
    let is_partitioned_alike = a.partition_by.len() == b.partition_by.len() && a.frame == b.frame;
    let directions =
        |window: &Window| -> Vec<&str> { window.order_by.iter().map(|ordered| ordered.direction).collect() };
    is_partitioned_alike && directions(a) == directions(b) && is_same(&a.function, &b.function)
}

/// What an expression is called, where it has a name.
fn names_of(node: &Node) -> Option<&'static str> {
    if let Node::Binary(name, ..) | Node::Call(name, _) | Node::Postfix(name, _) = node {
        return Some(name);
    }
    if let Node::Aggregate(aggregate) = node {
        return Some(aggregate.name);
    }
    if let Node::Native(native, _) = node {
        return Some(native.standard().0);
    }
    if let Node::Compare(comparison, ..) = node { Some(comparison.sql()) } else { None }
}

fn has_aggregate(node: &Node) -> bool {
    if matches!(node, Node::Aggregate(_)) {
        return true;
    }
    let mut found = false;
    node.each_child(&mut |child| found = found || has_aggregate(child));
    found
}

fn first_key(table: TableRef) -> usize {
    table.table.primary_key.first().copied().unwrap_or(0)
}

#[cold]
fn ungrouped(table: TableRef, column: usize, verb: &str) -> Error {
    let (name, column) = (table.table.name, &table.table.columns[column].name);
    Error::misuse(format!(
        "a grouped query {verb} `{name}.{column}`, which has several values in a group: add the column or its model's key to `group_by`, or take an aggregate of it"
    ))
}
