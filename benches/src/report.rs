//! Prints measurements as a table: nanoseconds an operation, and the ratio to the first implementation.

use std::time::Duration;

use crate::measure::Measurement;
use crate::workload::{Goal, Implementation, Workload};

const NAME_WIDTH: usize = 34;
const CELL_WIDTH: usize = 19;

/// The head of the table.
#[must_use]
pub fn head(implementations: &[Box<dyn Implementation>]) -> String {
    let mut line = format!("{:NAME_WIDTH$}", "ns an operation, least of all runs");
    for implementation in implementations {
        line += &format!("{:>CELL_WIDTH$}", implementation.name());
    }
    line + &format!("{:>CELL_WIDTH$}", "goal of the ORM")
}

/// A line of the table.
#[must_use]
pub fn line(workload: &Workload, measurement: &Measurement) -> String {
    let operations = workload.work.operations();
    let mut line = format!("{:NAME_WIDTH$}", workload.name);
    let mut limit = None;
    for (index, least) in measurement.least.iter().enumerate() {
        let nanoseconds = least.map(|least| nanoseconds_each(least, operations));
        line += &format!("{:>CELL_WIDTH$}", cell(nanoseconds, limit));
        if index == 0 {
            limit = nanoseconds;
        }
    }
    line + &format!("{:>CELL_WIDTH$}", goal(workload.goal))
}

fn nanoseconds_each(time: Duration, operations: usize) -> f64 {
    time.as_secs_f64() * 1e9 / operations as f64
}

fn cell(nanoseconds: Option<f64>, limit: Option<f64>) -> String {
    match (nanoseconds, limit) {
        (Some(nanoseconds), Some(limit)) => {
            format!("{nanoseconds:.1} {:>6.2}x", nanoseconds / limit)
        }
        (Some(nanoseconds), None) => format!("{nanoseconds:.1}"),
        (None, _) => "-".to_owned(),
    }
}

fn goal(goal: Goal) -> String {
    match goal {
        Goal::Ratio(ratio) => format!("at most {ratio:.2}x"),
        Goal::Nanoseconds(nanoseconds) => format!("at most {nanoseconds:.0} ns"),
    }
}
