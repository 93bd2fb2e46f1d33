//! Transactions and savepoints as the oracle sees them: a frame is a copy of everything.

use orm_core::prelude::State;

use super::bridge::{Key, Row, Val};
use super::bulk::int_key;
use super::entity::Entity;
use super::oracle::{Learn, Oracle, Outcome, Rows, next, version_of};
use super::tables::{Kind, TABLES};

#[derive(Clone)]
pub(super) struct Frame {
    pub(super) rows: Rows,
    pub(super) entities: Vec<Entity>,
}

impl Oracle {
    /// Flushes and opens a savepoint.
    pub fn begin(&mut self, learn: Learn<'_>) -> Outcome {
        self.flush(learn)?;
        self.open();
        Ok(())
    }

    pub(super) fn open(&mut self) {
        self.frames.push(Frame { rows: self.rows.clone(), entities: self.entities.clone() });
        for entity in &mut self.entities {
            (entity.was_fresh, entity.is_blind) = (entity.is_fresh, false);
        }
    }

    /// Flushes and ends the innermost savepoint.
    pub fn release(&mut self, learn: Learn<'_>) -> Outcome {
        if self.has_failed {
            self.undo();
        }
        let outcome = self.flush(learn);
        self.has_failed = false;
        self.pop();
        outcome
    }

    /// The same of a savepoint as a value, which stays open when it fails.
    pub fn keep(&mut self, learn: Learn<'_>) -> Outcome {
        self.flush(learn)?;
        self.pop();
        Ok(())
    }

    /// Undoes the innermost savepoint and ends it.
    pub fn undo_savepoint(&mut self) {
        self.undo();
        self.has_failed = false;
        self.entities.iter_mut().for_each(|entity| entity.is_blind = false);
        self.pop();
    }

    /// Ends the innermost savepoint: what was seen in it is seen in the frame around it.
    fn pop(&mut self) {
        let frame = self.frames.pop().expect("a savepoint is open");
        for (entity, before) in self.entities.iter_mut().zip(&frame.entities) {
            let (is_blind, was_fresh) = (entity.is_blind, entity.was_fresh);
            entity.is_blind = before.is_blind || (is_blind && !before.was_fresh);
            entity.was_fresh = before.was_fresh || (was_fresh && !before.is_blind);
        }
    }

    /// Flushes and commits everything.
    pub fn commit(&mut self, learn: Learn<'_>) -> Outcome {
        self.flush(learn)?;
        self.let_go();
        for entity in &mut self.entities {
            if entity.is(State::DeletedFlushed) {
                // Its key is another's to have.
                (entity.state, entity.key) = (None, None);
            }
            entity.nulled.clear();
            if self.options.expire_on_commit {
                (entity.is_fresh, entity.was_moved) = (false, false);
            }
        }
        self.restart();
        Ok(())
    }

    /// Rows that name deleted ones name those that have their keys now.
    fn let_go(&mut self) {
        let is_gone =
            |val: &Val| matches!(val, Val::Of(number) if self.entities[*number].is(State::DeletedFlushed));
        let named = |val: &Val| if is_gone(val) { self.resolve(*val) } else { *val };
        let rows: Vec<Row> =
            self.entities.iter().map(|entity| entity.values.iter().map(named).collect()).collect();
        for (entity, row) in self.entities.iter_mut().zip(rows) {
            if entity.is(State::Persistent) {
                entity.values.clone_from(&row);
                entity.kept = row;
            }
        }
    }

    /// Rolls everything back.
    pub fn rollback(&mut self) {
        while self.savepoints() > 0 {
            self.pop();
        }
        self.undo();
        self.entities.iter_mut().for_each(|entity| (entity.is_fresh, entity.was_moved) = (false, false));
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
        // What was read before tells nothing of what is there now.
        self.entities.iter_mut().for_each(|entity| entity.was_fresh = false);
    }

    /// Puts rows and entities back to the start of the innermost frame.
    pub(super) fn undo(&mut self) {
        let frame = self.frames.last().expect("the transaction is a frame").clone();
        for (number, entity) in self.entities.iter_mut().enumerate() {
            let Some(state) = entity.state else { continue };
            match frame.entities.get(number) {
                Some(before) => put_back(entity, before, &frame.rows),
                None if entity.is_added => withdraw(entity),
                None => {
                    // Loaded in this frame: it shows what was read, and is looked at again.
                    let parts = entity.born[..TABLES[entity.table].key_width()].iter();
                    entity.key = parts.map(|&part| int_key(part).map(|key| key[0])).collect();
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
    let (was_read, is_blind) = (entity.was_fresh, entity.is_blind);
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
    (entity.was_fresh, entity.is_blind) = (was_read, is_blind);
    entity.is_fresh &= was_read;
    if is_missing && row.is_none() {
        entity.state = Some(State::Missing);
    }
}

pub(super) fn withdraw(entity: &mut Entity) {
    entity.state = Some(State::Withdrawn);
    let had_row = entity.key.take().is_some();
    entity.is_fresh = false;
    for (column, named) in std::mem::take(&mut entity.nulled) {
        if entity.values[column] == entity.kept[column] {
            entity.values[column] = named;
        }
    }
    for (column, (_, kind)) in TABLES[entity.table].columns.iter().enumerate() {
        match kind {
            Kind::Generated if had_row => entity.values[column] = Val::New,
            Kind::Version => entity.values[column] = Val::Int(0),
            _ => {}
        }
    }
}
