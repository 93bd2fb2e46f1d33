//! Reading a row by position: vocabulary, no I/O. Rank 2.

use crate::error::Result;
use crate::value::{ColumnType, Value, ValueRef};

/// A row that a driver stands on.
pub trait Row {
    /// How many columns the row has.
    fn len(&self) -> usize;

    /// Whether the row has no column.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a column below [`len`](Self::len), borrowed until the driver moves on.
    fn value(&self, column: usize) -> ValueRef<'_>;

    /// The name of a column below [`len`](Self::len), as the statement gives it.
    fn name(&self, column: usize) -> &str;
}

/// A row of values at hand, for drivers and tests that have no other.
impl Row for &[Value<'_>] {
    fn len(&self) -> usize {
        <[Value<'_>]>::len(self)
    }

    fn value(&self, column: usize) -> ValueRef<'_> {
        self[column].as_ref()
    }

    fn name(&self, _column: usize) -> &str {
        ""
    }
}

/// Goes through the columns of a row from left to right.
pub struct Fields<'row> {
    row: &'row dyn Row,
    next: usize,
}

impl<'row> Fields<'row> {
    /// Starts at a column.
    #[inline]
    pub fn new(row: &'row dyn Row, first: usize) -> Self {
        Fields { row, next: first }
    }

    /// The position of the column that comes next.
    #[inline]
    pub fn position(&self) -> usize {
        self.next
    }

    /// Decodes the next column. After an error the position still is that of the column that failed.
    ///
    /// # Errors
    /// A value error when the column does not hold what the type expects.
    #[inline]
    pub fn column<T: ColumnType>(&mut self) -> Result<T> {
        let value = T::decode(self.row.value(self.next))?;
        self.next += 1;
        Ok(value)
    }

    /// Passes over columns.
    #[inline]
    pub fn skip(&mut self, count: usize) {
        self.next += count;
    }

    /// Whether one of the next `count` columns is NULL, so that what they spell is no key.
    #[inline]
    pub fn is_null(&self, count: usize) -> bool {
        (self.next..self.next + count).any(|column| matches!(self.row.value(column), ValueRef::Null))
    }
}
