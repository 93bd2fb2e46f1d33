//! A list in chunks: growing moves nothing, and no block is so large that an allocator treats it differently from the
//! entities' own texts.

use std::ops::{Index, IndexMut};

/// A list that only grows at its end.
pub(super) struct Chunks<T> {
    chunks: Vec<Vec<T>>,
}

impl<T> Chunks<T> {
    /// A chunk has two to this power items, at most about 32 KiB.
    const SHIFT: u32 = match size_of::<T>() {
        0..=128 => 8,
        129..=512 => 6,
        _ => 4,
    };
    const CHUNK: usize = 1 << Self::SHIFT;

    pub(super) fn new() -> Self {
        Chunks { chunks: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        match self.chunks.split_last() {
            Some((last, full)) => (full.len() << Self::SHIFT) + last.len(),
            None => 0,
        }
    }

    /// Adds an item, and gives its position, which a `u32` can hold.
    #[inline(always)]
    pub(super) fn push(&mut self, item: T) -> usize {
        if self.chunks.last().is_none_or(|last| last.len() == Self::CHUNK) {
            self.open_chunk();
        }
        let before = (self.chunks.len() - 1) << Self::SHIFT;
        let last = self.chunks.last_mut().expect("invariant: a chunk was just opened");
        // Room first and then the item, which is copied once.
        last.extend(Some(item));
        before + last.len() - 1
    }

    #[cold]
    fn open_chunk(&mut self) {
        let count = (self.chunks.len() + 1) << Self::SHIFT;
        assert!(u32::try_from(count).is_ok(), "memory ends before four billion items");
        // Most sessions hold a few entities of a model.
        let capacity = if self.chunks.is_empty() { 4 } else { Self::CHUNK };
        self.chunks.push(Vec::with_capacity(capacity));
    }

    pub(super) fn clear(&mut self) {
        self.chunks.clear();
    }

    #[inline]
    pub(super) fn get(&self, position: usize) -> Option<&T> {
        self.chunks.get(position >> Self::SHIFT)?.get(position & (Self::CHUNK - 1))
    }

    #[inline]
    pub(super) fn get_mut(&mut self, position: usize) -> Option<&mut T> {
        self.chunks.get_mut(position >> Self::SHIFT)?.get_mut(position & (Self::CHUNK - 1))
    }
}

impl<T> Index<usize> for Chunks<T> {
    type Output = T;

    #[inline]
    fn index(&self, position: usize) -> &T {
        &self.chunks[position >> Self::SHIFT][position & (Self::CHUNK - 1)]
    }
}

impl<T> IndexMut<usize> for Chunks<T> {
    #[inline]
    fn index_mut(&mut self, position: usize) -> &mut T {
        &mut self.chunks[position >> Self::SHIFT][position & (Self::CHUNK - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_stay_where_they_were_pushed() {
        let mut chunks = Chunks::new();
        (0..1000_usize).for_each(|item| assert_eq!(chunks.push(item), item));
        assert_eq!(chunks.len(), 1000);
        assert!((0..1000).all(|position| chunks[position] == position));
        assert_eq!(chunks.get(1000), None);
        chunks[999] = 7;
        assert_eq!(chunks.get_mut(999), Some(&mut 7));
    }
}
