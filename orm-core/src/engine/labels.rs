//! The dialect of an engine that was told to keep generated names shorter than its database would.

use std::borrow::Cow;

use crate::compile::{Capabilities, Dialect, GeneratedKey};
use crate::schema::TableColumn;
use crate::value::SqlType;

/// A dialect in which names have at most so many bytes; everything else is the dialect's own.
pub(crate) struct ShortLabels {
    dialect: &'static dyn Dialect,
    capabilities: Capabilities,
}

impl ShortLabels {
    pub(crate) fn new(dialect: &'static dyn Dialect, label_length: usize) -> Self {
        let capabilities = Capabilities { max_identifier: label_length, ..*dialect.capabilities() };
        ShortLabels { dialect, capabilities }
    }
}

/// Every method is passed on, also those that have a default.
impl Dialect for ShortLabels {
    fn name(&self) -> &'static str {
        self.dialect.name()
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn column_type(&self, sql_type: &SqlType, length: Option<u32>) -> Cow<'static, str> {
        self.dialect.column_type(sql_type, length)
    }

    fn keywords(&self) -> &'static [&'static str] {
        self.dialect.keywords()
    }

    fn is_plain_name(&self, name: &str) -> bool {
        self.dialect.is_plain_name(name)
    }

    fn accepts(&self, sql_type: &SqlType, declared_type: &str) -> bool {
        self.dialect.accepts(sql_type, declared_type)
    }

    fn generated_key(&self, column: &TableColumn) -> GeneratedKey {
        self.dialect.generated_key(column)
    }

    fn generates_key(&self, declared_type: &str) -> bool {
        self.dialect.generates_key(declared_type)
    }

    fn defer_foreign_keys(&self) -> Option<&'static str> {
        self.dialect.defer_foreign_keys()
    }
}
