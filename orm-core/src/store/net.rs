//! What would be written of a slot, as names and values.

use super::any::AnyStore;
use super::change::Change;
use super::slot::{Slot, State};
use super::typed::Store;
use super::visit;
use crate::schema::{Diff, Model};
use crate::util::columns::ColumnSet;
use crate::value::{Ids, Value};

impl<M: Model> Store<M> {
    /// The columns that the statement for a slot in a state writes.
    pub(super) fn written_columns(&self, place: &Slot<M>, state: State) -> ColumnSet {
        let table = M::table();
        let Some(value) = place.value.as_ref().filter(|_| state == State::Pending) else {
            return ColumnSet::EMPTY;
        };
        if table.only_key_is_generated {
            return if Store::own_key(value).is_none() { table.without_key } else { table.insertable };
        }
        let mut columns = table.insertable;
        if !table.generated.is_empty() {
            let unset = visit::unset_columns(value);
            table
                .generated
                .iter()
                .filter(|&column| unset.contains(column))
                .for_each(|column| columns.remove(column));
        }
        columns
    }

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

impl<M: Model> Store<M> {
    /// Shows what the journal holds of slots that are in use still: those that were born, marked, or changed.
    pub(super) fn show_recorded(
        &self,
        since: usize,
        ids: &dyn Ids,
        each: &mut dyn FnMut(u32, State, Vec<Change>),
    ) {
        let undos = self.journal.since(since).iter();
        for (slot, undo) in undos.flat_map(|undo| undo.slots().map(move |slot| (slot, undo))) {
            let place = self.at(slot);
            let Some(value) = place.value.as_ref().filter(|_| place.generation == undo.generation) else {
                continue;
            };
            let changes = match (&undo.kept, undo.state) {
                (Some(kept), State::Persistent | State::Missing) => {
                    self.between(self.copies.get(kept), value, ids)
                }
                (Some(_) | None, _) => Vec::new(),
            };
            if !changes.is_empty() || matches!(undo.state, State::Pending | State::Deleted) {
                each(slot, undo.state, changes);
            }
        }
    }

    fn between(&self, old: &M, new: &M, ids: &dyn Ids) -> Vec<Change> {
        let table = M::table();
        let mut diff = Diff::new(ids);
        new.diff(old, &mut diff);
        let change = |column: usize| Change {
            column: &table.columns[column].name,
            old: one_value(old, column, ids),
            new: one_value(new, column, ids),
        };
        diff.changed.without(&table.managed).iter().map(change).collect()
    }
}

/// The value of one column, once it is known.
fn one_value<M: Model>(value: &M, column: usize, ids: &dyn Ids) -> Option<Value<'static>> {
    let mut found = Vec::new();
    visit::encode(value, &ColumnSet::from_iter([column]), ids, &mut found).ok()?;
    found.pop().map(Value::into_owned)
}
