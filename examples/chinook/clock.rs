//! How long each step took, printed as it ends.

use std::time::Instant;

/// A stopwatch.
pub struct Clock {
    lap: Instant,
}

impl Clock {
    pub fn start() -> Self {
        Clock { lap: Instant::now() }
    }

    /// Prints what was done since the last lap, and the time that it took.
    pub fn lap(&mut self, step: &str, outcome: String) {
        let milliseconds = self.lap.elapsed().as_secs_f64() * 1000.0;
        println!("{step:<8} {milliseconds:>8.1} ms   {outcome}");
        self.lap = Instant::now();
    }
}
