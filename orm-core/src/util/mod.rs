//! What the layers share and what knows nothing of SQL. Rank 0.

pub(crate) mod columns;
pub(crate) mod topo;
