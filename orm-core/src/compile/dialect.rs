//! How a database writes SQL, and what it can do.

use std::borrow::Cow;

use crate::value::SqlType;

/// How a database writes SQL. What it cannot do is said in [`Capabilities`] and refused in one place.
pub trait Dialect: Send + Sync + 'static {
    /// Its name: `sqlite`.
    fn name(&self) -> &'static str;

    /// What it can do.
    fn capabilities(&self) -> &'static Capabilities;

    /// The name of a column's type; `length` is that of a text, in characters.
    fn column_type(&self, sql_type: &SqlType, length: Option<u32>) -> Cow<'static, str>;

    /// The words that cannot be names without quotes: upper case, in ascending order.
    fn keywords(&self) -> &'static [&'static str];

    /// Whether a name means itself without quotes: lower-case letters, digits and underscores, and no keyword.
    fn is_plain_name(&self, name: &str) -> bool {
        let starts_well = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
        let goes_well = name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        starts_well
            && goes_well
            && self
                .keywords()
                .binary_search(&name.to_ascii_uppercase().as_str())
                .is_err()
    }

    /// Whether a column declared so can hold what the model's column holds.
    fn accepts(&self, sql_type: &SqlType, declared_type: &str) -> bool;
}

/// What a database can do, as data.
#[derive(Clone, Copy, Debug)]
pub struct Capabilities {
    /// Foreign keys between tables of a cycle are written with the tables: there is no ALTER TABLE ADD CONSTRAINT.
    pub foreign_keys_inline_only: bool,
    /// An error inside a transaction leaves the transaction unusable.
    pub error_aborts_transaction: bool,
    /// An error may end the transaction.
    pub error_may_end_transaction: bool,
    /// INSERT and UPDATE can return columns.
    pub returning: bool,
    /// How many values a statement can bind.
    pub max_binds: usize,
    /// The greatest length of an identifier, in bytes.
    pub max_identifier: usize,
    /// Whether comments on tables and columns are kept.
    pub comments: bool,
}
