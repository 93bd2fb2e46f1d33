//! UPDATE and DELETE of all rows that meet conditions, as plain data.

use super::Item;
use crate::expr::{Node, TableRef};

/// An UPDATE or a DELETE.
#[derive(Clone)]
pub(crate) struct BulkTree {
    pub(crate) table: TableRef,
    pub(crate) action: BulkAction,
    pub(crate) filters: Vec<Node>,
    /// What a row that was reached gives back.
    pub(crate) returning: Vec<Item>,
}

/// What is done to the rows.
#[derive(Clone)]
pub(crate) enum BulkAction {
    /// Fields, and what they are set to.
    Update(Vec<(u16, Node)>),
    Delete,
}

impl BulkTree {
    pub(crate) fn new(table: TableRef, action: BulkAction) -> Self {
        BulkTree { table, action, filters: Vec::new(), returning: Vec::new() }
    }

    /// Every expression of it.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Node> {
        let sets = match &self.action {
            BulkAction::Update(sets) => sets.as_slice(),
            BulkAction::Delete => &[],
        };
        let returned = self.returning.iter().filter_map(|item| match item {
            Item::Expression(node) => Some(node),
            Item::Table(_) => None,
        });
        self.filters.iter().chain(sets.iter().map(|(_, node)| node)).chain(returned)
    }
}
