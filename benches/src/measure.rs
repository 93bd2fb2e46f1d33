//! Measures one workload on all implementations, in turns.
//!
//! A machine is never quiet, and noise only ever adds time. So the implementations take short turns, round after round,
//! until the time for the workload is spent, and the least time of a single run counts. Whatever slows the machine down
//! for a while hits all of them alike. A turn is several runs in a row, as many as fit in, so that all but the first
//! find their own data in the caches.
//!
//! What the allocator has left over from earlier work changes the time of a small load by up to 15 %, and stays as it
//! is for long. So the time is divided into heats, each of which makes all tasks anew, in another order.

use std::time::{Duration, Instant};

use crate::witness::Witness;
use crate::workload::{Implementation, Task, Work};

/// How long an implementation has the machine for itself.
const TURN: Duration = Duration::from_millis(10);

/// How often all tasks are made anew.
const HEATS: u32 = 8;

/// How long is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// One run of each: shows that all of it works, not how fast.
    Once,
    /// Half a second for each workload: shows where one stands.
    Quick,
    /// Most of a minute for all workloads together, at most eight seconds for one.
    Full,
}

/// The least time of one run, for each implementation in the order given; `None` where there is no task.
#[derive(Debug)]
pub struct Measurement {
    /// Least times.
    pub least: Vec<Option<Duration>>,
}

impl Effort {
    /// The time for one of `workloads`.
    #[must_use]
    pub fn time_for_each(self, workloads: usize) -> Duration {
        const SUITE: Duration = Duration::from_secs(45);
        const LONGEST: Duration = Duration::from_secs(8);
        match self {
            Self::Once => Duration::ZERO,
            Self::Quick => Duration::from_millis(500),
            Self::Full => LONGEST.min(SUITE.div_f64(workloads.max(1) as f64)),
        }
    }
}

/// Measures `work` for about `time`, with one round at least.
#[must_use]
pub fn measure(work: Work, implementations: &[Box<dyn Implementation>], time: Duration) -> Measurement {
    let mut contenders: Vec<_> =
        implementations.iter().map(|implementation| Contender::new(implementation.as_ref())).collect();
    let start = Instant::now();
    for heat in 0_usize.. {
        // Every other heat opens the databases in the other order: nobody has always the fresh memory.
        in_turns(&mut contenders, heat, |contender| contender.line_up(work));
        if contenders.iter().all(Contender::is_absent) {
            break;
        }
        take_rounds(&mut contenders, time / HEATS);
        if start.elapsed() >= time {
            break;
        }
    }
    Measurement { least: contenders.into_iter().map(|contender| contender.least).collect() }
}

/// An implementation, its task of the present heat and its best run so far.
struct Contender<'all> {
    implementation: &'all dyn Implementation,
    task: Option<Box<dyn Task>>,
    least: Option<Duration>,
}

impl<'all> Contender<'all> {
    fn new(implementation: &'all dyn Implementation) -> Self {
        Self { implementation, task: None, least: None }
    }

    fn is_absent(&self) -> bool {
        self.task.is_none()
    }

    fn line_up(&mut self, work: Work) {
        // The old database goes before the new one comes.
        self.task = None;
        self.task = self.implementation.task(work);
    }

    fn take_turn(&mut self, turn: Duration) {
        let Some(task) = &mut self.task else {
            return;
        };
        let start = Instant::now();
        loop {
            let time = time_run(task.as_mut());
            self.least = Some(self.least.map_or(time, |least| least.min(time)));
            if start.elapsed() >= turn {
                return;
            }
        }
    }
}

fn time_run(task: &mut dyn Task) -> Duration {
    let mut witness = Witness::asleep();
    task.prepare();
    let start = Instant::now();
    task.run(&mut witness);
    let time = start.elapsed();
    task.clear();
    time
}

fn take_rounds(contenders: &mut [Contender<'_>], time: Duration) {
    let turn = TURN.min(time);
    let start = Instant::now();
    for round in 0_usize.. {
        in_turns(contenders, round, |contender| contender.take_turn(turn));
        if start.elapsed() >= time {
            return;
        }
    }
}

/// Every other round goes in the other direction: nobody has always the same one before it.
fn in_turns<'all>(contenders: &mut [Contender<'all>], round: usize, act: impl FnMut(&mut Contender<'all>)) {
    if round.is_multiple_of(2) {
        contenders.iter_mut().for_each(act);
    } else {
        contenders.iter_mut().rev().for_each(act);
    }
}
