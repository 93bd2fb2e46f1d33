//! What a derive says of a model: constant data, not resolved yet.

use std::any::TypeId;

use crate::value::{Field, Shape};

/// A model as its derive wrote it.
pub struct ModelDef {
    /// The struct's name.
    pub model: &'static str,
    /// The struct's type.
    pub type_id: fn() -> TypeId,
    /// The table's name.
    pub table: &'static str,
    /// The schema that the table lives in, for backends that have schemas.
    pub schema: Option<&'static str>,
    /// The fields, in the order of the struct.
    pub fields: &'static [FieldDef],
    /// Sets of fields that are unique together.
    pub uniques: &'static [&'static [&'static str]],
    /// Sets of fields with an index.
    pub indexes: &'static [&'static [&'static str]],
    /// Conditions on a row, in SQL.
    pub checks: &'static [&'static str],
    /// What the table is for.
    pub comment: Option<&'static str>,
}

/// A field as its derive wrote it; `FieldDef { unique: true, ..FieldDef::of::<String>("name") }`.
pub struct FieldDef {
    /// The field's name, without `r#`.
    pub name: &'static str,
    /// The names of its columns; empty for the default.
    pub columns: &'static [&'static str],
    /// Adds its columns to a table.
    pub describe: fn(&mut Shape),
    /// Whether it is the primary key, or a part of it.
    pub primary_key: bool,
    /// Whether it is unique by itself.
    pub unique: bool,
    /// Whether it has an index.
    pub index: bool,
    /// Whether a key, once used, is never given again.
    pub never_reuse: bool,
    /// Whether it is the row's version.
    pub version: bool,
    /// The greatest length of a text, in characters.
    pub length: Option<u32>,
    /// What the database puts into the column when nothing is said, in SQL.
    pub server_default: Option<&'static str>,
    /// The expression that the database computes the column by, in SQL.
    pub computed: Option<&'static str>,
    /// A condition on the column, in SQL.
    pub check: Option<&'static str>,
    /// The collation of a text.
    pub collate: Option<&'static str>,
    /// What the column is for.
    pub comment: Option<&'static str>,
    /// What happens to this row when the row it names is deleted.
    pub on_delete: RowRule,
    /// Whether the session carries `on_delete` out, instead of the database.
    pub by_session: bool,
    /// Whether this row is deleted when the session clears the foreign key.
    pub orphan_delete: bool,
    /// What happens to this row when the key it names changes.
    pub on_key_update: KeyRule,
    /// Whether it is marked as large; no SELECT leaves it out yet.
    pub deferred: bool,
}

impl ModelDef {
    /// A model of a type, or a struct of rows, with nothing said about it.
    pub const fn of<M: 'static>(
        model: &'static str,
        table: &'static str,
        fields: &'static [FieldDef],
    ) -> Self {
        ModelDef {
            model,
            type_id: TypeId::of::<M>,
            table,
            schema: None,
            fields,
            uniques: &[],
            indexes: &[],
            checks: &[],
            comment: None,
        }
    }
}

/// What happens to a row when the row that it names is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowRule {
    /// The delete fails, at the latest when the transaction commits.
    #[default]
    NoAction,
    /// The row is deleted as well.
    Cascade,
    /// The foreign key becomes NULL.
    SetNull,
    /// The delete fails at once.
    Restrict,
}

/// What happens to a row when the key that it names changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyRule {
    /// The change fails, at the latest when the transaction commits.
    #[default]
    NoAction,
    /// The foreign key changes as well.
    Cascade,
}

impl RowRule {
    /// As SQL says it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            RowRule::NoAction => "NO ACTION",
            RowRule::Cascade => "CASCADE",
            RowRule::SetNull => "SET NULL",
            RowRule::Restrict => "RESTRICT",
        }
    }
}

impl KeyRule {
    /// As SQL says it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            KeyRule::NoAction => "NO ACTION",
            KeyRule::Cascade => "CASCADE",
        }
    }
}

impl FieldDef {
    /// A field of a type, with nothing said about it.
    pub const fn of<T: Field>(name: &'static str) -> Self {
        FieldDef {
            name,
            columns: &[],
            describe: T::describe,
            primary_key: false,
            unique: false,
            index: false,
            never_reuse: false,
            version: false,
            length: None,
            server_default: None,
            computed: None,
            check: None,
            collate: None,
            comment: None,
            on_delete: RowRule::NoAction,
            by_session: false,
            orphan_delete: false,
            on_key_update: KeyRule::NoAction,
            deferred: false,
        }
    }
}
