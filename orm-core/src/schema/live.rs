//! What a database holds, as its driver reads it.

/// The tables of a live database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveSchema {
    /// The tables, by name.
    pub tables: Vec<LiveTable>,
}

/// A table of a live database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveTable {
    /// The schema it lives in; `None` for the one that names without a schema mean.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<LiveColumn>,
    /// The columns of its primary key, in the order of the key.
    pub primary_key: Vec<String>,
    /// Its foreign keys.
    pub foreign_keys: Vec<LiveForeignKey>,
    /// The column sets that are unique, by constraint or by index; partial indexes and those on expressions are left out.
    pub uniques: Vec<Vec<String>>,
    /// Its other indexes.
    pub indexes: Vec<LiveIndex>,
    /// Its CHECK constraints, those of its columns too; `None` where the driver cannot tell.
    pub checks: Option<Vec<LiveCheck>>,
    /// What the database keeps as its comment.
    pub comment: Option<String>,
}

/// A column of a live table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveColumn {
    /// Its name.
    pub name: String,
    /// Its type, as it was declared.
    pub declared_type: String,
    /// Whether it allows NULL.
    pub nullable: bool,
    /// Its default, in SQL.
    pub default: Option<String>,
    /// Whether the database computes it.
    pub computed: bool,
    /// The expression that it is computed by, in SQL; `None` where the driver cannot tell.
    pub expression: Option<String>,
    /// What it compares texts by; `None` where the driver cannot tell.
    pub collation: Option<String>,
    /// What the database keeps as its comment.
    pub comment: Option<String>,
}

/// A foreign key of a live table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveForeignKey {
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that it names.
    pub table: String,
    /// The columns there, in the order of `columns`; empty when the database says no more than "the primary key".
    pub references: Vec<String>,
    /// What happens on a delete, in SQL's words: `NO ACTION`, `CASCADE`, `SET NULL`, `RESTRICT`, `SET DEFAULT`.
    pub on_delete: String,
    /// What happens when the key changes, in the same words.
    pub on_update: String,
}

/// An index of a live table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveIndex {
    /// Its name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<String>,
}

/// A CHECK constraint of a live table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveCheck {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What holds for every row, in SQL.
    pub condition: String,
}
