//! Runs one workload of one implementation a few times, for a profiler that counts:
//! `valgrind --tool=callgrind target/release/examples/once ORM "insert 10,000" 3`

use std::env;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use orm_benches::witness::Witness;
use orm_benches::{WORKLOADS, implementations};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [name, filter, runs] = arguments.as_slice() else {
        eprintln!("usage: once IMPLEMENTATION WORKLOAD RUNS, each name by a part of it");
        return ExitCode::FAILURE;
    };
    let implementations = implementations();
    let implementation =
        implementations.iter().find(|implementation| implementation.name().contains(name.as_str()));
    let workload = WORKLOADS.iter().find(|workload| workload.name.contains(filter.as_str()));
    let (Some(implementation), Some(workload), Ok(runs)) = (implementation, workload, runs.parse::<u32>())
    else {
        eprintln!("no such implementation or workload, or no number");
        return ExitCode::FAILURE;
    };
    let Some(mut task) = implementation.task(workload.work) else { return ExitCode::FAILURE };
    let mut least = Duration::MAX;
    for _ in 0..runs {
        task.prepare();
        let start = Instant::now();
        task.run(&mut Witness::asleep());
        least = least.min(start.elapsed());
        task.clear();
    }
    println!("{:.1} ns an operation", least.as_secs_f64() * 1e9 / workload.work.operations() as f64);
    ExitCode::SUCCESS
}
