//! Runs the hooks of entities on their slots. A hook gets a copy, so that neither its error nor its panic leaves half a change.

use super::Stores;
use super::beside::AllButOne;
use super::slot::State;
use super::typed::Store;
use crate::error::Result;
use crate::schema::{Diff, HookContext, Model, Moment, When};
use crate::value::Ids;

impl<M: Model> Store<M> {
    /// Runs a hook of a slot's entity, and takes over what it changed: for the statement that follows, or as a change for the
    /// next flush.
    ///
    /// # Errors
    /// What the hook returns, with the model and the key.
    pub(super) fn run_hook_at(&mut self, slot: u32, when: When, rest: &Stores) -> Result<bool> {
        let place = self.at(slot);
        let Some(mut copy) = place.value.clone() else { return Ok(false) };
        let old = match when {
            When::BeforeUpdate | When::BeforeDelete => place.kept.as_ref().map(|kept| self.copies.get(kept)),
            When::BeforeInsert | When::AfterInsert | When::AfterUpdate | When::AfterDelete => None,
        };
        let ids = AllButOne { rest, one: self };
        copy.hook(&Moment::Write(when, HookContext { old, ids: &ids })).map_err(|error| {
            let key = place.key.as_ref().map(|key| format!(" with key {key:?}")).unwrap_or_default();
            error.context(format!("in `{}` of a `{}`{key}", when.name(), M::table().model))
        })?;
        Ok(match when {
            When::BeforeInsert | When::BeforeUpdate => {
                self.at_mut(slot).value = Some(copy);
                false
            }
            When::AfterInsert | When::AfterUpdate => self.take_change(slot, copy, rest),
            When::BeforeDelete | When::AfterDelete => false,
        })
    }

    /// Takes a copy over as a change of the program's; gives whether it differs.
    fn take_change(&mut self, slot: u32, copy: M, rest: &Stores) -> bool {
        let place = self.at(slot);
        let Some(value) = place.value.as_ref().filter(|_| place.state == State::Persistent) else {
            return false;
        };
        let ids = AllButOne { rest, one: self };
        let mut diff = Diff::new(&ids as &dyn Ids);
        copy.diff(value, &mut diff);
        let generation = place.generation;
        if diff.changed.is_empty() {
            return false;
        }
        if let Some(value) = self.touch(slot, generation) {
            *value = copy;
        }
        true
    }
}
