//! What was added since the last flush, in that order.

use std::ops::Range;

use crate::value::{Entity, Place};

/// Pending entities in the order of `add`, in runs of one model that are written alike.
#[derive(Default)]
pub(crate) struct Pending {
    runs: Vec<Run>,
    /// Whether one of them may be pending no more, or may have got a key since it was added.
    is_disturbed: bool,
}

/// Entities of one model that were added one after the other, in neighbouring slots.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    /// The number of the model's table.
    pub(crate) model: usize,
    /// Whether they have keys of their own, where the database could generate one.
    pub(crate) has_key: bool,
    first: Place,
    count: u32,
}

impl Run {
    pub(crate) fn slots(&self) -> Range<u32> {
        self.first.slot..self.first.slot + self.count
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = Place> + use<> {
        let first = self.first;
        (0..self.count).map(move |number| first.after(number))
    }

    /// What is left of it without an entity: what is before it, and what is behind it.
    fn without(self, entity: Entity) -> impl Iterator<Item = Run> {
        let number = entity.place.slot.wrapping_sub(self.first.slot);
        let has_it =
            number < self.count && self.first.after(number) == entity.place && self.model == entity.model;
        let count = if has_it { number } else { self.count };
        let behind =
            Run { first: self.first.after(count + 1), count: (self.count - count).saturating_sub(1), ..self };
        [Run { count, ..self }, behind].into_iter().filter(|run| run.count > 0)
    }
}

impl Pending {
    #[inline]
    pub(crate) fn push(&mut self, model: usize, has_key: bool, place: Place) {
        match self.runs.last_mut() {
            Some(last)
                if last.model == model
                    && last.has_key == has_key
                    && last.first.after(last.count) == place =>
            {
                last.count += 1;
            }
            Some(_) | None => self.runs.push(Run { model, has_key, first: place, count: 1 }),
        }
    }

    /// Adds an entity again, of which nothing is known now.
    pub(crate) fn restore(&mut self, entity: Entity) {
        self.is_disturbed = true;
        self.push(entity.model, false, entity.place);
    }

    pub(crate) fn remove(&mut self, entity: Entity) {
        self.runs = self.runs.iter().flat_map(|run| run.without(entity)).collect();
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
        self.runs.iter().flat_map(|run| run.places().map(|place| Entity { model: run.model, place }))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.runs.iter().map(|run| run.count as usize).sum()
    }

    pub(crate) fn clear(&mut self) {
        *self = Pending::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::SessionNumber;

    fn entity(slot: u32) -> Entity {
        Entity { model: 0, place: Place::new(SessionNumber::next(), slot, 0) }
    }

    #[test]
    fn one_that_is_removed_leaves_the_others_in_their_order() {
        let first = entity(3);
        let at = |number| Entity { place: first.place.after(number), ..first };
        for removed in 0..4 {
            let mut pending = Pending::default();
            (0..4).for_each(|number| pending.push(0, false, at(number).place));
            assert_eq!(pending.runs().len(), 1, "neighbours are one run");
            pending.remove(at(removed));
            let left: Vec<Entity> = (0..4).filter(|&number| number != removed).map(at).collect();
            assert_eq!(pending.iter().collect::<Vec<_>>(), left);
        }
    }

    #[test]
    fn one_of_another_session_model_or_generation_is_no_neighbour() {
        let first = entity(3);
        let mut pending = Pending::default();
        pending.push(0, false, first.place);
        pending.push(0, false, entity(4).place);
        pending.push(1, false, entity(5).place);
        pending.remove(entity(3));
        assert_eq!((pending.runs().len(), pending.len()), (3, 3));
    }
}
