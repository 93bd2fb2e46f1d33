//! Which entities were loaded together, so that what one of them is asked for can be loaded for all.
//!
//! A load pays once, not per row: new rows are a range of slots, others are listed. Which load a slot came from is worked out
//! when the first relation asks.

use std::sync::Arc;

use crate::expr::{RelationId, RelationName};

/// The loads of a store, in order.
#[derive(Default)]
pub(crate) struct Origins {
    loads: Vec<Load>,
    /// For each slot the load that returned it last; of the loads that are indexed.
    index: Vec<Position>,
    indexed: usize,
    /// How many slots are listed.
    listed: usize,
}

/// What one load returned.
struct Load {
    members: Members,
    source: Source,
}

enum Members {
    Range { first: u32, count: u32 },
    List(Box<[u32]>),
}

/// A load, and a place in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    load: u32,
    at: u32,
}

impl Position {
    /// The first place of the same load.
    pub(crate) fn start(self) -> Self {
        Position { at: 0, ..self }
    }
}

const NOWHERE: Position = Position { load: u32::MAX, at: 0 };

/// Why entities were loaded.
#[derive(Clone, Debug, Default)]
pub(crate) enum Source {
    /// By a key, or by a query; nothing else is known of it.
    #[default]
    Plain,
    /// By a query, or a relation of its entities, after which some loads are errors.
    Raising(Raises),
    /// Over a relation of other entities.
    Relation(Arc<Step>),
}

/// A relation, and why the entities were loaded that it leads from.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: RelationName,
    pub(crate) before: Source,
}

/// Which loads that were not planned are errors.
#[derive(Clone, Debug)]
pub(crate) enum Raises {
    /// Every one.
    All,
    /// Those of some relations.
    Some(Arc<[RelationId]>),
}

impl Source {
    /// Of what is loaded over a relation.
    pub(crate) fn over(&self, name: RelationName) -> Source {
        Source::Relation(Arc::new(Step { name, before: self.clone() }))
    }

    /// Whether a load of a relation that was not planned is an error.
    pub(crate) fn raises(&self, relation: RelationId) -> bool {
        match self {
            Source::Plain => false,
            Source::Raising(Raises::All) => true,
            Source::Raising(Raises::Some(relations)) => relations.contains(&relation),
            Source::Relation(step) => step.before.raises(relation),
        }
    }

    /// The relations on the way, first to last.
    pub(crate) fn way(&self) -> Vec<RelationName> {
        let mut way = Vec::new();
        let mut source = self;
        while let Source::Relation(step) = source {
            way.push(step.name);
            source = &step.before;
        }
        way.reverse();
        way
    }
}

impl Members {
    fn len(&self) -> u32 {
        match self {
            Members::Range { count, .. } => *count,
            Members::List(slots) => slots.len() as u32,
        }
    }

    fn at(&self, position: u32) -> u32 {
        match self {
            Members::Range { first, .. } => first + position,
            Members::List(slots) => slots[position as usize],
        }
    }
}

impl Origins {
    /// Remembers a load of several rows. `before` and `now` are how many slots the store had and has: where each row made a
    /// new one, they stand in a row.
    pub(crate) fn add(
        &mut self,
        slots: impl ExactSizeIterator<Item = u32>,
        before: usize,
        now: usize,
        source: Source,
    ) {
        let count = slots.len();
        if now - before == count {
            let members = Members::Range { first: before as u32, count: count as u32 };
            return self.loads.push(Load { members, source });
        }
        self.listed += count;
        self.loads.push(Load { members: Members::List(slots.collect()), source });
        if self.listed > 4 * now + 4096 {
            self.compact();
        }
    }

    /// Why a slot's entity was loaded, and where it stands among those that were loaded with it.
    pub(crate) fn of(&mut self, slot: u32) -> Option<(Source, Position)> {
        self.index_new();
        let position = *self.index.get(slot as usize)?;
        let load = self.loads.get(position.load as usize)?;
        Some((load.source.clone(), position))
    }

    /// The slot at a position of a load, and on to the next.
    pub(crate) fn next(&self, position: &mut Position) -> Option<u32> {
        let members = &self.loads.get(position.load as usize)?.members;
        let slot = (position.at < members.len()).then(|| members.at(position.at))?;
        position.at += 1;
        Some(slot)
    }

    fn index_new(&mut self) {
        for number in self.indexed..self.loads.len() {
            let members = &self.loads[number].members;
            for at in 0..members.len() {
                let slot = members.at(at) as usize;
                if self.index.len() <= slot {
                    self.index.resize(slot + 1, NOWHERE);
                }
                self.index[slot] = Position { load: number as u32, at };
            }
        }
        self.indexed = self.loads.len();
    }

    /// Many loads returned the same rows: each keeps those that no later one returned.
    #[cold]
    fn compact(&mut self) {
        self.index_new();
        let index = std::mem::take(&mut self.index);
        for (number, mut load) in std::mem::take(&mut self.loads).into_iter().enumerate() {
            if let Members::List(slots) = &load.members {
                let last = |slot: &u32| index[*slot as usize].load == number as u32;
                load.members = Members::List(slots.iter().copied().filter(last).collect());
            }
            if load.members.len() > 0 {
                self.loads.push(load);
            }
        }
        self.indexed = 0;
        self.listed = index.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(origins: &mut Origins, slot: u32) -> Vec<u32> {
        let Some((_, mut position)) = origins.of(slot) else { return Vec::new() };
        std::iter::from_fn(|| origins.next(&mut position)).collect()
    }

    #[test]
    fn a_slot_is_of_the_load_that_returned_it_last() {
        let mut origins = Origins::default();
        origins.add(0..4, 0, 4, Source::Plain);
        assert_eq!(from(&mut origins, 2), [2, 3]);
        origins.add([3, 1, 9].into_iter(), 9, 10, Source::Plain);
        assert_eq!(from(&mut origins, 3), [3, 1, 9]);
        assert_eq!(from(&mut origins, 1), [1, 9]);
        assert_eq!(from(&mut origins, 0), [0, 1, 2, 3]);
        assert!(from(&mut origins, 5).is_empty());
    }

    #[test]
    fn loads_of_the_same_rows_again_and_again_do_not_pile_up() {
        let mut origins = Origins::default();
        for _ in 0..10_000 {
            origins.add(0..10, 10, 10, Source::Plain);
        }
        assert!(origins.loads.len() < 1000, "{}", origins.loads.len());
        assert_eq!(from(&mut origins, 8), [8, 9]);
    }
}
