//! Whether values are still what the transaction would read: each transaction has an epoch, and so has each savepoint once
//! something was written in it.

use std::ops::Range;

/// The epochs of a session. Values of a slot are stale when their epoch is over.
pub(crate) struct Epochs {
    /// The epoch that values get now.
    current: u32,
    /// The first epoch of the transaction; earlier ones are over.
    first: u32,
    /// The last epoch that was given out.
    last: u32,
    /// Epochs of savepoints that were undone, in order.
    undone: Vec<Range<u32>>,
    /// How often epochs ended.
    ends: u64,
}

impl Epochs {
    /// Nothing was loaded in this epoch, or it was forgotten.
    pub(crate) const STALE: u32 = 0;

    pub(crate) fn new() -> Self {
        Epochs { current: 1, first: 1, last: 1, undone: Vec::new(), ends: 0 }
    }

    #[inline]
    pub(crate) fn current(&self) -> u32 {
        self.current
    }

    /// How often epochs ended: what was known before of the database as a whole counts no more.
    pub(crate) fn ends(&self) -> u64 {
        self.ends
    }

    /// Whether values of an epoch are of the snapshot that the transaction sees.
    #[inline]
    pub(crate) fn is_fresh(&self, epoch: u32) -> bool {
        epoch == self.current || self.is_older_but_fresh(epoch)
    }

    fn is_older_but_fresh(&self, epoch: u32) -> bool {
        let after = self.undone.partition_point(|range| range.end <= epoch);
        epoch >= self.first && self.undone.get(after).is_none_or(|range| epoch < range.start)
    }

    /// Ends all epochs: whatever was loaded is stale.
    pub(crate) fn end(&mut self) {
        self.ends += 1;
        self.open();
        self.first = self.current;
        self.undone.clear();
    }

    /// Starts an epoch inside the present one, and gives it.
    pub(crate) fn open(&mut self) -> u32 {
        self.last += 1;
        self.current = self.last;
        self.current
    }

    /// Ends the epochs from one on, and goes back to the one before it.
    pub(crate) fn undo(&mut self, from: u32, before: u32) {
        self.ends += 1;
        let end = self.last + 1;
        self.undone.retain(|range| range.start < from);
        match self.undone.last_mut() {
            Some(last) if last.end >= from => last.end = end,
            Some(_) | None => self.undone.push(from..end),
        }
        self.current = before;
        if before < self.first {
            self.open();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undone_epoch_is_over_and_the_one_around_it_is_not() {
        let mut epochs = Epochs::new();
        let outer = epochs.current();
        let kept = epochs.open();
        for _ in 0..3 {
            let inner = epochs.open();
            let innermost = epochs.open();
            epochs.undo(inner, outer);
            assert!(!epochs.is_fresh(inner) && !epochs.is_fresh(innermost));
        }
        assert!(epochs.is_fresh(outer) && epochs.is_fresh(kept) && !epochs.is_fresh(Epochs::STALE));
        assert_eq!(epochs.undone.len(), 1, "neighbours are one range");
        let later = epochs.open();
        assert!(epochs.is_fresh(later) && epochs.is_fresh(outer));
    }

    #[test]
    fn what_ended_inside_a_savepoint_stays_over_when_it_is_undone() {
        let mut epochs = Epochs::new();
        let outer = epochs.current();
        let inner = epochs.open();
        epochs.end();
        epochs.undo(inner, outer);
        assert!(!epochs.is_fresh(outer) && !epochs.is_fresh(inner) && epochs.is_fresh(epochs.current()));
    }
}
