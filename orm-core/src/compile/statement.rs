//! A statement as drivers get it: its text, and a number to find it again by.

use std::sync::atomic::{AtomicU32, Ordering};

/// Identifies a statement's text in this process; connections find their prepared statements by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatementId(pub u32);

/// A statement: its text, and the number by which every connection finds it again.
#[derive(Debug)]
pub struct Statement {
    id: StatementId,
    sql: Box<str>,
    is_single_row: bool,
    rows: AtomicU32,
}

impl Statement {
    /// A new statement; make it once and keep it, since each new one is prepared anew.
    pub fn new(sql: impl Into<Box<str>>) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Statement {
            id: StatementId(NEXT.fetch_add(1, Ordering::Relaxed)),
            sql: sql.into(),
            is_single_row: false,
            rows: AtomicU32::new(0),
        }
    }

    /// Says that it returns one row at most, so that a driver need not look for a second.
    #[must_use]
    pub fn single_row(mut self) -> Self {
        self.is_single_row = true;
        self
    }

    /// Whether it returns one row at most, so that a driver need not look for a second.
    #[inline]
    pub fn is_single_row(&self) -> bool {
        self.is_single_row
    }

    /// The number.
    #[inline]
    pub fn id(&self) -> StatementId {
        self.id
    }

    /// The text.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// How many rows it returned last time: a guess at how many it will return.
    pub(crate) fn expected_rows(&self) -> usize {
        (self.rows.load(Ordering::Relaxed) as usize).min(1 << 16)
    }

    /// Remembers how many rows it returned.
    pub(crate) fn remember_rows(&self, rows: usize) {
        self.rows.store(u32::try_from(rows).unwrap_or(u32::MAX), Ordering::Relaxed);
    }
}
