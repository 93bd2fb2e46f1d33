//! A set of columns of one table, as bits.

/// How many columns a table may have.
pub const MAX_COLUMNS: usize = 256;

/// A set of column positions below [`MAX_COLUMNS`]; two of them compare and hash as what an UPDATE is grouped by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct ColumnSet([u64; MAX_COLUMNS / 64]);

impl ColumnSet {
    /// No column.
    pub const EMPTY: ColumnSet = ColumnSet([0; MAX_COLUMNS / 64]);

    /// The first `count` columns.
    pub fn first(count: usize) -> Self {
        (0..count).collect()
    }

    /// Adds a column.
    #[inline]
    pub fn insert(&mut self, column: usize) {
        self.0[column / 64] |= 1 << (column % 64);
    }

    /// Takes a column out.
    #[inline]
    pub fn remove(&mut self, column: usize) {
        self.0[column / 64] &= !(1 << (column % 64));
    }

    /// Whether the column is in the set.
    #[inline]
    pub fn contains(&self, column: usize) -> bool {
        self.0[column / 64] & (1 << (column % 64)) != 0
    }

    /// Whether no column is in the set.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0 == [0; MAX_COLUMNS / 64]
    }

    /// How many columns are in the set.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The columns that are not in another set.
    pub fn without(mut self, other: &ColumnSet) -> ColumnSet {
        self.0.iter_mut().zip(&other.0).for_each(|(word, taken)| *word &= !taken);
        self
    }

    /// Whether both sets have a column in common.
    pub fn intersects(&self, other: &ColumnSet) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    /// The columns in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(word, &bits)| {
            let mut rest = bits;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(word * 64 + bit)
            })
        })
    }
}

impl FromIterator<usize> for ColumnSet {
    fn from_iter<I: IntoIterator<Item = usize>>(columns: I) -> Self {
        let mut set = ColumnSet::EMPTY;
        columns.into_iter().for_each(|column| set.insert(column));
        set
    }
}

impl std::fmt::Debug for ColumnSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_lists_its_columns_in_order_across_words() {
        let mut set: ColumnSet = [200, 3, 64, 63].into_iter().collect();
        set.remove(3);
        assert_eq!(set.iter().collect::<Vec<_>>(), [63, 64, 200]);
        assert_eq!(set.len(), 3);
        assert!(set.contains(64) && !set.contains(3));
    }

    #[test]
    fn the_first_columns_end_where_they_should() {
        assert_eq!(ColumnSet::first(65).iter().last(), Some(64));
        assert!(ColumnSet::first(0).is_empty());
    }
}
