//! Holds the tables of the models against those of a live database, and says every difference in words. Rank 7.
//!
//! A difference is what makes a program fail or go wrong: what the models need and the database lacks or does otherwise.
//! Tables and columns that no model knows are none, unless an INSERT must fail for want of a value; neither are further
//! indexes, unique columns, defaults and CHECK constraints, the length of texts, the names of constraints, whether a computed
//! column is stored, and that a boolean column lacks its CHECK, which databases not made from models rarely have.
//! Expressions are compared as text (see [`text`]).

mod text;

use std::fmt;

use crate::compile::Dialect;
use crate::schema::live::{LiveColumn, LiveForeignKey, LiveSchema, LiveTable};
use crate::schema::{ForeignKey, Table, TableColumn};

/// One difference between the models and the database; shown as a sentence without a full stop.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct UsersDb;
/// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
/// # fn main() -> orm_core::Result<()> {
/// let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
/// engine.begin(|connection| connection.run_script("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"))?;
/// let found = UsersDb::metadata().verify(&engine)?;
/// assert_eq!(found[0].columns(), ["age"]);
/// assert_eq!(found[0].to_string(), "column `users.age` is missing");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Difference {
    table: String,
    columns: Vec<String>,
    kind: DifferenceKind,
    words: String,
}

/// What is different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DifferenceKind {
    /// The database has no such table.
    MissingTable,
    /// The database has no such column.
    MissingColumn,
    /// The database has a column that no model fills and that has to be filled.
    UnknownColumn,
    /// The column cannot hold what the field holds.
    Type,
    /// One of them allows NULL, the other does not.
    Nullable,
    /// The field is left to the database, which has no default or another one.
    Default,
    /// One of them computes the column, the other does not, or by another expression.
    Computed,
    /// Texts are compared in another way.
    Collation,
    /// The database does not check what the model says, or something else.
    Check,
    /// The database keeps another comment.
    Comment,
    /// The primary key has other columns.
    PrimaryKey,
    /// The model leaves the key to the database, which does not make one.
    GeneratedKey,
    /// The database has no such foreign key.
    MissingForeignKey,
    /// A delete or a changed key has other consequences.
    ForeignKeyRule,
    /// The columns are not unique.
    Unique,
    /// There is no index that begins with the columns.
    MissingIndex,
}

impl Difference {
    /// The table, as the model names it.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The columns that it is about; none when it is about the table.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// What is different.
    pub fn kind(&self) -> DifferenceKind {
        self.kind
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// Every difference, by table, column and kind.
pub(crate) fn differences(
    tables: &[&'static Table],
    live: &LiveSchema,
    dialect: &dyn Dialect,
) -> Vec<Difference> {
    let mut found = Vec::new();
    for &table in tables {
        check_table(table, live, dialect, &mut found);
    }
    found.sort();
    found.dedup();
    found
}

fn check_table(table: &Table, live: &LiveSchema, dialect: &dyn Dialect, found: &mut Vec<Difference>) {
    let Some(live) = find_table(live, table, dialect) else {
        found.push(Difference {
            table: table.name.to_owned(),
            columns: Vec::new(),
            kind: DifferenceKind::MissingTable,
            words: format!("table `{}` is missing", table.name),
        });
        return;
    };
    let mut check = Check { table, live, dialect, found };
    check.check_columns();
    check.check_unknown_columns();
    check.check_primary_key();
    check.check_generated_key();
    check.check_foreign_keys();
    check.check_uniques();
    check.check_indexes();
    check.check_conditions();
    check.check_table_comment();
}

/// The live table of a model.
pub(crate) fn find_table<'live>(
    live: &'live LiveSchema,
    table: &Table,
    dialect: &dyn Dialect,
) -> Option<&'live LiveTable> {
    let same_schema = |live: &LiveTable| match (&live.schema, table.schema) {
        (Some(live), Some(schema)) => same_name(live, schema, dialect),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    live.tables.iter().find(|live| same_name(&live.name, table.name, dialect) && same_schema(live))
}

/// Whether something of a live table lets rows be found by these columns: an index, a unique constraint, or the key.
pub(crate) fn has_index(live: &LiveTable, columns: &[&str], dialect: &dyn Dialect) -> bool {
    let begins = |names: &Vec<String>| {
        names.len() >= columns.len() && names.iter().zip(columns).all(|(a, b)| same_name(a, b, dialect))
    };
    live.indexes.iter().any(|index| begins(&index.columns))
        || live.uniques.iter().any(begins)
        || begins(&live.primary_key)
}

fn same_name(a: &str, b: &str, dialect: &dyn Dialect) -> bool {
    a == b || (dialect.capabilities().case_insensitive_names && a.eq_ignore_ascii_case(b))
}

/// A table of a model beside the live one.
struct Check<'a> {
    table: &'a Table,
    live: &'a LiveTable,
    dialect: &'a dyn Dialect,
    found: &'a mut Vec<Difference>,
}

impl<'a> Check<'a> {
    fn check_columns(&mut self) {
        let table = self.table;
        for (position, column) in table.columns.iter().enumerate() {
            let Some(live) = self.live.columns.iter().find(|live| self.same(&live.name, &column.name)) else {
                let words = format!("column `{}.{}` is missing", table.name, column.name);
                self.add(DifferenceKind::MissingColumn, &[&column.name], words);
                continue;
            };
            self.check_type(position, column, live);
            self.check_null(column, live);
            self.check_default(position, column, live);
            self.check_computed(column, live);
            self.check_collation(column, live);
            self.check_comment(column, live);
        }
    }

    fn check_type(&mut self, position: usize, column: &TableColumn, live: &LiveColumn) {
        if self.dialect.accepts(&column.sql_type, &live.declared_type) {
            return;
        }
        let declared = match live.declared_type.as_str() {
            "" => "has no type",
            declared => &format!("is {declared}"),
        };
        let needed = if self.table.generated_key == Some(position) {
            self.dialect.generated_key(column).column_type
        } else {
            self.dialect.column_type(&column.sql_type, column.length)
        };
        let (place, field) = (self.place(&column.name), self.field(column.field));
        self.add(
            DifferenceKind::Type,
            &[&column.name],
            format!("{place} {declared} in the database; {field} needs {needed}"),
        );
    }

    /// A column of the key is never NULL, even where the database would allow it.
    fn check_null(&mut self, column: &TableColumn, live: &LiveColumn) {
        if column.nullable == live.nullable || self.is_in_live_key(&live.name) {
            return;
        }
        let (place, field) = (self.place(&column.name), self.field(column.field));
        let words = if live.nullable {
            format!("{place} allows NULL in the database, but {field} does not")
        } else {
            format!("{place} is NOT NULL in the database, but {field} allows NULL")
        };
        self.add(DifferenceKind::Nullable, &[&column.name], words);
    }

    /// A field that is left to the database needs a default there, unless it may be NULL.
    fn check_default(&mut self, position: usize, column: &TableColumn, live: &LiveColumn) {
        let is_left = column.server_default.is_some()
            || (self.table.generated.contains(position) && !self.table.computed.contains(position));
        let is_filled = live.default.is_some() || live.computed || live.nullable;
        if !is_left || self.table.generated_key == Some(position) {
            return;
        }
        if is_filled {
            return self.check_default_text(column, live);
        }
        let (place, field) = (self.place(&column.name), self.field(column.field));
        let words = format!(
            "{place} has no default in the database, and {field} is left to it: an INSERT would fail"
        );
        self.add(DifferenceKind::Default, &[&column.name], words);
    }

    fn check_computed(&mut self, column: &TableColumn, live: &LiveColumn) {
        let (place, field) = (self.place(&column.name), self.field(column.field));
        let words = match (column.computed, live.computed) {
            (Some(expression), false) => {
                format!("{place} is not computed by the database; {field} is `{expression}`")
            }
            (None, true) => format!("{place} is computed by the database; {field} would be written"),
            (Some(expression), true) => return self.check_expression(column, live, expression),
            (None, false) => return,
        };
        self.add(DifferenceKind::Computed, &[&column.name], words);
    }

    fn check_unknown_columns(&mut self) {
        let live = self.live;
        for column in &live.columns {
            let is_known = self.table.columns.iter().any(|known| self.same(&known.name, &column.name));
            let is_filled = column.nullable || column.default.is_some() || column.computed;
            if is_known || is_filled || self.is_in_live_key(&column.name) {
                continue;
            }
            let words = format!(
                "the database has a column {} that is NOT NULL without a default, which `{}` does not know: every INSERT would fail",
                self.place(&column.name),
                self.table.model
            );
            self.add(DifferenceKind::UnknownColumn, &[&column.name], words);
        }
    }

    fn check_primary_key(&mut self) {
        let table = self.table;
        let own: Vec<&str> = table.names(&table.primary_key).collect();
        if self.same_set(&self.live.primary_key, &own) {
            return;
        }
        let words = match self.live.primary_key.as_slice() {
            [] => format!(
                "table `{}` has no primary key in the database, the model's is ({})",
                table.name,
                own.join(", ")
            ),
            live => format!(
                "primary key of `{}` is ({}), the model's is ({})",
                table.name,
                live.join(", "),
                own.join(", ")
            ),
        };
        self.add(DifferenceKind::PrimaryKey, &own, words);
    }

    fn check_generated_key(&mut self) {
        let Some(position) = self.table.generated_key else {
            return;
        };
        let column = &self.table.columns[position];
        let Some(live) = self.live.columns.iter().find(|live| self.same(&live.name, &column.name)) else {
            return;
        };
        let is_told = !self.dialect.accepts(&column.sql_type, &live.declared_type);
        if is_told || self.dialect.generates_key(&live.declared_type) {
            return;
        }
        let needed = self.dialect.generated_key(column).column_type;
        let words = format!(
            "the database does not generate {}, which is {}; {} is left to it and needs {needed}",
            self.place(&column.name),
            live.declared_type,
            self.field(column.field),
        );
        self.add(DifferenceKind::GeneratedKey, &[&column.name], words);
    }

    fn check_foreign_keys(&mut self) {
        let table = self.table;
        for key in &table.foreign_keys {
            match self.live.foreign_keys.iter().find(|live| self.is_same_key(key, live)) {
                Some(live) => self.check_rules(key, live),
                None => {
                    let columns: Vec<&str> = table.names(&key.columns).collect();
                    let target = key.target();
                    let names: Vec<&str> = target.names(&target.primary_key).collect();
                    let words = format!(
                        "{} has no foreign key to `{}({})`",
                        self.places(&columns),
                        target.name,
                        names.join(", ")
                    );
                    self.add(DifferenceKind::MissingForeignKey, &columns, words);
                }
            }
        }
    }

    /// The same table, and the same pairs of columns in whatever order.
    fn is_same_key(&self, key: &ForeignKey, live: &LiveForeignKey) -> bool {
        let target = key.target();
        let own: Vec<&str> = self.table.names(&key.columns).collect();
        let referenced: Vec<&str> = target.names(&target.primary_key).collect();
        let is_pair = |(column, reference): (&String, &String)| {
            own.iter().zip(&referenced).any(|(a, b)| self.same(column, a) && self.same(reference, b))
        };
        let is_paired = match live.references.as_slice() {
            [] => live.columns.iter().zip(&own).all(|(column, own)| self.same(column, own)),
            references => live.columns.iter().zip(references).all(is_pair),
        };
        self.same(&live.table, target.name) && live.columns.len() == own.len() && is_paired
    }

    fn check_rules(&mut self, key: &ForeignKey, live: &LiveForeignKey) {
        let on_delete = key.on_delete_in_database().words();
        let on_update = key.on_key_update.words();
        let rules = [("deletes", &live.on_delete, on_delete), ("changes keys", &live.on_update, on_update)];
        for (verb, live, own) in rules {
            if live.eq_ignore_ascii_case(own) {
                continue;
            }
            let columns: Vec<&str> = self.table.names(&key.columns).collect();
            let by_session =
                if key.by_session && verb == "deletes" { ", since the session does it" } else { "" };
            let words =
                format!("{} {verb} with {live}, the model says {own}{by_session}", self.places(&columns));
            self.add(DifferenceKind::ForeignKeyRule, &columns, words);
        }
    }

    /// Columns are unique also when some of them are.
    fn check_uniques(&mut self) {
        let table = self.table;
        for unique in &table.uniques {
            let own: Vec<&str> = table.names(&unique.columns).collect();
            let is_within = |live: &Vec<String>| {
                !live.is_empty() && live.iter().all(|name| own.iter().any(|own| self.same(name, own)))
            };
            if self.live.uniques.iter().any(is_within) || is_within(&self.live.primary_key) {
                continue;
            }
            let verb = if own.len() == 1 { "is" } else { "are" };
            let words = format!("{} {verb} not unique in the database", self.places(&own));
            self.add(DifferenceKind::Unique, &own, words);
        }
    }

    fn check_indexes(&mut self) {
        let table = self.table;
        for index in &table.indexes {
            let own: Vec<&str> = table.names(&index.columns).collect();
            if !has_index(self.live, &own, self.dialect) {
                let verb = if own.len() == 1 { "has" } else { "have" };
                let words = format!("{} {verb} no index in the database", self.places(&own));
                self.add(DifferenceKind::MissingIndex, &own, words);
            }
        }
    }

    fn add(&mut self, kind: DifferenceKind, columns: &[&str], words: String) {
        self.found.push(Difference {
            table: self.table.name.to_owned(),
            columns: columns.iter().map(|&name| name.to_owned()).collect(),
            kind,
            words,
        });
    }

    fn same(&self, a: &str, b: &str) -> bool {
        same_name(a, b, self.dialect)
    }

    fn same_set(&self, live: &[String], own: &[&str]) -> bool {
        live.len() == own.len() && live.iter().all(|name| own.iter().any(|own| self.same(name, own)))
    }

    fn is_in_live_key(&self, name: &str) -> bool {
        self.live.primary_key.iter().any(|key| self.same(key, name))
    }

    /// `users.email`.
    fn place(&self, column: &str) -> String {
        format!("`{}.{column}`", self.table.name)
    }

    /// `users.email`, or `users(first, last)`.
    fn places(&self, columns: &[&str]) -> String {
        match columns {
            [column] => self.place(column),
            columns => format!("`{}({})`", self.table.name, columns.join(", ")),
        }
    }

    /// `User::email`.
    fn field(&self, field: &str) -> String {
        format!("`{}::{field}`", self.table.model)
    }
}

#[cfg(test)]
mod tests;
