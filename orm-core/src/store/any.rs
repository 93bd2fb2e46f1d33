//! A store without its model's type: what the unit of work works on, compiled once. `erased` is how a typed store does it.

use std::any::Any;

use super::Stores;
use super::change::{Change, Demand};
use super::group::Group;
use super::linked::Linked;
use super::slot::State;
use crate::error::Result;
use crate::row::Row;
use crate::schema::{Table, When};
use crate::util::columns::ColumnSet;
use crate::value::{Entity, Generation, Ids, Link, Place, SessionNumber, Value};

/// The store of some model.
pub(crate) trait AnyStore: Any + Send + Linked {
    fn table(&self) -> &'static Table;

    /// Whether a slot still has the tenant of a generation.
    fn is_current(&self, slot: u32, generation: Generation) -> bool;

    fn state(&self, slot: u32) -> State;

    /// Which tenant of a slot is in it.
    fn generation_of(&self, slot: u32) -> Generation;

    /// Shows what the journal holds since it was so long: slots, what they were before, and what was changed of a row.
    fn recorded(&self, since: usize, ids: &dyn Ids, each: &mut dyn FnMut(u32, State, Vec<Change>));

    fn set_state(&mut self, slot: u32, state: State);

    /// The key that the identity map knows a slot by, as its model's key type.
    fn key(&self, slot: u32) -> Option<&dyn Any>;

    /// The values of a slot, as its model's struct.
    fn value(&self, slot: u32) -> Option<&dyn Any>;

    /// The key, for a message.
    fn key_text(&self, slot: u32) -> String;

    /// Slots whose values were touched since the last flush, in the order of their keys.
    fn touched_by_key(&self) -> Vec<u32>;

    /// Slots that are pending or have a row, in order.
    fn held(&self) -> Vec<u32>;

    /// The slot of a key, given as this model's key type.
    fn find_key(&self, key: &dyn Any) -> Option<u32>;

    /// The entity of a slot, in a session.
    fn entity(&self, slot: u32, session: SessionNumber) -> Entity;

    /// Puts slots in the order of their keys.
    fn sort_by_key(&self, slots: &mut [u32]);

    /// The columns in which a slot differs from its kept copy.
    fn changed(&self, slot: u32, ids: &dyn Ids) -> ColumnSet;

    /// What a flush would write of a slot, beside what it supplies itself.
    fn changes(&self, slot: u32, ids: &dyn Ids) -> Vec<Change>;

    /// Has columns of a slot written by the next flush.
    fn demand(&mut self, demand: Demand);

    /// What is to be written of a slot beside what differs.
    fn demands(&self, slot: u32) -> Vec<&Demand>;

    /// The columns of a slot that expressions make.
    fn expressed(&self, slot: u32) -> ColumnSet;

    /// Whether an expression makes a column of any slot.
    fn has_expressions(&self) -> bool;

    /// Takes back what was changed since the last flush, and makes the values stale.
    fn expire(&mut self, slot: u32);

    /// Makes the values of a slot stale.
    fn make_stale(&mut self, slot: u32);

    /// Groups the entities of this model that still are in a state; those that are pending by what an INSERT writes.
    fn group(&self, places: &mut dyn Iterator<Item = Place>, state: State, groups: &mut Vec<Group>);

    /// The columns that an INSERT writes, where the table and whether the row has a key say enough.
    fn columns_by_key(&self, has_key: bool) -> Option<ColumnSet>;

    /// Shows the foreign keys of a slot's values: its field's position and what it names.
    fn links(&self, slot: u32, each: &mut dyn FnMut(usize, Link<'_>));

    /// Shows the entities that slots name by foreign keys, each with the position of its field.
    fn entities(&self, slots: &[u32], each: &mut dyn FnMut(usize, Entity));

    /// The same as `links` of the values that its row has.
    fn kept_links(&self, slot: u32, each: &mut dyn FnMut(usize, Link<'_>));

    /// A key, given as this model's key type, as text that equals another's only if the keys are equal.
    fn text_of_key(&self, key: &dyn Any) -> Option<String>;

    /// The same of the key that a slot's values carry now.
    fn current_key_text(&self, slot: u32, ids: &dyn Ids) -> Option<String>;

    /// The same of the key that a slot's row has, or else that its values carry.
    fn own_key_text(&self, slot: u32, ids: &dyn Ids) -> Option<String>;

    /// The first of slots whose row was found to be gone.
    fn missing(&self, slots: &[u32]) -> Option<u32>;

    /// The first of slots whose key a new row got in this flush.
    fn displaced(&self, slots: &[u32]) -> Option<u32>;

    /// The first of slots, which are to be inserted, whose key another entity has that stays; the key as text.
    fn taken_key(&self, slots: &[u32], ids: &dyn Ids) -> Option<String>;

    /// Gives the `on_update` columns of touched entities their new values, where another column changed.
    fn supply(&mut self);

    /// Counts the version of a slot up, if the table has one: 1 for a row that is about to be inserted.
    fn count_version(&mut self, slot: u32);

    /// Counts the version of a slot up from that of another, whose row it takes over.
    fn succeed_version(&mut self, slot: u32, other: u32);

    /// The columns in which the values of a slot differ from those that the row of another has.
    fn differing(&self, slot: u32, other: u32, ids: &dyn Ids) -> ColumnSet;

    /// Whether the model has hooks.
    fn has_hooks(&self) -> bool;

    /// Runs a hook of a slot's entity; gives whether it is a change for the next flush.
    fn run_hook(&mut self, slot: u32, when: When, rest: &Stores) -> Result<bool>;

    /// Names every field of slots that its `validate` function refuses.
    fn validate(&self, slots: &[u32], refuse: &mut dyn FnMut(u32, &'static str, String));

    /// The values of wanted columns.
    fn encode<'a>(
        &'a self,
        slot: u32,
        wanted: &ColumnSet,
        ids: &'a dyn Ids,
        out: &mut Vec<Value<'a>>,
    ) -> Result<()>;

    /// The same of the values that its row has.
    fn encode_kept<'a>(
        &'a self,
        slot: u32,
        wanted: &ColumnSet,
        ids: &'a dyn Ids,
        out: &mut Vec<Value<'a>>,
    ) -> Result<()>;

    /// The values of the key that the identity map knows the slot by.
    fn encode_key<'a>(&'a self, slot: u32, ids: &'a dyn Ids, out: &mut Vec<Value<'a>>) -> Result<()>;

    /// The value of the version that the row has, if the table has one.
    fn encode_version<'a>(&'a self, slot: u32, ids: &'a dyn Ids, out: &mut Vec<Value<'a>>) -> Result<()>;

    /// Records what slots are, for the frame to put back, and the columns that the database filled in.
    fn record(&mut self, slots: &[u32], filled: &ColumnSet);

    /// Makes a frame the innermost one: the one that opened when the journal was so long.
    fn set_frame(&mut self, first: usize);

    fn journal_len(&self) -> usize;

    /// Puts back what the journal says, down to a length.
    fn undo_to(&mut self, length: usize);

    /// Takes what the database put into columns; the row holds only those. `made` are those that an expression made.
    fn assign(&mut self, slot: u32, columns: &ColumnSet, made: &ColumnSet, row: &dyn Row) -> Result<()>;

    /// Makes room for rows that are about to be inserted.
    fn expect_inserts(&mut self, count: usize);

    /// Slots that are recorded, and whose rows are inserted, are known by their keys. `ids` are the keys that the database
    /// generated, if it did.
    fn settle_inserts(&mut self, slots: &[u32], ids: &[i64], epoch: u32) -> Result<()>;

    /// Records slots whose rows are updated.
    fn settle_updates(&mut self, slots: &[u32], key_changed: bool);

    /// Records slots whose rows are deleted.
    fn settle_deletes(&mut self, slots: &[u32]);

    /// Keeps a copy of the values of a slot, unless there is one.
    fn keep(&mut self, slot: u32);

    /// Records the values of a slot that is about to be read anew; what was changed stays changed.
    fn record_values(&mut self, slot: u32);

    /// Lets the field at a position name an entity.
    fn relink(&mut self, slot: u32, field: usize, entity: Entity);

    /// Records a slot, and lets the field at a position name nothing any more; it named an entity, whose row is deleted.
    fn clear_link(&mut self, slot: u32, field: usize, named: Entity);

    /// Puts every touched slot back to its kept copy, if it still has one.
    fn restore_touched(&mut self);

    /// Ends a flush: what is touched and still has its kept copy has no net change. A deleted row keeps it for a rollback.
    fn settle_touched(&mut self);

    /// Gives a slot up.
    fn vacate(&mut self, slot: u32);

    /// Whether a slot holds a row that nothing is to be done to.
    fn is_evictable(&self, slot: u32) -> bool;

    /// The slots in use.
    fn used(&self) -> Vec<u32>;

    /// Writes keys in place of the entities that have one, in slots that are recorded if their rows are sent.
    fn resolve_ids(&mut self, slots: &[u32], rest: &Stores);

    /// Writes keys in place of the entities that are about to be evicted.
    fn resolve_leaving(&mut self, rest: &Stores);

    /// Writes the keys that these ids know in place of entities, in a slot whose row is not sent.
    fn resolve_with(&mut self, slot: u32, ids: &dyn Ids);

    /// Forgets what the journal says of slots that were given up; there are no savepoints.
    fn forget_vacated(&mut self);

    /// The transaction is committed: what was deleted in it is gone, and the journal with it.
    fn commit(&mut self);
}
