//! What the layers share and what knows nothing of SQL. Rank 0.

use std::marker::PhantomData;

pub(crate) mod columns;
pub(crate) mod topo;

/// Types that a value speaks of and does not hold: it is `Copy`, `Send` and `Sync` whatever they are.
pub(crate) type Marker<T> = PhantomData<fn() -> T>;
