//! What models and databases say as text: defaults, expressions, conditions, collations, comments.
//!
//! A dialect says whether two expressions surely differ, by more than their spelling. Where it cannot tell, or where the driver
//! cannot read what the database has, nothing is said: a database that is right is never called wrong.

use super::{Check, DifferenceKind};
use crate::compile::ddl::{self, checks};
use crate::schema::TableColumn;
use crate::schema::live::{LiveCheck, LiveColumn};
use crate::value::SqlType;

impl Check<'_> {
    /// A default matters where the field is left to it.
    pub(super) fn check_default_text(&mut self, column: &TableColumn, live: &LiveColumn) {
        let Some(own) = column.server_default else { return };
        let (place, field) = (self.place(&column.name), self.field(column.field));
        let words = match &live.default {
            Some(live) if self.dialect.is_other_sql(own, live) => {
                format!("{place} has the default `{live}` in the database, {field} says `{own}`")
            }
            None if !live.computed && live.nullable && self.dialect.is_other_sql(own, "NULL") => {
                format!("{place} has no default in the database, {field} says `{own}`")
            }
            Some(_) | None => return,
        };
        self.add(DifferenceKind::Default, &[&column.name], words);
    }

    pub(super) fn check_expression(&mut self, column: &TableColumn, live: &LiveColumn, own: &str) {
        let Some(expression) = &live.expression else { return };
        if !self.dialect.is_other_sql(own, expression) {
            return;
        }
        let (place, field) = (self.place(&column.name), self.field(column.field));
        let words = format!("{place} is computed by `{expression}` in the database, {field} is `{own}`");
        self.add(DifferenceKind::Computed, &[&column.name], words);
    }

    /// Only texts have an order that can be chosen.
    pub(super) fn check_collation(&mut self, column: &TableColumn, live: &LiveColumn) {
        let is_text = matches!(column.sql_type, SqlType::Text | SqlType::TextEnum(_));
        let own = column.collate.or(self.dialect.default_collation());
        let (Some(own), Some(collation), true) = (own, &live.collation, is_text) else {
            return;
        };
        if own.eq_ignore_ascii_case(collation) {
            return;
        }
        let (place, field) = (self.place(&column.name), self.field(column.field));
        let words = format!("{place} compares texts by {collation} in the database, {field} by {own}");
        self.add(DifferenceKind::Collation, &[&column.name], words);
    }

    /// A check that is there in whatever words and under whatever name is no difference.
    pub(super) fn check_conditions(&mut self) {
        let (table, dialect, live) = (self.table, self.dialect, self.live);
        let Some(live) = &live.checks else { return };
        for own in checks(table, dialect) {
            let is_boolean = own.is_of_type
                && own.columns.iter().all(|&column| table.columns[column].sql_type == SqlType::Boolean);
            let is_there = || live.iter().any(|live| !dialect.is_other_sql(&own.condition, &live.condition));
            if is_boolean || is_there() || self.lacks_column_of(&own) {
                continue;
            }
            let columns: Vec<&str> = table.names(&own.columns).collect();
            self.add(DifferenceKind::Check, &columns, self.words_of_check(&own, live));
        }
    }

    /// That the column is missing is said already.
    fn lacks_column_of(&self, check: &ddl::Check) -> bool {
        let is_live = |name: &str| self.live.columns.iter().any(|live| self.same(&live.name, name));
        !self.table.names(&check.columns).all(is_live)
    }

    fn words_of_check(&self, own: &ddl::Check, live: &[LiveCheck]) -> String {
        let columns: Vec<&str> = self.table.names(&own.columns).collect();
        let place = match columns.as_slice() {
            [] => format!("table `{}`", self.table.name),
            columns => self.places(columns),
        };
        let is_of_that_name =
            |live: &&LiveCheck| live.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&own.name));
        match live.iter().find(is_of_that_name) {
            Some(live) => format!(
                "{place} is checked by `{}` in the database, the model says `{}`",
                live.condition, own.condition
            ),
            None => format!("{place} is not checked by `{}` in the database", own.condition),
        }
    }

    pub(super) fn check_comment(&mut self, column: &TableColumn, live: &LiveColumn) {
        if let Some(words) = self.words_of_comment(column.comment, live.comment.as_deref()) {
            let words = format!("{} {words}", self.place(&column.name));
            self.add(DifferenceKind::Comment, &[&column.name], words);
        }
    }

    pub(super) fn check_table_comment(&mut self) {
        if let Some(words) = self.words_of_comment(self.table.comment, self.live.comment.as_deref()) {
            let words = format!("table `{}` {words}", self.table.name);
            self.add(DifferenceKind::Comment, &[], words);
        }
    }

    /// A comment that only the database has is none of the model's.
    fn words_of_comment(&self, own: Option<&str>, live: Option<&str>) -> Option<String> {
        let own = own.filter(|_| self.dialect.capabilities().comments)?;
        match live {
            Some(live) if live == own => None,
            Some(live) => Some(format!("has the comment `{live}` in the database, the model's is `{own}`")),
            None => Some(format!("has no comment in the database, the model's is `{own}`")),
        }
    }
}
