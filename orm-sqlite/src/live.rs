//! Reads what a database holds, by SQLite's table-valued pragmas.

use std::collections::BTreeMap;

use orm_core::driver::{LiveColumn, LiveForeignKey, LiveIndex, LiveSchema, LiveTable};
use rusqlite::{Connection, Result, Row};

/// The tables of the main database, without SQLite's own and those behind virtual tables.
pub(crate) fn read(connection: &Connection) -> Result<LiveSchema> {
    let names: Vec<String> = all(
        connection,
        "SELECT name FROM pragma_table_list \
         WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        [],
        |row| row.get(0),
    )?;
    let mut tables = names
        .into_iter()
        .map(|name| table(connection, name))
        .collect::<Result<Vec<_>>>()?;
    name_implied_keys(&mut tables);
    Ok(LiveSchema { tables })
}

fn table(connection: &Connection, name: String) -> Result<LiveTable> {
    let columns = all(
        connection,
        "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid",
        [&name],
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
    let Indexes { uniques, indexes } = indexes_of(connection, &name)?;
    Ok(LiveTable {
        schema: None,
        foreign_keys: foreign_keys(connection, &name)?,
        name,
        columns,
        primary_key,
        uniques,
        indexes,
    })
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
                default: row.get(3)?,
                computed: row.get::<_, i64>(5)? > 1,
            },
            place_in_key: row.get(4)?,
        })
    }
}

fn foreign_keys(connection: &Connection, table: &str) -> Result<Vec<LiveForeignKey>> {
    let mut keys: BTreeMap<i64, LiveForeignKey> = BTreeMap::new();
    let sql = "SELECT id, \"from\", \"table\", \"to\", on_delete, on_update FROM pragma_foreign_key_list(?1) ORDER BY id, seq";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([table])?;
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
    let keys: Vec<(String, Vec<String>)> = tables
        .iter()
        .map(|table| (table.name.clone(), table.primary_key.clone()))
        .collect();
    for key in tables.iter_mut().flat_map(|table| &mut table.foreign_keys) {
        if !key.references.is_empty() {
            continue;
        }
        if let Some((_, columns)) = keys
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&key.table))
        {
            key.references.clone_from(columns);
        }
    }
}

/// What the indexes of a table say.
#[derive(Default)]
struct Indexes {
    uniques: Vec<Vec<String>>,
    indexes: Vec<LiveIndex>,
}

fn indexes_of(connection: &Connection, table: &str) -> Result<Indexes> {
    let sql = "SELECT name, \"unique\" FROM pragma_index_list(?1) WHERE origin <> 'pk' AND partial = 0 ORDER BY seq DESC";
    let found: Vec<(String, bool)> = all(connection, sql, [table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut result = Indexes::default();
    for (name, unique) in found {
        let sql = "SELECT name FROM pragma_index_xinfo(?1) WHERE key = 1 ORDER BY seqno";
        let columns: Vec<Option<String>> = all(connection, sql, [&name], |row| row.get(0))?;
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
