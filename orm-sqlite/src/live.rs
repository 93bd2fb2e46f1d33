//! Reads what a database holds: by SQLite's table-valued pragmas, and by the text of CREATE TABLE where they say nothing.

use std::collections::BTreeMap;

use orm_core::driver::{LiveColumn, LiveForeignKey, LiveIndex, LiveSchema, LiveTable};
use rusqlite::{Connection, OptionalExtension as _, Result, Row};

use crate::declaration::Declaration;
use crate::tokens::{Kind, Tokens};

/// The tables of the main database and of those that are attached, without SQLite's own and those behind virtual tables.
pub(crate) fn read(connection: &Connection) -> Result<LiveSchema> {
    let places: Vec<Place> = all(
        connection,
        "SELECT schema, name FROM pragma_table_list \
         WHERE schema <> 'temp' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         ORDER BY schema <> 'main', schema, name",
        [],
        |row| Ok(Place { schema: row.get(0)?, name: row.get(1)? }),
    )?;
    let mut tables = places.into_iter().map(|place| table(connection, place)).collect::<Result<Vec<_>>>()?;
    name_implied_keys(&mut tables);
    Ok(LiveSchema { tables })
}

/// Where a table is.
struct Place {
    schema: String,
    name: String,
}

impl Place {
    fn binds(&self) -> [&str; 2] {
        [&self.name, &self.schema]
    }
}

fn table(connection: &Connection, place: Place) -> Result<LiveTable> {
    let columns = all(
        connection,
        "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, ?2) WHERE hidden <> 1 ORDER BY cid",
        place.binds(),
        Column::of,
    )?;
    let mut key: Vec<&Column> = columns.iter().filter(|column| column.place_in_key > 0).collect();
    key.sort_by_key(|column| column.place_in_key);
    let rowid_alias = match key.as_slice() {
        [only] if only.live.declared_type.eq_ignore_ascii_case("INTEGER") => Some(only.live.name.clone()),
        _ => None,
    };
    let primary_key = key.iter().map(|column| column.live.name.clone()).collect();
    let mut columns: Vec<LiveColumn> = columns.into_iter().map(|column| column.live).collect();
    // The rowid is never NULL, whatever the declaration says.
    columns
        .iter_mut()
        .filter(|column| Some(&column.name) == rowid_alias.as_ref())
        .for_each(|column| column.nullable = false);
    let declaration = declaration(connection, &place)?;
    for column in &mut columns {
        column.collation = collation(connection, &place, &column.name)?;
        column.expression = declaration.as_ref().and_then(|said| said.expression(&column.name));
    }
    let Indexes { uniques, indexes } = indexes_of(connection, &place)?;
    Ok(LiveTable {
        foreign_keys: foreign_keys(connection, &place)?,
        schema: (place.schema != "main").then_some(place.schema),
        name: place.name,
        columns,
        primary_key,
        uniques,
        indexes,
        checks: declaration.map(|declaration| declaration.checks),
        comment: None,
    })
}

/// What the table was created by says; `None` where it cannot be read.
fn declaration(connection: &Connection, place: &Place) -> Result<Option<Declaration>> {
    let schema = place.schema.replace('"', "\"\"");
    let sql = format!("SELECT sql FROM \"{schema}\".sqlite_master WHERE type = 'table' AND name = ?");
    let text: Option<Option<String>> =
        connection.query_row(&sql, [&place.name], |row| row.get(0)).optional()?;
    Ok(text.flatten().and_then(|text| Declaration::read(&text)))
}

/// What a column compares texts by.
fn collation(connection: &Connection, place: &Place, column: &str) -> Result<Option<String>> {
    let found = connection.column_metadata(Some(place.schema.as_str()), place.name.as_str(), column)?;
    Ok(found.1.map(|name| name.to_string_lossy().into_owned()))
}

/// A word that is no value of its own is a text where a default is meant: `DEFAULT free`.
fn default_text(default: String) -> String {
    const VALUES: [&str; 6] = ["NULL", "TRUE", "FALSE", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"];
    let mut tokens = Tokens::new(&default);
    match (tokens.next(), tokens.next()) {
        (Some(only), None) if only.kind == Kind::Word && !only.is_word(&VALUES) => format!("'{default}'"),
        _ => default,
    }
}

/// A column, and its place in the primary key from 1, or 0.
struct Column {
    live: LiveColumn,
    place_in_key: i64,
}

impl Column {
    fn of(row: &Row<'_>) -> Result<Self> {
        Ok(Column {
            live: LiveColumn {
                name: row.get(0)?,
                declared_type: row.get(1)?,
                nullable: !row.get::<_, bool>(2)?,
                default: row.get::<_, Option<String>>(3)?.map(default_text),
                computed: row.get::<_, i64>(5)? > 1,
                ..LiveColumn::default()
            },
            place_in_key: row.get(4)?,
        })
    }
}

fn foreign_keys(connection: &Connection, place: &Place) -> Result<Vec<LiveForeignKey>> {
    let mut keys: BTreeMap<i64, LiveForeignKey> = BTreeMap::new();
    let sql = "SELECT id, \"from\", \"table\", \"to\", on_delete, on_update FROM pragma_foreign_key_list(?1, ?2) ORDER BY id, seq";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(place.binds())?;
    while let Some(row) = rows.next()? {
        let key = keys.entry(row.get(0)?).or_default();
        key.columns.push(row.get(1)?);
        key.table = row.get(2)?;
        key.references.extend(row.get::<_, Option<String>>(3)?);
        key.on_delete = row.get(4)?;
        key.on_update = row.get(5)?;
    }
    // SQLite counts from the last declared to the first.
    Ok(keys.into_values().rev().collect())
}

/// A foreign key that names no columns means the primary key of the other table.
fn name_implied_keys(tables: &mut [LiveTable]) {
    let keys: Vec<LiveTable> = tables
        .iter()
        .map(|table| LiveTable {
            schema: table.schema.clone(),
            name: table.name.clone(),
            primary_key: table.primary_key.clone(),
            ..LiveTable::default()
        })
        .collect();
    for table in tables {
        let target = |name: &str| {
            keys.iter().find(|other| other.name.eq_ignore_ascii_case(name) && other.schema == table.schema)
        };
        for key in table.foreign_keys.iter_mut().filter(|key| key.references.is_empty()) {
            if let Some(target) = target(&key.table) {
                key.references.clone_from(&target.primary_key);
            }
        }
    }
}

/// What the indexes of a table say.
#[derive(Default)]
struct Indexes {
    uniques: Vec<Vec<String>>,
    indexes: Vec<LiveIndex>,
}

fn indexes_of(connection: &Connection, place: &Place) -> Result<Indexes> {
    let sql = "SELECT name, \"unique\" FROM pragma_index_list(?1, ?2) WHERE origin <> 'pk' AND partial = 0 ORDER BY seq DESC";
    let found: Vec<(String, bool)> =
        all(connection, sql, place.binds(), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut result = Indexes::default();
    for (name, unique) in found {
        let sql = "SELECT name FROM pragma_index_xinfo(?1, ?2) WHERE key = 1 ORDER BY seqno";
        let columns: Vec<Option<String>> = all(connection, sql, [&name, &place.schema], |row| row.get(0))?;
        // An expression has no name.
        let Some(columns) = columns.into_iter().collect::<Option<Vec<String>>>() else {
            continue;
        };
        if unique {
            result.uniques.push(columns);
        } else {
            result.indexes.push(LiveIndex { name, columns });
        }
    }
    Ok(result)
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    each: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    connection.prepare(sql)?.query_map(values, each)?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(sql: &str) -> LiveSchema {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(sql).unwrap();
        read(&connection).unwrap()
    }

    #[test]
    fn tables_of_attached_databases_carry_their_schema() {
        let live = live(
            "ATTACH ':memory:' AS \"other one\"; CREATE TEMP TABLE gone (id);
             CREATE TABLE users (id INTEGER PRIMARY KEY);
             CREATE TABLE \"other one\".users (code TEXT NOT NULL PRIMARY KEY, boss REFERENCES users);
             CREATE INDEX \"other one\".by_boss ON users (boss);",
        );
        let [own, other] = live.tables.as_slice() else {
            panic!("two tables, not {:?}", live.tables);
        };
        assert_eq!((own.schema.as_deref(), own.primary_key.join(",")), (None, "id".to_owned()));
        assert_eq!(
            (other.schema.as_deref(), other.primary_key.join(",")),
            (Some("other one"), "code".to_owned())
        );
        assert_eq!(other.foreign_keys[0].references, ["code"]);
        assert_eq!(other.indexes[0].columns, ["boss"]);
        assert!(own.indexes.is_empty());
    }

    #[test]
    fn what_only_the_text_says_is_read() {
        let live = live(
            "ATTACH ':memory:' AS \"o\"\"ther\";
             CREATE TABLE \"o\"\"ther\".a (x TEXT COLLATE nocase CHECK (x <> ''), y AS (upper(x)), z DEFAULT free, w DEFAULT NULL);
             ALTER TABLE \"o\"\"ther\".a ADD COLUMN v INT CHECK (v > 0); ALTER TABLE \"o\"\"ther\".a RENAME TO b;
             ALTER TABLE \"o\"\"ther\".b RENAME COLUMN x TO \"the x\"; CREATE VIRTUAL TABLE c USING fts5 (d);",
        );
        let find = |name: &str| live.tables.iter().find(|table| table.name == name).unwrap();
        let b = find("b");
        let conditions: Vec<&str> = b.checks.iter().flatten().map(|check| check.condition.as_str()).collect();
        assert_eq!(conditions, ["\"the x\" <> ''", "v > 0"]);
        let columns = &b.columns;
        assert_eq!(columns[1].expression.as_deref(), Some("upper(\"the x\")"));
        let collations: Vec<_> = columns.iter().map(|column| column.collation.as_deref().unwrap()).collect();
        assert_eq!(collations, ["nocase", "BINARY", "BINARY", "BINARY", "BINARY"]);
        let defaults: Vec<_> = columns.iter().map(|column| column.default.as_deref()).collect();
        assert_eq!(defaults, [None, None, Some("'free'"), Some("NULL"), None]);
        assert_eq!(find("c").checks, None);
    }

    #[test]
    fn columns_keys_and_indexes_are_read() {
        let live = live(
            "CREATE TABLE a (x INT, y TEXT NOT NULL DEFAULT 'it''s', z GENERATED ALWAYS AS (x + 1), PRIMARY KEY (y, x), UNIQUE (z));
             CREATE UNIQUE INDEX some ON a (x) WHERE x > 1; CREATE INDEX computed ON a (x + 1);
             CREATE TABLE b (p, q, FOREIGN KEY (p, q) REFERENCES A (y, x) ON DELETE SET NULL ON UPDATE CASCADE);",
        );
        let (a, b) = (&live.tables[0], &live.tables[1]);
        assert_eq!(a.primary_key, ["y", "x"]);
        assert_eq!(a.columns[1].default.as_deref(), Some("'it''s'"));
        assert_eq!(a.columns.iter().map(|column| column.computed).collect::<Vec<_>>(), [false, false, true]);
        assert_eq!((a.uniques.as_slice(), a.indexes.len()), ([vec!["z".to_owned()]].as_slice(), 0));
        let key = &b.foreign_keys[0];
        assert_eq!(
            (key.columns.join(","), key.table.as_str(), key.references.join(",")),
            ("p,q".into(), "A", "y,x".into())
        );
        assert_eq!((key.on_delete.as_str(), key.on_update.as_str()), ("SET NULL", "CASCADE"));
    }
}
