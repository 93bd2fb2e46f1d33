//! How SQLite writes SQL: the names of types, and which declared types can hold a model's column.
//!
//! SQLite stores what it is given, but for a column's *affinity*, which its declared type decides by the letters in its name
//! (SQLite docs, *Datatypes*, §3.1). A column of NUMERIC affinity turns a text that looks like a number into one, so types that
//! are kept as text get a name of TEXT affinity wherever their text can look so.

use std::borrow::Cow;
use std::collections::BTreeMap;

use orm_core::driver::{Capabilities, Dialect, GeneratedKey, Schemas, SqlType, TableColumn, Value};
use orm_core::expr::Native;

use crate::keywords::KEYWORDS;
use crate::spelling::is_other;

/// The dialect of SQLite.
pub(crate) struct SqliteDialect;

static CAPABILITIES: Capabilities = Capabilities {
    foreign_keys_inline_only: true,
    error_aborts_transaction: false,
    error_may_end_transaction: true,
    returning: true,
    on_conflict: true,
    max_binds: 32_766,
    // The plus takes BLOB affinity from the column: so it is compared as a bound value is, by the affinity of the other side.
    json_rows: Some("SELECT +value FROM json_each(?)"),
    // SQLite has no limit of its own; SQLAlchemy's for SQLite.
    max_identifier: 9_999,
    comments: false,
    booleans: false,
    compares_bytes: true,
    case_insensitive_names: true,
    locks: &[],
    schemas: Schemas::Databases,
    natives,
};

/// Its date functions read the texts that columns hold, and give texts.
fn natives(native: Native) -> (&'static str, &'static str) {
    match native {
        Native::Year => ("CAST(strftime('%Y', ", ") AS INTEGER)"),
        Native::Month => ("CAST(strftime('%m', ", ") AS INTEGER)"),
        Native::Day => ("CAST(strftime('%d', ", ") AS INTEGER)"),
        Native::Weekday => ("CAST(strftime('%w', ", ") AS INTEGER)"),
        Native::Ordinal => ("CAST(strftime('%j', ", ") AS INTEGER)"),
        Native::Hour => ("CAST(strftime('%H', ", ") AS INTEGER)"),
        Native::Minute => ("CAST(strftime('%M', ", ") AS INTEGER)"),
        Native::Second => ("CAST(strftime('%S', ", ") AS INTEGER)"),
        Native::JsonValue => ("json_extract(", ")"),
    }
}

impl Dialect for SqliteDialect {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn column_type(&self, sql_type: &SqlType, length: Option<u32>) -> Cow<'static, str> {
        let name = match sql_type {
            SqlType::Boolean => "BOOLEAN",
            // Exactly this name makes a primary key the rowid, which is what generates keys.
            SqlType::SmallInt | SqlType::Integer | SqlType::BigInt | SqlType::IntEnum(_) => "INTEGER",
            SqlType::Real | SqlType::Double => "REAL",
            SqlType::Blob => "BLOB",
            // NUMERIC affinity; their texts hold `-` or `:` inside, so none looks like a number.
            SqlType::Date => "DATE",
            SqlType::Time => "TIME",
            SqlType::DateTime => "DATETIME",
            SqlType::Timestamp => "TIMESTAMP",
            SqlType::Text | SqlType::TextEnum(_) => {
                return length.map_or(Cow::Borrowed("TEXT"), |length| format!("VARCHAR({length})").into());
            }
            // A JSON number or a decimal would lose digits under the affinity of its usual name.
            _ => "TEXT",
        };
        Cow::Borrowed(name)
    }

    fn explain(&self) -> Option<&'static str> {
        Some("EXPLAIN QUERY PLAN ")
    }

    /// Each row is a step: its number, that of the step that it is a part of, a number without meaning, and words.
    fn plan_text(&self, rows: &[Vec<Value<'static>>]) -> String {
        let (mut text, mut depths) = (String::new(), BTreeMap::new());
        for row in rows {
            let [Value::Int(step), Value::Int(parent), _, Value::Text(words)] = &row[..] else { continue };
            let depth = depths.get(parent).map_or(0, |depth| depth + 1);
            depths.insert(*step, depth);
            text.push_str(&"  ".repeat(depth));
            text.push_str(words);
            text.push('\n');
        }
        text
    }

    /// A column declared as exactly INTEGER that is the whole primary key is the rowid, which SQLite generates; AUTOINCREMENT,
    /// which never gives a key twice, can only be written with the column.
    fn generated_key(&self, column: &TableColumn) -> GeneratedKey {
        GeneratedKey {
            column_type: Cow::Borrowed("INTEGER"),
            clause: "",
            primary_key: column.never_reuse.then_some("AUTOINCREMENT"),
        }
    }

    /// `INT` or `BIGINT` is no rowid: an INSERT without a key would store NULL.
    fn generates_key(&self, declared_type: &str) -> bool {
        declared_type.eq_ignore_ascii_case("INTEGER")
    }

    fn is_other_sql(&self, one: &str, other: &str) -> bool {
        is_other(one, other)
    }

    fn default_collation(&self) -> Option<&'static str> {
        Some("BINARY")
    }

    fn fold(&self, collation: &str, text: &str) -> String {
        match collation.to_ascii_uppercase().as_str() {
            "BINARY" => text.to_owned(),
            "NOCASE" => text.to_ascii_lowercase(),
            "RTRIM" => text.trim_end_matches(' ').to_owned(),
            _ => String::new(),
        }
    }

    /// DROP TABLE deletes the rows first, and fails when another table still names one of them; put off, the check finds at
    /// COMMIT that both are gone (SQLite docs, *Foreign Key Support*, §5). It holds for the transaction only.
    fn defer_foreign_keys(&self) -> Option<&'static str> {
        Some("PRAGMA defer_foreign_keys = ON")
    }

    fn keywords(&self) -> &'static [&'static str] {
        KEYWORDS
    }

    fn accepts(&self, sql_type: &SqlType, declared_type: &str) -> bool {
        let declared = Declared::of(declared_type);
        let affinity = declared.affinity;
        match sql_type {
            SqlType::Boolean
            | SqlType::SmallInt
            | SqlType::Integer
            | SqlType::BigInt
            | SqlType::IntEnum(_) => {
                matches!(affinity, Affinity::Integer | Affinity::Numeric | Affinity::None)
            }
            SqlType::Real | SqlType::Double => {
                matches!(affinity, Affinity::Real | Affinity::Numeric | Affinity::None)
                    || declared.has(&["FLOA", "DOUB"])
            }
            SqlType::Text | SqlType::TextEnum(_) => {
                affinity.keeps_text() || declared.has(&["DATE", "TIME", "UUID", "GUID"])
            }
            SqlType::Json => affinity.keeps_text() || declared.has(&["JSON"]),
            SqlType::Decimal => affinity.keeps_text() || affinity == Affinity::Numeric,
            SqlType::Date | SqlType::Time | SqlType::DateTime | SqlType::Timestamp => {
                affinity.keeps_text() || declared.has(&["DATE", "TIME"])
            }
            SqlType::Uuid => {
                affinity.keeps_text() || declared.has(&["UUID", "GUID", "UNIQUEIDENTIFIER", "BINARY"])
            }
            SqlType::Blob => {
                affinity == Affinity::None
                    || declared.has(&["BINARY", "IMAGE", "BYTE", "RAW", "UUID", "GUID"])
            }
            _ => affinity == Affinity::None,
        }
    }
}

/// What SQLite makes of values that are stored in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Affinity {
    Integer,
    Text,
    /// BLOB, also called NONE: nothing is converted.
    None,
    Real,
    Numeric,
}

impl Affinity {
    fn keeps_text(self) -> bool {
        matches!(self, Affinity::Text | Affinity::None)
    }
}

/// A declared type, in capitals.
struct Declared {
    name: String,
    affinity: Affinity,
}

impl Declared {
    /// The five rules of SQLite, in their order.
    fn of(declared_type: &str) -> Self {
        let name = declared_type.to_ascii_uppercase();
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        let affinity = if has(&["INT"]) {
            Affinity::Integer
        } else if has(&["CHAR", "CLOB", "TEXT"]) {
            Affinity::Text
        } else if name.trim().is_empty() || has(&["BLOB"]) {
            Affinity::None
        } else if has(&["REAL", "FLOA", "DOUB"]) {
            Affinity::Real
        } else {
            Affinity::Numeric
        };
        Declared { name, affinity }
    }

    fn has(&self, parts: &[&str]) -> bool {
        parts.iter().any(|part| self.name.contains(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [SqlType; 17] = [
        SqlType::Boolean,
        SqlType::SmallInt,
        SqlType::Integer,
        SqlType::BigInt,
        SqlType::Real,
        SqlType::Double,
        SqlType::Text,
        SqlType::Blob,
        SqlType::Date,
        SqlType::Time,
        SqlType::DateTime,
        SqlType::Timestamp,
        SqlType::Uuid,
        SqlType::Json,
        SqlType::Decimal,
        SqlType::TextEnum(&["a"]),
        SqlType::IntEnum(&[1]),
    ];

    fn accepted(declared: &str) -> Vec<SqlType> {
        ALL.into_iter().filter(|sql_type| SqliteDialect.accepts(sql_type, declared)).collect()
    }

    #[test]
    fn every_type_accepts_the_name_it_is_created_with() {
        for sql_type in ALL {
            for length in [None, Some(50)] {
                let name = SqliteDialect.column_type(&sql_type, length);
                assert!(SqliteDialect.accepts(&sql_type, &name), "{sql_type:?} as {name}");
            }
        }
    }

    #[test]
    fn types_of_existing_databases_are_accepted() {
        use SqlType::*;
        assert_eq!(
            accepted("NVARCHAR(160)"),
            [Text, Date, Time, DateTime, Timestamp, Uuid, Json, Decimal, TextEnum(&["a"])]
        );
        let numeric = [Boolean, SmallInt, Integer, BigInt, Real, Double, Decimal, IntEnum(&[1])];
        assert_eq!(accepted("NUMERIC(10,2)"), numeric);
        assert!(
            SqliteDialect.accepts(&DateTime, "DATETIME") && SqliteDialect.accepts(&Timestamp, "datetime")
        );
        assert!(
            SqliteDialect.accepts(&Boolean, "TINYINT(1)")
                && SqliteDialect.accepts(&BigInt, "UNSIGNED BIG INT")
        );
        assert!(
            SqliteDialect.accepts(&Double, "FLOATING POINT") && SqliteDialect.accepts(&Blob, "VARBINARY(16)")
        );
    }

    #[test]
    fn a_type_whose_values_would_change_is_refused() {
        use SqlType::*;
        for (sql_type, declared) in [
            (Text, "INTEGER"),
            (Text, "STRING"),
            (Text, "NUMERIC"),
            (Decimal, "REAL"),
            (BigInt, "REAL"),
            (BigInt, "TEXT"),
            (Json, "NUMERIC"),
            (Date, "INTEGER"),
            (Double, "TEXT"),
            (Double, "INTEGER"),
            (Blob, "INTEGER"),
        ] {
            assert!(!SqliteDialect.accepts(&sql_type, declared), "{sql_type:?} as {declared}");
        }
    }

    #[test]
    fn what_is_kept_as_text_gets_text_affinity() {
        for sql_type in
            [SqlType::Text, SqlType::Uuid, SqlType::Json, SqlType::Decimal, SqlType::TextEnum(&["a"])]
        {
            let name = SqliteDialect.column_type(&sql_type, None);
            assert_eq!(Declared::of(&name).affinity, Affinity::Text, "{sql_type:?}");
        }
    }

    #[test]
    fn a_circle_with_rows_is_dropped_while_checks_are_put_off() {
        let sqlite = rusqlite::Connection::open_in_memory().unwrap();
        for rule in ["", "ON DELETE RESTRICT", "ON DELETE CASCADE"] {
            let schema = format!(
                "PRAGMA foreign_keys = ON;
                 CREATE TABLE teams (id INTEGER NOT NULL, captain INTEGER REFERENCES players (id) {rule}, PRIMARY KEY (id));
                 CREATE TABLE players (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, team INTEGER NOT NULL REFERENCES teams (id) {rule});
                 INSERT INTO teams VALUES (1, NULL); INSERT INTO players (team) VALUES (1); UPDATE teams SET captain = 1;"
            );
            sqlite.execute_batch(&schema).unwrap();
            let put_off = SqliteDialect.defer_foreign_keys().unwrap_or_default();
            let drop = format!("BEGIN; {put_off}; DROP TABLE teams; DROP TABLE players; COMMIT;");
            sqlite.execute_batch(&drop).unwrap_or_else(|error| panic!("{rule}: {error}"));
        }
    }

    #[test]
    fn only_integer_generates_keys() {
        assert!(SqliteDialect.generates_key("integer"));
        assert!(
            ["INT", "BIGINT", "INTEGER(8)", ""].iter().all(|declared| !SqliteDialect.generates_key(declared))
        );
    }
}
