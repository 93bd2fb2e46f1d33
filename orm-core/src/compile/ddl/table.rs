//! One table as CREATE TABLE.
//!
//! A boolean column gets a CHECK for 0 and 1 where the database has no booleans, and an enum's column one for its values:
//! what could not be read back is not written. (SQLAlchemy leaves both out unless asked to; a value that no model can read
//! is found late there.) The greatest length of a text is part of the type's name and is left to the database.

use super::names::Names;
use crate::compile::{Dialect, GeneratedKey, Schemas, Writer};
use crate::schema::{ForeignKey, KeyRule, RowRule, Table, TableColumn};
use crate::value::SqlType;

/// Writes CREATE TABLE, without the foreign keys that are not `inline`.
pub(super) fn write_table(
    table: &Table,
    dialect: &dyn Dialect,
    inline: impl Fn(&ForeignKey) -> bool,
) -> String {
    let mut body = Body::new(table, dialect);
    body.write_columns();
    body.write_primary_key();
    body.write_uniques();
    for key in table.foreign_keys.iter().filter(|key| inline(key)) {
        write_foreign_key(body.line(), table, key, dialect);
    }
    body.write_checks();
    body.finish()
}

/// `CONSTRAINT fk_.. FOREIGN KEY (..) REFERENCES ..`.
pub(super) fn write_foreign_key(
    writer: &mut Writer<'_>,
    table: &Table,
    key: &ForeignKey,
    dialect: &dyn Dialect,
) {
    let target = key.target();
    let name = foreign_key_name(table, key, dialect);
    writer.sql("CONSTRAINT ").name(&name).sql(" FOREIGN KEY ");
    writer.names(table.names(&key.columns)).sql(" REFERENCES ");
    match dialect.capabilities().schemas {
        Schemas::NameSpaces => writer.table_name(target),
        Schemas::Databases => writer.name(target.name),
    };
    writer.sql(" ").names(target.names(&target.primary_key));
    if key.on_delete_in_database() != RowRule::NoAction {
        writer.sql(" ON DELETE ").sql(key.on_delete_in_database().words());
    }
    if key.on_key_update != KeyRule::NoAction {
        writer.sql(" ON UPDATE ").sql(key.on_key_update.words());
    }
}

/// The columns of a check that has a name of ours: none for a condition on the row; `None` if no check is called so.
pub(crate) fn find_check(table: &Table, name: &str, dialect: &dyn Dialect) -> Option<Vec<usize>> {
    let check = checks(table, dialect).into_iter().find(|check| check.name.eq_ignore_ascii_case(name))?;
    Some(check.columns)
}

/// The checks that CREATE TABLE has.
pub(crate) fn checks(table: &Table, dialect: &dyn Dialect) -> Vec<Check> {
    let mut body = Body::new(table, dialect);
    body.write_columns();
    body.write_primary_key();
    body.write_uniques();
    body.write_checks();
    body.checks
}

/// A check that was written.
pub(crate) struct Check {
    pub(crate) name: String,
    /// The columns that it is about; none for a condition on the row.
    pub(crate) columns: Vec<usize>,
    pub(crate) condition: String,
    /// Whether it follows from the column's type.
    pub(crate) is_of_type: bool,
}

/// The name of a foreign key, the same wherever it is written.
pub(super) fn foreign_key_name(table: &Table, key: &ForeignKey, dialect: &dyn Dialect) -> String {
    let mut names = Names::new(dialect.capabilities().max_identifier);
    let mut name = String::new();
    for other in &table.foreign_keys {
        let columns: Vec<&str> = table.names(&other.columns).collect();
        name = names.take(&format!("fk_{}_{}_{}", table.name, columns.join("_"), other.target().name));
        if std::ptr::eq(other, key) {
            break;
        }
    }
    name
}

/// What stands between the parentheses of CREATE TABLE, a line for each column and constraint.
struct Body<'table> {
    table: &'table Table,
    dialect: &'table dyn Dialect,
    generated: Option<GeneratedKey>,
    names: Names,
    checks: Vec<Check>,
    writer: Writer<'table>,
    lines: usize,
}

impl<'table> Body<'table> {
    fn new(table: &'table Table, dialect: &'table dyn Dialect) -> Self {
        let mut writer = Writer::new(dialect);
        writer.sql("CREATE TABLE IF NOT EXISTS ").table_name(table).sql(" (");
        Body {
            table,
            dialect,
            generated: table.generated_key.map(|column| dialect.generated_key(&table.columns[column])),
            names: Names::new(dialect.capabilities().max_identifier),
            checks: Vec::new(),
            writer,
            lines: 0,
        }
    }

    fn line(&mut self) -> &mut Writer<'table> {
        self.lines += 1;
        self.writer.sql(if self.lines == 1 { "\n  " } else { ",\n  " })
    }

    fn finish(mut self) -> String {
        self.writer.sql("\n)");
        self.writer.finish()
    }

    fn write_columns(&mut self) {
        for (position, column) in self.table.columns.iter().enumerate() {
            if self.table.generated_key == Some(position) {
                self.write_generated_key(column);
            } else {
                self.write_column(position, column);
            }
        }
    }

    fn write_column(&mut self, position: usize, column: &TableColumn) {
        let length = column.length.or_else(|| length_of_target(self.table, position));
        let column_type = self.dialect.column_type(&column.sql_type, length);
        let writer = self.line();
        writer.name(&column.name).sql(" ").sql(&column_type);
        if let Some(collation) = column.collate {
            writer.sql(" COLLATE ").name(collation);
        }
        if let Some(expression) = column.computed {
            writer.sql(" GENERATED ALWAYS AS (").sql(expression).sql(") STORED");
        } else if let Some(default) = column.server_default {
            write_default(writer, default);
        }
        if !column.nullable {
            writer.sql(" NOT NULL");
        }
    }

    fn write_generated_key(&mut self, column: &TableColumn) {
        let Some(generated) = self.generated.clone() else {
            return;
        };
        let name = self.names_own_key(&generated);
        let writer = self.line();
        writer.name(&column.name).sql(" ").sql(&generated.column_type).sql(" NOT NULL");
        if !generated.clause.is_empty() {
            writer.sql(" ").sql(generated.clause);
        }
        if let (Some(name), Some(clause)) = (name, generated.primary_key) {
            writer.sql(" CONSTRAINT ").name(&name).sql(" PRIMARY KEY ").sql(clause);
        }
    }

    fn names_own_key(&mut self, generated: &GeneratedKey) -> Option<String> {
        generated.primary_key?;
        Some(self.names.take(&format!("pk_{}", self.table.name)))
    }

    fn write_primary_key(&mut self) {
        let is_written = self.generated.as_ref().is_some_and(|key| key.primary_key.is_some());
        if is_written || self.table.primary_key.is_empty() {
            return;
        }
        let table = self.table;
        let name = self.names.take(&format!("pk_{}", table.name));
        let writer = self.line();
        writer.sql("CONSTRAINT ").name(&name).sql(" PRIMARY KEY ");
        writer.names(table.names(&table.primary_key));
    }

    fn write_uniques(&mut self) {
        let table = self.table;
        for unique in &table.uniques {
            let name = self.names.take(&unique.name);
            let writer = self.line();
            writer.sql("CONSTRAINT ").name(&name).sql(" UNIQUE ");
            writer.names(table.names(&unique.columns));
        }
    }

    fn write_checks(&mut self) {
        let table = self.table;
        for (position, column) in table.columns.iter().enumerate() {
            self.write_value_check(position, column);
        }
        for (position, column) in table.columns.iter().enumerate() {
            let is_first = position == 0 || table.columns[position - 1].field != column.field;
            if let (Some(condition), true) = (column.check, is_first) {
                let field = table.fields.iter().find(|columns| columns.contains(&position));
                let columns = field.cloned().into_iter().flatten().collect();
                self.write_check(&format!("ck_{}_{}", table.name, column.name), condition, columns);
            }
        }
        for (index, condition) in table.checks.iter().enumerate() {
            self.write_check(&format!("ck_{}_{}", table.name, index + 1), condition, Vec::new());
        }
    }

    fn write_check(&mut self, wanted: &str, condition: &str, columns: Vec<usize>) {
        let name = self.names.take(wanted);
        self.line().sql("CONSTRAINT ").name(&name).sql(" CHECK (").sql(condition).sql(")");
        self.checks.push(Check { name, columns, condition: condition.to_owned(), is_of_type: false });
    }

    /// The values that the column's type has, where the database does not know them.
    fn write_value_check(&mut self, position: usize, column: &TableColumn) {
        let values = values_of(column.sql_type, self.dialect.capabilities().booleans);
        if values.is_empty() {
            return;
        }
        let mut writer = Writer::new(self.dialect);
        writer.name(&column.name).sql(" IN (");
        writer.list(values, |writer, value| match value {
            Literal::Text(text) => {
                writer.text(text);
            }
            Literal::Int(number) => {
                writer.sql(&number.to_string());
            }
        });
        writer.sql(")");
        let condition = writer.finish();
        self.write_check(&format!("ck_{}_{}", self.table.name, column.name), &condition, vec![position]);
        self.checks.iter_mut().last().into_iter().for_each(|check| check.is_of_type = true);
    }
}

/// A value of an enum.
enum Literal {
    Text(&'static str),
    Int(i64),
}

/// The values of a type that has few of them, unless the database knows them.
fn values_of(sql_type: SqlType, has_booleans: bool) -> Vec<Literal> {
    match sql_type {
        SqlType::TextEnum(texts) => texts.iter().copied().map(Literal::Text).collect(),
        SqlType::IntEnum(numbers) => numbers.iter().copied().map(Literal::Int).collect(),
        SqlType::Boolean if has_booleans => Vec::new(),
        SqlType::Boolean => vec![Literal::Int(0), Literal::Int(1)],
        SqlType::SmallInt | SqlType::Integer | SqlType::BigInt | SqlType::Real | SqlType::Double => {
            Vec::new()
        }
        SqlType::Text | SqlType::Blob | SqlType::Uuid | SqlType::Json | SqlType::Decimal => Vec::new(),
        SqlType::Date | SqlType::Time | SqlType::DateTime | SqlType::Timestamp => Vec::new(),
    }
}

/// A foreign key is as long as the key that it names.
fn length_of_target(table: &Table, column: usize) -> Option<u32> {
    table.foreign_keys.iter().find_map(|key| {
        let part = key.columns.iter().position(|&own| own == column)?;
        let target = key.target();
        target.columns.get(*target.primary_key.get(part)?)?.length
    })
}

/// A default that is no literal stands in parentheses; a literal may not, in some databases.
fn write_default(writer: &mut Writer<'_>, default: &str) {
    if is_literal(default.trim()) {
        writer.sql(" DEFAULT ").sql(default.trim());
    } else {
        writer.sql(" DEFAULT (").sql(default).sql(")");
    }
}

fn is_literal(sql: &str) -> bool {
    const WORDS: [&str; 6] = ["NULL", "TRUE", "FALSE", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"];
    let is_text = sql
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
        .is_some_and(|inner| !inner.replace("''", "").contains('\''));
    let number = sql.strip_prefix(['+', '-']).unwrap_or(sql);
    let is_number = number.starts_with(|first: char| first.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_text || is_number || WORDS.iter().any(|word| word.eq_ignore_ascii_case(sql))
}

#[cfg(test)]
mod tests {
    use super::is_literal;

    #[test]
    fn literals_are_told_from_expressions() {
        for literal in ["0", "-1.5", "'free'", "''", "'it''s'", "NULL", "current_timestamp", "TRUE"] {
            assert!(is_literal(literal), "{literal}");
        }
        for expression in ["1 + 1", "'a' || 'b'", "'", "datetime('now')", "(1)", "1e5", "random()", "-", ""] {
            assert!(!is_literal(expression), "{expression}");
        }
    }
}
