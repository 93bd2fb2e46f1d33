//! What the session shows and the database holds, against what the oracle says.

use orm_core::prelude::*;

use super::bridge::{Held, Row, Val, calls};
use super::oracle::Outcome;
use super::program::{New, Op};
use super::run::{Run, S};
use super::tables::TABLES;

impl Run<'_, '_> {
    /// Compares what a call returned, and then everything.
    pub(super) fn judge(&mut self, s: &S, (result, expected): (orm_core::Result<()>, Outcome)) {
        if let Some(made) = self.made.last_mut() {
            made.failed = result.is_err();
            if let Op::Add { table, .. } = made.op {
                made.news = vec![New { table, key: None }];
            }
        }
        match (&result, &expected) {
            (Ok(()), Ok(())) => {}
            (Err(error), Err(kinds)) if kinds.contains(&error.kind()) => {}
            (Err(error), Ok(())) => return self.break_rule(format!("failed, but was to succeed: {error}")),
            (Ok(()), Err(kinds)) => {
                return self.break_rule(format!("succeeded, but was to fail as {kinds:?}"));
            }
            (Err(error), Err(kinds)) => {
                return self.break_rule(format!("failed as {:?}, not as {kinds:?}: {error}", error.kind()));
            }
        }
        self.compare_entities(s);
        if self.bench.tap.was_used() && self.broken.is_none() {
            self.compare_rows();
        }
    }

    pub(super) fn compare_entities(&mut self, s: &S) {
        for (number, &held) in self.names.0.iter().enumerate() {
            let entity = &self.oracle.entities[number];
            let calls = calls(held.table());
            let state = calls.state(s, held);
            if state != entity.state {
                return self.break_rule(format!("e{number} is {state:?}, not {:?}", entity.state));
            }
            let shown = calls.row(s, held, &self.names);
            if shown.is_some() != state.is_some() {
                return self.break_rule(format!("e{number} is {state:?}, and shows {shown:?}"));
            }
            let Some(row) = shown else { continue };
            let row: Row = row.iter().map(|&val| self.oracle.resolve(val)).collect();
            let expected = self.oracle.shown(number);
            if row != expected && !entity.is_idle {
                return self.break_rule(format!("e{number} ({state:?}) shows {row:?}, not {expected:?}"));
            }
            let key = calls.key(s, held);
            if key != entity.key {
                return self
                    .break_rule(format!("e{number} ({state:?}) has the key {key:?}, not {:?}", entity.key));
            }
        }
    }

    pub(super) fn compare_rows(&mut self) {
        for &table in self.tables {
            let found = self.bench.tap.rows(&self.bench.selects[table]);
            let expected: Vec<&Row> = self.oracle.rows[table].values().collect();
            if found.iter().collect::<Vec<_>>() != expected {
                let model = TABLES[table].model;
                return self.break_rule(format!("the rows of {model} are {found:?}, not {expected:?}"));
            }
        }
    }
    /// After a flush nothing is left to do, and no row names by handle what has a key.
    pub(super) fn check_settled(&mut self, s: &S, is_flushed: bool) {
        if !is_flushed {
            return;
        }
        let plan = s.plan().unwrap();
        if !plan.is_empty() {
            self.break_rule(format!("after the flush there is still to do: {plan}"));
        }
        for (number, &held) in self.names.0.iter().enumerate() {
            if self.oracle.entities[number].state != Some(State::Persistent) {
                continue;
            }
            let row = calls(held.table()).row(s, held, &self.names).unwrap_or_default();
            let is_left = |val: &Val| matches!(val, Val::Of(_)) && self.oracle.resolve(*val) != *val;
            if row.iter().any(is_left) {
                return self.break_rule(format!("after the flush e{number} names a row by handle: {row:?}"));
            }
        }
    }

    /// Gives the oracle's numbers to what came by a relation: the session knows it by key, and asks the database for nothing.
    pub(super) fn learn_names(&mut self, s: &mut S) {
        let was_used = self.bench.tap.was_used();
        for number in self.names.0.len()..self.oracle.entities.len() {
            let (table, key) = (self.oracle.entities[number].table, self.oracle.entities[number].key.clone());
            let found = calls(table).get(s, &key.expect("what was loaded has a key"));
            match found {
                Ok(Some(held)) if !self.bench.tap.was_used() => self.names.0.push(held),
                other => return self.break_rule(format!("e{number} is not held: {other:?}")),
            }
            self.note_new(number);
        }
        self.bench.tap.set_used(was_used);
    }

    fn note_new(&mut self, number: usize) {
        let entity = &self.oracle.entities[number];
        let new = New { table: entity.table, key: entity.key.clone() };
        self.made.last_mut().into_iter().for_each(|made| made.news.push(new.clone()));
    }

    /// Compares what was found, by handle; what is new gets its number.
    pub(super) fn meet(&mut self, found: &[Held], expected: &[usize]) {
        if found.len() != expected.len() {
            return self.break_rule(format!("found {found:?}, not the entities {expected:?}"));
        }
        for (held, &number) in found.iter().zip(expected) {
            if number == self.names.0.len() {
                self.names.0.push(*held);
                self.note_new(number);
            }
            if self.names.0.get(number) != Some(held) {
                return self.break_rule(format!("found {held:?}, which is not e{number}"));
            }
        }
    }
}
