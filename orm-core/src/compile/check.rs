//! What is wrong with a statement that only its whole shows; asked before its text is written, once for each shape.

use super::compound::check_compound;
use super::grouping::check_groups;
use crate::error::{Error, Result};
use crate::expr::{DerivedBody, Node};
use crate::stmt::{Item, SelectTree};

/// # Errors
/// Misuse that names what cannot be sent.
pub(crate) fn check_select(select: &SelectTree) -> Result<()> {
    check_names(select)?;
    select.with.iter().try_for_each(|table| check_select(&table.select))?;
    for derived in &select.derived {
        match &derived.body {
            DerivedBody::Subquery(inner) => check_select(inner)?,
            DerivedBody::With(_) => {}
        }
    }
    if let Some(compound) = &select.compound {
        check_select(&compound.first)?;
        compound.rest.iter().try_for_each(|(_, part)| check_select(part))?;
        return check_compound(select);
    }
    check_groups(select)?;
    expressions(select).try_for_each(check_inside)
}

/// Every expression of a SELECT.
fn expressions(select: &SelectTree) -> impl Iterator<Item = &Node> {
    let items = select.items.iter().filter_map(|item| match item {
        Item::Expression(node) => Some(node),
        Item::Table(_) => None,
    });
    let joins = select.joins.iter().filter_map(|join| join.on.as_ref());
    let orders = select.order_by.iter().map(|ordered| &ordered.node);
    items.chain(joins).chain(&select.filters).chain(&select.group_by).chain(&select.having).chain(orders)
}

/// The SELECTs inside an expression.
fn check_inside(node: &Node) -> Result<()> {
    if let Node::InSelect(_, select) | Node::Exists(select) | Node::Scalar(select) = node {
        check_select(select)?;
    }
    let mut result = Ok(());
    node.each_child(&mut |child| {
        if result.is_ok() {
            result = check_inside(child);
        }
    });
    result
}

/// Two tables in WITH cannot have one name: the second would be taken for the first.
fn check_names(select: &SelectTree) -> Result<()> {
    for (index, table) in select.with.iter().enumerate() {
        if select.with[..index].iter().any(|other| other.name == table.name) {
            let name = table.name;
            return Err(Error::misuse(format!(
                "two `.cte(\"{name}\")` of different rows stand in one query: give one of them another name"
            )));
        }
    }
    Ok(())
}
