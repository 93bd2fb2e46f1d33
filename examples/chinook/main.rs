//! An existing database, mapped, read, copied, compared and reported on: `CHINOOK=path cargo run --example chinook`.
//!
//! Chinook is the database of a music shop: 11 tables with names, types and keys that these models did not choose. The sample is
//! no part of this repository; without it the program says where it is and fails.
//!
//! | file | one idea |
//! |---|---|
//! | `config` | where the sample is |
//! | `models` | the 11 tables as structs |
//! | `db` | engines: one on the sample, one on a database made from the models |
//! | `copy` | read everything, and write it again |
//! | `compare` | two databases, row by row |
//! | `report` | questions to the data |
//! | `clock` | how long each step took |

#![allow(unreachable_pub, reason = "what a program's files share is `pub`, as it would be in a library")]

pub(crate) mod clock;
pub(crate) mod compare;
pub(crate) mod config;
pub(crate) mod copy;
pub(crate) mod db;
pub(crate) mod models;
pub(crate) mod report;

use std::path::Path;
use std::process::ExitCode;

use clock::Clock;
use models::rows;

/// Why the program stopped.
pub type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let argument = std::env::args_os().nth(1);
    let variable = std::env::var_os("CHINOOK");
    match config::sample(argument, variable).and_then(|sample| run(&sample)) {
        Ok(_) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// All steps; the number of rows that were copied and found equal.
pub fn run(sample: &Path) -> Result<usize, Failure> {
    let folder = tempfile::tempdir()?;
    let mut clock = Clock::start();

    let original = db::original(sample, folder.path())?;
    clock.lap("load", sample.display().to_string());

    let tables = db::verify(&original)?;
    clock.lap("verify", format!("{tables} tables are as the models say"));

    let mut source = original.session();
    let read = copy::read_all(&mut source)?;
    clock.lap("read", format!("{} rows, by one session", rows(&read)));

    let duplicate = db::from_models(folder.path())?;
    let tables = db::verify(&duplicate)?;
    clock.lap("create", format!("{tables} tables from the models"));

    let copied = copy::copy_all(&mut source, &mut duplicate.session())?;
    clock.lap("copy", format!("{} rows, in one commit", rows(&copied)));

    let mut target = duplicate.session();
    let equal = compare::compare_all(&mut source, &mut target)?;
    clock.lap("compare", format!("{} rows are equal", rows(&equal)));
    for count in equal {
        println!("{:>20} {:>6}", count.table, count.rows);
    }

    report::artists_by_revenue(&mut target)?;
    report::employees(&mut target)?;
    report::revenue_agrees(&mut target)?;
    clock.lap("report", "3 questions".to_owned());
    Ok(rows(&equal))
}
