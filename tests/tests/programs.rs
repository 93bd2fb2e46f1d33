//! Random programs against the oracle; `PROGRAMS` is how many, `PROGRAMS_FROM` the first seed.

#![allow(missing_docs)]

use orm_tests::programs::run_programs;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Two tests, so that two cores are at work.
fn run_half(half: u64) {
    let (from, count) = (number("PROGRAMS_FROM", 1), number("PROGRAMS", 20_000));
    let most = number("PROGRAMS_MOST", 1);
    run_programs((from..from + count).filter(|seed| (seed / 5) % 2 == half), most);
}

#[test]
fn random_programs_show_and_store_what_the_oracle_says() {
    run_half(0);
}

#[test]
fn more_random_programs_show_and_store_what_the_oracle_says() {
    run_half(1);
}

/// A program that fails is to be pasted as a test: here are some as they print, compiled and run.
#[path = "programs/printed.rs"]
mod printed;

/// `PRINT=1` writes them anew.
#[test]
fn programs_print_as_code_that_compiles_and_runs() {
    let head = "//! Random programs as they print. Written by `PRINT=1 cargo test -p orm-tests --test programs print`.\n\n\
                #![cfg_attr(rustfmt, rustfmt_skip)]\n#![allow(unused, clippy::all)]\n";
    let text = format!("{head}{}", orm_tests::programs::print_programs((1..=40).chain([56, 63, 70])));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/printed.rs");
    if std::env::var("PRINT").is_ok() {
        std::fs::write(path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap() == text,
        "what programs print has changed: run it with PRINT=1"
    );
}
