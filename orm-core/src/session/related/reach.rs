//! Follows a path in memory.

use super::super::core::Core;
use super::repeat::CallSite;
use crate::compile::{Gathered, KeySink, write_select};
use crate::error::{Error, Result};
use crate::expr::{KeyField, Path, Route, TableRef, UNNAMED};
use crate::stmt::SelectTree;
use crate::store::{HeldRow, ListId, State};
use crate::value::{Entity, Link, Value};

/// Where a foreign key leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Up {
    /// To an entity that is held, whose values are of this transaction.
    Slot(u32),
    /// To nothing.
    Nowhere,
    /// To a row that the database has to be asked for.
    Unknown,
}

impl Path {
    /// One of its lists.
    pub(super) fn list(&self, part: u8) -> ListId {
        ListId { relation: self.id, part, refined: self.refined }
    }
}

impl Core {
    /// What a relation of an entity leads to; what is not known is loaded.
    ///
    /// # Errors
    /// Misuse for an entity that is not held; whatever the database reports.
    pub(super) fn related(&mut self, entity: Entity, path: &Path, site: CallSite) -> Result<Vec<u32>> {
        self.check_held(entity)?;
        self.load_around(path, entity.place.slot, site)?;
        self.reach(path, entity.place.slot)
    }

    /// A path whose refinement has its number in this session.
    ///
    /// # Errors
    /// Of a value in a condition that cannot be stored.
    pub(super) fn settled(&mut self, mut path: Path) -> Result<Path> {
        if path.refined == UNNAMED {
            let mut tree = SelectTree::new(TableRef::own(path.route.target()));
            tree.filters.clone_from(&path.terms.filters);
            tree.order_by.clone_from(&path.terms.order_by);
            tree.limit = path.terms.limit;
            let mut gathered = Gathered::default();
            let mut sink = KeySink::new(&mut gathered, &self.stores, self.dialect());
            write_select(&tree, &mut sink);
            sink.finish()?;
            let Gathered { shape, values } = gathered;
            let values: Vec<Value<'static>> = values.into_iter().map(Value::into_owned).collect();
            self.lists.settle(&mut self.stores);
            path.refined = self.lists.number_of(path.id, shape, values);
        }
        Ok(path)
    }

    pub(super) fn check_held(&self, entity: Entity) -> Result<()> {
        if self.stores.holds(entity).is_some() {
            return Ok(());
        }
        let place = entity.place;
        Err(Error::misuse(format!("{place:?} is of another session, or its entity is gone")))
    }

    /// Whether the database need not be asked for what a path leads to.
    pub(super) fn is_loaded(&mut self, path: &Path, slot: u32) -> bool {
        self.lists.settle(&mut self.stores);
        match path.route {
            Route::Up(key) => self.up(key, slot) != Up::Unknown,
            Route::Down(key) => self.is_listed(path.list(0), key, slot),
            Route::DownUp(back, on) => {
                self.is_listed(path.list(0), back, slot)
                    && self.unknown_ends(path, (back, on), slot).is_empty()
            }
            Route::Along(hops) => self.is_known_along(path, hops, slot),
        }
    }

    /// The same, and no change since may have let in what only the database can tell.
    pub(super) fn is_complete(&mut self, path: &Path, slot: u32) -> bool {
        self.is_loaded(path, slot)
            && match path.route {
                Route::DownUp(back, on) => self.turned_ends(path, (back, on), slot).is_empty(),
                Route::Up(_) | Route::Down(_) | Route::Along(_) => true,
            }
    }

    /// Whether a list of a slot is known, or needs not be.
    pub(super) fn is_listed(&self, list: ListId, key: KeyField, slot: u32) -> bool {
        !self.has_rows(key, slot) || self.lists.is_loaded(list, key, &self.stores, slot)
    }

    /// Whether rows of the database can name an entity.
    pub(super) fn has_rows(&self, key: KeyField, slot: u32) -> bool {
        let store = self.stores.any(key.target().number);
        matches!(store.state(slot), State::Persistent | State::Deleted) && store.key(slot).is_some()
    }

    /// What a path leads to, as far as is known.
    ///
    /// # Errors
    /// Misuse for a foreign key that names an entity which is gone, or one of another session.
    pub(super) fn reach(&mut self, path: &Path, slot: u32) -> Result<Vec<u32>> {
        match path.route {
            Route::Up(key) => self.reach_up(key, slot),
            Route::Down(key) => Ok(self.listed(path, path.list(0), key, slot)),
            Route::DownUp(back, on) => self.reach_through(path, (back, on), slot),
            Route::Along(hops) => self.reach_along(path, hops, slot),
        }
    }

    /// Who is in a list of the rows that a path leads to. What was loaded stays while it is not known to miss the path's
    /// condition; what came since has to be known to meet it.
    pub(super) fn listed(&mut self, path: &Path, list: ListId, key: KeyField, slot: u32) -> Vec<u32> {
        let mut members = self.lists.members_now(list, key, &mut self.stores, slot);
        if members.are_exact {
            return members.loaded;
        }
        members.loaded.retain(|&slot| self.meets(path, slot) != Some(false));
        members.came.retain(|&slot| self.meets(path, slot) == Some(true));
        // The first rows of more: what would be among them is for the database to say.
        if path.terms.limit.is_some() {
            members.came.clear();
        }
        members.in_order()
    }

    /// Whether a row that a path leads to meets the path's condition; `None` if only the database can tell.
    pub(super) fn meets(&self, path: &Path, slot: u32) -> Option<bool> {
        if path.terms.filters.is_empty() {
            return Some(true);
        }
        let (stores, of) = (&self.stores, TableRef::own(path.route.target()));
        HeldRow { stores, of, slot, capabilities: self.dialect().capabilities() }.meets(&path.terms.filters)
    }

    fn reach_up(&self, key: KeyField, slot: u32) -> Result<Vec<u32>> {
        match self.up(key, slot) {
            Up::Slot(target) => Ok(vec![target]),
            Up::Nowhere => Ok(Vec::new()),
            Up::Unknown => match self.stores.any(key.table.number).link(slot, key.field) {
                Link::None | Link::Key(_) => Ok(Vec::new()),
                Link::Of(entity) => self.check_held(entity).map(|()| Vec::new()),
            },
        }
    }

    /// Where a foreign key of a slot leads, as far as is known.
    pub(super) fn up(&self, key: KeyField, slot: u32) -> Up {
        let target = key.target().number;
        let link = self.stores.any(key.table.number).link(slot, key.field);
        let Some(found) = self.stores.slot_of(target, link) else {
            return if matches!(link, Link::None) { Up::Nowhere } else { Up::Unknown };
        };
        let store = self.stores.any(target);
        match store.state(found) {
            State::Pending => Up::Slot(found),
            State::Persistent if store.is_fresh(found, self.stores.epochs()) => Up::Slot(found),
            State::Persistent | State::Missing => Up::Unknown,
            State::Deleted | State::DeletedFlushed | State::Withdrawn => Up::Nowhere,
        }
    }
}
