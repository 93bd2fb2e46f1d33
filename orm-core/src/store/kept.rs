//! Copies of values as the database has them, kept while a transaction may need them: one block for many, instead of one each.

use std::num::NonZeroU32;

use super::chunks::Chunks;

/// The kept copies of a store.
pub(super) struct KeptCopies<M> {
    copies: Chunks<Option<M>>,
    free: Vec<Kept>,
}

/// Names a kept copy, by its position from one; whoever has it is the only one.
pub(crate) struct Kept(NonZeroU32);

impl Kept {
    #[inline]
    fn at(position: usize) -> Self {
        let number = u32::try_from(position + 1).ok().and_then(NonZeroU32::new);
        Kept(number.expect("invariant: memory ends before four billion copies"))
    }

    #[inline]
    fn position(&self) -> usize {
        self.0.get() as usize - 1
    }
}

impl<M> KeptCopies<M> {
    pub(super) fn new() -> Self {
        KeptCopies { copies: Chunks::new(), free: Vec::new() }
    }

    #[inline]
    pub(super) fn keep(&mut self, copy: M) -> Kept {
        if let Some(free) = self.free.pop() {
            self.copies[free.position()] = Some(copy);
            return free;
        }
        Kept::at(self.copies.push(Some(copy)))
    }

    #[inline]
    pub(super) fn get(&self, kept: &Kept) -> &M {
        self.copies[kept.position()].as_ref().expect("invariant: a kept copy is there until it is taken")
    }

    pub(super) fn get_mut(&mut self, kept: &Kept) -> &mut M {
        self.copies[kept.position()].as_mut().expect("invariant: a kept copy is there until it is taken")
    }

    pub(super) fn set(&mut self, kept: &Kept, copy: M) {
        self.copies[kept.position()] = Some(copy);
    }

    pub(super) fn take(&mut self, kept: Kept) -> M {
        let copy = self.copies[kept.position()].take();
        self.free.push(kept);
        copy.expect("invariant: a kept copy is there until it is taken")
    }

    /// Forgets all copies; nobody may name one any more.
    pub(super) fn clear(&mut self) {
        self.copies.clear();
        self.free.clear();
    }
}
