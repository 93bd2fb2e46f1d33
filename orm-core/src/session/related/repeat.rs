//! Loads that repeat: the same place asks for the same relation again and again, and what it asks was not loaded together, so that
//! no batch can catch it.

use std::panic::Location;

use super::super::core::Core;
use super::raise::missing_plan;
use crate::expr::{Path, RelationName};
use crate::store::Source;

/// Where the program asks for a relation.
pub(super) type CallSite = &'static Location<'static>;

/// How often each place loaded a relation since the transaction began.
#[derive(Default)]
pub(crate) struct Repeats(Vec<Repeat>);

struct Repeat {
    site: CallSite,
    relation: RelationName,
    times: u32,
}

impl Repeats {
    /// A transaction is over.
    pub(crate) fn begin_again(&mut self) {
        self.0.clear();
    }

    /// Counts a load, and says how many there were.
    fn count(&mut self, site: CallSite, relation: RelationName) -> u32 {
        let same = |repeat: &&mut Repeat| repeat.site == site && repeat.relation == relation;
        let Some(repeat) = self.0.iter_mut().find(same) else {
            self.0.push(Repeat { site, relation, times: 1 });
            return 1;
        };
        repeat.times += 1;
        repeat.times
    }
}

impl Core {
    /// Counts a load of a relation for fewer entities than are loaded at once, and warns when the same place makes many of them.
    pub(super) fn note_repeat(&mut self, path: &Path, source: Option<&Source>, site: CallSite) {
        let Some(most) = self.options.lazy_warning else { return };
        let times = self.repeats.count(site, path.name);
        if times == most && self.engine.is_news((site, path.name)) {
            warn(path, source, site, times);
        }
    }
}

#[cold]
fn warn(path: &Path, source: Option<&Source>, site: CallSite, times: u32) {
    let (relation, help) = (path.name, missing_plan(path, source));
    tracing::warn!(
        target: "orm::session",
        %relation,
        %site,
        times,
        "a relation is loaded again and again, each time for a few entities: {help}"
    );
}
