//! The prepared statements of a connection, by number; the least recently used goes when there are too many.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use orm_core::driver::StatementId;

use super::statement::Prepared;

/// At most `bound` prepared statements.
pub(super) struct Cache {
    slots: Vec<Slot>,
    places: HashMap<StatementId, usize, BuildHasherDefault<NumberHasher>>,
    /// The slot that was found last: statements come in series.
    last: usize,
    clock: u64,
    bound: usize,
}

struct Slot {
    id: StatementId,
    used: u64,
    prepared: Prepared,
}

impl Cache {
    pub(super) fn new(bound: usize) -> Self {
        Cache { slots: Vec::new(), places: HashMap::default(), last: 0, clock: 0, bound: bound.max(1) }
    }

    /// The statement of that number, made if it is not there.
    #[inline]
    pub(super) fn get<E>(
        &mut self,
        id: StatementId,
        prepare: impl FnOnce() -> Result<Prepared, E>,
    ) -> Result<&mut Prepared, E> {
        self.clock += 1;
        let place = match self.slots.get(self.last) {
            Some(slot) if slot.id == id => self.last,
            Some(_) | None => match self.places.get(&id) {
                Some(&place) => place,
                None => self.put(id, prepare()?),
            },
        };
        self.last = place;
        let slot = &mut self.slots[place];
        slot.used = self.clock;
        Ok(&mut slot.prepared)
    }

    #[cold]
    fn put(&mut self, id: StatementId, prepared: Prepared) -> usize {
        let slot = Slot { id, used: 0, prepared };
        let place = if self.slots.len() < self.bound {
            self.slots.push(slot);
            self.slots.len() - 1
        } else {
            let oldest = self.slots.iter().enumerate().min_by_key(|(_, slot)| slot.used);
            let place = oldest.map_or(0, |(place, _)| place);
            self.places.remove(&self.slots[place].id);
            self.slots[place] = slot;
            place
        };
        self.places.insert(id, place);
        place
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }
}

/// Statement numbers count up: one multiplication spreads them.
#[derive(Default)]
struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(u32::from(byte));
        }
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
