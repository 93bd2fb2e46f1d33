//! A flush as the oracle sees it: the rows that it leads to, then whether they may be.

use std::collections::BTreeMap;

use orm_core::prelude::{ErrorKind, State};

use super::bridge::{Key, Row, Val};
use super::oracle::{Learn, Oracle, Outcome, REFUSED, Rows, next, version_of};
use super::tables::{Kind, Null, Rule, TABLES};

/// What the session sees happen to rows that name deleted ones: a row goes, or its column of that number becomes NULL, which
/// named the entity of a number.
pub(super) type Mirrored = BTreeMap<(usize, Key, Option<usize>), usize>;

/// A flush: the rows that it leads to, then whether they may be.
pub(super) struct Flush<'a> {
    pub(super) oracle: &'a mut Oracle,
    pub(super) rows: Rows,
    /// Keys that pending entities get.
    pub(super) keys: BTreeMap<usize, Key>,
    /// Rows that the session sees go, and columns that it sees become NULL, by the rule of a foreign key.
    pub(super) mirrored: Mirrored,
    /// Foreign keys that name nothing, by the row that has them.
    bad: Vec<(usize, Key, ErrorKind)>,
    /// Keys that two rows would have.
    twins: Vec<(usize, Key)>,
    problems: Vec<ErrorKind>,
}

impl<'a> Flush<'a> {
    pub(super) fn new(oracle: &'a mut Oracle, learn: Learn<'_>) -> Self {
        let rows = oracle.rows.clone();
        let mut flush = Flush {
            oracle,
            rows,
            keys: BTreeMap::new(),
            mirrored: BTreeMap::new(),
            bad: Vec::new(),
            twins: Vec::new(),
            problems: Vec::new(),
        };
        flush.name_pending(learn);
        flush
    }

    /// Keys of pending entities: from their values, from the database, or none that any row has.
    fn name_pending(&mut self, learn: Learn<'_>) {
        for number in self.all(State::Persistent) {
            let entity = &self.oracle.entities[number];
            if self.oracle.is_renamed(number)
                && let Val::Int(key) = entity.values[0]
            {
                self.keys.insert(number, vec![key]);
            }
        }
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
            let key = values.into_iter().map(|val| match self.named(val) {
                Val::Int(part) => part,
                Val::Null | Val::New | Val::Of(_) => i64::MIN + number as i64,
            });
            let key = key.collect();
            self.keys.insert(number, key);
        }
    }

    fn all(&self, state: State) -> Vec<usize> {
        (0..self.oracle.entities.len()).filter(|&number| self.oracle.entities[number].is(state)).collect()
    }

    /// The key that a value names, if it names one.
    fn named(&self, val: Val) -> Val {
        match val {
            // Another row may have the key of one that is deleted.
            Val::Of(number) if self.oracle.entities[number].is(State::DeletedFlushed) => val,
            Val::Of(number) => {
                self.keys.get(&number).map_or(self.oracle.resolve(val), |key| Val::Int(key[0]))
            }
            Val::Null | Val::New | Val::Int(_) => val,
        }
    }

    /// What is written for a value; a problem if it names nothing that has or gets a row.
    fn written(&mut self, val: Val, of: (usize, &Key)) -> Val {
        let Val::Of(number) = val else { return val };
        if let Some(key) = self.keys.get(&number) {
            return Val::Int(key[0]);
        }
        let entity = &self.oracle.entities[number];
        match (&entity.key, entity.state) {
            // Another row takes its key.
            (Some(key), Some(State::Deleted)) if self.is_renamed_to(entity.table, key) => {
                self.bad.push((of.0, of.1.clone(), ErrorKind::ForeignKey));
                Val::Int(i64::MIN)
            }
            (Some(key), Some(State::Persistent | State::Deleted | State::Missing) | None) => Val::Int(key[0]),
            (Some(_), _) => {
                self.bad.push((of.0, of.1.clone(), ErrorKind::ForeignKey));
                // Another row may have its key.
                Val::Int(i64::MIN)
            }
            (None, _) => {
                self.bad.push((of.0, of.1.clone(), REFUSED));
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
        self.rename();
        self.insert();
        self.follow(removed.clone());
        self.check_removed(&removed);
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
            if self.oracle.entities[number].is(State::Missing) {
                self.problem(ErrorKind::Stale);
                continue;
            }
            let Some((table, key)) = self.row_to_write(number) else { continue };
            let entity = &mut self.oracle.entities[number];
            entity.is_blind |= !entity.was_fresh;
            for column in changed {
                self.oracle.entities[number].nulled.remove(&column);
                let val = self.oracle.entities[number].values[column];
                let val = self.written(val, (table, &key));
                self.row(table, &key)[column] = val;
            }
            if let Some(column) = version_of(table) {
                let row = self.row(table, &key);
                row[column] = next(row[column]);
                self.oracle.entities[number].values[column] = row_value(&self.rows, table, &key, column);
            }
        }
    }

    /// Rows get the keys that their entities have now: all at once, so that they can hand them over.
    fn rename(&mut self) {
        let renamed =
            self.all(State::Persistent).into_iter().filter(|&number| self.oracle.is_renamed(number));
        let renamed: Vec<usize> = renamed.collect();
        if renamed.iter().any(|&number| self.is_in_a_ring(number, &renamed)) {
            // A key that others may name takes no other value for a while.
            self.problem(REFUSED);
        }
        let mut moved = Vec::new();
        for number in renamed {
            let entity = &self.oracle.entities[number];
            let (table, key) = (entity.table, entity.key.clone().expect("it has a row"));
            moved.extend(self.rows[table].remove(&key).map(|row| (table, self.keys[&number].clone(), row)));
        }
        for (table, key, row) in moved {
            if self.rows[table].insert(key.clone(), row).is_some() {
                self.twins.push((table, key));
            }
        }
    }

    /// Whether rows hand their keys on in a ring, beginning with this one.
    fn is_in_a_ring(&self, first: usize, renamed: &[usize]) -> bool {
        let has_key = |key: &Key, other: usize| self.oracle.entities[other].key.as_ref() == Some(key);
        let mut at = first;
        for _ in renamed {
            match renamed.iter().copied().find(|&other| has_key(&self.keys[&at], other)) {
                Some(next) if next == first => return true,
                Some(next) => at = next,
                None => return false,
            }
        }
        false
    }

    fn row(&mut self, table: usize, key: &Key) -> &mut Row {
        self.rows[table].get_mut(key).expect("the row is there")
    }

    fn delete(&mut self) -> Vec<(usize, Key)> {
        let marked = self.all(State::Deleted);
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
            let mut row: Row = values.into_iter().map(|val| self.written(val, (table, &key))).collect();
            row[..key.len()].copy_from_slice(&key.iter().map(|&part| Val::Int(part)).collect::<Vec<_>>());
            if let Some(column) = version_of(table) {
                row[column] = Val::Int(1);
            }
            // Who is held and stays has its key, also if its row may be gone.
            let is_held = |known: usize| {
                known != number
                    && self.oracle.entities[known].is(State::Persistent)
                    && !self.keys.contains_key(&known)
            };
            let is_taken = self.oracle.entities[number].values[0] != Val::New
                && self.oracle.known(table, &key).is_some_and(is_held);
            if self.rows[table].insert(key.clone(), row).is_some() || is_taken {
                self.twins.push((table, key));
            }
        }
    }

    /// Does to the rows that name a removed one what their foreign keys say.
    fn follow(&mut self, removed: Vec<(usize, Key)>) {
        let mut removed: Vec<_> = removed.into_iter().map(|(table, key)| (table, key, true)).collect();
        while let Some((target, key, is_held)) = removed.pop() {
            if self.rows[target].contains_key(&key) {
                continue;
            }
            for table in 0..TABLES.len() {
                for (column, rule) in links_to(table, target) {
                    for child in self.naming(table, column, key[0]) {
                        // A row cannot go with one that never came: it names nothing then, which is found later.
                        if self.is_new(target, &key) && !self.is_new(table, &child) {
                            continue;
                        }
                        let held = self.held(target, &key).filter(|_| is_held);
                        let seen = held.filter(|_| self.held(table, &child).is_some());
                        match rule {
                            Rule::Cascade => {
                                self.rows[table].remove(&child);
                                self.mirrored.extend(seen.map(|by| ((table, child.clone(), None), by)));
                                removed.push((table, child, seen.is_some()));
                            }
                            Rule::SetNull => {
                                self.row(table, &child)[column] = Val::Null;
                                self.mirrored.extend(seen.map(|by| ((table, child, Some(column)), by)));
                            }
                            Rule::NoAction => {}
                        }
                    }
                }
            }
        }
    }

    /// What names a removed row by a foreign key that says nothing of it.
    fn check_removed(&mut self, removed: &[(usize, Key)]) {
        for (target, key) in removed {
            for table in 0..TABLES.len() {
                let links = links_to(table, *target).into_iter().filter(|(_, rule)| *rule == Rule::NoAction);
                for (column, _) in links {
                    self.check_left((table, column), (*target, key));
                }
            }
        }
    }

    fn check_left(&mut self, (table, column): (usize, usize), (target, key): (usize, &Key)) {
        let before = self.oracle.rows[table].iter().filter(|(_, row)| row[column] == Val::Int(key[0]));
        let (stay, went): (Vec<&Key>, Vec<&Key>) =
            before.map(|(child, _)| child).partition(|child| self.rows[table].contains_key(*child));
        // A row that the session does not see go holds the other back, or goes first by chance.
        let is_unseen = went.iter().any(|child| self.held(table, child).is_none());
        // Another row may take the key only once it is free.
        let is_held_back = !stay.is_empty() && self.is_renamed_to(target, key);
        self.oracle.is_open |= is_unseen;
        let is_named = !self.rows[target].contains_key(key) && self.is_named_anew((table, column), key);
        if is_held_back || is_named {
            self.problem(ErrorKind::ForeignKey);
        }
    }

    fn is_renamed_to(&self, table: usize, key: &Key) -> bool {
        let takes = |(&number, taken): (&usize, &Key)| {
            let entity = &self.oracle.entities[number];
            entity.table == table && entity.is(State::Persistent) && taken == key
        };
        self.keys.iter().any(takes)
    }

    /// Whether a new row names a key, and is not seen to go as well.
    fn is_named_anew(&self, (table, column): (usize, usize), key: &Key) -> bool {
        self.all(State::Pending).into_iter().any(|number| {
            let entity = &self.oracle.entities[number];
            let goes = || self.mirrored.contains_key(&(table, self.keys[&number].clone(), None));
            entity.table == table && self.named(entity.values[column]) == Val::Int(key[0]) && !goes()
        })
    }

    /// The keys of the rows that name a key in a column.
    fn naming(&self, table: usize, column: usize, key: i64) -> Vec<Key> {
        let rows = self.rows[table].iter().filter(|(_, row)| row[column] == Val::Int(key));
        rows.map(|(key, _)| key.clone()).collect()
    }

    /// Whether a row has yet to be inserted.
    fn is_new(&self, table: usize, key: &Key) -> bool {
        !self.oracle.rows[table].contains_key(key)
    }

    /// The entity that the session holds of a row, or is about to insert.
    fn held(&self, table: usize, key: &Key) -> Option<usize> {
        self.oracle.entities.iter().enumerate().position(|(number, entity)| {
            let known = match entity.state {
                Some(State::Pending) => self.keys.get(&number),
                Some(State::Persistent | State::Deleted) => entity.key.as_ref(),
                _ => None,
            };
            entity.table == table && known == Some(key)
        })
    }

    fn check(&mut self) {
        let mut found = Vec::new();
        // Twins that go with their parent never came.
        let stays = |(table, key): &(usize, Key)| self.rows[*table].contains_key(key);
        let bad = self.bad.iter().filter(|(table, key, _)| self.rows[*table].contains_key(key));
        found.extend(bad.map(|(_, _, kind)| *kind));
        found.extend(self.twins.iter().any(stays).then_some(ErrorKind::Unique));
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
