//! What is wrong with a statement that only its whole shows; asked before its text is written, once for each shape.

use super::compound::check_compound;
use super::dialect::Dialect;
use super::grouping::{check_groups, is_aggregated};
use crate::error::{Error, Result};
use crate::expr::{DerivedBody, JoinKind, LockClauses, Node};
use crate::stmt::{BulkTree, Item, SelectTree, What};

/// # Errors
/// Misuse that names what cannot be sent; unsupported where the database has no such clause.
pub(crate) fn check_select(select: &SelectTree, dialect: &dyn Dialect) -> Result<()> {
    check_names(select)?;
    check_joins(select)?;
    if let Some(lock) = &select.lock {
        check_lock(select, lock, dialect)?;
    }
    select.with.iter().try_for_each(|table| check_select(&table.select, dialect))?;
    for derived in &select.derived {
        match &derived.body {
            DerivedBody::Subquery(inner) => check_select(inner, dialect)?,
            DerivedBody::With(_) => {}
        }
    }
    if let Some(compound) = &select.compound {
        let parts = || std::iter::once(&compound.first).chain(compound.rest.iter().map(|(_, part)| part));
        parts().try_for_each(|part| check_select(part, dialect))?;
        return if parts().any(|part| part.lock.is_some()) {
            Err(not_lockable())
        } else {
            check_compound(select)
        };
    }
    check_groups(select)?;
    expressions(select).try_for_each(|node| check_inside(node, dialect))
}

/// The same for a statement that changes rows.
///
/// # Errors
/// As [`check_select`].
pub(crate) fn check_bulk(bulk: &BulkTree, dialect: &dyn Dialect) -> Result<()> {
    bulk.expressions().try_for_each(|node| check_inside(node, dialect))
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
fn check_inside(node: &Node, dialect: &dyn Dialect) -> Result<()> {
    if let Node::InSelect(_, select) | Node::Exists(select) | Node::Scalar(select) = node {
        check_select(select, dialect)?;
    }
    let mut result = Ok(());
    node.each_child(&mut |child| {
        if result.is_ok() {
            result = check_inside(child, dialect);
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

/// A full join over tables between would repeat rows, or lose them.
fn check_joins(select: &SelectTree) -> Result<()> {
    let over = |join: &&crate::expr::Join| join.kind == JoinKind::Full && !join.between.is_empty();
    match select.joins.iter().find(over) {
        None => Ok(()),
        Some(join) => {
            let (to, between) = (join.to.table.model, join.between[0].0.table.model);
            Err(Error::misuse(format!(
                "a full join with `{to}` cannot be made over `{between}`: join each of them along its own foreign key"
            )))
        }
    }
}

/// # Errors
/// Misuse where a row of the result is no row of a table; unsupported where the database has not all of its clauses.
fn check_lock(select: &SelectTree, lock: &LockClauses, dialect: &dyn Dialect) -> Result<()> {
    let known = dialect.capabilities().locks;
    if let Some(missing) = lock.clauses().find(|clause| !known.contains(clause)) {
        let (name, clause) = (dialect.name(), missing.sql().trim());
        return Err(Error::unsupported(format!(
            "{name} has no `{clause}` in a SELECT: begin the transaction `Immediate`, and nobody else writes until it ends"
        )));
    }
    let is_grouped = select.distinct || !select.group_by.is_empty() || is_aggregated(select);
    if is_grouped || select.what != What::Rows { Err(not_lockable()) } else { Ok(()) }
}

#[cold]
fn not_lockable() -> Error {
    Error::misuse(
        "a query that counts, groups or combines rows cannot lock them: lock the rows in a query of their own",
    )
}
