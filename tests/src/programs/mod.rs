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
mod settle;
pub mod shrink;
pub mod tables;
pub mod tap;

use std::collections::BTreeMap;

use orm_core::driver::Driver;
use orm_core::prelude::*;

use crate::dice::Dice;
use crate::habits::Habits;

use make::Maker;
use oracle::Options;
use program::{Made, Program};
use run::{Bench, Broken, Source};
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

/// A statement of someone else's, between two transactions of a session.
///
/// # Panics
/// When the database refuses it.
pub fn someone_else(maker: &SessionMaker<Proof>, sql: &str) {
    maker.engine().checkout().unwrap().run_script(sql).unwrap();
}

/// The programs of some seeds as tests, each with its number in its name.
///
/// # Panics
/// When one breaks a rule.
pub fn print_programs(seeds: impl IntoIterator<Item = u64>) -> String {
    let benches = [Bench::new(false), Bench::new(true)];
    let mut text = String::new();
    for seed in seeds {
        let mut dice = Dice::new(seed);
        let (program, length) = begin(seed, &mut dice);
        let made = run(&benches, &program, (&mut dice, length)).unwrap();
        text += "\n";
        text += &print::print(&program, &made, (&format!("program_{seed}"), "keeps every rule"));
    }
    text
}

/// A program of a seed, without calls yet, and how many it shall have.
fn begin(seed: u64, dice: &mut Dice) -> (Program, usize) {
    let schema = usize::try_from(seed).unwrap() % SCHEMAS.len();
    let options = Options {
        autoflush: dice.below(4) > 0,
        expire_on_commit: dice.below(3) > 0,
        watches: dice.below(48) == 0,
        values: dice.below(3) == 0,
        habits: seed.is_multiple_of(7),
    };
    let length = 4 + dice.below(20);
    (Program { schema, options, ops: Vec::new() }, length)
}

fn run(
    benches: &[Bench; 2],
    program: &Program,
    (dice, length): (&mut Dice, usize),
) -> Result<Vec<Made>, Broken> {
    let maker = Maker { dice, schema: &SCHEMAS[program.schema] };
    benches[usize::from(program.options.habits)].run(program, Source::Chance(maker, length))
}

/// The rule that the program of a seed breaks, without its numbers, and the program as a test.
fn run_program(benches: &[Bench; 2], seed: u64) -> Option<(String, String)> {
    let mut dice = Dice::new(seed);
    let (program, length) = begin(seed, &mut dice);
    let broken = run(benches, &program, (&mut dice, length)).err()?;
    let bench = &benches[usize::from(program.options.habits)];
    let (program, broken) = shrink::shrink(bench, &program, broken);
    let why = broken.why.chars().filter(|letter| !letter.is_ascii_digit()).take(60).collect();
    Some((why, print::print(&program, &broken.made, ("rule_that_was_broken", &broken.why))))
}
