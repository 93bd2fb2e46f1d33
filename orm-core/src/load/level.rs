//! One level of an untracked graph: the rows that belong to those of the level above, found and grouped by their keys.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use super::loaded::{Level, Span, arrange};
use crate::driver::{Connection, Statement};
use crate::error::Result;
use crate::row::Row;
use crate::value::{Value, ValueRef};

/// What columns of a row hold that name another row, as the database stores it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RowKey {
    /// NULL: no row.
    Nothing,
    /// One column of an integer, as most keys are.
    Int(i64),
    /// Anything else.
    Columns(Box<[KeyPart]>),
}

/// A column of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum KeyPart {
    Int(i64),
    /// By its bits.
    Real(u64),
    Text(Box<str>),
    Blob(Box<[u8]>),
}

impl RowKey {
    /// The key in some columns of a row.
    ///
    /// # Errors
    /// A value error for a text that is not UTF-8.
    #[inline]
    fn read(row: &dyn Row, first: usize, columns: &[usize]) -> Result<Self> {
        if let [column] = columns
            && let ValueRef::Int(number) = row.value(first + column)
        {
            return Ok(RowKey::Int(number));
        }
        Self::read_columns(row, first, columns)
    }

    fn read_columns(row: &dyn Row, first: usize, columns: &[usize]) -> Result<Self> {
        let mut parts = Vec::with_capacity(columns.len());
        for column in columns {
            parts.push(match row.value(first + column).to_value()? {
                Value::Null => return Ok(RowKey::Nothing),
                Value::Int(number) => KeyPart::Int(number),
                Value::Real(number) => KeyPart::Real(number.to_bits()),
                Value::Text(text) => KeyPart::Text(text.into()),
                Value::Blob(bytes) => KeyPart::Blob(bytes.into()),
            });
        }
        Ok(RowKey::Columns(parts.into()))
    }

    /// The number, if it is one.
    pub(crate) fn number(&self) -> i64 {
        if let RowKey::Int(number) = self { *number } else { 0 }
    }

    /// The values to bind.
    pub(crate) fn values(&self) -> Vec<Value<'static>> {
        match self {
            RowKey::Nothing => vec![Value::Null],
            RowKey::Int(number) => vec![Value::Int(*number)],
            RowKey::Columns(parts) => parts.iter().map(KeyPart::value).collect(),
        }
    }
}

impl KeyPart {
    fn value(&self) -> Value<'static> {
        match self {
            KeyPart::Int(number) => Value::Int(*number),
            KeyPart::Real(bits) => Value::Real(f64::from_bits(*bits)),
            KeyPart::Text(text) => Value::Text(text.to_string().into()),
            KeyPart::Blob(bytes) => Value::Blob(bytes.to_vec().into()),
        }
    }
}

/// The keys by which a relation is followed from the rows of a level, in the order of the rows.
pub(crate) struct Keys {
    /// Where they stand in a row of the level's table.
    columns: Cow<'static, [usize]>,
    pub(crate) of_rows: Vec<RowKey>,
}

impl Keys {
    pub(crate) fn new(columns: impl Into<Cow<'static, [usize]>>) -> Self {
        Keys { columns: columns.into(), of_rows: Vec::new() }
    }

    /// Notes the key of the next row.
    ///
    /// # Errors
    /// A value error for a text that is not UTF-8.
    #[inline]
    pub(crate) fn note(&mut self, row: &dyn Row, first: usize) -> Result<()> {
        self.of_rows.push(RowKey::read(row, first, &self.columns)?);
        Ok(())
    }
}

/// Different keys, each with a number, and which of them each row of a level has.
pub(crate) struct Groups {
    pub(crate) keys: Vec<RowKey>,
    numbers: HashMap<RowKey, u32, RandomState>,
    of_rows: Vec<Option<u32>>,
}

impl Groups {
    pub(crate) fn of(keys: &[RowKey]) -> Self {
        let mut groups = Groups {
            keys: Vec::with_capacity(keys.len()),
            numbers: HashMap::with_capacity_and_hasher(keys.len(), RandomState::default()),
            of_rows: Vec::with_capacity(keys.len()),
        };
        for key in keys {
            let number = groups.number(key);
            groups.of_rows.push(number);
        }
        groups
    }

    fn number(&mut self, key: &RowKey) -> Option<u32> {
        if *key == RowKey::Nothing {
            return None;
        }
        let next = u32::try_from(self.keys.len()).ok()?;
        match self.numbers.entry(key.clone()) {
            Entry::Occupied(known) => Some(*known.get()),
            Entry::Vacant(free) => {
                self.keys.push(key.clone());
                Some(*free.insert(next))
            }
        }
    }
}

/// A level while its rows come.
pub(crate) struct Intake {
    pub(crate) level: Box<dyn Level>,
    /// The columns of a row that name the row above.
    named: Vec<usize>,
    /// Where the columns of the level's table begin.
    first: usize,
    once: Option<Once>,
    /// The keys for what is loaded of these rows.
    pub(crate) keys: Vec<Keys>,
    groups: Vec<u32>,
}

/// Leaves out rows that came before for the same row above.
struct Once {
    key: &'static [usize],
    seen: HashSet<(u32, RowKey), RandomState>,
}

impl Intake {
    pub(crate) fn new(level: Box<dyn Level>, keys: Vec<Keys>) -> Self {
        Intake { level, named: Vec::new(), first: 0, once: None, keys, groups: Vec::new() }
    }

    /// Says what the rows look like: which columns name the row above, where the columns of the level's table begin, and its key
    /// if a row can come twice.
    pub(crate) fn expect(&mut self, named: Vec<usize>, first: usize, once: Option<&'static [usize]>) {
        (self.named, self.first) = (named, first);
        self.once = once.map(|key| Once { key, seen: HashSet::default() });
    }

    /// Runs a statement, and takes those of its rows that name a row above.
    ///
    /// # Errors
    /// Whatever the database reports; a value error for a row that does not decode.
    pub(crate) fn load(
        &mut self,
        connection: &mut dyn Connection,
        (statement, values): (&Statement, &[Value<'_>]),
        above: &Groups,
    ) -> Result<()> {
        let before = self.groups.len();
        self.level.expect_rows(statement.expected_rows());
        self.groups.reserve(statement.expected_rows());
        let mut last = None;
        connection.query(statement, values, &mut |row| {
            let key = RowKey::read(row, 0, &self.named)?;
            let group = match &last {
                Some((known, group)) if *known == key => *group,
                _ => {
                    let Some(group) = above.numbers.get(&key).copied() else { return Ok(()) };
                    last = Some((key, group));
                    group
                }
            };
            if let Some(once) = &mut self.once
                && !once.seen.insert((group, RowKey::read(row, self.first, once.key)?))
            {
                return Ok(());
            }
            self.groups.push(group);
            self.keys.iter_mut().try_for_each(|keys| keys.note(row, self.first))?;
            self.level.push(row, self.first)
        })?;
        statement.remember_rows(self.groups.len() - before);
        Ok(())
    }

    /// Puts the rows of each row above side by side, in the order that they came in, and says where they stand.
    pub(crate) fn group(&mut self, above: &Groups) -> Vec<Span> {
        let mut spans = vec![Span::default(); above.keys.len()];
        self.groups.iter().for_each(|group| spans[*group as usize].end += 1);
        let mut start = 0;
        for span in &mut spans {
            *span = Span { start, end: start + span.end };
            start = span.end;
        }
        if !self.groups.is_sorted() {
            let mut next: Vec<u32> = spans.iter().map(|span| span.start).collect();
            let place = |group: &u32| {
                let place = &mut next[*group as usize];
                *place += 1;
                *place - 1
            };
            let places: Vec<u32> = self.groups.iter().map(place).collect();
            self.level.arrange(&places);
            self.keys.iter_mut().for_each(|keys| arrange(&mut keys.of_rows, &places));
        }
        let span = |group: &Option<u32>| group.map_or(Span::default(), |group| spans[group as usize]);
        above.of_rows.iter().map(span).collect()
    }
}
