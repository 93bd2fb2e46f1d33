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
