//! All implementations do the same work: what they load and what they store is equal, run after run.

use orm_benches::witness::{Record, Witness};
use orm_benches::{Implementation, Task, WORKLOADS, Work, Workload, implementations};

/// What one run produced and what it left in its tables.
struct Outcome {
    seen: Record,
    stored: Record,
}

#[test]
fn all_implementations_load_and_store_the_same() {
    for workload in WORKLOADS {
        let mut tasks = tasks(workload.work);
        for run in 1..=3 {
            compare(workload, run, &mut tasks);
        }
    }
}

#[test]
fn a_run_shows_a_row_for_each_operation() {
    for workload in WORKLOADS {
        for (name, mut task) in tasks(workload.work) {
            let seen = outcome(task.as_mut()).seen.lines().len();
            assert_eq!(seen, workload.work.operations(), "{name}: {}", workload.name);
        }
    }
}

#[test]
fn a_change_is_stored() {
    let (rows, step) = (1_000, 10);
    for (name, mut task) in tasks(Work::Change { rows, step }) {
        let stored = outcome(task.as_mut()).stored;
        let changed = stored.lines().iter().filter(|line| line.contains("green"));
        assert_eq!(changed.count(), rows / step, "{name}");
        assert_eq!(stored.lines().len(), rows, "{name}");
    }
}

#[test]
fn an_insert_starts_from_an_empty_table() {
    for (name, mut task) in tasks(Work::Insert { rows: 10 }) {
        let first = outcome(task.as_mut());
        assert_eq!(first.seen, first.stored, "{name}: the keys of the rows");
        assert_eq!(outcome(task.as_mut()).stored, first.stored, "{name}");
    }
}

fn tasks(work: Work) -> Vec<(&'static str, Box<dyn Task>)> {
    let implementations: Vec<Box<dyn Implementation>> = implementations();
    implementations
        .iter()
        .filter_map(|implementation| Some((implementation.name(), implementation.task(work)?)))
        .collect()
}

fn compare(workload: &Workload, run: usize, tasks: &mut [(&'static str, Box<dyn Task>)]) {
    let Some(((limit_name, limit), others)) = tasks.split_first_mut() else {
        return;
    };
    let expected = outcome(limit.as_mut());
    for (name, task) in others {
        let found = outcome(task.as_mut());
        let place = format!("{}, run {run}: {name} against {limit_name}", workload.name);
        assert_same(&found.seen, &expected.seen, &format!("{place}, results"));
        assert_same(&found.stored, &expected.stored, &format!("{place}, rows"));
    }
}

/// Names the first difference: ten thousand lines on both sides help nobody.
fn assert_same(found: &Record, expected: &Record, place: &str) {
    for (found, expected) in found.lines().iter().zip(expected.lines()) {
        assert_eq!(found, expected, "{place}");
    }
    assert_eq!(found.lines().len(), expected.lines().len(), "{place}");
}

fn outcome(task: &mut dyn Task) -> Outcome {
    let mut seen = Witness::awake();
    let mut stored = Record::default();
    task.prepare();
    task.run(&mut seen);
    task.record_stored(&mut stored);
    task.clear();
    Outcome { seen: seen.into_record(), stored }
}
