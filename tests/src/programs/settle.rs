//! What memory is after a flush, as the oracle sees it.

use std::collections::BTreeMap;

use orm_core::prelude::State;

use super::bridge::{Key, Row, Val};
use super::entity::Entity;
use super::flush::{Flush, Mirrored};
use super::frames::withdraw;
use super::oracle::{Oracle, Rows};
use super::tables::{Kind, TABLES};

impl Flush<'_> {
    /// Brings memory to what the rows are now.
    pub(super) fn settle(self) {
        let Flush { oracle, rows, keys, mirrored, .. } = self;
        let (keys, renamed): (BTreeMap<_, _>, BTreeMap<_, _>) =
            keys.into_iter().partition(|(number, _)| oracle.entities[*number].is(State::Pending));
        for (number, key) in renamed {
            oracle.entities[number].key = Some(key);
        }
        let before = std::mem::replace(&mut oracle.rows, rows);
        for number in 0..oracle.entities.len() {
            let pending = keys.get(&number);
            let entity = &mut oracle.entities[number];
            match entity.state {
                Some(State::Pending) => {
                    let key = pending.expect("pending entities get keys").clone();
                    settle_insert(entity, key, &oracle.rows, &mirrored);
                }
                Some(State::Deleted) => entity.state = Some(State::DeletedFlushed),
                Some(State::Persistent) => {
                    if oracle.changed(&oracle.entities[number]).is_empty() {
                        let entity = &mut oracle.entities[number];
                        entity.values.clone_from(&entity.kept);
                    }
                    settle_row(oracle, number, &before, &mirrored);
                }
                _ => {}
            }
        }
        oracle.settle_reused_keys(&keys);
    }
}

fn settle_insert(entity: &mut Entity, key: Key, rows: &Rows, mirrored: &Mirrored) {
    let table = entity.table;
    if mirrored.contains_key(&(table, key.clone(), None)) {
        // Its parent went, and it never came.
        return withdraw(entity);
    }
    let row = rows[table].get(&key);
    for (column, (_, kind)) in TABLES[table].columns.iter().enumerate() {
        match kind {
            Kind::Generated => entity.values[column] = Val::Int(key[0]),
            Kind::Version => entity.values[column] = Val::Int(1),
            _ => null(entity, column, mirrored.get(&(table, key.clone(), Some(column)))),
        }
    }
    entity.kept.clone_from(&entity.values);
    entity.born.clone_from(&entity.values);
    entity.state = Some(State::Persistent);
    entity.is_fresh = row.is_some();
    entity.was_fresh = entity.is_fresh;
    entity.is_touched = false;
    entity.key = Some(key);
}

fn null(entity: &mut Entity, column: usize, named: Option<&usize>) {
    if let Some(named) = named {
        entity.values[column] = Val::Null;
        entity.nulled.insert(column, Val::Of(*named));
    }
}

fn settle_row(oracle: &mut Oracle, number: usize, before: &Rows, mirrored: &Mirrored) {
    let entity = &mut oracle.entities[number];
    let table = entity.table;
    let key = entity.key.clone().expect("a persistent entity has a key");
    if mirrored.contains_key(&(table, key.clone(), None)) {
        entity.state = Some(State::DeletedFlushed);
        return;
    }
    let row = oracle.rows[table].get(&key);
    for column in 0..entity.values.len() {
        null(entity, column, mirrored.get(&(table, key.clone(), Some(column))));
    }
    // What happened by rows that the session does not hold is seen when it is looked at again.
    let was_there = before[table].get(&key);
    if was_there.is_some() && row.is_none_or(|row| nulls(row) > nulls(&entity.values)) {
        entity.is_fresh = false;
    }
    entity.kept.clone_from(&entity.values);
    entity.is_touched = false;
}

fn nulls(row: &Row) -> usize {
    row.iter().filter(|val| **val == Val::Null).count()
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
