//! An entity as the oracle sees it.

use std::collections::BTreeMap;

use orm_core::prelude::State;

use super::bridge::{Key, Row, Val};

/// An entity as it has to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// The number of its table.
    pub table: usize,
    /// `None` once it is gone.
    pub state: Option<State>,
    /// Its values.
    pub values: Row,
    /// What the session takes its row to be, for one that has a row.
    pub kept: Row,
    /// The key of its row.
    pub key: Option<Key>,
    /// Whether its values are of this transaction.
    pub is_fresh: bool,
    /// Whether that is left open: a savepoint was undone, and the session may look again or not.
    pub is_unsure: bool,
    /// Whether they have been at any time of the innermost frame, before it wrote them: what was read after tells nothing of
    /// what was before.
    pub(super) was_fresh: bool,
    /// Whether the innermost frame wrote them without having seen them.
    pub(super) is_blind: bool,
    /// Whether it was set since the last flush, be it to what it was.
    pub is_touched: bool,
    /// Whether it was changed when its row was deleted: that means nothing, so what it shows is left open until it has a row.
    pub is_idle: bool,
    /// Its values as they were first.
    pub(super) born: Row,
    /// What foreign keys named that are NULL since the rows are deleted: if its own row is taken back, they name it again.
    pub(super) nulled: BTreeMap<usize, Val>,
    /// Whether it may have come into lists of relations since they were loaded.
    pub(super) was_moved: bool,
    /// Whether the program made it; else it was loaded.
    pub(super) is_added: bool,
}

impl Entity {
    pub(super) fn new(table: usize, state: State, values: Row) -> Self {
        Entity {
            table,
            state: Some(state),
            kept: values.clone(),
            born: values.clone(),
            values,
            key: None,
            is_fresh: false,
            is_unsure: false,
            was_fresh: false,
            is_blind: false,
            is_idle: false,
            is_touched: false,
            nulled: BTreeMap::new(),
            was_moved: state == State::Pending,
            is_added: true,
        }
    }

    pub(super) fn was_read(&mut self) {
        self.is_fresh = true;
        self.was_fresh |= !self.is_blind;
    }

    pub(super) fn lose_edits(&mut self) {
        self.values.clone_from(&self.kept);
        (self.is_touched, self.is_fresh) = (false, false);
    }

    pub(super) fn is(&self, state: State) -> bool {
        self.state == Some(state)
    }
}
