//! Session events: what a program wants to run at the moments of every session of a factory, or of one session.
//!
//! The names are SQLAlchemy's. A hook is stored without its base, so that the unit of work stays compiled once; to run it,
//! [`Core::lend`] moves the core into a [`Session`] for as long as the hook runs. A session without hooks pays one test at each
//! of these moments, and nothing per row.

use std::sync::Arc;

use super::core::Core;
use super::entities::Session;
use super::info::Info;
use super::listen::{AfterExecute, BeforeExecute};
use crate::error::{Error, Result};

/// How often hooks may give a flush, or a commit, more to do.
pub(super) const MAX_ROUNDS: usize = 100;

/// A moment of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    BeforeFlush,
    AfterFlush,
    BeforeCommit,
    AfterCommit,
    AfterRollback,
    AfterBegin,
}

type Hook = Arc<dyn Fn(&mut Core) -> Result<()> + Send + Sync>;

/// The hooks of a factory or a session, in the order in which they were given.
#[derive(Clone, Default)]
pub(crate) struct Events {
    hooks: Vec<(Event, Hook)>,
    pub(super) before_execute: Vec<BeforeExecute>,
    pub(super) after_execute: Vec<AfterExecute>,
}

/// No hooks at all, or some that sessions share.
pub(crate) type SharedEvents = Option<Arc<Events>>;

impl Event {
    fn name(self) -> &'static str {
        match self {
            Event::BeforeFlush => "before_flush",
            Event::AfterFlush => "after_flush",
            Event::BeforeCommit => "before_commit",
            Event::AfterCommit => "after_commit",
            Event::AfterRollback => "after_rollback",
            Event::AfterBegin => "after_begin",
        }
    }

    /// Whether a flush may be under way while its hooks run.
    fn is_within_flush(self) -> bool {
        match self {
            Event::BeforeFlush | Event::AfterFlush | Event::AfterBegin => true,
            Event::BeforeCommit | Event::AfterCommit | Event::AfterRollback => false,
        }
    }
}

impl Events {
    /// The hooks, to add one; those that others share stay as they are.
    pub(super) fn of(shared: &mut SharedEvents) -> &mut Events {
        Arc::make_mut(shared.get_or_insert_default())
    }

    pub(super) fn add<B: 'static>(
        shared: &mut SharedEvents,
        event: Event,
        hook: impl Fn(&mut Session<B>) -> Result<()> + Send + Sync + 'static,
    ) {
        let run = move |core: &mut Core| core.lend(event, |session| hook(session));
        Self::of(shared).hooks.push((event, Arc::new(run)));
    }
}

/// A core that is inside a session while a hook runs; it comes back when this is dropped, also by a panic.
struct Lent<'core, B> {
    session: Session<B>,
    owner: &'core mut Core,
    outer: Option<Event>,
}

impl<B> Drop for Lent<'_, B> {
    fn drop(&mut self) {
        std::mem::swap(&mut self.session.core, self.owner);
        self.owner.running = self.outer;
    }
}

impl Core {
    /// Runs the hooks of an event, in order.
    ///
    /// # Errors
    /// The first that a hook returns; the error that the session failed with while a hook ran, even if the hook swallowed it.
    #[inline]
    pub(super) fn run_hooks(&mut self, event: Event) -> Result<()> {
        match &self.events {
            None => Ok(()),
            Some(events) => self.run_each(event, &Arc::clone(events)),
        }
    }

    #[cold]
    fn run_each(&mut self, event: Event, events: &Events) -> Result<()> {
        for (_, hook) in events.hooks.iter().filter(|(of, _)| *of == event) {
            let done = hook(self).and_then(|()| self.check_usable());
            done.map_err(|error| error.context(format!("in a `{}` hook", event.name())))?;
        }
        Ok(())
    }

    /// Runs the hooks of an event that is over and done with.
    #[inline]
    pub(super) fn tell_hooks(&mut self, event: Event) {
        if let Some(events) = self.events.clone() {
            for (_, hook) in events.hooks.iter().filter(|(of, _)| *of == event) {
                hook(self).unwrap_or_else(|error| self.remember(error));
            }
        }
    }

    fn lend<B, R>(&mut self, event: Event, work: impl FnOnce(&mut Session<B>) -> R) -> R {
        let outer = self.running.replace(event);
        let stand_in = Core::new(Arc::clone(&self.engine), self.options, Info::default());
        let session = Session::of(std::mem::replace(self, stand_in));
        let mut lent = Lent { session, owner: self, outer };
        work(&mut lent.session)
    }

    /// Runs the `before_flush` hooks again and again, until they give the flush nothing more to do.
    ///
    /// # Errors
    /// What a hook returns; misuse when they never come to an end.
    #[inline]
    pub(super) fn run_before_flush(&mut self) -> Result<()> {
        match &self.events {
            Some(events) if events.hooks.iter().any(|(of, _)| *of == Event::BeforeFlush) => {
                self.run_to_fixed_point()
            }
            Some(_) | None => Ok(()),
        }
    }

    #[cold]
    fn run_to_fixed_point(&mut self) -> Result<()> {
        for _ in 0..MAX_ROUNDS {
            let before = self.work();
            self.run_hooks(Event::BeforeFlush)?;
            if self.work() == before {
                return Ok(());
            }
        }
        Err(endless("`before_flush` hooks gave the flush more to do"))
    }

    /// How many entities the next flush looks at: more of them are more to do.
    fn work(&self) -> (usize, usize, usize) {
        let touched = self.stores.iter().map(|store| store.touched_by_key().len()).sum();
        (self.pending.len(), self.deleted.len(), touched)
    }

    /// Whether a hook runs that a flush may have called: another flush has to wait.
    #[inline]
    pub(super) fn is_within_flush(&self) -> bool {
        self.running.is_some_and(Event::is_within_flush)
    }

    /// Refuses a call that a hook which a flush may have called cannot make.
    pub(super) fn check_no_flush(&self, call: &str) -> Result<()> {
        match self.running {
            Some(event) if event.is_within_flush() => Err(refused(call, event)),
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses a call that no hook can make.
    pub(super) fn check_no_hook(&self, call: &str) -> Result<()> {
        self.running.map_or(Ok(()), |event| Err(refused(call, event)))
    }
}

#[cold]
fn refused(call: &str, event: Event) -> Error {
    Error::misuse(format!("a `{}` hook cannot call `{call}`: what called the hook does that", event.name()))
}

#[cold]
pub(super) fn endless(what: &str) -> Error {
    Error::misuse(format!("{what} {MAX_ROUNDS} times: a hook has to find nothing left to do in the end"))
}
