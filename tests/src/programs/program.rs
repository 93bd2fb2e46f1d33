//! Programs: session calls as data, made at random, replayed, and printed as code.

use std::fmt::Write;

use orm_core::prelude::State;

use super::bridge::{Key, Row, Val};
use super::bulk::int_key;
use super::oracle::{Options, Oracle};
use super::tables::{Kind, Null, SCHEMAS, Schema, TABLES};

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
        let is_sure = |entity: &super::entity::Entity| match self {
            Op::Get { table, key } => {
                !entity.is_unsure || entity.table != *table || entity.key.as_ref() != Some(key)
            }
            Op::Restore(number) => !oracle.entities[*number].is_idle,
            // What is withdrawn may come back, and names by handle then.
            Op::Expunge(number) => {
                entity.state != Some(State::Withdrawn) || !entity.values.contains(&Val::Of(*number))
            }
            _ => true,
        };
        let can_be = match self {
            Op::Related { entity, .. } => oracle.entities.get(*entity).is_some() && oracle.is_asked(*entity),
            Op::Link(..) | Op::Unlink(..) | Op::Replace(..) => self
                .entities()
                .iter()
                .all(|number| oracle.entities.get(*number).is_some() && oracle.is_asked(*number)),
            Op::Set { entity, column: 0, table, .. }
                if TABLES[*table].columns[0].1 == Kind::Natural && oracle.entities[*entity].key.is_some() =>
            {
                oracle.may_be_renamed(*entity)
            }
            // Whether the key of a row that is not there collides with one that the database makes is its affair.
            Op::Merge { table, values } => match (TABLES[*table].columns[0].1, values[0]) {
                (Kind::Generated, Val::Int(key)) => oracle.rows[*table].contains_key(&vec![key]),
                _ => true,
            },
            Op::UpdateAll { table, .. } => oracle.is_foreseen(*table, false),
            Op::DeleteAll { table, .. } => oracle.is_foreseen(*table, true),
            _ => true,
        };
        can_be
            && !self.names_old_key(oracle)
            && self.entities().iter().all(is_held)
            && oracle.entities.iter().all(is_sure)
    }
}

impl Op {
    /// Whether the call names a tag by a key that is about to change: who follows then is left open.
    fn names_old_key(&self, oracle: &Oracle) -> bool {
        let named = match self {
            Op::Add { table: 7, values } | Op::Merge { table: 7, values } => values[1],
            Op::Set { table: 7, column: 1, val, .. } => *val,
            _ => return false,
        };
        let is_left = |number: usize| {
            let entity = &oracle.entities[number];
            entity.table == 6 && oracle.is_renamed(number) && entity.key == int_key(named)
        };
        (0..oracle.entities.len()).any(is_left)
    }
}

/// Numbers that look random and are the same each time.
pub struct Dice(u64);

impl Dice {
    /// Dice of a seed.
    pub fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below.
    pub fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % sides.max(1) as u64).unwrap()
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { all.get(self.below(all.len())) }
    }
}

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

/// A call that was made: how many entities it met first, and whether it succeeded.
#[derive(Clone, Debug)]
pub struct Made {
    /// The call.
    pub op: Op,
    /// The number of the first entity that came by it.
    pub first: usize,
    /// How many came.
    pub came: usize,
    /// Whether it failed.
    pub failed: bool,
}

/// The program as a test that can be pasted.
pub fn print(program: &Program, made: &[Made], why: &str) -> String {
    let schema = &SCHEMAS[program.schema];
    let mut text = String::new();
    let Options { autoflush, expire_on_commit, watches, values } = program.options;
    let _ = writeln!(text, "// {}: {why}", schema.name);
    let _ = writeln!(text, "#[test]\nfn rule_that_was_broken() {{");
    let _ = writeln!(
        text,
        "    let maker = orm_tests::programs::maker().autoflush({autoflush}).expire_on_commit({expire_on_commit});"
    );
    let _ = writeln!(text, "    let s = &mut maker.lazy_batch(1).session();");
    if watches {
        let _ = writeln!(text, "    // After each call, every relation of every entity is looked at.");
    }
    let mut depth = 1;
    for made in made {
        if matches!(made.op, Op::Release | Op::Undo) && depth > 1 && values {
            let end = if made.op == Op::Release { "commit" } else { "rollback" };
            let result = if made.failed { "unwrap_err()" } else { "unwrap()" };
            depth -= 1;
            let _ = writeln!(text, "    savepoint{depth}.{end}(s).{result};");
            if made.failed && made.op == Op::Release {
                let _ = writeln!(text, "    savepoint{depth}.rollback(s).ok();");
            }
            continue;
        }
        if matches!(made.op, Op::Release | Op::Undo) && depth > 1 {
            let end = if made.op == Op::Release { "Ok(())" } else { "Err(Error::misuse(\"undo\"))" };
            let _ = writeln!(text, "{}{end}", "    ".repeat(depth));
            depth -= 1;
        }
        if values && made.op == Op::Begin {
            let end = if made.failed { "unwrap_err()" } else { "unwrap()" };
            let _ = writeln!(text, "    let savepoint{depth} = s.begin_nested().{end};");
        } else {
            let indent = if values { 1 } else { depth };
            let _ = writeln!(text, "{}{}", "    ".repeat(indent), line(made));
        }
        if made.op == Op::Begin && !made.failed {
            depth += 1;
        }
    }
    for depth in (1..if values { 1 } else { depth }).rev() {
        let _ = writeln!(text, "{}Ok(())\n{}}}).unwrap();", "    ".repeat(depth + 1), "    ".repeat(depth));
    }
    let _ = writeln!(text, "    // {}\n}}", why.lines().next().unwrap_or_default());
    text
}

fn line(made: &Made) -> String {
    let model = |table: usize| TABLES[table].model;
    let end = if made.failed { "unwrap_err()" } else { "unwrap()" };
    let entity = made.first;
    match &made.op {
        Op::Add { table, values } => {
            let fields = TABLES[*table].columns.iter().zip(values);
            let fields: Vec<String> =
                fields.map(|((name, kind), val)| format!("{name}: {}", literal(*kind, *val))).collect();
            format!("let e{entity} = s.add({} {{ {} }});", model(*table), fields.join(", "))
        }
        Op::Set { table, entity, column, val } => {
            let (name, kind) = TABLES[*table].columns[*column];
            format!("s[e{entity}].{name} = {};", literal(kind, *val))
        }
        Op::Delete(entity) => format!("s.delete(e{entity});"),
        Op::Restore(entity) => format!("s.restore(e{entity}).{end};"),
        Op::Expunge(entity) => format!("s.expunge(e{entity}).{end};"),
        Op::Refresh(entity) => format!("s.refresh(e{entity}).{end};"),
        Op::Expire(entity) => format!("s.expire(e{entity}).{end};"),
        Op::ExpireAll => "s.expire_all();".to_owned(),
        Op::EvictClean => "s.evict_clean();".to_owned(),
        Op::Get { table, key } => {
            let key = key_text(*table, key);
            let call = format!("s.get::<{}>({key}).{end}", model(*table));
            if made.came > 0 { format!("let e{entity} = {call}.unwrap();") } else { format!("{call};") }
        }
        Op::Query(table) => {
            format!("let found = s.query::<{}>().all().{end}; //{}", model(*table), news(made))
        }
        Op::Count(table) => format!("s.query::<{}>().count().{end};", model(*table)),
        Op::Related { table, entity: of, relation } => {
            let (name, path) = TABLES[*table].relations[*relation];
            let news = news(made);
            format!("let found = s.related(e{of}, {}::{name}).{end}; // {path:?}{news}", model(*table))
        }
        Op::Merge { table, values } => {
            let fields = TABLES[*table].columns.iter().zip(values);
            let fields: Vec<String> =
                fields.map(|((name, kind), val)| format!("{name}: {}", literal(*kind, *val))).collect();
            let call = format!("s.merge({} {{ {} }}).{end}", model(*table), fields.join(", "));
            if made.came > 0 { format!("let e{entity} = {call};") } else { format!("{call};") }
        }
        Op::UpdateAll { table, from, to } => {
            let (of, name) = (model(*table), TABLES[*table].columns[TABLES[*table].plain()].0);
            format!(
                "update::<{of}>().set({of}::{name}, {to}).filter({of}::{name}.eq({from})).execute(s).{end};"
            )
        }
        Op::DeleteAll { table, with } => {
            let (of, name) = (model(*table), TABLES[*table].columns[TABLES[*table].plain()].0);
            format!("delete::<{of}>().filter({of}::{name}.eq({with})).execute(s).{end};")
        }
        Op::Link(item, tag, is_back) | Op::Unlink(item, tag, is_back) => {
            let call = if matches!(made.op, Op::Link(..)) { "link" } else { "unlink" };
            let edge = if *is_back {
                format!("e{tag}, Tag::items, e{item}")
            } else {
                format!("e{item}, Item::tags, e{tag}")
            };
            let new =
                if made.came == 1 && call == "link" { format!("let e{entity} = ") } else { String::new() };
            format!("{new}s.{call}({edge}).{end}; //{}", news(made))
        }
        Op::Replace(item, tags) => {
            let tags: Vec<String> = tags.iter().map(|tag| format!("e{tag}")).collect();
            format!("s.replace(e{item}, Item::tags, &[{}]).{end}; //{}", tags.join(", "), news(made))
        }
        Op::Flush => format!("s.flush().{end};"),
        Op::Commit => format!("s.commit().{end};"),
        Op::Rollback => format!("s.rollback().{end};"),
        Op::Begin if made.failed => "s.nested(|_| Ok(())).unwrap_err();".to_owned(),
        Op::Begin => "s.nested(|s| {".to_owned(),
        Op::Release | Op::Undo => format!("}}).{end};"),
        Op::Outside { table, key, change } => {
            format!("// someone else changes {} {key:?}: {change:?}", model(*table))
        }
    }
}

/// The entities that came by a call.
fn news(made: &Made) -> String {
    (0..made.came).map(|more| format!(" new: e{}", made.first + more)).collect()
}

fn literal(kind: Kind, val: Val) -> String {
    let is_text = matches!(kind, Kind::Natural | Kind::KeyLink(6, _));
    let is_link = matches!(kind, Kind::Link(..) | Kind::KeyLink(..));
    let plain = match val {
        Val::Null => return "None".to_owned(),
        Val::New => return "Id::New".to_owned(),
        Val::Of(number) => format!("e{number}"),
        Val::Int(_) if kind == Kind::Version => return "Version::default()".to_owned(),
        Val::Int(number) if is_text => format!("\"t{number}\""),
        Val::Int(number) => number.to_string(),
    };
    match (is_link, matches!(kind, Kind::Link(_, _, Null::Allowed)), val) {
        (true, true, Val::Int(_)) => format!("Some(Id::Key({plain}))"),
        (true, _, _) => format!("{plain}.into()"),
        (false, _, _) if is_text => format!("{plain}.into()"),
        (false, _, _) => plain,
    }
}

fn key_text(table: usize, key: &[i64]) -> String {
    let parts: Vec<String> = TABLES[table]
        .columns
        .iter()
        .zip(key)
        .map(|((_, kind), part)| match kind {
            Kind::Natural | Kind::KeyLink(6, _) => format!("\"t{part}\".to_owned()"),
            _ => part.to_string(),
        })
        .collect();
    if parts.len() == 1 { parts[0].clone() } else { format!("({})", parts.join(", ")) }
}
