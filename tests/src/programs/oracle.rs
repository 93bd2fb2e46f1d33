//! What a session has to show and a database has to hold, said as simply as it can be: rows are maps, a frame is a copy of
//! everything, and a flush succeeds exactly when the rows that it leads to keep every constraint.

use std::collections::BTreeMap;

use orm_core::prelude::{ErrorKind, State};

use super::bridge::{Key, Row, Val};
use super::tables::{Kind, Null, Rule, TABLES};

/// The rows of every table.
pub type Rows = Vec<BTreeMap<Key, Row>>;

/// What became of a call: nothing to say, or the kinds of error that it may fail with.
pub type Outcome = Result<(), Vec<ErrorKind>>;

/// An entity as it has to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// The number of its table.
    pub table: usize,
    /// `None` once it is gone.
    pub state: Option<State>,
    /// Its values.
    pub values: Row,
    /// What the session takes its row to be, for one that has a row.
    pub kept: Row,
    /// The key of its row.
    pub key: Option<Key>,
    /// Whether its values are of this transaction.
    pub is_fresh: bool,
    /// Whether that is left open: a savepoint was undone, and the session may look again or not.
    pub is_unsure: bool,
    /// Whether they have been at any time of the frames that are open.
    was_fresh: bool,
    /// Whether the program made it; else it was loaded.
    is_added: bool,
}

impl Entity {
    fn new(table: usize, state: State, values: Row) -> Self {
        Entity {
            table,
            state: Some(state),
            kept: values.clone(),
            values,
            key: None,
            is_fresh: false,
            is_unsure: false,
            was_fresh: false,
            is_added: true,
        }
    }

    fn is(&self, state: State) -> bool {
        self.state == Some(state)
    }
}

#[derive(Clone)]
struct Frame {
    rows: Rows,
    entities: Vec<Entity>,
}

/// The options of a session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// As [`orm_core::SessionMaker::autoflush`].
    pub autoflush: bool,
    /// As [`orm_core::SessionMaker::expire_on_commit`].
    pub expire_on_commit: bool,
}

/// The plain model of a session and its database.
pub struct Oracle {
    options: Options,
    /// What the session's transaction sees.
    pub rows: Rows,
    /// Every entity that ever was, by number.
    pub entities: Vec<Entity>,
    /// The transaction, and the savepoints in it.
    frames: Vec<Frame>,
    /// Whether the innermost frame has failed.
    pub has_failed: bool,
    /// What the program came to that the library does not do yet: the program ends there.
    pub not_yet: Option<&'static str>,
}

/// What the design asks for and the library does not do yet: programs end where they come to it.
const NOT_YET: &[&str] = &[MIRROR, HANDOVER];
/// What the database does by ON DELETE is not followed in memory.
const MIRROR: &str = "mirror";
/// A flush that gives a unique value from one row to another may fail.
const HANDOVER: &str = "handover";

/// How keys that the database makes are learnt: from the session, after the call.
pub type Learn<'a> = &'a dyn Fn(usize) -> Option<Key>;

const REFUSED: ErrorKind = ErrorKind::Misuse;

impl Oracle {
    /// A new session on an empty database.
    pub fn new(options: Options) -> Self {
        let rows = vec![BTreeMap::new(); TABLES.len()];
        let frames = vec![Frame { rows: rows.clone(), entities: Vec::new() }];
        Oracle { options, rows, entities: Vec::new(), frames, has_failed: false, not_yet: None }
    }

    /// How many savepoints are open.
    pub fn savepoints(&self) -> usize {
        self.frames.len() - 1
    }

    // ---- calls that touch memory only

    /// A new pending entity.
    pub fn add(&mut self, table: usize, values: Row) {
        self.entities.push(Entity::new(table, State::Pending, values));
    }

    /// `s[h].x = ..`.
    pub fn set(&mut self, number: usize, column: usize, val: Val) {
        self.entities[number].values[column] = val;
    }

    /// `delete`: marks, or withdraws what is pending.
    pub fn delete(&mut self, number: usize) {
        let entity = &mut self.entities[number];
        entity.state = match entity.state {
            Some(State::Pending) => Some(State::Withdrawn),
            Some(State::Persistent) => Some(State::Deleted),
            other => other,
        };
    }

    /// `restore`: takes a delete back, or makes what is withdrawn pending again.
    pub fn restore(&mut self, number: usize) -> Outcome {
        let entity = &mut self.entities[number];
        entity.state = match entity.state {
            Some(State::Withdrawn) => Some(State::Pending),
            Some(State::Deleted) => Some(State::Persistent),
            _ => return Err(vec![REFUSED]),
        };
        Ok(())
    }

    /// `expunge`: out of the session; refused while others name what has no key to be named by.
    pub fn expunge(&mut self, number: usize) -> Outcome {
        if self.entities[number].key.is_none() && self.is_named(number) {
            return Err(vec![REFUSED]);
        }
        self.entities[number].state = None;
        Ok(())
    }

    /// Whether an unwritten value names an entity.
    pub fn is_named(&self, number: usize) -> bool {
        self.entities.iter().enumerate().any(|(other, entity)| {
            let waits = entity.is(State::Pending) || entity.is(State::Persistent);
            waits && other != number && entity.values.contains(&Val::Of(number))
        })
    }

    // ---- a value, and what it names

    /// The value with keys in place of the entities that have one.
    pub fn resolve(&self, val: Val) -> Val {
        match val {
            Val::Of(number) => match &self.entities[number].key {
                Some(key) => Val::Int(key[0]),
                None => val,
            },
            Val::Null | Val::New | Val::Int(_) => val,
        }
    }

    /// The values of an entity, as they are to be read.
    pub fn shown(&self, number: usize) -> Row {
        self.entities[number].values.iter().map(|&val| self.resolve(val)).collect()
    }

    /// The columns that a flush has to write.
    fn changed(&self, entity: &Entity) -> Vec<usize> {
        let differs =
            |&column: &usize| self.resolve(entity.values[column]) != self.resolve(entity.kept[column]);
        (0..entity.values.len()).filter(differs).collect()
    }

    /// The entity that is known for a key: at most one that is alive, else one that is on its way out.
    fn known(&self, table: usize, key: &Key) -> Option<usize> {
        let has_key = |entity: &Entity| entity.table == table && entity.key.as_ref() == Some(key);
        let find = |states: &[State]| {
            let fits = |entity: &Entity| states.iter().any(|&state| entity.is(state)) && has_key(entity);
            self.entities.iter().position(fits)
        };
        find(&[State::Persistent, State::Deleted]).or_else(|| find(&[State::Missing]))
    }

    // ---- flush

    /// Writes everything, or fails and undoes the innermost frame.
    pub fn flush(&mut self, learn: Learn<'_>) -> Outcome {
        self.check_usable()?;
        let result = Flush::new(self, learn).run();
        match result {
            Ok(()) => Ok(()),
            Err(kinds) => {
                self.undo();
                self.has_failed = true;
                Err(kinds)
            }
        }
    }

    fn comes_to(&mut self, what: &'static str) {
        if NOT_YET.contains(&what) {
            self.not_yet = Some(what);
        }
    }

    fn check_usable(&self) -> Outcome {
        if self.has_failed { Err(all_kinds()) } else { Ok(()) }
    }

    // ---- reading

    /// `get`: the entity, if there is one; a new one gets the next number.
    pub fn get(
        &mut self,
        table: usize,
        key: &Key,
        learn: Learn<'_>,
    ) -> Result<Option<usize>, Vec<ErrorKind>> {
        self.check_usable()?;
        if let Some(found) = self.hit(table, key) {
            return Ok(found);
        }
        if self.options.autoflush {
            self.flush(learn)?;
            if let Some(found) = self.hit(table, key) {
                return Ok(found);
            }
        }
        let Some(row) = self.rows[table].get(key).cloned() else {
            if let Some(number) = self.known(table, key) {
                self.entities[number].state = Some(State::Missing);
            }
            return Ok(None);
        };
        Ok(Some(self.meet(table, key, &row)))
    }

    /// What the identity map can answer.
    fn hit(&self, table: usize, key: &Key) -> Option<Option<usize>> {
        let number = self.known(table, key)?;
        let entity = &self.entities[number];
        match entity.state {
            Some(State::Deleted) => Some(None),
            Some(State::Persistent) if entity.is_fresh => Some(Some(number)),
            _ => None,
        }
    }

    /// All entities of a table, by key.
    pub fn query(&mut self, table: usize, learn: Learn<'_>) -> Result<Vec<usize>, Vec<ErrorKind>> {
        self.check_usable()?;
        if self.options.autoflush {
            self.flush(learn)?;
        }
        let rows = self.rows[table].clone();
        Ok(rows.iter().map(|(key, row)| self.meet(table, key, row)).collect())
    }

    /// The number of rows.
    pub fn count(&mut self, table: usize, learn: Learn<'_>) -> Result<u64, Vec<ErrorKind>> {
        self.check_usable()?;
        if self.options.autoflush {
            self.flush(learn)?;
        }
        Ok(self.rows[table].len() as u64)
    }

    /// The entity of a row that was read.
    fn meet(&mut self, table: usize, key: &Key, row: &Row) -> usize {
        let Some(number) = self.known(table, key) else {
            let mut entity = Entity::new(table, State::Persistent, row.clone());
            entity.key = Some(key.clone());
            entity.is_fresh = true;
            entity.was_fresh = true;
            entity.is_added = false;
            self.entities.push(entity);
            return self.entities.len() - 1;
        };
        if self.entities[number].is(State::Missing) {
            self.entities[number].state = Some(State::Persistent);
            self.entities[number].is_fresh = false;
        }
        if !self.entities[number].is_fresh {
            self.refresh(number, row);
        }
        self.entities[number].is_unsure = false;
        number
    }

    fn refresh(&mut self, number: usize, row: &Row) {
        let changed = self.changed(&self.entities[number]);
        let entity = &mut self.entities[number];
        let version = version_of(entity.table);
        if !changed.is_empty() && version.is_some_and(|column| row[column] != entity.kept[column]) {
            return;
        }
        for (column, val) in row.iter().enumerate() {
            if !changed.contains(&column) {
                entity.values[column] = *val;
            }
        }
        entity.kept.clone_from(row);
        entity.is_fresh = true;
        entity.was_fresh = true;
    }

    // ---- transactions

    /// Flushes and opens a savepoint.
    pub fn begin(&mut self, learn: Learn<'_>) -> Outcome {
        self.flush(learn)?;
        self.open();
        Ok(())
    }

    fn open(&mut self) {
        self.frames.push(Frame { rows: self.rows.clone(), entities: self.entities.clone() });
        self.entities.iter_mut().for_each(|entity| entity.was_fresh = entity.is_fresh);
    }

    /// Flushes and ends the innermost savepoint.
    pub fn release(&mut self, learn: Learn<'_>) -> Outcome {
        let outcome = self.flush(learn);
        self.has_failed = false;
        let frame = self.frames.pop().expect("a savepoint is open");
        for (entity, before) in self.entities.iter_mut().zip(&frame.entities) {
            entity.was_fresh |= before.was_fresh;
        }
        outcome
    }

    /// Undoes the innermost savepoint and ends it.
    pub fn undo_savepoint(&mut self) {
        self.undo();
        self.has_failed = false;
        self.frames.pop();
    }

    /// Flushes and commits everything.
    pub fn commit(&mut self, learn: Learn<'_>) -> Outcome {
        self.flush(learn)?;
        for entity in &mut self.entities {
            if entity.is(State::DeletedFlushed) {
                entity.state = None;
            }
            if self.options.expire_on_commit {
                entity.is_fresh = false;
            }
        }
        self.restart();
        Ok(())
    }

    /// Rolls everything back.
    pub fn rollback(&mut self) {
        while self.frames.len() > 1 {
            self.undo_savepoint();
        }
        self.undo();
        self.entities.iter_mut().for_each(|entity| entity.is_fresh = false);
        self.has_failed = false;
        self.restart();
    }

    fn restart(&mut self) {
        self.frames.clear();
        self.open();
    }

    /// Changes the database behind the session's back, between its transactions.
    pub fn outside(&mut self, table: usize, key: &Key, change: Option<(usize, Val)>) {
        match (change, version_of(table)) {
            (None, _) => {
                self.rows[table].remove(key);
            }
            (Some((column, val)), version) => {
                let row = self.rows[table].get_mut(key).expect("the row is there");
                row[column] = val;
                if let Some(version) = version {
                    row[version] = next(row[version]);
                }
            }
        }
        self.frames[0].rows.clone_from(&self.rows);
    }

    /// Puts rows and entities back to the start of the innermost frame.
    fn undo(&mut self) {
        let frame = self.frames.last().expect("the transaction is a frame").clone();
        for (number, entity) in self.entities.iter_mut().enumerate() {
            let Some(state) = entity.state else { continue };
            match frame.entities.get(number) {
                Some(before) => put_back(entity, before, &frame.rows),
                None if entity.is_added => withdraw(entity),
                None => {
                    // Loaded in this frame: a row that was there before it, unless the frame made it.
                    let key = entity.key.clone().expect("what was loaded has a key");
                    let row = frame.rows[entity.table].get(&key).cloned();
                    let values = row.unwrap_or_else(|| entity.kept.clone());
                    entity.values.clone_from(&values);
                    entity.kept = values;
                    entity.is_fresh = false;
                    if state != State::Missing {
                        entity.state = Some(State::Persistent);
                    }
                }
            }
        }
        self.rows.clone_from(&frame.rows);
    }
}

fn put_back(entity: &mut Entity, before: &Entity, rows: &Rows) {
    match before.state {
        Some(State::Pending | State::Withdrawn) => return withdraw(entity),
        Some(State::Persistent) => {}
        Some(_) | None => {
            *entity = before.clone();
            return;
        }
    }
    let is_missing = entity.is(State::Missing);
    let was_read = entity.was_fresh;
    let row = before.key.as_ref().and_then(|key| rows[entity.table].get(key));
    *entity = before.clone();
    entity.values.clone_from(&before.kept);
    if let Some(row) = row.filter(|_| was_read) {
        entity.values.clone_from(row);
        entity.kept.clone_from(row);
    }
    entity.was_fresh = was_read;
    entity.is_fresh &= was_read;
    entity.is_unsure = entity.is_fresh;
    if is_missing && row.is_none() {
        entity.state = Some(State::Missing);
    }
}

fn withdraw(entity: &mut Entity) {
    entity.state = Some(State::Withdrawn);
    entity.key = None;
    entity.is_fresh = false;
    for (column, (_, kind)) in TABLES[entity.table].columns.iter().enumerate() {
        match kind {
            Kind::Generated => entity.values[column] = Val::New,
            Kind::Version => entity.values[column] = Val::Int(0),
            Kind::Natural | Kind::Plain | Kind::Unique | Kind::Link(..) | Kind::KeyLink(..) => {}
        }
    }
}

fn next(version: Val) -> Val {
    match version {
        Val::Int(version) => Val::Int(version + 1),
        Val::Null | Val::New | Val::Of(_) => version,
    }
}

/// The column of a table's version.
pub fn version_of(table: usize) -> Option<usize> {
    TABLES[table].columns.iter().position(|(_, kind)| *kind == Kind::Version)
}

/// A call after a failure returns that failure, whatever it was.
pub fn all_kinds() -> Vec<ErrorKind> {
    vec![ErrorKind::Unique, ErrorKind::ForeignKey, ErrorKind::NotNull, ErrorKind::Stale, ErrorKind::Misuse]
}

/// A flush: the rows that it leads to, then whether they may be.
struct Flush<'a> {
    oracle: &'a mut Oracle,
    rows: Rows,
    /// Keys that pending entities get.
    keys: BTreeMap<usize, Key>,
    /// Which pending entity a row is of.
    born: BTreeMap<(usize, Key), usize>,
    problems: Vec<ErrorKind>,
}

impl<'a> Flush<'a> {
    fn new(oracle: &'a mut Oracle, learn: Learn<'_>) -> Self {
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
            (Some(key), Some(State::Persistent | State::Deleted)) => Val::Int(key[0]),
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

    fn run(mut self) -> Outcome {
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
