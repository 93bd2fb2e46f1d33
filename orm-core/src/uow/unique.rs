//! Values that one row gives up and another takes: of unique constraints, and of the key.

use std::collections::HashMap;

use super::change::ChangeSet;
use super::graph::{Graph, Op, Reason, Remedy};
use crate::compile::Dialect;
use crate::schema::Table;
use crate::store::{AnyStore, Stores};
use crate::util::columns::ColumnSet;
use crate::value::{SqlType, Value};

/// A row that has to give up a value before another can take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Handover {
    pub(super) model: usize,
    pub(super) gives: u32,
    pub(super) takes: u32,
    /// The position of the unique constraint; none for the key.
    pub(super) unique: Option<usize>,
}

/// Every value that is handed over. Only tables are looked at where that can be.
pub(super) fn find_handovers(stores: &Stores, changes: &ChangeSet, dialect: &dyn Dialect) -> Vec<Handover> {
    let mut handovers = Vec::new();
    for store in stores.iter() {
        let table = store.table();
        let key: ColumnSet = table.primary_key.iter().copied().collect();
        let uniques = table.uniques.iter().map(|unique| unique.columns.iter().copied().collect());
        for (index, columns) in std::iter::once(key).chain(uniques).enumerate() {
            let values = Values { stores, store, dialect, columns };
            let unique = index.checked_sub(1);
            values.find(changes, |gives, takes| {
                handovers.push(Handover { model: table.number, gives, takes, unique });
            });
        }
    }
    handovers
}

/// The values of some columns of a table, of which no two rows have the same.
struct Values<'a> {
    stores: &'a Stores,
    store: &'a dyn AnyStore,
    dialect: &'a dyn Dialect,
    columns: ColumnSet,
}

impl Values<'_> {
    fn find(&self, changes: &ChangeSet, mut each: impl FnMut(u32, u32)) {
        let model = self.store.table().number;
        let of_table = |groups| slots_of(groups, model, |_| true);
        let updated = || slots_of(&changes.updates, model, |columns| columns.intersects(&self.columns));
        let inserted = || slots_of(&changes.inserts, model, |columns| columns.intersects(&self.columns));
        let replaces = || changes.replaces.iter().filter(|pair| pair.model == model);
        let old = replaces().map(|pair| pair.old);
        let new = || replaces().map(|pair| pair.new);
        let mut givers = of_table(&changes.deletes).chain(updated()).chain(old).peekable();
        if givers.peek().is_none() || inserted().chain(updated()).chain(new()).next().is_none() {
            return;
        }
        let mut given: HashMap<Vec<u8>, Vec<u32>> = HashMap::new();
        for slot in givers {
            let value = self.text(|out| self.store.encode_kept(slot, &self.columns, self.stores, out));
            value.into_iter().for_each(|value| given.entry(value).or_default().push(slot));
        }
        let replaced: HashMap<u32, u32> = replaces().map(|pair| (pair.new, pair.old)).collect();
        for takes in updated().chain(inserted()).chain(new()) {
            let value = self.text(|out| self.store.encode(takes, &self.columns, self.stores, out));
            let givers = value.and_then(|value| given.get(&value));
            let same = replaced.get(&takes).copied().unwrap_or(takes);
            let others = givers.into_iter().flatten().filter(|&&gives| gives != takes && gives != same);
            others.for_each(|&gives| each(gives, takes));
        }
    }

    /// Bytes that are equal if the values may be; none for those that no other equals.
    fn text<'v>(
        &self,
        encode: impl FnOnce(&mut Vec<Value<'v>>) -> crate::error::Result<()>,
    ) -> Option<Vec<u8>> {
        let mut values = Vec::new();
        // The id of a row that has no key yet is no other's.
        encode(&mut values).ok()?;
        let mut bytes = Vec::new();
        for (column, value) in self.columns.iter().zip(&values) {
            match value {
                Value::Null => return None,
                Value::Int(value) => push(&mut bytes, 1, &value.to_le_bytes()),
                Value::Real(value) => push(&mut bytes, 2, &value.to_bits().to_le_bytes()),
                Value::Text(value) => push(&mut bytes, 3, self.fold(column, value).as_bytes()),
                Value::Blob(value) => push(&mut bytes, 4, value),
            }
        }
        Some(bytes)
    }

    fn fold(&self, column: usize, text: &str) -> String {
        match self.store.table().columns[column].collate {
            Some(collation) => self.dialect.fold(collation, text),
            None => text.to_owned(),
        }
    }
}

fn push(bytes: &mut Vec<u8>, kind: u8, value: &[u8]) {
    bytes.push(kind);
    bytes.extend_from_slice(&value.len().to_le_bytes());
    bytes.extend_from_slice(value);
}

fn slots_of<'a>(
    groups: &'a [crate::store::Group],
    model: usize,
    is_wanted: impl Fn(&ColumnSet) -> bool + 'a,
) -> impl Iterator<Item = u32> + 'a {
    let of_table = groups.iter().filter(move |group| group.model == model && is_wanted(&group.columns));
    of_table.flat_map(|group| group.slots.iter().copied())
}

/// Adds an edge for each value that is handed over between two rows of a graph.
pub(super) fn add_handovers(graph: &mut Graph, handovers: &[Handover], changes: &ChangeSet) {
    if handovers.is_empty() {
        return;
    }
    let mut ops = HashMap::new();
    for (index, op) in graph.ops.iter().enumerate() {
        ops.insert((op.table.number, op.slot), index);
    }
    for pair in &changes.replaces {
        ops.get(&(pair.model, pair.new)).copied().map(|op| ops.insert((pair.model, pair.old), op));
    }
    for handover in handovers {
        let find = |slot| ops.get(&(handover.model, slot)).copied();
        let (Some(gives), Some(takes)) = (find(handover.gives), find(handover.takes)) else { continue };
        let (reason, remedy) = match handover.unique {
            None => (Reason::Key, None),
            Some(unique) => (Reason::Unique(unique), parking(&graph.ops[gives], unique).map(Remedy::Park)),
        };
        graph.add(gives, takes, reason, remedy);
    }
}

/// The column of a unique constraint that can take another value for a while: NULL best, else one that is free.
fn parking(op: &Op, unique: usize) -> Option<usize> {
    let table = op.table;
    let columns = &table.uniques[unique].columns;
    let is_key = |column: usize| table.primary_key.contains(&column);
    let nullable = columns.iter().copied().find(|&column| table.columns[column].nullable && !is_key(column));
    nullable.or_else(|| columns.iter().copied().find(|&column| !is_key(column) && can_be_free(table, column)))
}

/// Whether any value of its type can stand in a column for a while.
fn can_be_free(table: &Table, index: usize) -> bool {
    let column = &table.columns[index];
    let is_foreign_key = table.foreign_keys.iter().any(|key| key.columns.contains(&index));
    let is_checked = column.check.is_some() || table.checks.iter().any(|check| check.contains(&column.name));
    let is_long = column.length.is_none_or(|length| length as usize >= FREE_LENGTH);
    let has_room = match column.sql_type {
        SqlType::Text => is_long,
        SqlType::Integer | SqlType::BigInt => true,
        SqlType::Boolean
        | SqlType::SmallInt
        | SqlType::Real
        | SqlType::Double
        | SqlType::Blob
        | SqlType::Date
        | SqlType::Time
        | SqlType::DateTime
        | SqlType::Timestamp
        | SqlType::Uuid
        | SqlType::Json
        | SqlType::Decimal
        | SqlType::TextEnum(_)
        | SqlType::IntEnum(_) => false,
    };
    has_room && column.computed.is_none() && !is_foreign_key && !is_checked
}

/// How long a free text is.
pub(super) const FREE_LENGTH: usize = 24;
