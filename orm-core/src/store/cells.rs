//! The values of an entity as those of a row, for expressions that are evaluated in memory.

use super::{AnyStore, Stores};
use crate::compile::Capabilities;
use crate::expr::{Cells, Node, TableRef, is_met};
use crate::util::columns::ColumnSet;
use crate::value::{Entity, Ids, Value};

/// An entity that stands for a row of a table in a statement.
pub(crate) struct HeldRow<'stores> {
    pub(crate) stores: &'stores Stores,
    pub(crate) of: TableRef,
    pub(crate) slot: u32,
    pub(crate) capabilities: &'stores Capabilities,
}

impl HeldRow<'_> {
    /// Whether it meets all conditions, by the values that it has now; `None` if only the database can tell.
    pub(crate) fn meets(&self, conditions: &[Node]) -> Option<bool> {
        is_met(conditions, self)
    }

    /// The version that its row has after the next write.
    pub(crate) fn next_version(&self) -> Option<Value<'static>> {
        let mut values = Vec::new();
        self.store().encode_version(self.slot, self.stores, &mut values).ok()?;
        match values[..] {
            [Value::Int(version)] => version.checked_add(1).map(Value::Int),
            _ => None,
        }
    }

    fn store(&self) -> &dyn AnyStore {
        self.stores.any(self.of.table.number)
    }
}

impl Cells for HeldRow<'_> {
    fn field(&self, of: TableRef, field: u16) -> Option<Vec<Value<'_>>> {
        if of != self.of {
            return None;
        }
        let columns: ColumnSet = of.table.fields[usize::from(field)].clone().collect();
        let mut values = Vec::with_capacity(columns.len());
        self.store().encode(self.slot, &columns, self.stores, &mut values).ok()?;
        Some(values)
    }

    fn key(&self, entity: Entity) -> Option<Vec<Value<'_>>> {
        let mut values = Vec::new();
        self.stores.encode_entity(entity, &mut values).ok()?;
        Some(values)
    }

    fn compares_bytes(&self) -> bool {
        self.capabilities.compares_bytes
    }
}
