//! What would be written of a slot, as names and values.

use super::any::AnyStore;
use super::change::Change;
use super::slot::State;
use super::typed::Store;
use super::visit;
use crate::schema::Model;
use crate::util::columns::ColumnSet;
use crate::value::{Ids, Value};

impl<M: Model> Store<M> {
    /// What a flush would write of a slot, column by column.
    pub(super) fn list_changes(&self, slot: u32, ids: &dyn Ids) -> Vec<Change> {
        let table = M::table();
        let place = self.at(slot);
        let Some(value) = &place.value else { return Vec::new() };
        let kept = place.kept.as_ref().map(|kept| self.copies.get(kept));
        let columns = match place.state {
            State::Pending => table.insertable.without(&visit::unset_columns(value)).without(&table.managed),
            State::Persistent | State::Missing => self.changed(slot, ids),
            State::Deleted | State::DeletedFlushed | State::Withdrawn => ColumnSet::EMPTY,
        };
        let made = self.expressed(slot);
        let change = |column: usize| Change {
            column: &table.columns[column].name,
            old: kept.and_then(|kept| one_value(kept, column, ids)),
            new: if made.contains(column) { None } else { one_value(value, column, ids) },
        };
        columns.iter().map(change).collect()
    }
}

/// The value of one column, once it is known.
fn one_value<M: Model>(value: &M, column: usize, ids: &dyn Ids) -> Option<Value<'static>> {
    let mut found = Vec::new();
    visit::encode(value, &ColumnSet::from_iter([column]), ids, &mut found).ok()?;
    found.pop().map(Value::into_owned)
}
