//! What a session has to show and a database has to hold, said as simply as it can be: rows are maps, a frame is a copy of
//! everything, and a flush succeeds exactly when the rows that it leads to keep every constraint.

use std::collections::BTreeMap;

use orm_core::prelude::{ErrorKind, State};

use super::bridge::{Key, Row, Val};
use super::entity::Entity;
use super::flush::Flush;
use super::frames::Frame;
use super::tables::{Kind, TABLES};

/// The rows of every table.
pub type Rows = Vec<BTreeMap<Key, Row>>;

/// What became of a call: nothing to say, or the kinds of error that it may fail with.
pub type Outcome = Result<(), Vec<ErrorKind>>;

/// The options of a session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// As [`orm_core::SessionMaker::autoflush`].
    pub autoflush: bool,
    /// As [`orm_core::SessionMaker::expire_on_commit`].
    pub expire_on_commit: bool,
    /// Whether every relation of every entity is looked at after each call.
    pub watches: bool,
    /// Whether savepoints are values, not closures.
    pub values: bool,
    /// Whether the database has the [habits](crate::habits) of others.
    pub habits: bool,
}

/// The plain model of a session and its database.
pub struct Oracle {
    pub(super) options: Options,
    /// What the session's transaction sees.
    pub rows: Rows,
    /// Every entity that ever was, by number.
    pub entities: Vec<Entity>,
    /// The transaction, and the savepoints in it.
    pub(super) frames: Vec<Frame>,
    /// Whether the innermost frame has failed.
    pub has_failed: bool,
    /// Whether something happened of which the session can say one thing or another: the program ends there.
    pub is_open: bool,
}

/// How keys that the database makes are learnt: from the session, after the call.
pub type Learn<'a> = &'a dyn Fn(usize) -> Option<Key>;

pub(super) const REFUSED: ErrorKind = ErrorKind::Misuse;

impl Oracle {
    /// A new session on an empty database.
    pub fn new(options: Options) -> Self {
        let rows = vec![BTreeMap::new(); TABLES.len()];
        let frames = vec![Frame { rows: rows.clone(), entities: Vec::new() }];
        Oracle { options, rows, entities: Vec::new(), frames, has_failed: false, is_open: false }
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
        let kept = self.entities[number].kept[column];
        // A key that says what is there already changes nothing.
        let is_kept = self.entities[number].key.is_some() && self.resolve(kept) == val;
        let entity = &mut self.entities[number];
        entity.values[column] = if is_kept { kept } else { val };
        entity.was_moved = true;
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
        if entity.is(State::Pending) || entity.is(State::Persistent) {
            return Ok(());
        }
        entity.was_moved = true;
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
            Some(State::Missing | State::DeletedFlushed) => {}
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
        let (table, key) = (entity.table, key.clone());
        // A new row may have its key.
        let is_known = self.known(table, &key).is_none_or(|known| known == number);
        let entity = &mut self.entities[number];
        let Some(row) = self.rows[table].get(&key).filter(|_| is_known) else {
            entity.state = Some(State::Missing);
            return Err(vec![ErrorKind::NotFound]);
        };
        let row = row.clone();
        self.take_row(number, &row);
        let entity = &mut self.entities[number];
        entity.values.clone_from(&entity.kept);
        entity.state = Some(State::Persistent);
        (entity.is_touched, entity.is_unsure) = (false, false);
        entity.was_read();
        Ok(())
    }

    /// Whether an unwritten value names an entity.
    pub fn is_named(&self, number: usize) -> bool {
        self.entities.iter().enumerate().any(|(other, entity)| {
            // One that is marked may be restored.
            let waits =
                [State::Pending, State::Persistent, State::Deleted].iter().any(|&state| entity.is(state));
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
    pub(super) fn known(&self, table: usize, key: &Key) -> Option<usize> {
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
    pub(super) fn meet(&mut self, table: usize, key: &Key, row: &Row) -> usize {
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

    pub(super) fn refresh(&mut self, number: usize, row: &Row) {
        let changed = self.changed(&self.entities[number]);
        let version = version_of(self.entities[number].table);
        let entity = &self.entities[number];
        if !changed.is_empty() && version.is_some_and(|column| row[column] != entity.kept[column]) {
            return;
        }
        self.take_row(number, row);
        let entity = &mut self.entities[number];
        for column in (0..row.len()).filter(|column| !changed.contains(column)) {
            entity.values[column] = entity.kept[column];
        }
        entity.was_read();
    }

    /// What the row has; a key names what it named before.
    fn take_row(&mut self, number: usize, row: &Row) {
        let named = |column: usize| {
            let kept = self.entities[number].kept[column];
            if self.resolve(kept) == row[column] { kept } else { row[column] }
        };
        self.entities[number].kept = (0..row.len()).map(named).collect();
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
