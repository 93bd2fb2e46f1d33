//! Makes a program that fails as short as it can be.

use super::program::{Made, Op, Program};
use super::run::{Bench, Broken, Source};

/// The shortest program that can be found to break a rule, and what it breaks.
pub fn shrink(bench: &Bench, program: &Program, broken: Broken) -> (Program, Broken) {
    let mut best = (Program { ops: ops_of(&broken.made), ..program.clone() }, broken);
    let mut size = best.0.ops.len();
    while size > 0 {
        let mut first = 0;
        while first < best.0.ops.len() {
            match without(bench, &best, first, size) {
                Some(shorter) => best = shorter,
                None => first += size,
            }
        }
        size = match size {
            1 if is_minimal(bench, &best) => 0,
            1 => 1,
            _ => size / 2,
        };
    }
    best
}

fn is_minimal(bench: &Bench, best: &(Program, Broken)) -> bool {
    (0..best.0.ops.len()).all(|first| without(bench, best, first, 1).is_none())
}

fn ops_of(made: &[Made]) -> Vec<Op> {
    made.iter().map(|made| made.op.clone()).collect()
}

/// The program without some calls and those that need them, if it still breaks a rule.
fn without(
    bench: &Bench,
    (program, broken): &(Program, Broken),
    first: usize,
    size: usize,
) -> Option<(Program, Broken)> {
    let made = &broken.made;
    let is_cut = |place: usize| (first..first + size).contains(&place);
    let mut lost: Vec<usize> = Vec::new();
    let mut ops = Vec::new();
    for (place, made) in made.iter().enumerate() {
        let needs_lost = made.op.entities().iter().any(|entity| lost.contains(entity));
        if is_cut(place) || needs_lost {
            lost.extend(made.first..made.first + made.news.len());
            continue;
        }
        let renumber = |number: usize| number - lost.iter().filter(|&&other| other < number).count();
        ops.push(made.op.clone().renumbered(&renumber));
    }
    if ops.len() >= made.len() {
        return None;
    }
    let shorter = Program { ops, ..program.clone() };
    let broken = bench.run(&shorter, Source::Given(shorter.ops.iter())).err()?;
    let program = Program { ops: ops_of(&broken.made), ..shorter };
    (program.ops.len() < made.len()).then_some((program, broken))
}
