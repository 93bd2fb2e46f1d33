//! Runs the workloads and prints the table: `cargo bench -p orm-benches -- [--quick] [FILTER]..`
//!
//! A filter keeps the workloads whose name contains it; of several filters one has to fit. `--quick` takes half a second
//! for each workload. Without the `--bench` that `cargo bench` passes, as in `cargo test --all-targets`, each
//! workload runs once: that shows that it works, and the times mean nothing.

use std::env;
use std::process::ExitCode;

use orm_benches::measure::{Effort, measure};
use orm_benches::{WORKLOADS, Workload, implementations, report};

/// What the command line asks for.
struct Options {
    is_bench: bool,
    is_quick: bool,
    filters: Vec<String>,
}

fn main() -> ExitCode {
    let options = match Options::parse(env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let workloads: Vec<_> = WORKLOADS.iter().filter(|workload| options.wants(workload)).collect();
    if workloads.is_empty() {
        eprintln!("no workload fits; there are:");
        WORKLOADS.iter().for_each(|workload| eprintln!("  {}", workload.name));
        return ExitCode::FAILURE;
    }
    print_table(&workloads, options.effort());
    ExitCode::SUCCESS
}

fn print_table(workloads: &[&Workload], effort: Effort) {
    let implementations = implementations();
    let time = effort.time_for_each(workloads.len());
    println!("{}", report::head(&implementations));
    for workload in workloads {
        let measurement = measure(workload.work, &implementations, time);
        println!("{}", report::line(workload, &measurement));
    }
}

impl Options {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { is_bench: false, is_quick: false, filters: Vec::new() };
        for argument in arguments {
            match argument.as_str() {
                "--bench" => options.is_bench = true,
                "--quick" => options.is_quick = true,
                unknown if unknown.starts_with('-') => {
                    return Err(format!("unknown option `{unknown}`; there are `--quick` and filters"));
                }
                _ => options.filters.push(argument),
            }
        }
        Ok(options)
    }

    fn wants(&self, workload: &Workload) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| workload.name.contains(filter.as_str()))
    }

    fn effort(&self) -> Effort {
        if !self.is_bench {
            return Effort::Once;
        }
        if self.is_quick {
            return Effort::Quick;
        }
        Effort::Full
    }
}
