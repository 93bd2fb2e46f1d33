//! What a session holds in memory: slots, identity, kept copies, states and the journal. Rank 8; no I/O.
//!
//! Every model has a [`Store`] of typed slots. The unit of work sees them through [`AnyStore`], so that it is compiled
//! once, and reaches them by the number of their table.

mod any;
mod beside;
mod cells;
mod change;
mod chunks;
mod epochs;
mod erased;
mod group;
mod hooked;
mod identity;
mod journal;
mod kept;
mod linked;
mod lists;
mod meet;
mod mirror;
mod net;
mod origin;
mod pending;
mod recent;
mod resolve;
mod slot;
mod turned;
mod typed;
pub(crate) mod visit;
mod watch;

use std::any::Any;

use crate::error::{Error, Result};
use crate::row::Row;
use crate::schema::Model;
use crate::value::{Entity, Handle, Ids, Link, Place, SessionNumber, Value};

pub(crate) use any::AnyStore;
pub(crate) use cells::HeldRow;
pub use change::Change;
pub(crate) use change::Demand;
pub(crate) use epochs::Epochs;
pub(crate) use group::Group;
pub(crate) use identity::KeyHash;
pub(crate) use lists::{ListId, Lists};
pub(crate) use meet::{meet_row, row_name};
pub(crate) use origin::{Raises, Source};
pub(crate) use pending::Pending;
pub(crate) use resolve::OneId;
pub use slot::State;
pub(crate) use typed::{Meeting, Refresh, Store, Wanted, decode};
pub(crate) use visit::{encode, set_first_version, set_next_version, unset_columns};

/// The stores of one session, by the number of their table.
pub(crate) struct Stores {
    session: SessionNumber,
    epochs: Epochs,
    /// Grows whenever something is undone: lists of what relations lead to count no more.
    undone: u64,
    /// What rows do to what is held of them.
    refresh: Refresh,
    /// Whether an entity may have been touched since the last flush.
    touched: bool,
    stores: Vec<Option<Box<dyn AnyStore>>>,
}

impl Stores {
    pub(crate) fn new(session: SessionNumber) -> Self {
        Stores {
            session,
            epochs: Epochs::new(),
            undone: 0,
            refresh: Refresh::Stale,
            touched: false,
            stores: Vec::new(),
        }
    }

    /// The number of the session.
    pub(crate) fn session(&self) -> SessionNumber {
        self.session
    }

    /// Which values are of the snapshot that the transaction sees.
    #[inline]
    pub(crate) fn epochs(&self) -> &Epochs {
        &self.epochs
    }

    /// The same, for whoever begins and ends transactions.
    pub(crate) fn epochs_mut(&mut self) -> &mut Epochs {
        &mut self.epochs
    }

    /// Says what rows do to what is held of them from now on.
    pub(crate) fn set_refresh(&mut self, refresh: Refresh) {
        self.refresh = refresh;
    }

    /// The store of a model, and how rows meet what it holds.
    #[inline]
    pub(crate) fn meeting<M: Model>(&mut self) -> (&mut Store<M>, Meeting<'_>) {
        let number = self.make_if_new::<M>();
        let meeting = Meeting { epochs: &self.epochs, refresh: self.refresh };
        (typed_in(&mut self.stores, number), meeting)
    }

    /// The store of a model, if it ever held an entity.
    #[inline]
    pub(crate) fn typed<M: Model>(&self) -> Option<&Store<M>> {
        let store = self.stores.get(M::table().number)?.as_deref()?;
        (store as &dyn Any).downcast_ref()
    }

    /// The store of a model.
    #[inline]
    pub(crate) fn typed_mut<M: Model>(&mut self) -> &mut Store<M> {
        let number = self.make_if_new::<M>();
        typed_in(&mut self.stores, number)
    }

    #[inline]
    fn make_if_new<M: Model>(&mut self) -> usize {
        let number = M::table().number;
        if self.stores.get(number).is_none_or(Option::is_none) {
            self.make::<M>(number);
        }
        number
    }

    #[cold]
    fn make<M: Model>(&mut self, number: usize) {
        if self.stores.len() <= number {
            self.stores.resize_with(number + 1, || None);
        }
        self.stores[number] = Some(Box::new(Store::<M>::new()));
    }

    /// The values of an entity, to be changed; the first time, a copy is kept.
    #[inline]
    pub(crate) fn touch<M: Model>(&mut self, handle: Handle<M>) -> Option<&mut M> {
        self.touched = true;
        self.typed_mut::<M>().touch(handle.place.slot, handle.place.generation)
    }

    /// Says that an entity was touched.
    pub(crate) fn note_touch(&mut self) {
        self.touched = true;
    }

    /// Whether an entity may have been touched since the last flush.
    #[inline]
    pub(crate) fn is_touched(&self) -> bool {
        self.touched
    }

    /// Puts every touched entity back to its kept copy, if it still has one.
    pub(crate) fn restore_touched(&mut self) {
        self.touched = false;
        self.iter_mut().for_each(AnyStore::restore_touched);
    }

    /// Ends a flush: nothing is touched any more.
    pub(crate) fn settle_touched(&mut self) {
        self.touched = false;
        self.iter_mut().for_each(AnyStore::settle_touched);
    }

    /// Says that something is to be written of an entity beside what differs.
    pub(crate) fn demand(&mut self, model: usize, demand: Demand) {
        self.touched = true;
        self.any_mut(model).demand(demand);
    }

    /// The store of the table of a number.
    pub(crate) fn any(&self, model: usize) -> &dyn AnyStore {
        self.stores[model].as_deref().expect("invariant: a slot is named after its store was made")
    }

    /// The store of the table of a number, if it ever held an entity.
    pub(crate) fn any_if_made(&self, model: usize) -> Option<&dyn AnyStore> {
        self.stores.get(model)?.as_deref()
    }

    /// The store of the table of a number.
    pub(crate) fn any_mut(&mut self, model: usize) -> &mut dyn AnyStore {
        self.stores[model].as_deref_mut().expect("invariant: a slot is named after its store was made")
    }

    /// Works on one store while the others can be read.
    pub(crate) fn beside<R>(
        &mut self,
        model: usize,
        work: impl FnOnce(&mut dyn AnyStore, &Stores) -> R,
    ) -> R {
        let store = self.stores[model].take().expect("invariant: a slot is named after its store was made");
        let mut aside = Aside { store: Some(store), rest: self, model };
        let store = aside.store.as_deref_mut().expect("invariant: it was just put there");
        work(store, aside.rest)
    }

    /// Every store.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &dyn AnyStore> {
        self.stores.iter().filter_map(Option::as_deref)
    }

    /// Every store.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut (dyn AnyStore + 'static)> {
        self.stores.iter_mut().filter_map(Option::as_deref_mut)
    }

    /// Whether the handle is one of this session's; the slot may have moved on.
    #[inline]
    pub(crate) fn is_own(&self, place: Place) -> bool {
        place.session() == self.session
    }

    /// The store and slot of an entity of this session that still is what the handle named.
    pub(crate) fn holds(&self, entity: Entity) -> Option<&dyn AnyStore> {
        let store = self.stores.get(entity.model)?.as_deref()?;
        (self.is_own(entity.place) && store.is_current(entity.place.slot, entity.place.generation))
            .then_some(store)
    }

    /// A copy of a value with keys in place of the entities that have one.
    pub(crate) fn resolved<M: Model>(&self, value: &M) -> M {
        let mut copy = value.clone();
        visit::resolve(&mut copy, self, &mut |_, _| {});
        copy
    }

    /// Opens a frame: what is overwritten from now on is recorded anew.
    pub(crate) fn open_frame(&mut self) -> FrameMarks {
        let marks = FrameMarks(
            self.stores.iter().map(|store| store.as_deref().map_or(0, AnyStore::journal_len)).collect(),
        );
        self.set_frame(&marks);
        marks
    }

    /// Goes back to a frame that is open still.
    pub(crate) fn set_frame(&mut self, marks: &FrameMarks) {
        self.marked(marks).for_each(|(store, mark)| store.set_frame(mark));
    }

    /// Takes back everything since a frame was opened.
    pub(crate) fn undo_to(&mut self, marks: &FrameMarks) {
        self.marked(marks).for_each(|(store, mark)| store.undo_to(mark));
        self.undone += 1;
        self.end_watches();
    }

    /// Lists of what relations lead to count as long as this stays the same.
    pub(crate) fn lists_epoch(&self) -> (u64, u64) {
        (self.undone, self.epochs.ends())
    }

    /// Nobody keeps lists any more.
    pub(crate) fn end_watches(&mut self) {
        self.iter_mut().for_each(|store| store.watch_mut().end());
    }

    /// The slot that a link names in a table, if it is held.
    pub(crate) fn slot_of(&self, table: usize, link: Link<'_>) -> Option<u32> {
        match link {
            Link::None => None,
            Link::Key(key) => self.any_if_made(table)?.find_key(key),
            Link::Of(entity) => {
                let is_held = entity.model == table && self.holds(entity).is_some();
                is_held.then_some(entity.place.slot)
            }
        }
    }

    /// A row of a table, whose columns stand from a column on, meets the entity that it is.
    ///
    /// # Errors
    /// A value error that names model, column and key of a row that does not decode.
    pub(crate) fn meet_row(&mut self, table: usize, row: &dyn Row, first: usize) -> Result<u32> {
        let how = Meeting { epochs: &self.epochs, refresh: self.refresh };
        let store = self.stores[table]
            .as_deref_mut()
            .expect("invariant: a row is asked for after its store was made");
        store.meet_row_at(row, first, how)
    }

    /// The same, to be looked at.
    pub(crate) fn marked_since<'a>(
        &'a self,
        marks: &'a FrameMarks,
    ) -> impl Iterator<Item = (&'a (dyn AnyStore + 'static), usize)> {
        let stores = self.stores.iter().enumerate();
        stores.filter_map(|(number, store)| {
            Some((store.as_deref()?, marks.0.get(number).copied().unwrap_or(0)))
        })
    }

    /// Every store, and how long its journal was when a frame opened.
    fn marked<'a>(
        &'a mut self,
        marks: &'a FrameMarks,
    ) -> impl Iterator<Item = (&'a mut (dyn AnyStore + 'static), usize)> {
        let stores = self.stores.iter_mut().enumerate();
        stores.filter_map(|(number, store)| {
            let mark = marks.0.get(number).copied().unwrap_or(0);
            Some((store.as_deref_mut()?, mark))
        })
    }
}

/// The store of a model, by its table's number, among those that were made.
#[inline]
fn typed_in<M: Model>(stores: &mut [Option<Box<dyn AnyStore>>], number: usize) -> &mut Store<M> {
    let store = stores[number].as_deref_mut().expect("invariant: the store was just made");
    (store as &mut dyn Any).downcast_mut().expect("invariant: a table has one number, and a number one model")
}

/// A store that is taken out for a while; it goes back when this is dropped, also by the panic of a hook.
struct Aside<'stores> {
    store: Option<Box<dyn AnyStore>>,
    rest: &'stores mut Stores,
    model: usize,
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        self.rest.stores[self.model] = self.store.take();
    }
}

impl Ids for Stores {
    #[inline]
    fn key(&self, entity: Entity) -> Option<&dyn Any> {
        self.holds(entity)?.key(entity.place.slot)
    }

    fn value(&self, entity: Entity) -> Option<&dyn Any> {
        self.holds(entity)?.value(entity.place.slot)
    }

    fn encode_entity<'a>(&'a self, entity: Entity, out: &mut Vec<Value<'a>>) -> Result<()> {
        let Some(store) = self.holds(entity) else {
            return Err(Error::misuse("the handle is of another session, or of an entity that is gone"));
        };
        if store.key(entity.place.slot).is_none() {
            let model = store.table().model;
            return Err(Error::misuse(format!(
                "this `{model}` has no row and so no key; add it and flush first"
            )));
        }
        store.encode_key(entity.place.slot, self, out)
    }
}

/// How long each store's journal was when a frame was opened.
#[derive(Clone, Debug, Default)]
pub(crate) struct FrameMarks(Vec<usize>);
