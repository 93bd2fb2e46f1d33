//! Runs a program against a session and the oracle, side by side.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use orm_core::driver::Statement;
use orm_core::prelude::*;
use orm_sqlite::Sqlite;

use super::bridge::{Held, Key, Names, Row, Val, calls};
use super::oracle::{Oracle, Outcome};
use super::program::{Made, Maker, Op, Program};
use super::tables::{Item, Kind, Path, Proof, SCHEMAS, TABLES, Tag, Tagging};
use super::tap::Tap;

/// A database that many programs run on, one after the other.
pub struct Bench {
    tap: Tap,
    engine: Engine<Proof>,
    selects: Vec<Statement>,
}

/// Where the calls come from.
pub enum Source<'a, 'b> {
    /// Made up as they are needed, so many.
    Chance(Maker<'a>, usize),
    /// Given.
    Given(std::slice::Iter<'b, Op>),
}

impl Source<'_, '_> {
    fn next(&mut self, oracle: &Oracle, is_idle: bool) -> Option<Op> {
        match self {
            Source::Chance(maker, left) => loop {
                *left = left.checked_sub(1)?;
                if let Some(op) = maker.next(oracle, is_idle).filter(|op| op.fits(oracle)) {
                    return Some(op);
                }
            },
            Source::Given(ops) => ops.find(|op| op.fits(oracle)).cloned(),
        }
    }
}

/// A rule that was broken, and the calls up to it.
#[derive(Debug)]
pub struct Broken {
    /// What was seen and what was to be.
    pub why: String,
    /// The calls that were made.
    pub made: Vec<Made>,
}

impl Default for Bench {
    fn default() -> Self {
        let tap = Tap::default();
        let engine = Engine::<Proof>::builder(tap.watch(Box::new(Sqlite::memory()))).build().unwrap();
        engine.create_all().unwrap();
        let selects = TABLES.iter().map(|table| Statement::new(table.select)).collect();
        Bench { tap, engine, selects }
    }
}

impl Bench {
    /// Runs a program on empty tables; `program.ops` are the calls that it made.
    ///
    /// # Errors
    /// The first rule that was broken.
    pub fn run(&self, program: &Program, source: Source<'_, '_>) -> Result<Vec<Made>, Broken> {
        let maker = SessionMaker::new(self.engine.clone())
            .autoflush(program.options.autoflush)
            .expire_on_commit(program.options.expire_on_commit)
            .lazy_batch(1);
        let mut made = Vec::new();
        let run = || {
            let mut run = Run {
                bench: self,
                tables: SCHEMAS[program.schema].tables,
                oracle: Oracle::new(program.options),
                names: Names::default(),
                source,
                made: &mut made,
                broken: None,
            };
            self.tap.was_used();
            run.block(&mut maker.session(), 0);
            run.broken
        };
        let broken = silently(|| catch_unwind(AssertUnwindSafe(run)));
        let broken = broken.unwrap_or_else(|panic| Some(panic_text(&*panic)));
        self.tap.run(SCHEMAS[program.schema].clear);
        match broken {
            None => Ok(made),
            Some(why) => Err(Broken { why, made }),
        }
    }
}

thread_local! {
    /// Whether this thread runs a program: a panic is told with the program, once that is short.
    static IS_SILENT: Cell<bool> = const { Cell::new(false) };
}

fn silently<T>(work: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !IS_SILENT.get() {
                loud(panic);
            }
        }));
    });
    IS_SILENT.set(true);
    let result = work();
    IS_SILENT.set(false);
    result
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    format!("panic: {}", text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default())
}

type S = Session<Proof>;

struct Run<'a, 'b> {
    bench: &'a Bench,
    tables: &'static [usize],
    oracle: Oracle,
    names: Names,
    source: Source<'a, 'b>,
    made: &'a mut Vec<Made>,
    broken: Option<String>,
}

/// How a block of calls ends.
#[derive(PartialEq)]
enum End {
    Release,
    Undo,
}

impl Run<'_, '_> {
    /// Makes calls until the savepoint ends, the program does, or a rule is broken.
    fn block(&mut self, s: &mut S, depth: usize) -> End {
        while self.broken.is_none() {
            let is_idle = depth == 0 && self.is_idle();
            let Some(op) = self.source.next(&self.oracle, is_idle) else { break };
            match op {
                Op::Release if depth > 0 => return End::Release,
                Op::Undo if depth > 0 => return End::Undo,
                Op::Release | Op::Undo => {}
                Op::Begin if self.oracle.options.values => self.savepoint(s, depth),
                Op::Begin => self.nested(s, depth),
                Op::Outside { .. } if !is_idle => {}
                op => {
                    self.log(op.clone());
                    let outcome = self.call(s, &op);
                    self.judge(s, outcome);
                }
            }
            self.watch(s);
        }
        End::Release
    }

    /// Whether someone else may change the database: everything that the session knows is stale, and no transaction is open.
    fn is_idle(&self) -> bool {
        let is_stale = |entity: &super::entity::Entity| !entity.is_fresh;
        self.oracle.savepoints() == 0
            && self.oracle.entities.iter().all(is_stale)
            && !self.bench.tap.is_in_transaction()
    }

    fn log(&mut self, op: Op) {
        self.made.push(Made { op, first: self.oracle.entities.len(), came: 0, failed: false });
    }

    fn break_rule(&mut self, why: String) {
        self.broken.get_or_insert(why);
    }

    fn nested(&mut self, s: &mut S, depth: usize) {
        self.log(Op::Begin);
        let (mut entered, mut level) = (false, 0);
        let result = s.nested(|s| {
            entered = true;
            let outcome = self.predict(s, |oracle, learn| oracle.begin(learn));
            self.judge(s, (Ok(()), outcome));
            level = self.oracle.savepoints();
            let end = self.block(s, depth + 1);
            self.log(if end == End::Release { Op::Release } else { Op::Undo });
            match end {
                End::Release => Ok(()),
                End::Undo => Err(Error::misuse("undo")),
            }
        });
        if self.broken.is_some() {
            return;
        }
        if !entered {
            let outcome = self.predict(s, |oracle, learn| oracle.begin(learn));
            return self.judge(s, (result, outcome));
        }
        let is_undo = matches!(self.made.last(), Some(Made { op: Op::Undo, .. }));
        let outcome = self.end_savepoint(s, level, is_undo);
        self.judge(s, (result, outcome));
    }

    /// The same with a savepoint as a value.
    fn savepoint(&mut self, s: &mut S, depth: usize) {
        self.log(Op::Begin);
        let begun = s.begin_nested();
        let outcome = self.predict(s, |oracle, learn| oracle.begin(learn));
        let savepoint = match begun {
            Ok(savepoint) => savepoint,
            Err(error) => return self.judge(s, (Err(error), outcome)),
        };
        self.judge(s, (Ok(()), outcome));
        let level = self.oracle.savepoints();
        let end = self.block(s, depth + 1);
        if self.broken.is_some() {
            return;
        }
        let is_over = self.oracle.savepoints() < level;
        let result = if end == End::Release { savepoint.commit(s) } else { savepoint.rollback(s) };
        let outcome = match end {
            _ if is_over => Err(vec![ErrorKind::Misuse]),
            End::Release => self.predict(s, |oracle, learn| oracle.keep(learn)),
            End::Undo => {
                self.oracle.undo_savepoint();
                Ok(())
            }
        };
        let is_left = result.is_err() && !is_over;
        self.log(if end == End::Release { Op::Release } else { Op::Undo });
        self.judge(s, (result, outcome));
        if is_left && self.broken.is_none() {
            // It failed, and is to be ended still.
            self.oracle.undo_savepoint();
            let ended = savepoint.rollback(s);
            self.judge(s, (ended, Ok(())));
        }
    }

    /// What the end of a savepoint has to give; it may be over already.
    fn end_savepoint(&mut self, s: &S, level: usize, is_undo: bool) -> Outcome {
        let is_over = self.oracle.savepoints() < level;
        if is_undo {
            if !is_over {
                self.oracle.undo_savepoint();
            }
            return Err(vec![ErrorKind::Misuse]);
        }
        if is_over {
            return if self.oracle.has_failed { Err(super::oracle::all_kinds()) } else { Ok(()) };
        }
        self.predict(s, |oracle, learn| oracle.release(learn))
    }

    fn predict<T>(&mut self, s: &S, work: impl FnOnce(&mut Oracle, &dyn Fn(usize) -> Option<Key>) -> T) -> T {
        let Run { names, oracle, .. } = self;
        let learn = |number: usize| {
            let held: Held = *names.0.get(number)?;
            calls(held.table()).key(s, held)
        };
        work(oracle, &learn)
    }

    /// Makes a call on both sides.
    fn call(&mut self, s: &mut S, op: &Op) -> (orm_core::Result<()>, Outcome) {
        match op {
            Op::Add { table, values } => {
                let held = calls(*table).add(s, values, &self.names);
                self.names.0.push(held);
                self.oracle.add(*table, values.clone());
                (Ok(()), Ok(()))
            }
            Op::Set { table, entity, column, val } => {
                calls(*table).set(s, self.names.0[*entity], (*column, *val), &self.names);
                self.oracle.set(*entity, *column, *val);
                (Ok(()), Ok(()))
            }
            Op::Delete(entity) => {
                let held = self.names.0[*entity];
                calls(held.table()).delete(s, held);
                self.oracle.delete(*entity);
                (Ok(()), Ok(()))
            }
            Op::Restore(entity) => {
                let held = self.names.0[*entity];
                (calls(held.table()).restore(s, held), self.oracle.restore(*entity))
            }
            Op::Expunge(entity) => self.expunge(s, *entity),
            Op::Refresh(entity) => {
                let held = self.names.0[*entity];
                (calls(held.table()).refresh(s, held), self.oracle.read_again(*entity))
            }
            Op::Expire(entity) => {
                let held = self.names.0[*entity];
                (calls(held.table()).expire(s, held), self.oracle.expire(*entity))
            }
            Op::ExpireAll => {
                s.expire_all();
                self.oracle.expire_all();
                (Ok(()), Ok(()))
            }
            Op::EvictClean => {
                s.evict_clean();
                self.oracle.evict_clean();
                (Ok(()), Ok(()))
            }
            Op::Get { table, key } => self.get(s, *table, key),
            Op::Query(table) => self.query(s, *table),
            Op::Count(table) => self.count(s, *table),
            Op::Merge { table, values } => self.merge(s, *table, values),
            Op::UpdateAll { table, from, to } => {
                let result = calls(*table).update_all(s, *from, *to);
                let change = (Val::Int(*from), Val::Int(*to));
                let expected = self.predict(s, |oracle, learn| oracle.update_all(*table, change, learn));
                self.same_count(result, expected)
            }
            Op::DeleteAll { table, with } => {
                let result = calls(*table).delete_all(s, *with);
                let expected =
                    self.predict(s, |oracle, learn| oracle.delete_all(*table, Val::Int(*with), learn));
                self.same_count(result, expected)
            }
            Op::Link(item, tag, is_back) => self.link(s, (*item, *tag), *is_back),
            Op::Unlink(item, tag, is_back) => self.unlink(s, (*item, *tag), *is_back),
            Op::Replace(item, tags) => self.replace(s, *item, tags),
            Op::Related { entity, relation, .. } => (Ok(()), self.related(s, *entity, *relation)),
            Op::Flush => {
                let result = s.flush();
                let expected = self.predict(s, |oracle, learn| oracle.flush(learn));
                self.check_settled(s, result.is_ok());
                (result, expected)
            }
            Op::Commit => {
                let result = s.commit();
                let expected = self.predict(s, |oracle, learn| oracle.commit(learn));
                self.check_settled(s, result.is_ok());
                (result, expected)
            }
            Op::Rollback => {
                self.oracle.rollback();
                (s.rollback(), Ok(()))
            }
            Op::Outside { table, key, change } => {
                self.outside(*table, key, *change);
                (Ok(()), Ok(()))
            }
            Op::Begin | Op::Release | Op::Undo => (Ok(()), Ok(())),
        }
    }

    /// After a flush nothing is left to do, and no row names by handle what has a key.
    fn check_settled(&mut self, s: &S, is_flushed: bool) {
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

    fn expunge(&mut self, s: &mut S, entity: usize) -> (orm_core::Result<()>, Outcome) {
        let held = self.names.0[entity];
        let result = calls(held.table()).expunge(s, held, &self.names);
        let expected = self.oracle.expunge(entity);
        if let Ok(row) = &result {
            let row: Row = row.iter().map(|&val| self.oracle.resolve(val)).collect();
            let shown = self.oracle.shown(entity);
            if row != shown && !self.oracle.entities[entity].is_idle {
                self.break_rule(format!("expunge gave {row:?}, not {shown:?}"));
            }
        }
        (result.map(|_| ()), expected)
    }

    fn get(&mut self, s: &mut S, table: usize, key: &Key) -> (orm_core::Result<()>, Outcome) {
        let result = calls(table).get(s, key);
        let expected = self.predict(s, |oracle, learn| oracle.get(table, key, learn));
        if let (Ok(found), Ok(expected)) = (&result, &expected) {
            self.meet(
                &found.iter().copied().collect::<Vec<_>>(),
                &expected.iter().copied().collect::<Vec<_>>(),
            );
        }
        (result.map(|_| ()), expected.map(|_| ()))
    }

    fn query(&mut self, s: &mut S, table: usize) -> (orm_core::Result<()>, Outcome) {
        let result = calls(table).query(s);
        let expected = self.predict(s, |oracle, learn| oracle.query(table, learn));
        if let (Ok(found), Ok(expected)) = (&result, &expected) {
            let mut found = found.clone();
            found.sort_by_key(|held| calls(table).key(s, *held));
            self.meet(&found, expected);
        }
        (result.map(|_| ()), expected.map(|_| ()))
    }

    /// Looks at every relation of every entity.
    fn watch(&mut self, s: &mut S) {
        if !self.oracle.options.watches {
            return;
        }
        for entity in 0..self.oracle.entities.len() {
            let relations = TABLES[self.oracle.entities[entity].table].relations.len();
            for relation in 0..relations {
                if self.broken.is_none() && self.oracle.is_asked(entity) {
                    let _ = self.related(s, entity, relation);
                }
            }
        }
        if self.broken.is_none() {
            self.compare_entities(s);
        }
    }

    /// Compares what a relation leads to. Nothing can fail but for a foreign key that names nothing.
    fn related(&mut self, s: &mut S, entity: usize, relation: usize) -> Outcome {
        let held = self.names.0[entity];
        let (name, path) = TABLES[held.table()].relations[relation];
        let told = super::related::ask(s, held, name);
        let answer = self.oracle.related(entity, path);
        let (middles, targets) = match told {
            Ok(told) => told,
            Err(error) => {
                let is_right = matches!(path, Path::Up(_)) && answer.targets.is_empty();
                if !is_right {
                    self.break_rule(format!("`{name}` of e{entity} failed: {error}"));
                }
                return Ok(());
            }
        };
        self.learn_names(s, &middles, &answer.middles);
        self.learn_names(s, &targets, &answer.targets);
        let numbers = |found: &[Held]| -> Vec<Option<usize>> {
            found.iter().map(|held| self.names.0.iter().position(|other| other == held)).collect()
        };
        let (found, told) = (numbers(&targets), numbers(&middles));
        let is_right = match path {
            Path::One(..) => {
                let is_one = |number: &Option<usize>| number.is_some_and(|one| answer.targets.contains(&one));
                found.is_empty() == answer.targets.is_empty() && found.iter().all(is_one)
            }
            _ => same(&found, &answer.targets) && same(&told, &answer.middles),
        };
        if !is_right {
            self.break_rule(format!(
                "`{name}` of e{entity} leads to {found:?} by {told:?}, not to {answer:?}"
            ));
        }
        // What did not move has the order of the database.
        let stayed = found.iter().flatten().map(|&number| &self.oracle.entities[number]);
        let stayed = stayed.filter(|entity| !entity.was_moved && !entity.is_unsure);
        if matches!(path, Path::Down(..)) && !stayed.map(|entity| &entity.key).is_sorted() {
            self.break_rule(format!("`{name}` of e{entity} is not in order: {found:?}"));
        }
        Ok(())
    }

    /// Gives the oracle's numbers to what is new, by key.
    fn learn_names(&mut self, s: &S, found: &[Held], expected: &[usize]) {
        let mut new: Vec<usize> =
            expected.iter().copied().filter(|&number| number >= self.names.0.len()).collect();
        new.sort_unstable();
        new.dedup();
        for number in new {
            let key = &self.oracle.entities[number].key;
            let is_it =
                |held: &&Held| calls(held.table()).key(s, **held) == *key && !self.names.0.contains(held);
            let Some(held) = found.iter().find(is_it).copied() else {
                return self.break_rule(format!("e{number}, {key:?}, is not among {found:?}"));
            };
            self.names.0.push(held);
            if let Some(made) = self.made.last_mut() {
                made.came += 1;
            }
        }
    }

    /// Compares what was found, by handle; what is new gets its number.
    fn meet(&mut self, found: &[Held], expected: &[usize]) {
        if found.len() != expected.len() {
            return self.break_rule(format!("found {found:?}, not the entities {expected:?}"));
        }
        for (held, &number) in found.iter().zip(expected) {
            if number == self.names.0.len() {
                self.names.0.push(*held);
                if let Some(made) = self.made.last_mut() {
                    made.came += 1;
                }
            }
            if self.names.0.get(number) != Some(held) {
                return self.break_rule(format!("found {held:?}, which is not e{number}"));
            }
        }
    }

    fn merge(&mut self, s: &mut S, table: usize, values: &Row) -> (orm_core::Result<()>, Outcome) {
        let result = calls(table).merge(s, values, &self.names);
        let expected = self.predict(s, |oracle, learn| oracle.merge(table, values.clone(), learn));
        if let (Ok(held), Ok(number)) = (&result, &expected) {
            self.meet(&[*held], &[*number]);
        }
        (result.map(|_| ()), expected.map(|_| ()))
    }

    fn same_count(
        &mut self,
        result: orm_core::Result<u64>,
        expected: Result<u64, Vec<ErrorKind>>,
    ) -> (orm_core::Result<()>, Outcome) {
        if let (Ok(rows), Ok(expected)) = (&result, &expected)
            && rows != expected
        {
            self.break_rule(format!("{rows} rows were reached, not {expected}"));
        }
        (result.map(|_| ()), expected.map(|_| ()))
    }

    fn ends(&self, item: usize, tag: usize) -> (Handle<Item>, Handle<Tag>) {
        match (self.names.0[item], self.names.0[tag]) {
            (Held::Item(item), Held::Tag(tag)) => (item, tag),
            other => panic!("{other:?} are no item and no tag"),
        }
    }

    fn link(
        &mut self,
        s: &mut S,
        (item, tag): (usize, usize),
        is_back: bool,
    ) -> (orm_core::Result<()>, Outcome) {
        let (of, to) = self.ends(item, tag);
        let result = if is_back { s.link(to, Tag::items, of) } else { s.link(of, Item::tags, to) };
        let known = self.oracle.links(item, tag, State::Persistent);
        let expected = self.oracle.link(item, tag);
        if let Ok(link) = &result {
            // Of two links which have yet to be found to be twins, it may be any.
            let given = self.names.0.iter().position(|held| *held == Held::Tagging(*link));
            let one = given.filter(|given| known.contains(given)).unwrap_or(expected);
            self.meet(&[Held::Tagging(*link)], &[one]);
        }
        (result.map(|_| ()), Ok(()))
    }

    /// What is linked is looked at first, so that all links are known.
    fn unlink(
        &mut self,
        s: &mut S,
        (item, tag): (usize, usize),
        is_back: bool,
    ) -> (orm_core::Result<()>, Outcome) {
        let (of, to) = self.ends(item, tag);
        let (looked, result) = if is_back {
            (self.related(s, tag, 1), s.unlink(to, Tag::items, of))
        } else {
            (self.related(s, item, 1), s.unlink(of, Item::tags, to))
        };
        self.oracle.unlink(item, tag);
        (result, looked)
    }

    fn replace(&mut self, s: &mut S, item: usize, tags: &[usize]) -> (orm_core::Result<()>, Outcome) {
        let looked = self.related(s, item, 1);
        let Held::Item(of) = self.names.0[item] else { panic!("no item") };
        let wanted: Vec<Handle<Tag>> = tags.iter().map(|&tag| self.ends(item, tag).1).collect();
        let result = s.replace(of, Item::tags, &wanted);
        let now = self.oracle.related(item, TABLES[5].relations[1].1).targets;
        for &tag in now.iter().filter(|tag| !tags.contains(tag)) {
            self.oracle.unlink(item, tag);
        }
        let first = self.oracle.entities.len();
        for &tag in tags.iter().filter(|tag| !now.contains(tag)) {
            self.oracle.link(item, tag);
        }
        let news = s.new_entities::<Tagging>().into_iter().map(Held::Tagging);
        let news: Vec<Held> = news.filter(|held| !self.names.0.contains(held)).collect();
        self.meet(&news, &(first..self.oracle.entities.len()).collect::<Vec<_>>());
        (result, looked)
    }

    fn count(&mut self, s: &mut S, table: usize) -> (orm_core::Result<()>, Outcome) {
        let result = calls(table).count(s);
        let expected = self.predict(s, |oracle, learn| oracle.count(table, learn));
        if let (Ok(rows), Ok(expected)) = (&result, &expected)
            && rows != expected
        {
            self.break_rule(format!("counted {rows} rows, not {expected}"));
        }
        (result.map(|_| ()), expected.map(|_| ()))
    }

    fn outside(&mut self, table: usize, key: &Key, change: Option<(usize, Val)>) {
        if !self.oracle.rows[table].contains_key(key) {
            return;
        }
        self.oracle.outside(table, key, change);
        self.bench.tap.run(&outside_sql(table, key, change));
        self.bench.tap.was_used.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// Compares what a call returned, and then everything.
    fn judge(&mut self, s: &S, (result, expected): (orm_core::Result<()>, Outcome)) {
        if let Some(made) = self.made.last_mut() {
            made.failed = result.is_err();
            if matches!(made.op, Op::Add { .. }) {
                made.came = 1;
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

    fn compare_entities(&mut self, s: &S) {
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

    fn compare_rows(&mut self) {
        for &table in self.tables {
            let found = self.bench.tap.rows(&self.bench.selects[table]);
            let expected: Vec<&Row> = self.oracle.rows[table].values().collect();
            if found.iter().collect::<Vec<_>>() != expected {
                let model = TABLES[table].model;
                return self.break_rule(format!("the rows of {model} are {found:?}, not {expected:?}"));
            }
        }
    }
}

/// Whether both are the same set.
fn same(found: &[Option<usize>], expected: &[usize]) -> bool {
    let sorted = |mut all: Vec<Option<usize>>| {
        all.sort_unstable();
        all.dedup();
        all
    };
    sorted(found.to_vec()) == sorted(expected.iter().copied().map(Some).collect())
}

fn outside_sql(table: usize, key: &Key, change: Option<(usize, Val)>) -> String {
    let text = TABLES[table].select;
    let names: Vec<&str> = text["SELECT ".len()..text.find(" FROM").unwrap()].split(", ").collect();
    let name = text.split(" FROM ").nth(1).unwrap().split(' ').next().unwrap();
    let kinds = TABLES[table].columns;
    let parts = names.iter().zip(kinds).zip(key).map(|((column, (_, kind)), part)| match kind {
        Kind::Natural | Kind::KeyLink(6, _) => format!("{column} = 't{part}'"),
        _ => format!("{column} = {part}"),
    });
    let condition = parts.collect::<Vec<_>>().join(" AND ");
    let version = super::oracle::version_of(table).map(|column| format!(", {0} = {0} + 1", names[column]));
    match change {
        None => format!("DELETE FROM {name} WHERE {condition}"),
        Some((column, Val::Int(number))) => {
            let column = names[column];
            format!("UPDATE {name} SET {column} = {number}{} WHERE {condition}", version.unwrap_or_default())
        }
        Some(other) => panic!("{other:?} is not changed from outside"),
    }
}
