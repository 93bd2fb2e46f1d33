//! Runs a program against a session and the oracle, side by side.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use orm_core::driver::Statement;
use orm_core::prelude::*;
use orm_sqlite::Sqlite;

use crate::habits::Habits;

use super::bridge::{Held, Key, Names, calls};
use super::make::Maker;
use super::oracle::{Oracle, Outcome};
use super::program::{Made, Op, Program};
use super::tables::{Proof, SCHEMAS, TABLES};
use super::tap::Tap;

/// A database that many programs run on, one after the other.
pub struct Bench {
    pub(super) tap: Tap,
    engine: Engine<Proof>,
    pub(super) selects: Vec<Statement>,
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

impl Bench {
    /// A database, with the habits of SQLite or those of others.
    pub fn new(has_habits: bool) -> Self {
        let tap = Tap::default();
        let driver = tap.watch(Box::new(Sqlite::memory()));
        let engine = match has_habits {
            true => Engine::<Proof>::builder(Habits::of(Box::new(driver))).build().unwrap(),
            false => Engine::<Proof>::builder(driver).build().unwrap(),
        };
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
            Some(why) if why == LEFT_OPEN => Ok(made),
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

pub(super) type S = Session<Proof>;

/// No rule that is broken: it cannot be known what is right.
const LEFT_OPEN: &str = "left open";

pub(super) struct Run<'a, 'b> {
    pub(super) bench: &'a Bench,
    pub(super) tables: &'static [usize],
    pub(super) oracle: Oracle,
    pub(super) names: Names,
    pub(super) source: Source<'a, 'b>,
    pub(super) made: &'a mut Vec<Made>,
    pub(super) broken: Option<String>,
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

    pub(super) fn log(&mut self, op: Op) {
        self.made.push(Made { op, first: self.oracle.entities.len(), news: Vec::new(), failed: false });
    }

    pub(super) fn break_rule(&mut self, why: String) {
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

    pub(super) fn predict<T>(
        &mut self,
        s: &S,
        work: impl FnOnce(&mut Oracle, &dyn Fn(usize) -> Option<Key>) -> T,
    ) -> T {
        let Run { names, oracle, .. } = self;
        let learn = |number: usize| {
            let held: Held = *names.0.get(number)?;
            calls(held.table()).key(s, held)
        };
        let told = work(oracle, &learn);
        if oracle.is_open {
            self.break_rule(LEFT_OPEN.to_owned());
        }
        told
    }
}
