//! Makes programs up: calls by chance that have something to work on.

use orm_core::prelude::State;

use super::bridge::{Key, Val};
use super::oracle::Oracle;
use super::program::Op;
use super::tables::{Kind, Null, Schema, TABLES};
use crate::dice::Dice;

/// Makes a program up while it runs, so that its calls have something to work on.
pub struct Maker<'a> {
    /// Where chance comes from.
    pub dice: &'a mut Dice,
    /// Where the program works.
    pub schema: &'static Schema,
}

impl Maker<'_> {
    /// The next call; `None` when chance gave one that there is nothing for.
    pub fn next(&mut self, oracle: &Oracle, is_idle: bool) -> Option<Op> {
        if oracle.has_failed && self.dice.below(3) > 0 {
            return Some(if oracle.savepoints() > 0 { Op::Undo } else { Op::Rollback });
        }
        let roll = self.dice.below(100);
        match roll {
            0..=21 => self.add(oracle),
            22..=36 => self.set(oracle),
            37 => self.merge(oracle),
            38 => self.bulk(),
            39 => self.link(oracle),
            40..=45 => self.related(oracle),
            46..=55 => Some(Op::Delete(self.entity(oracle, |_| true)?)),
            56..=58 => {
                let can = |state| matches!(state, State::Withdrawn | State::Deleted);
                let entity = self.entity(oracle, can).or_else(|| self.entity(oracle, |_| true));
                Some(Op::Restore(entity?))
            }
            59 => Some(Op::Expunge(self.entity(oracle, |_| true)?)),
            60 | 72 => self.forget(oracle),
            61..=67 => self.get(oracle),
            68..=71 => Some(Op::Query(self.table())),
            73 => Some(Op::Count(self.table())),
            74..=80 => Some(Op::Flush),
            81..=84 => Some(Op::Commit),
            85..=87 => Some(Op::Rollback),
            88..=92 if oracle.savepoints() < 3 => Some(Op::Begin),
            93..=96 if oracle.savepoints() > 0 => {
                Some(if self.dice.below(2) == 0 { Op::Release } else { Op::Undo })
            }
            97.. if is_idle => self.outside(oracle),
            _ => None,
        }
    }

    fn merge(&mut self, oracle: &Oracle) -> Option<Op> {
        let Some(Op::Add { table, mut values }) = self.add(oracle) else { return None };
        if super::oracle::version_of(table).is_some() {
            return None;
        }
        if TABLES[table].columns[0].1 == Kind::Generated
            && let Some(Op::Get { table: of, key }) = self.get(oracle)
            && of == table
        {
            values[0] = Val::Int(key[0]);
        }
        Some(Op::Merge { table, values })
    }

    fn bulk(&mut self) -> Option<Op> {
        let (table, from, to) = (self.table(), self.dice.below(4) as i64, self.dice.below(4) as i64);
        Some(match self.dice.below(3) {
            0 => Op::DeleteAll { table, with: from },
            _ => Op::UpdateAll { table, from, to },
        })
    }

    fn link(&mut self, oracle: &Oracle) -> Option<Op> {
        if !self.schema.tables.contains(&7) {
            return self.set(oracle);
        }
        let mut one_of = |table: usize| {
            let fits = |&number: &usize| oracle.entities[number].table == table && oracle.is_asked(number);
            let all: Vec<usize> = (0..oracle.entities.len()).filter(fits).collect();
            self.dice.one_of(&all).copied()
        };
        let (item, tag, other) = (one_of(5)?, one_of(6)?, one_of(6)?);
        let is_back = self.dice.below(2) == 0;
        Some(match self.dice.below(3) {
            0 => Op::Link(item, tag, is_back),
            1 => Op::Unlink(item, tag, is_back),
            _ if is_back => Op::Replace(item, Vec::new()),
            _ if tag == other => Op::Replace(item, vec![tag]),
            _ => Op::Replace(item, vec![tag, other]),
        })
    }

    fn related(&mut self, oracle: &Oracle) -> Option<Op> {
        let entity = self.entity(oracle, |state| matches!(state, State::Pending | State::Persistent))?;
        let table = oracle.entities[entity].table;
        let relations = TABLES[table].relations.len();
        (relations > 0).then(|| Op::Related { table, entity, relation: self.dice.below(relations) })
    }

    /// Makes the session look again, or forget.
    fn forget(&mut self, oracle: &Oracle) -> Option<Op> {
        match self.dice.below(10) {
            0..=3 => Some(Op::Refresh(self.entity(oracle, |_| true)?)),
            4..=6 => Some(Op::Expire(self.entity(oracle, |_| true)?)),
            7 => Some(Op::ExpireAll),
            _ => Some(Op::EvictClean),
        }
    }

    fn table(&mut self) -> usize {
        self.schema.tables[self.dice.below(self.schema.tables.len())]
    }

    fn entity(&mut self, oracle: &Oracle, fits: impl Fn(State) -> bool) -> Option<usize> {
        let all: Vec<usize> = oracle
            .entities
            .iter()
            .enumerate()
            .filter(|(_, entity)| entity.state.is_some_and(&fits))
            .map(|(number, _)| number)
            .collect();
        self.dice.one_of(&all).copied()
    }

    fn add(&mut self, oracle: &Oracle) -> Option<Op> {
        let table = self.table();
        let columns = TABLES[table].columns;
        let values = (0..columns.len()).map(|column| self.val(oracle, table, column));
        Some(Op::Add { table, values: values.collect::<Option<_>>()? })
    }

    fn set(&mut self, oracle: &Oracle) -> Option<Op> {
        let entity = self.entity(oracle, |_| true)?;
        let held = &oracle.entities[entity];
        let (width, columns) = (TABLES[held.table].key_width(), TABLES[held.table].columns);
        let may_change_key = matches!(held.state, Some(State::Pending | State::Withdrawn));
        let is_free = |&column: &usize| match columns[column].1 {
            Kind::Generated | Kind::Version => false,
            Kind::Natural => may_change_key || oracle.may_be_renamed(entity),
            _ => column >= width || may_change_key,
        };
        let free: Vec<usize> = (0..columns.len()).filter(is_free).collect();
        let column = *self.dice.one_of(&free)?;
        Some(Op::Set { table: held.table, entity, column, val: self.val(oracle, held.table, column)? })
    }

    fn val(&mut self, oracle: &Oracle, table: usize, column: usize) -> Option<Val> {
        match TABLES[table].columns[column].1 {
            Kind::Generated => Some(Val::New),
            Kind::Version => Some(Val::Int(0)),
            Kind::Natural | Kind::Plain => Some(Val::Int(self.dice.below(4) as i64)),
            Kind::Unique => Some(Val::Int(self.dice.below(8) as i64)),
            Kind::Link(_, _, Null::Allowed) if self.dice.below(4) == 0 => Some(Val::Null),
            Kind::Link(to, ..) | Kind::KeyLink(to, _) => self.target(oracle, to),
        }
    }

    /// An entity or a row to name; now and then one that is on its way out.
    fn target(&mut self, oracle: &Oracle, table: usize) -> Option<Val> {
        if self.dice.below(6) == 0 {
            let keys: Vec<&Key> = oracle.rows[table].keys().collect();
            return Some(Val::Int(self.dice.one_of(&keys)?[0]));
        }
        let any = self.dice.below(8) == 0;
        let fits = |entity: &super::entity::Entity| match entity.state {
            Some(State::Pending | State::Persistent) => true,
            Some(_) => any,
            None => false,
        };
        let all: Vec<usize> = (0..oracle.entities.len())
            .filter(|&number| oracle.entities[number].table == table && fits(&oracle.entities[number]))
            .collect();
        self.dice.one_of(&all).copied().map(Val::Of)
    }

    fn get(&mut self, oracle: &Oracle) -> Option<Op> {
        let table = self.table();
        let held = oracle.entities.iter().filter(|entity| entity.table == table);
        let mut keys: Vec<Key> = held.filter_map(|entity| entity.key.clone()).collect();
        keys.extend(oracle.rows[table].keys().cloned());
        let key = self.dice.one_of(&keys)?.clone();
        Some(Op::Get { table, key })
    }

    fn outside(&mut self, oracle: &Oracle) -> Option<Op> {
        let table = self.table();
        let keys: Vec<&Key> = oracle.rows[table].keys().collect();
        let key = (*self.dice.one_of(&keys)?).clone();
        let columns = TABLES[table].columns;
        let plain: Vec<usize> =
            (0..columns.len()).filter(|&column| columns[column].1 == Kind::Plain).collect();
        let column = *self.dice.one_of(&plain)?;
        let is_named = columns.iter().any(|(_, kind)| matches!(kind, Kind::Unique | Kind::Version));
        let change = match is_named && self.dice.below(3) == 0 {
            true => None,
            false => Some((column, Val::Int(self.dice.below(4) as i64))),
        };
        Some(Op::Outside { table, key, change })
    }
}
