//! A flush as the oracle sees it: the rows that it leads to, then whether they may be.

use std::collections::BTreeMap;

use orm_core::prelude::{ErrorKind, State};

use super::bridge::{Key, Row, Val};
use super::oracle::{
    Entity, HANDOVER, Learn, MIRROR, Oracle, Outcome, REFUSED, Rows, next, version_of, withdraw,
};
use super::tables::{Kind, Null, Rule, TABLES};

/// A flush: the rows that it leads to, then whether they may be.
pub(super) struct Flush<'a> {
    oracle: &'a mut Oracle,
    rows: Rows,
    /// Keys that pending entities get.
    keys: BTreeMap<usize, Key>,
    /// Which pending entity a row is of.
    born: BTreeMap<(usize, Key), usize>,
    problems: Vec<ErrorKind>,
}

impl<'a> Flush<'a> {
    pub(super) fn new(oracle: &'a mut Oracle, learn: Learn<'_>) -> Self {
        let rows = oracle.rows.clone();
        let mut flush =
            Flush { oracle, rows, keys: BTreeMap::new(), born: BTreeMap::new(), problems: Vec::new() };
        flush.name_pending(learn);
        flush
    }

    /// Keys of pending entities: from their values, from the database, or none that any row has.
    fn name_pending(&mut self, learn: Learn<'_>) {
        let pending = self.all(State::Pending);
        let (own, linked): (Vec<_>, Vec<_>) = pending.into_iter().partition(|&number| {
            let table = &TABLES[self.oracle.entities[number].table];
            table.key_width() == 1
        });
        for number in own {
            let key = match self.oracle.entities[number].values[0] {
                Val::Int(key) => vec![key],
                Val::New | Val::Null | Val::Of(_) => {
                    let unknown = -1 - i64::try_from(number).expect("few entities");
                    learn(number).unwrap_or_else(|| vec![unknown])
                }
            };
            self.keys.insert(number, key);
        }
        for number in linked {
            let width = TABLES[self.oracle.entities[number].table].key_width();
            let values = self.oracle.entities[number].values[..width].to_vec();
            let key = values.into_iter().map(|val| match self.written(val) {
                Val::Int(part) => part,
                Val::Null | Val::New | Val::Of(_) => i64::MIN,
            });
            let key = key.collect();
            self.keys.insert(number, key);
        }
    }

    fn all(&self, state: State) -> Vec<usize> {
        (0..self.oracle.entities.len()).filter(|&number| self.oracle.entities[number].is(state)).collect()
    }

    /// What is written for a value; a problem if it names nothing that has or gets a row.
    fn written(&mut self, val: Val) -> Val {
        let Val::Of(number) = val else { return val };
        if let Some(key) = self.keys.get(&number) {
            return Val::Int(key[0]);
        }
        let entity = &self.oracle.entities[number];
        match (&entity.key, entity.state) {
            (Some(key), Some(State::Persistent | State::Deleted) | None) => Val::Int(key[0]),
            (Some(key), _) => {
                let key = key[0];
                self.problem(ErrorKind::ForeignKey);
                Val::Int(key)
            }
            (None, _) => {
                self.problem(REFUSED);
                val
            }
        }
    }

    fn problem(&mut self, kind: ErrorKind) {
        self.problems.push(kind);
    }

    pub(super) fn run(mut self) -> Outcome {
        self.update();
        let removed = self.delete();
        self.insert();
        self.follow(removed);
        self.check();
        if !self.problems.is_empty() {
            if self.problems.contains(&ErrorKind::ForeignKey) {
                self.problems.push(REFUSED);
            }
            return Err(self.problems);
        }
        self.settle();
        Ok(())
    }

    /// The row of an entity that is to be written, if it is there as the session knows it.
    fn row_to_write(&mut self, number: usize) -> Option<(usize, Key)> {
        let entity = &self.oracle.entities[number];
        let (table, key) = (entity.table, entity.key.clone()?);
        let is_there = self.rows[table]
            .get(&key)
            .is_some_and(|row| version_of(table).is_none_or(|column| row[column] == entity.kept[column]));
        if is_there {
            return Some((table, key));
        }
        self.problem(ErrorKind::Stale);
        None
    }

    fn update(&mut self) {
        for number in [self.all(State::Persistent), self.all(State::Missing)].concat() {
            let changed = self.oracle.changed(&self.oracle.entities[number]);
            if changed.is_empty() {
                continue;
            }
            let Some((table, key)) = self.row_to_write(number) else { continue };
            let depth = self.oracle.savepoints();
            let entity = &mut self.oracle.entities[number];
            let is_move = |&column: &usize| matches!(TABLES[entity.table].columns[column].1, Kind::Link(..));
            let is_moved = changed.iter().any(is_move);
            entity.was_rewritten |= entity.is_added && (depth > entity.born_at || is_moved);
            for column in changed {
                let val = self.written(self.oracle.entities[number].values[column]);
                self.row(table, &key)[column] = val;
            }
            if let Some(column) = version_of(table) {
                let row = self.row(table, &key);
                row[column] = next(row[column]);
                self.oracle.entities[number].values[column] = row_value(&self.rows, table, &key, column);
            }
        }
    }

    fn row(&mut self, table: usize, key: &Key) -> &mut Row {
        self.rows[table].get_mut(key).expect("the row is there")
    }

    fn delete(&mut self) -> Vec<(usize, Key)> {
        let marked = self.all(State::Deleted);
        let depth = self.oracle.savepoints();
        for &number in &marked {
            let is_changed = !self.oracle.changed(&self.oracle.entities[number]).is_empty();
            let entity = &mut self.oracle.entities[number];
            entity.was_rewritten |= entity.is_added && depth > entity.born_at && is_changed;
        }
        let removed: Vec<_> = marked.into_iter().filter_map(|number| self.row_to_write(number)).collect();
        removed.iter().for_each(|(table, key)| {
            self.rows[*table].remove(key);
        });
        removed
    }

    fn insert(&mut self) {
        for number in self.all(State::Pending) {
            let (table, key) = (self.oracle.entities[number].table, self.keys[&number].clone());
            let values = self.oracle.entities[number].values.clone();
            let mut row: Row = values.into_iter().map(|val| self.written(val)).collect();
            row[..key.len()].copy_from_slice(&key.iter().map(|&part| Val::Int(part)).collect::<Vec<_>>());
            if let Some(column) = version_of(table) {
                row[column] = Val::Int(1);
            }
            if self.rows[table].insert(key.clone(), row).is_some() {
                self.problem(ErrorKind::Unique);
            }
            self.born.insert((table, key), number);
        }
    }

    /// Does to the rows that name a removed one what their foreign keys say.
    fn follow(&mut self, mut removed: Vec<(usize, Key)>) {
        while let Some((target, gone)) = removed.pop() {
            if self.rows[target].contains_key(&gone) {
                continue;
            }
            for table in 0..TABLES.len() {
                for (column, rule) in links_to(table, target) {
                    let names_it = |row: &Row| row[column] == Val::Int(gone[0]);
                    let keys = self.rows[table].iter().filter(|(_, row)| names_it(row));
                    for key in keys.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
                        self.oracle.comes_to(MIRROR);
                        match rule {
                            Rule::Cascade => {
                                self.rows[table].remove(&key);
                                removed.push((table, key));
                            }
                            Rule::SetNull => self.row(table, &key)[column] = Val::Null,
                            Rule::NoAction => self.problem(ErrorKind::ForeignKey),
                        }
                    }
                }
            }
        }
    }

    fn check(&mut self) {
        let mut found = Vec::new();
        for (table, rows) in self.rows.iter().enumerate() {
            for (column, (_, kind)) in TABLES[table].columns.iter().enumerate() {
                let values: Vec<Val> = rows.values().map(|row| row[column]).collect();
                match kind {
                    Kind::Unique if has_twins(&values) => found.push(ErrorKind::Unique),
                    Kind::Link(target, _, null) => {
                        let is_bad = |val: &Val| match val {
                            Val::Null => *null == Null::Refused,
                            Val::Int(key) => !self.rows[*target].contains_key(&vec![*key]),
                            Val::New | Val::Of(_) => true,
                        };
                        found.extend(values.iter().any(is_bad).then_some(ErrorKind::ForeignKey));
                    }
                    Kind::KeyLink(target, _) => {
                        let is_bad = |val: &Val| !matches!(val, Val::Int(key) if self.rows[*target].contains_key(&vec![*key]));
                        found.extend(values.iter().any(is_bad).then_some(ErrorKind::ForeignKey));
                    }
                    Kind::Generated | Kind::Natural | Kind::Plain | Kind::Version | Kind::Unique => {}
                }
            }
        }
        self.problems.extend(found);
        if self.hands_over() {
            self.oracle.comes_to(HANDOVER);
        }
    }

    /// Whether a row gets a unique value that another row had.
    fn hands_over(&self) -> bool {
        self.rows.iter().zip(&self.oracle.rows).enumerate().any(|(table, (after, before))| {
            let unique = TABLES[table].columns.iter().position(|(_, kind)| *kind == Kind::Unique);
            let had = |key: &Key, val: Val, column: usize| {
                before.iter().any(|(other, row)| other != key && row[column] == val)
            };
            unique.is_some_and(|column| after.iter().any(|(key, row)| had(key, row[column], column)))
        })
    }

    /// Brings memory to what the rows are now.
    fn settle(self) {
        let Flush { oracle, rows, keys, .. } = self;
        let before = std::mem::replace(&mut oracle.rows, rows);
        for number in 0..oracle.entities.len() {
            let pending = keys.get(&number);
            let entity = &mut oracle.entities[number];
            match entity.state {
                Some(State::Pending) => {
                    let key = pending.expect("pending entities get keys").clone();
                    settle_insert(entity, key, &oracle.rows);
                    (entity.born_at, entity.was_rewritten) = (oracle.frames.len() - 1, false);
                }
                Some(State::Deleted) => entity.state = Some(State::DeletedFlushed),
                Some(State::Persistent) => settle_row(oracle, number, &before),
                _ => {}
            }
        }
        oracle.settle_reused_keys(&keys);
    }
}

fn settle_insert(entity: &mut Entity, key: Key, rows: &Rows) {
    let Some(row) = rows[entity.table].get(&key) else {
        // Its parent went, and it never came.
        return withdraw(entity);
    };
    for (column, (_, kind)) in TABLES[entity.table].columns.iter().enumerate() {
        let is_nulled = row[column] == Val::Null;
        if matches!(kind, Kind::Generated | Kind::Version) || is_nulled {
            entity.values[column] = row[column];
        }
    }
    entity.kept.clone_from(&entity.values);
    entity.born.clone_from(&entity.values);
    entity.key = Some(key);
    entity.state = Some(State::Persistent);
    entity.is_fresh = true;
    entity.was_fresh = true;
}

fn settle_row(oracle: &mut Oracle, number: usize, before: &Rows) {
    let entity = &mut oracle.entities[number];
    let key = entity.key.clone().expect("a persistent entity has a key");
    let Some(row) = oracle.rows[entity.table].get(&key) else {
        if before[entity.table].contains_key(&key) {
            entity.state = Some(State::DeletedFlushed);
        }
        return;
    };
    for (column, val) in row.iter().enumerate() {
        let is_link = matches!(TABLES[entity.table].columns[column].1, Kind::Link(..));
        if is_link && *val == Val::Null {
            entity.values[column] = Val::Null;
        }
    }
    entity.kept.clone_from(&entity.values);
}

impl Oracle {
    /// A row that someone else deleted may have left its key to a new one.
    fn settle_reused_keys(&mut self, keys: &BTreeMap<usize, Key>) {
        for (&newer, key) in keys {
            let table = self.entities[newer].table;
            for older in 0..self.entities.len() {
                let entity = &mut self.entities[older];
                if older != newer
                    && entity.is(State::Persistent)
                    && entity.table == table
                    && entity.key.as_ref() == Some(key)
                {
                    entity.state = Some(State::Missing);
                }
            }
        }
    }
}

/// The foreign keys of a table that name another.
fn links_to(table: usize, target: usize) -> Vec<(usize, Rule)> {
    let columns = TABLES[table].columns.iter().enumerate();
    let links = columns.filter_map(|(column, (_, kind))| match kind {
        Kind::Link(to, rule, _) | Kind::KeyLink(to, rule) if *to == target => Some((column, *rule)),
        _ => None,
    });
    links.collect()
}

fn has_twins(values: &[Val]) -> bool {
    let mut sorted = values.to_vec();
    sorted.sort();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}

fn row_value(rows: &Rows, table: usize, key: &Key, column: usize) -> Val {
    rows[table].get(key).map_or(Val::Null, |row| row[column])
}
