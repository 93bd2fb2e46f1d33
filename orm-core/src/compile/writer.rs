//! Writes SQL text: the one owner of quoting.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::dialect::Dialect;
use super::sink::Named;
use crate::expr::{Naming, TableRef};
use crate::schema::Table;

/// Text under construction. Names go through [`name`](Self::name), everything else is text of ours or the user's SQL.
pub(crate) struct Writer<'dialect> {
    sql: String,
    dialect: &'dialect dyn Dialect,
    /// The tables of the SELECTs that are open, each with what it is called there; innermost last.
    scopes: Vec<Vec<(TableRef, Cow<'static, str>)>>,
}

impl<'dialect> Writer<'dialect> {
    pub(crate) fn new(dialect: &'dialect dyn Dialect) -> Self {
        Writer { sql: String::with_capacity(128), dialect, scopes: Vec::new() }
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

    /// Opens the scope of a statement that takes rows from tables. A table that the writer has to name gets a name that no
    /// other of the open scopes has.
    pub(crate) fn open_scope(&mut self, tables: &mut dyn Iterator<Item = Named>) {
        self.scopes.push(Vec::new());
        let mut hidden = Vec::new();
        for (table, name) in tables {
            match (name, table.naming) {
                (Some(name), _) | (None, Naming::Alias(name)) => {
                    self.enter_scope(table, Cow::Borrowed(name));
                }
                (None, Naming::Own) => self.enter_scope(table, Cow::Borrowed(table.table.name)),
                (None, Naming::Hidden(_)) => hidden.push(table),
            }
        }
        for table in hidden {
            self.enter_scope(table, self.free_name(table.table.name));
        }
    }

    fn enter_scope(&mut self, table: TableRef, name: Cow<'static, str>) {
        let scope = self.scopes.last_mut().expect("invariant: a scope was just opened");
        scope.push((table, name));
    }

    pub(crate) fn close_scope(&mut self) {
        self.scopes.pop();
    }

    fn free_name(&self, name: &'static str) -> Cow<'static, str> {
        let is_free = |name: &str| self.scopes.iter().flatten().all(|(_, other)| other != name);
        let numbered = (1..).map(|number| Cow::Owned(format!("{name}_{number}")));
        let mut names = std::iter::once(Cow::Borrowed(name)).chain(numbered);
        names.find(|name| is_free(name)).expect("invariant: there are more numbers than names")
    }

    /// What a table is called where it is spoken of.
    pub(crate) fn name_of(&self, table: TableRef) -> Cow<'static, str> {
        let found = self.scopes.iter().rev().flatten().find(|(other, _)| *other == table);
        found.map_or(Cow::Borrowed(table.table.name), |(_, name)| name.clone())
    }

    /// The name of a table, where rows are taken from it.
    pub(crate) fn scoped_table(&mut self, table: TableRef) {
        self.table_name(table.table);
        let name = self.name_of(table);
        if name != table.table.name {
            self.sql(" AS ").name(&name);
        }
    }

    /// A column, with its table where there are several.
    pub(crate) fn scoped_column(&mut self, table: TableRef, column: usize) {
        let is_alone = matches!(self.scopes.as_slice(), [] | [_]) && self.scopes.iter().flatten().count() < 2;
        if !is_alone {
            let name = self.name_of(table);
            self.name(&name).sql(".");
        }
        self.name(&table.table.columns[column].name);
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
