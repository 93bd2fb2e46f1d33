//! Which entities changed while lists with a condition were kept: a change can let one in whose link was never loaded.

use std::collections::BTreeMap;

use super::Stores;
use super::lists::ListId;

/// What changed, and which lists know what follows from it.
#[derive(Default)]
pub(crate) struct Turned {
    changed: Vec<Changed>,
    lists: Vec<(ListId, BTreeMap<u32, usize>)>,
}

/// The changed entities of a table, in order; one can stand there more than once.
struct Changed {
    table: usize,
    /// How many of the store's changes are looked at.
    seen: usize,
    slots: Vec<u32>,
    /// How many of the slots the database knows as they are.
    flushed: usize,
}

impl Turned {
    /// Says that the lists of some slots were loaded: they know what was flushed until now.
    pub(crate) fn note_load(&mut self, list: ListId, table: usize, stores: &mut Stores, slots: &[u32]) {
        let at = self.follow(table, stores);
        let flushed = self.changed[at].flushed;
        self.of(list).extend(slots.iter().map(|&slot| (slot, flushed)));
    }

    /// The entities of a table that changed since the list of a slot learned of such last.
    pub(crate) fn since(&mut self, list: ListId, table: usize, stores: &mut Stores, slot: u32) -> &[u32] {
        let at = self.follow(table, stores);
        let known = self.of(list).get(&slot).copied();
        known.and_then(|known| self.changed[at].slots.get(known..)).unwrap_or(&[])
    }

    /// The slots whose lists know as much as that of one: from it on, then from the start.
    pub(crate) fn alike(&mut self, list: ListId, slot: u32, most: usize) -> Vec<u32> {
        let lists = self.of(list);
        let known = lists.get(&slot).copied();
        let around = lists.range(slot..).chain(lists.range(..slot));
        around.filter(|(_, other)| Some(**other) == known).map(|(slot, _)| *slot).take(most).collect()
    }

    /// Says that the lists of some slots know all changes of a table.
    pub(crate) fn note_known(&mut self, list: ListId, table: usize, slots: &[u32]) {
        let all = self.changed.iter().find(|changed| changed.table == table);
        let all = all.map_or(0, |changed| changed.slots.len());
        self.of(list).extend(slots.iter().map(|&slot| (slot, all)));
    }

    /// After a flush: the store forgets its changes, and the database knows them. Gives the tables that are followed.
    pub(crate) fn follow_flush(&mut self, stores: &mut Stores) -> impl Iterator<Item = usize> {
        for at in 0..self.changed.len() {
            self.follow(self.changed[at].table, stores);
            let changed = &mut self.changed[at];
            (changed.seen, changed.flushed) = (0, changed.slots.len());
        }
        self.changed.iter().map(|changed| changed.table)
    }

    fn of(&mut self, list: ListId) -> &mut BTreeMap<u32, usize> {
        let at = self.lists.iter().position(|(other, _)| *other == list).unwrap_or_else(|| {
            self.lists.push((list, BTreeMap::new()));
            self.lists.len() - 1
        });
        &mut self.lists[at].1
    }

    /// Looks at the changes of a table since it did so last, and gives its position.
    fn follow(&mut self, table: usize, stores: &mut Stores) -> usize {
        let at = self.changed.iter().position(|changed| changed.table == table).unwrap_or_else(|| {
            self.changed.push(Changed { table, seen: 0, slots: Vec::new(), flushed: 0 });
            self.changed.len() - 1
        });
        let watch = stores.any_mut(table).watch_mut();
        watch.watch();
        let changed = &mut self.changed[at];
        changed.slots.extend(watch.changes().get(changed.seen..).unwrap_or(&[]));
        changed.seen = watch.changes().len();
        at
    }
}
