//! Programs: session calls as data, made at random, replayed, and printed as code.

use orm_core::prelude::State;

use super::bridge::{Key, Row, Val};
use super::bulk::int_key;
use super::oracle::{Options, Oracle};
use super::tables::{Kind, TABLES};

/// One call; entities go by number, in the order in which the program met them.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Op {
    Add {
        table: usize,
        values: Row,
    },
    Set {
        table: usize,
        entity: usize,
        column: usize,
        val: Val,
    },
    Delete(usize),
    Restore(usize),
    Expunge(usize),
    Refresh(usize),
    Expire(usize),
    ExpireAll,
    EvictClean,
    Get {
        table: usize,
        key: Key,
    },
    Query(usize),
    Count(usize),
    /// Asks what the relation of a number leads to.
    Related {
        table: usize,
        entity: usize,
        relation: usize,
    },
    Merge {
        table: usize,
        values: Row,
    },
    UpdateAll {
        table: usize,
        from: i64,
        to: i64,
    },
    DeleteAll {
        table: usize,
        with: i64,
    },
    /// Links an item and a tag; from the side of the tag if so.
    Link(usize, usize, bool),
    Unlink(usize, usize, bool),
    /// Replaces the tags of an item.
    Replace(usize, Vec<usize>),
    Flush,
    Commit,
    Rollback,
    Begin,
    Release,
    Undo,
    /// Someone else changes a row, between transactions.
    Outside {
        table: usize,
        key: Key,
        change: Option<(usize, Val)>,
    },
}

/// A program: calls on a schema by a session.
#[derive(Clone, Debug)]
pub struct Program {
    /// The number of the schema.
    pub schema: usize,
    /// How the session is made.
    pub options: Options,
    /// The calls.
    pub ops: Vec<Op>,
}

impl Op {
    /// The entities that the call is given.
    pub fn entities(&self) -> Vec<usize> {
        let of = |val: &Val| match val {
            Val::Of(number) => Some(*number),
            Val::Null | Val::New | Val::Int(_) => None,
        };
        match self {
            Op::Add { values, .. } | Op::Merge { values, .. } => values.iter().filter_map(of).collect(),
            Op::Link(item, tag, _) | Op::Unlink(item, tag, _) => vec![*item, *tag],
            Op::Replace(item, tags) => std::iter::once(*item).chain(tags.iter().copied()).collect(),
            Op::Set { entity, val, .. } => std::iter::once(*entity).chain(of(val)).collect(),
            Op::Delete(entity)
            | Op::Restore(entity)
            | Op::Expunge(entity)
            | Op::Refresh(entity)
            | Op::Related { entity, .. }
            | Op::Expire(entity) => vec![*entity],
            _ => Vec::new(),
        }
    }

    /// The same call, with other numbers of entities.
    pub fn renumbered(mut self, number: &dyn Fn(usize) -> usize) -> Self {
        let of = |val: &mut Val| {
            if let Val::Of(entity) = val {
                *entity = number(*entity);
            }
        };
        match &mut self {
            Op::Add { values, .. } | Op::Merge { values, .. } => values.iter_mut().for_each(of),
            Op::Link(item, tag, _) | Op::Unlink(item, tag, _) => {
                (*item, *tag) = (number(*item), number(*tag));
            }
            Op::Replace(item, tags) => {
                *item = number(*item);
                tags.iter_mut().for_each(|tag| *tag = number(*tag));
            }
            Op::Set { entity, val, .. } => {
                *entity = number(*entity);
                of(val);
            }
            Op::Delete(entity)
            | Op::Restore(entity)
            | Op::Expunge(entity)
            | Op::Refresh(entity)
            | Op::Related { entity, .. }
            | Op::Expire(entity) => *entity = number(*entity),
            _ => {}
        }
        self
    }

    /// Whether the call can be made: the handles that it is given are of entities that are there.
    pub fn fits(&self, oracle: &Oracle) -> bool {
        let is_held =
            |number: &usize| oracle.entities.get(*number).is_some_and(|entity| entity.state.is_some());
        if !self.entities().iter().all(is_held) || !self.has_right_tables(oracle) {
            return false;
        }
        let is_sure = |entity: &super::entity::Entity| match self {
            Op::Get { table, key } => {
                !entity.is_unsure || entity.table != *table || entity.key.as_ref() != Some(key)
            }
            Op::Merge { table, values } => {
                !entity.is_unsure || entity.table != *table || entity.key != oracle.key_of(*table, values)
            }
            Op::Restore(number) => !oracle.entities[*number].is_idle,
            // What is withdrawn may come back, and names by handle then.
            Op::Expunge(number) => {
                entity.state != Some(State::Withdrawn) || !entity.values.contains(&Val::Of(*number))
            }
            _ => true,
        };
        let can_be = match self {
            Op::Related { entity, relation, table } => {
                oracle.is_asked(*entity) && oracle.is_decided(&TABLES[*table].relations[*relation])
            }
            Op::Link(..) | Op::Unlink(..) | Op::Replace(..) => {
                self.entities().iter().all(|number| oracle.is_asked(*number))
            }
            Op::Set { entity, column: 0, table, .. }
                if TABLES[*table].columns[0].1 == Kind::Natural && oracle.entities[*entity].key.is_some() =>
            {
                oracle.may_be_renamed(*entity)
            }
            // Whether the key of a row that is not there collides with one that the database makes is its affair.
            Op::Merge { table, values } => match (TABLES[*table].columns[0].1, values[0]) {
                (Kind::Generated, Val::Int(key)) => oracle.rows[*table].contains_key(&vec![key]),
                // Of two new rows with one key, it may be any.
                _ => !oracle.has_twins(*table, values),
            },
            Op::UpdateAll { table, .. } => oracle.is_foreseen(*table, false),
            Op::DeleteAll { table, .. } => oracle.is_foreseen(*table, true),
            _ => true,
        };
        can_be && !self.names_old_key(oracle) && oracle.entities.iter().all(is_sure)
    }
}

impl Op {
    /// Whether the entities that the call is given are of the tables that it takes: one that is made short may give others.
    fn has_right_tables(&self, oracle: &Oracle) -> bool {
        let is_of = |number: usize, table: usize| oracle.entities[number].table == table;
        let names = |table: usize, column: usize, val: &Val| match (val, TABLES[table].columns[column].1) {
            (Val::Of(number), Kind::Link(to, ..) | Kind::KeyLink(to, _)) => is_of(*number, to),
            _ => true,
        };
        match self {
            Op::Add { table, values } | Op::Merge { table, values } => {
                values.iter().enumerate().all(|(column, val)| names(*table, column, val))
            }
            Op::Set { table, entity, column, val } => is_of(*entity, *table) && names(*table, *column, val),
            Op::Related { table, entity, .. } => is_of(*entity, *table),
            Op::Link(item, tag, _) | Op::Unlink(item, tag, _) => is_of(*item, 5) && is_of(*tag, 6),
            Op::Replace(item, tags) => is_of(*item, 5) && tags.iter().all(|&tag| is_of(tag, 6)),
            _ => true,
        }
    }

    /// Whether the call names a tag by a key that is about to change: who follows then is left open.
    fn names_old_key(&self, oracle: &Oracle) -> bool {
        let named = match self {
            Op::Add { table: 7, values } | Op::Merge { table: 7, values } => values[1],
            Op::Set { table: 7, column: 1, val, .. } => *val,
            _ => return false,
        };
        let is_left = |number: usize| {
            let entity = &oracle.entities[number];
            let is_left = entity.values[0] != entity.kept[0];
            entity.table == 6 && entity.key.is_some() && is_left && entity.key == int_key(named)
        };
        (0..oracle.entities.len()).any(is_left)
    }
}

/// An entity that came by a call.
#[derive(Clone, Debug)]
pub struct New {
    /// The number of its table.
    pub table: usize,
    /// The key that it had then.
    pub key: Option<Key>,
}

/// A call that was made, what came by it, and whether it succeeded.
#[derive(Clone, Debug)]
pub struct Made {
    /// The call.
    pub op: Op,
    /// The number of the first entity that came by it.
    pub first: usize,
    /// That and those after it.
    pub news: Vec<New>,
    /// Whether it failed.
    pub failed: bool,
}
