//! What a store tells those who keep lists of its entities: what was added or changed, and when a list is worth nothing any more.

/// The changes of a store, as far as somebody may want to know them.
#[derive(Default)]
pub(crate) struct Watch {
    /// Slots that were added or changed, in that order.
    changes: Vec<u32>,
    /// Whether somebody keeps lists, so that each change counts and not only the first.
    is_watched: bool,
    /// How many of the changes somebody has looked at.
    seen: usize,
    revision: u64,
    forgets: u32,
}

impl Watch {
    /// Says that a slot was added, marked, or changed for the first time since the last flush.
    #[inline]
    pub(super) fn begin(&mut self, slot: u32) {
        self.revision += 1;
        self.changes.push(slot);
    }

    /// Says that a slot may change again.
    #[inline]
    pub(super) fn again(&mut self, slot: u32) {
        self.revision += 1;
        if self.is_watched && (self.seen == self.changes.len() || self.changes.last() != Some(&slot)) {
            self.changes.push(slot);
        }
    }

    /// Says that the state of a slot changed, but none of its values.
    #[inline]
    pub(super) fn stir(&mut self) {
        self.revision += 1;
    }

    /// Says that an entity left, or that what is known of one counts no more: lists have to be made anew.
    pub(crate) fn forget(&mut self) {
        self.revision += 1;
        self.forgets += 1;
    }

    /// Grows with each change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// The revision, if the database has all changes: what it lists then is true as long as the revision stays.
    pub(crate) fn settled_revision(&self) -> u64 {
        if self.changes.is_empty() { self.revision } else { u64::MAX }
    }

    /// Grows with each entity that left.
    pub(crate) fn forgets(&self) -> u32 {
        self.forgets
    }

    /// What was added or changed, in that order; a slot can stand there more than once, and the last time counts.
    pub(crate) fn changes(&self) -> &[u32] {
        &self.changes
    }

    /// Says that somebody looks at all changes, and wants to be told of each from now on.
    pub(crate) fn watch(&mut self) {
        self.is_watched = true;
        self.seen = self.changes.len();
    }

    /// Forgets the changes: they are in the database, or taken back, and whoever keeps lists knows them.
    pub(crate) fn clear(&mut self) {
        self.changes.clear();
        self.seen = 0;
    }

    /// Nobody keeps lists any more; some changes are still to be flushed.
    pub(super) fn prune(&mut self, is_unflushed: impl FnMut(&u32) -> bool) {
        self.is_watched = false;
        self.changes.retain(is_unflushed);
        self.seen = 0;
    }

    /// Nobody keeps lists any more.
    pub(crate) fn end(&mut self) {
        self.is_watched = false;
        self.clear();
    }
}
