//! Random programs of session calls, beside an oracle that is too simple to be wrong.
//!
//! A program is made up while it runs. After each call the session has to show what the [`oracle`] says, and the database has
//! to hold its rows. A program that breaks a rule is made short and printed as a test.

pub mod bridge;
mod bulk;
mod calls;
mod compare;
pub mod entity;
mod flush;
mod frames;
pub mod make;
pub mod oracle;
pub mod print;
pub mod program;
pub mod related;
pub mod run;
pub mod shrink;
pub mod tables;
pub mod tap;

use std::collections::BTreeMap;

use orm_core::driver::Driver;
use orm_core::prelude::*;

use crate::habits::Habits;

use make::{Dice, Maker};
use oracle::Options;
use program::Program;
use run::{Bench, Source};
use tables::{Proof, SCHEMAS};

/// A factory of sessions on a new database with the tables of the programs.
pub fn maker() -> SessionMaker<Proof> {
    maker_on(orm_sqlite::Sqlite::memory())
}

/// The same on a database with the [habits](crate::habits) of others.
pub fn other_maker() -> SessionMaker<Proof> {
    maker_on(Habits::of(Box::new(orm_sqlite::Sqlite::memory())))
}

fn maker_on(driver: impl Driver) -> SessionMaker<Proof> {
    let engine = Engine::<Proof>::builder(driver).build().unwrap();
    engine.create_all().unwrap();
    SessionMaker::new(engine)
}

/// Runs programs of the seeds. A rule that several break is told once, so a long run gives a list.
///
/// # Panics
/// With the shortest program of each rule that is broken, as a test; after so many different rules the rest is left.
pub fn run_programs(seeds: impl IntoIterator<Item = u64>, most: u64) {
    // Some programs run on a database with other habits.
    let benches = [Bench::new(false), Bench::new(true)];
    let mut found = BTreeMap::new();
    for seed in seeds {
        if let Some((why, text)) = run_program(&benches, seed) {
            found.entry(why).or_insert_with(|| format!("// seed {seed}, {text}"));
        }
        if found.len() as u64 >= most {
            break;
        }
    }
    if !found.is_empty() {
        let texts: Vec<String> = found.into_values().collect();
        panic!("rules are broken:\n\n{}", texts.join("\n"));
    }
}

/// The rule that the program of a seed breaks, without its numbers, and the program as a test.
fn run_program(benches: &[Bench; 2], seed: u64) -> Option<(String, String)> {
    let mut dice = Dice::new(seed);
    let schema = usize::try_from(seed).unwrap() % SCHEMAS.len();
    let options = Options {
        autoflush: dice.below(4) > 0,
        expire_on_commit: dice.below(3) > 0,
        watches: dice.below(48) == 0,
        values: dice.below(3) == 0,
        habits: seed.is_multiple_of(7),
    };
    let bench = &benches[usize::from(options.habits)];
    let length = 4 + dice.below(20);
    let program = Program { schema, options, ops: Vec::new() };
    let maker = Maker { dice: &mut dice, schema: &SCHEMAS[schema] };
    let broken = bench.run(&program, Source::Chance(maker, length)).err()?;
    let (program, broken) = shrink::shrink(bench, &program, broken);
    let why = broken.why.chars().filter(|letter| !letter.is_ascii_digit()).take(60).collect();
    Some((why, print::print(&program, &broken.made, &broken.why)))
}
