//! Permission to hold a connection, one for each that may be in use: r2d2 hands them out and lets callers wait.
//!
//! r2d2 alone would open connections on its own threads, retry in silence when that fails, and always hand out the one that
//! came back last. So it manages permits, which cost nothing to make, and the connections are opened by their callers.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use r2d2::PooledConnection;
use scheduled_thread_pool::ScheduledThreadPool;

/// More than this, and a bound is no bound any more.
pub(crate) const MOST: u32 = 65_536;

/// Permits that lie ready; beyond them, r2d2's thread makes more.
const READY: u32 = 64;

/// A caller waits no longer than this, so that a point in time stays one.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Makes permits.
pub(crate) struct Maker;

impl r2d2::ManageConnection for Maker {
    type Connection = ();
    type Error = Infallible;

    fn connect(&self) -> Result<(), Infallible> {
        Ok(())
    }

    fn is_valid(&self, (): &mut ()) -> Result<(), Infallible> {
        Ok(())
    }

    fn has_broken(&self, (): &mut ()) -> bool {
        false
    }
}

/// Permission to hold one connection; given back on drop.
pub(crate) type Permit = PooledConnection<Maker>;

/// A bounded number of permits.
pub(crate) struct Permits(r2d2::Pool<Maker>);

impl Permits {
    /// That many permits, from 1 to [`MOST`].
    pub(crate) fn new(cap: u32) -> Self {
        let builder = r2d2::Pool::builder()
            .max_size(cap)
            .min_idle(Some(cap.min(READY)))
            .test_on_check_out(false)
            .max_lifetime(None)
            .idle_timeout(None)
            .thread_pool(Arc::clone(worker()));
        // `build` waits until the first permits are there; making them cannot fail.
        Permits(builder.build(Maker).expect("invariant: a permit is always made"))
    }

    /// A permit, if one is free within the time.
    pub(crate) fn take(&self, wait: Duration) -> Option<Permit> {
        match self.0.get_timeout(wait.min(LONGEST_WAIT)) {
            Ok(permit) => Some(permit),
            // One may have come back while the waiting ended.
            Err(_) => self.0.try_get(),
        }
    }
}

/// The one thread that makes permits, for all engines.
fn worker() -> &'static Arc<ScheduledThreadPool> {
    static WORKER: OnceLock<Arc<ScheduledThreadPool>> = OnceLock::new();
    WORKER.get_or_init(|| {
        let threads = ScheduledThreadPool::builder().num_threads(1);
        Arc::new(threads.thread_name_pattern("orm-pool").build())
    })
}
