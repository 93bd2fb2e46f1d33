//! Copies of values as the database has them, kept while a transaction may need them: one block for many, instead of one each.

use super::chunks::Chunks;

/// The kept copies of a store.
pub(super) struct KeptCopies<M> {
    copies: Chunks<Option<M>>,
    free: Vec<u32>,
}

/// Names a kept copy; whoever has it is the only one.
pub(crate) struct Kept(u32);

impl<M> KeptCopies<M> {
    pub(super) fn new() -> Self {
        KeptCopies { copies: Chunks::new(), free: Vec::new() }
    }

    #[inline]
    pub(super) fn keep(&mut self, copy: M) -> Kept {
        if let Some(free) = self.free.pop() {
            self.copies[free as usize] = Some(copy);
            return Kept(free);
        }
        let position =
            u32::try_from(self.copies.len()).expect("invariant: memory ends before four billion copies");
        self.copies.push(Some(copy));
        Kept(position)
    }

    #[inline]
    pub(super) fn get(&self, kept: &Kept) -> &M {
        self.copies[kept.0 as usize].as_ref().expect("invariant: a kept copy is there until it is taken")
    }

    pub(super) fn set(&mut self, kept: &Kept, copy: M) {
        self.copies[kept.0 as usize] = Some(copy);
    }

    pub(super) fn take(&mut self, kept: Kept) -> M {
        self.free.push(kept.0);
        self.copies[kept.0 as usize].take().expect("invariant: a kept copy is there until it is taken")
    }

    /// Forgets all copies; nobody may name one any more.
    pub(super) fn clear(&mut self) {
        self.copies.clear();
        self.free.clear();
    }
}
