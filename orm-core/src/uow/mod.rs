//! The unit of work: from what changed in memory to what is sent, in phases. Rank 9.
//!
//! [`collect_changes`] -> [`check_changes`] -> [`plan_changes`] are pure and iterate no hash map: the same input gives the
//! same plan. [`emit_plan`] is the only I/O. [`record_plan`] and [`write_back`] bring memory in step, or ready to be undone.

mod change;
mod check;
mod collect;
mod emit;
mod explain;
mod fetch;
mod follow;
mod graph;
mod hooks;
mod links;
mod plan;
mod print;
mod replace;
mod rules;
mod single;
mod special;
mod tables;
mod unique;
mod write_back;

#[cfg(test)]
mod tests;

pub(crate) use check::{check_changes, check_deferral, check_returning};
pub(crate) use collect::{collect_changes, supply_changes};
pub(crate) use emit::{Wire, emit_plan};
pub(crate) use fetch::{load_children, parents_that_go};
pub(crate) use follow::follow_keys;
pub(crate) use hooks::{run_after_hooks, run_before_hooks};
pub use plan::Action;
pub(crate) use plan::{Steps, plan_changes};
pub(crate) use print::describe;
pub use print::{Plan, PlanStep};
pub(crate) use rules::follow_deletes;
pub(crate) use write_back::{record_plan, write_back};
