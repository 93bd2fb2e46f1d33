//! Everything a base knows of its tables.

use std::marker::PhantomData;

use super::model::DeclarativeBase;
use super::order::in_foreign_key_order;
use super::registry::tables_of;
use super::table::Table;

/// The tables of a base, in foreign-key order: a table comes after those that it names, but for cycles.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct UsersDb;
/// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
/// # fn main() -> orm_core::Result<()> {
/// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
/// # engine.create_all()?;
/// let metadata = UsersDb::metadata();
/// assert_eq!(metadata.table("users").map(|table| table.columns.len()), Some(3));
/// assert!(metadata.verify(&engine)?.is_empty()); // models against the live database: every difference, or nothing
/// # Ok(())
/// # }
/// ```
pub struct Metadata<B> {
    tables: Vec<&'static Table>,
    base: PhantomData<fn() -> B>,
}

impl<B: DeclarativeBase> Metadata<B> {
    /// Gathers the tables of the base.
    pub fn new() -> Self {
        Metadata { tables: in_foreign_key_order(&tables_of::<B>()).concat(), base: PhantomData }
    }
}

impl<B: DeclarativeBase> Default for Metadata<B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B> Metadata<B> {
    /// The tables, each after those that it names, whatever the order of declaration.
    pub fn tables(&self) -> &[&'static Table] {
        &self.tables
    }

    /// A table by its name.
    pub fn table(&self, name: &str) -> Option<&'static Table> {
        self.tables.iter().copied().find(|table| table.name == name)
    }
}
