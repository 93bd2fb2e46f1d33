//! What a session has to show and a database has to hold, said as simply as it can be: rows are maps, a frame is a copy of
//! everything, and a flush succeeds exactly when the rows that it leads to keep every constraint.

use std::collections::BTreeMap;

use orm_core::prelude::{ErrorKind, State};

use super::bridge::{Key, Row, Val};
use super::flush::Flush;
use super::tables::{Kind, TABLES};

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
    pub(super) was_fresh: bool,
    /// Whether it was set since the last flush, be it to what it was.
    pub is_touched: bool,
    /// Whether it was changed when its row was deleted: that means nothing, so what it shows is left open.
    pub is_idle: bool,
    /// How many savepoints were open when its row was inserted, and whether a later one has written it again.
    pub(super) born_at: usize,
    pub(super) born: Row,
    pub(super) was_rewritten: bool,
    /// Whether the program made it; else it was loaded.
    pub(super) is_added: bool,
}

impl Entity {
    fn new(table: usize, state: State, values: Row) -> Self {
        Entity {
            table,
            state: Some(state),
            kept: values.clone(),
            born: values.clone(),
            values,
            key: None,
            is_fresh: false,
            is_unsure: false,
            was_fresh: false,
            is_idle: false,
            is_touched: false,
            born_at: 0,
            was_rewritten: false,
            is_added: true,
        }
    }

    /// Whether a foreign key was set since its row was inserted.
    fn was_moved(&self) -> bool {
        let is_link = |column: usize| matches!(TABLES[self.table].columns[column].1, Kind::Link(..));
        self.key.is_some()
            && (0..self.values.len())
                .any(|column| is_link(column) && self.values[column] != self.born[column])
    }

    fn lose_edits(&mut self) {
        self.values.clone_from(&self.kept);
        (self.is_touched, self.is_fresh) = (false, false);
    }

    pub(super) fn is(&self, state: State) -> bool {
        self.state == Some(state)
    }
}

#[derive(Clone)]
pub(super) struct Frame {
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
    pub(super) frames: Vec<Frame>,
    /// Whether the innermost frame has failed.
    pub has_failed: bool,
    /// What the program came to that the library does not do yet: the program ends there.
    pub not_yet: Option<&'static str>,
}

/// What the design asks for and the library does not do yet: programs end where they come to it.
const NOT_YET: &[&str] = &[REWRITTEN, REUSED];
/// An entity that is withdrawn shows what it had when a savepoint opened, not what it had last.
const REWRITTEN: &str = "rewritten";
/// A new row got the key of one that someone else deleted, and that is to be written in the same flush: the design leaves open
/// what that is.
pub(super) const REUSED: &str = "reused";

/// How keys that the database makes are learnt: from the session, after the call.
pub type Learn<'a> = &'a dyn Fn(usize) -> Option<Key>;

pub(super) const REFUSED: ErrorKind = ErrorKind::Misuse;

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
        let entity = &mut self.entities[number];
        entity.values[column] = val;
        entity.is_touched = true;
        entity.is_idle |= entity.is(State::DeletedFlushed);
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

    /// `expire`: edits are lost, and the row is looked at again by the next call that meets it.
    pub fn expire(&mut self, number: usize) -> Outcome {
        let entity = &mut self.entities[number];
        match entity.state {
            Some(State::Persistent | State::Deleted) => entity.lose_edits(),
            Some(State::Missing) => {}
            _ => return Err(vec![REFUSED]),
        }
        Ok(())
    }

    /// `expire_all`: of all that have rows.
    pub fn expire_all(&mut self) {
        for entity in &mut self.entities {
            match entity.state {
                Some(State::Persistent | State::Deleted) => entity.lose_edits(),
                Some(State::Missing) => entity.values.clone_from(&entity.kept),
                _ => {}
            }
        }
    }

    /// `evict_clean`: what has a row and was not touched is gone.
    pub fn evict_clean(&mut self) {
        for entity in &mut self.entities {
            if matches!(entity.state, Some(State::Persistent | State::Missing)) && !entity.is_touched {
                entity.state = None;
            }
        }
    }

    /// `refresh`: what the row has, edits or not.
    pub fn read_again(&mut self, number: usize) -> Outcome {
        self.check_usable()?;
        let entity = &mut self.entities[number];
        match entity.state {
            Some(State::Persistent | State::Missing) => {}
            Some(State::DeletedFlushed) => return Err(vec![ErrorKind::NotFound]),
            _ => return Err(vec![REFUSED]),
        }
        let key = entity.key.as_ref().expect("what has a row has a key");
        let Some(row) = self.rows[entity.table].get(key) else {
            entity.state = Some(State::Missing);
            return Err(vec![ErrorKind::NotFound]);
        };
        entity.values.clone_from(row);
        entity.kept.clone_from(row);
        entity.state = Some(State::Persistent);
        (entity.is_touched, entity.is_unsure) = (false, false);
        (entity.is_fresh, entity.was_fresh) = (true, true);
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
    pub(super) fn changed(&self, entity: &Entity) -> Vec<usize> {
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

    pub(super) fn comes_to(&mut self, what: &'static str) {
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
        if self.has_failed {
            self.undo();
        }
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
        self.frames.truncate(1);
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
            let is_born_here = frame.entities.get(number).is_none_or(|before| before.is(State::Withdrawn));
            if is_born_here
                && (entity.was_rewritten || entity.is_idle || entity.was_moved())
                && NOT_YET.contains(&REWRITTEN)
            {
                self.not_yet = Some(REWRITTEN);
            }
            match frame.entities.get(number) {
                Some(before) => put_back(entity, before, &frame.rows),
                None if entity.is_added => withdraw(entity),
                None => {
                    // Loaded in this frame: it shows what was read, and is looked at again.
                    entity.values.clone_from(&entity.born);
                    entity.kept.clone_from(&entity.born);
                    (entity.is_fresh, entity.is_touched) = (false, false);
                    if state != State::Missing {
                        entity.state = Some(State::Persistent);
                    }
                }
            }
        }
        let is_savepoint = self.frames.len() > 1;
        self.entities.iter_mut().for_each(|entity| entity.is_unsure = is_savepoint);
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
        for (column, val) in row.iter().enumerate() {
            // The name of an entity is kept: it may lose its key with the next frame.
            if !matches!(entity.kept[column], Val::Of(_)) {
                entity.values[column] = *val;
                entity.kept[column] = *val;
            }
        }
    }
    entity.was_fresh = was_read;
    entity.is_fresh &= was_read;
    if is_missing && row.is_none() {
        entity.state = Some(State::Missing);
    }
}

pub(super) fn withdraw(entity: &mut Entity) {
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

pub(super) fn next(version: Val) -> Val {
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
