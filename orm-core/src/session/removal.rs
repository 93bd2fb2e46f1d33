//! How entities leave: marked deleted, withdrawn, expunged, evicted; and how they come back.

use super::entities::Session;
use crate::error::{Error, Result};
use crate::schema::BelongsTo;
use crate::store::State;
use crate::value::{Entity, Handle, Link};

impl<B> Session<B> {
    /// Marks an entity: the next flush deletes its row. One that is pending is withdrawn. No SQL.
    ///
    /// A handle of another session, or of an entity that is gone, makes the next flush fail and say so.
    pub fn delete<M: BelongsTo<B>>(&mut self, handle: Handle<M>) {
        let (entity, slot) = (handle.entity(), handle.place.slot);
        let Some(state) = self.core.stores.holds(entity).map(|store| store.state(slot)) else {
            let mistake = format!("`delete` was given {handle:?}, which is of another session or gone");
            return self.core.remember(Error::misuse(mistake));
        };
        match state {
            State::Pending => {
                self.core.pending.disturb();
                self.core.stores.any_mut(entity.model).set_state(slot, State::Withdrawn);
            }
            State::Persistent => {
                self.core.stores.any_mut(entity.model).set_state(slot, State::Deleted);
                self.core.deleted.push(entity);
            }
            State::Deleted | State::DeletedFlushed | State::Withdrawn | State::Missing => {}
        }
    }

    /// Takes back a `delete` that is not flushed yet, or makes a withdrawn entity pending again: one that was pending when its
    /// transaction was rolled back, or that was deleted before it was inserted.
    ///
    /// # Errors
    /// Misuse for an entity that is neither, and for a handle of another session or of an entity that is gone.
    pub fn restore<M: BelongsTo<B>>(&mut self, handle: Handle<M>) -> Result<()> {
        let (entity, slot) = (handle.entity(), handle.place.slot);
        let state = self.state(handle);
        let restored = match state {
            Some(State::Withdrawn) => {
                self.core.pending.remove(entity);
                self.core.pending.restore(entity);
                State::Pending
            }
            Some(State::Deleted) => {
                self.core.deleted.retain(|other| *other != entity);
                State::Persistent
            }
            Some(State::Pending | State::Persistent | State::DeletedFlushed | State::Missing) | None => {
                let is = state.map_or("gone, or of another session".to_owned(), |state| format!("{state:?}"));
                return Err(Error::misuse(format!("{handle:?} is {is}: there is nothing to restore")));
            }
        };
        self.core.stores.any_mut(entity.model).set_state(slot, restored);
        Ok(())
    }

    /// Takes an entity out of the session and gives its struct, with ids that name keys where they are known. Its row, if it
    /// has one, stays.
    ///
    /// # Errors
    /// Misuse for a handle of another session or of an entity that is gone, and for a pending entity that others name.
    pub fn expunge<M: BelongsTo<B>>(&mut self, handle: Handle<M>) -> Result<M> {
        let value = self.to_owned(handle)?;
        if let Some(model) = self.named_by(handle) {
            return Err(Error::misuse(format!(
                "{handle:?} has no row yet and a `{model}` of this session names it: flush first, or let it name another"
            )));
        }
        self.core.pending.disturb();
        self.core.stores.any_mut(handle.entity().model).vacate(handle.place.slot);
        Ok(value)
    }

    /// The model of an entity that names this one, which has no key to be named by otherwise.
    fn named_by<M: BelongsTo<B>>(&self, handle: Handle<M>) -> Option<&'static str> {
        if self.key(handle).is_some() {
            return None;
        }
        let entity = handle.entity();
        let names_it = |other: &Entity| {
            let mut found = false;
            let store = self
                .core
                .stores
                .holds(*other)
                .filter(|store| store.state(other.place.slot) == State::Pending);
            store.into_iter().for_each(|store| {
                store.links(other.place.slot, &mut |_, link| {
                    found |= matches!(link, Link::Of(named) if named == entity)
                });
            });
            found && *other != entity
        };
        let other = self.core.pending.iter().find(names_it)?;
        Some(self.core.stores.any(other.model).table().model)
    }
}
