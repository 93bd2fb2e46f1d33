//! Every statement's text is written once for an engine, and found again by what it is.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::RandomState;

use crate::error::Result;
use crate::schema::Table;
use crate::util::columns::ColumnSet;

use super::dialect::Dialect;
use super::dml::{delete_sql, insert_sql, select_by_key_sql, update_sql};
use super::statement::Statement;

/// How many shapes of queries are kept; when there are more, all are forgotten and written anew as they come.
const MAX_SHAPES: usize = 4096;

/// What the unit of work does to one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    SelectByKey,
    Insert,
    Update,
    Delete,
}

/// The statements of an engine.
pub(crate) struct Statements {
    dialect: &'static dyn Dialect,
    rows: Shelf<RowKey>,
    shapes: Shelf<Box<[u8]>>,
    /// Texts of the user's own, and whether only their first row is wanted.
    texts: [Shelf<Box<str>>; 2],
}

type Shelf<K> = RwLock<HashMap<K, Arc<Statement>, RandomState>>;

#[derive(PartialEq, Eq, Hash)]
struct RowKey {
    table: usize,
    operation: Operation,
    columns: ColumnSet,
    returning: ColumnSet,
}

impl Statements {
    pub(crate) fn new(dialect: &'static dyn Dialect) -> Self {
        Statements { dialect, rows: Shelf::default(), shapes: Shelf::default(), texts: Default::default() }
    }

    /// The statement of an operation on one row of a table.
    pub(crate) fn of_row(
        &self,
        table: &'static Table,
        operation: Operation,
        sets: RowSets,
    ) -> Arc<Statement> {
        let dialect = self.dialect;
        let key = RowKey { table: table.number, operation, columns: sets.columns, returning: sets.returning };
        find(&self.rows, &key).unwrap_or_else(|| {
            let sql = match operation {
                Operation::SelectByKey => select_by_key_sql(dialect, table),
                Operation::Insert => insert_sql(dialect, table, &sets.columns, &sets.returning),
                Operation::Update => update_sql(dialect, table, &sets.columns, &sets.returning),
                Operation::Delete => delete_sql(dialect, table),
            };
            let statement = match operation {
                Operation::SelectByKey => Statement::new(sql).single_row(),
                Operation::Insert | Operation::Update | Operation::Delete => Statement::new(sql),
            };
            keep(&self.rows, key, statement)
        })
    }

    /// The statement of a shape, written the first time.
    pub(crate) fn of_shape(&self, shape: &[u8], write: impl FnOnce() -> String) -> Arc<Statement> {
        find(&self.shapes, shape).unwrap_or_else(|| keep(&self.shapes, shape.into(), Statement::new(write())))
    }

    /// The statement of a text of the user's own, for all of its rows or for the first.
    pub(crate) fn of_text(&self, sql: &str, only_first: bool) -> Arc<Statement> {
        let shelf = &self.texts[usize::from(only_first)];
        find(shelf, sql).unwrap_or_else(|| {
            let statement = Statement::new(sql);
            keep(shelf, sql.into(), if only_first { statement.single_row() } else { statement })
        })
    }

    /// The statement of a shape, checked and written the first time.
    ///
    /// # Errors
    /// What the check reports; the shape is then not kept.
    pub(crate) fn of_checked_shape(
        &self,
        shape: &[u8],
        write: impl FnOnce() -> Result<Statement>,
    ) -> Result<Arc<Statement>> {
        match find(&self.shapes, shape) {
            Some(statement) => Ok(statement),
            None => Ok(keep(&self.shapes, shape.into(), write()?)),
        }
    }
}

/// The columns that a statement on one row writes, and those that it returns.
#[derive(Clone, Copy, Default)]
pub(crate) struct RowSets {
    pub(crate) columns: ColumnSet,
    pub(crate) returning: ColumnSet,
}

fn find<K: Eq + Hash + std::borrow::Borrow<Q>, Q: Eq + Hash + ?Sized>(
    shelf: &Shelf<K>,
    key: &Q,
) -> Option<Arc<Statement>> {
    shelf.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
}

fn keep<K: Eq + Hash>(shelf: &Shelf<K>, key: K, statement: Statement) -> Arc<Statement> {
    let mut shelf = shelf.write().unwrap_or_else(PoisonError::into_inner);
    if shelf.len() >= MAX_SHAPES {
        shelf.clear();
    }
    Arc::clone(shelf.entry(key).or_insert_with(|| Arc::new(statement)))
}
