//! What was added since the last flush, in that order.

use crate::value::{Entity, Place};

/// Pending entities in the order of `add`, in runs of one model that are written alike.
#[derive(Default)]
pub(crate) struct Pending {
    runs: Vec<Run>,
    /// Whether one of them may be pending no more, or may have got a key since it was added.
    is_disturbed: bool,
}

/// Entities of one model that were added one after the other.
pub(crate) struct Run {
    /// The number of the model's table.
    pub(crate) model: usize,
    /// Whether they have keys of their own, where the database could generate one.
    pub(crate) has_key: bool,
    pub(crate) places: Vec<Place>,
}

impl Pending {
    #[inline]
    pub(crate) fn push(&mut self, model: usize, has_key: bool, place: Place) {
        match self.runs.last_mut() {
            Some(last) if last.model == model && last.has_key == has_key => last.places.push(place),
            Some(_) | None => self.runs.push(Run { model, has_key, places: vec![place] }),
        }
    }

    /// Adds an entity again, of which nothing is known now.
    pub(crate) fn restore(&mut self, entity: Entity) {
        self.is_disturbed = true;
        self.push(entity.model, false, entity.place);
    }

    pub(crate) fn remove(&mut self, entity: Entity) {
        let runs = self.runs.iter_mut().filter(|run| run.model == entity.model);
        runs.for_each(|run| run.places.retain(|place| *place != entity.place));
    }

    /// Says that one of them may be pending no more.
    pub(crate) fn disturb(&mut self) {
        self.is_disturbed = true;
    }

    /// Whether all of them are as they were added, if none was touched.
    pub(crate) fn is_undisturbed(&self) -> bool {
        !self.is_disturbed
    }

    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Entity> + '_ {
        self.runs.iter().flat_map(|run| run.places.iter().map(|&place| Entity { model: run.model, place }))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.runs.iter().map(|run| run.places.len()).sum()
    }

    pub(crate) fn clear(&mut self) {
        *self = Pending::default();
    }
}
