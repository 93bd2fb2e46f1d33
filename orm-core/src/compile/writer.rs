//! Writes SQL text: the one owner of quoting.

use std::fmt::Write as _;

use super::dialect::Dialect;
use crate::schema::Table;

/// Text under construction. Names go through [`name`](Self::name), everything else is text of ours or the user's SQL.
pub(crate) struct Writer<'dialect> {
    sql: String,
    dialect: &'dialect dyn Dialect,
}

impl<'dialect> Writer<'dialect> {
    pub(crate) fn new(dialect: &'dialect dyn Dialect) -> Self {
        Writer { sql: String::with_capacity(128), dialect }
    }

    pub(crate) fn dialect(&self) -> &'dialect dyn Dialect {
        self.dialect
    }

    /// SQL of ours, or that the user wrote as SQL.
    pub(crate) fn sql(&mut self, text: &str) -> &mut Self {
        self.sql.push_str(text);
        self
    }

    /// An identifier: as it is where that is safe, else quoted with the quotes inside doubled, so that no name can become
    /// SQL.
    pub(crate) fn name(&mut self, name: &str) -> &mut Self {
        if self.dialect.is_plain_name(name) {
            return self.sql(name);
        }
        self.sql("\"").sql(&name.replace('"', "\"\"")).sql("\"")
    }

    /// The name of a table, with its schema.
    pub(crate) fn table_name(&mut self, table: &Table) -> &mut Self {
        if let Some(schema) = table.schema {
            self.name(schema).sql(".");
        }
        self.name(table.name)
    }

    /// Identifiers in parentheses.
    pub(crate) fn names<'name>(&mut self, names: impl IntoIterator<Item = &'name str>) -> &mut Self {
        self.sql("(");
        self.list(names, |writer, name| {
            writer.name(name);
        });
        self.sql(")")
    }

    /// Items with commas between.
    pub(crate) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.sql(", ");
            }
            each(self, item);
        }
        self
    }

    /// A number that is part of the text.
    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        write!(self.sql, "{number}").expect("invariant: writing to a String does not fail");
        self
    }

    /// A text literal.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.sql("'").sql(&text.replace('\'', "''")).sql("'")
    }

    pub(crate) fn finish(self) -> String {
        self.sql
    }
}
