//! What is measured: the workloads with their sizes and goals, and what an implementation of them has to fill in.
//!
//! A new kind of workload is a variant of [`Work`] and a line of [`WORKLOADS`]; the compiler then names each
//! implementation that does not know it yet.

use crate::data::{FLUSHES, GETS, GRAPH_COMMENTS, GRAPH_POSTS, GRAPH_USERS};
use crate::witness::{Record, Witness};

/// A way to do the work: a column of the table.
pub trait Implementation {
    /// Heads the column.
    fn name(&self) -> &'static str;

    /// Makes the task of a workload: opens a database of its own, fills it, prepares what is kept between runs.
    /// `None` if the workload means nothing here.
    fn task(&self, work: Work) -> Option<Box<dyn Task>>;
}

/// One implementation's way to do one workload. Its methods are called in the order [`prepare`](Task::prepare),
/// [`run`](Task::run), [`clear`](Task::clear), any number of times.
pub trait Task {
    /// Makes what the next run consumes. Not timed.
    fn prepare(&mut self) {}

    /// Does the work and shows `witness` its results. Timed from call to return: what the run makes is dropped within
    /// it, what [`prepare`](Task::prepare) made may be left to [`clear`](Task::clear).
    fn run(&mut self, witness: &mut Witness);

    /// Writes down what the run stored; called between `run` and `clear`, by tests only.
    fn record_stored(&mut self, _record: &mut Record) {}

    /// Takes back what the run changed, as far as the next one would notice. Not timed.
    fn clear(&mut self) {}
}

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// Heads the line; filters are held against it.
    pub name: &'static str,
    /// What is done.
    pub work: Work,
    /// What the ORM is to reach.
    pub goal: Goal,
}

/// The kinds of work. Tables hold exactly the rows named, so that a load reads the whole table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Loads all users, three columns a row, in the order of their keys.
    LoadUsers {
        /// Rows of the table.
        rows: usize,
        /// Whether a session keeps the entities.
        tracking: Tracking,
    },
    /// Loads all posts, four columns a row, in the order of their keys.
    LoadPosts {
        /// Rows of the table.
        rows: usize,
        /// Whether a session keeps the entities.
        tracking: Tracking,
    },
    /// Loads all users in the order of their keys, the posts of these and the comments of those: three statements, nested.
    LoadGraph {
        /// Whether a session keeps the entities.
        tracking: Tracking,
    },
    /// Gets the user of each of [`data::shuffled_keys`](crate::data::shuffled_keys), none loaded before, in one
    /// transaction that the run begins and ends.
    GetByKey,
    /// Selects the user of each of [`data::shuffled_keys`](crate::data::shuffled_keys) by a condition on the key, as a plain
    /// struct, in one transaction that the run begins and ends. Another row would be noticed.
    FilterByKey,
    /// Loads all users in the order of their keys, each with its post if it has one: every other user has.
    LeftJoin {
        /// Users of the table.
        rows: usize,
    },
    /// Gets users a session holds already, [`GETS`] times. Code without a session has no such thing.
    GetHit,
    /// Stores the users that `prepare` made ([`data::new_users`](crate::data::new_users)) in an empty table, in one
    /// transaction that the run begins and ends; afterwards each has the key of its row.
    Insert {
        /// Users stored.
        rows: usize,
    },
    /// Stores new users and, after them, `children` new posts of each, in empty tables and one transaction that the run
    /// begins and ends; afterwards each has the key of its row.
    InsertFamilies {
        /// Users stored.
        parents: usize,
        /// Posts stored for each.
        children: usize,
    },
    /// Flushes a session that holds `rows` loaded users, none of them touched, [`FLUSHES`] times. Code without a session
    /// has no such thing.
    FlushClean {
        /// Users loaded.
        rows: usize,
    },
    /// In one transaction that the run begins and ends, loads all users and sets
    /// [`data::changed_hair_color`](crate::data::changed_hair_color) for each `step`th of them, the first included:
    /// one UPDATE a changed row, by key, of the changed column.
    Change {
        /// Rows of the table.
        rows: usize,
        /// 1 changes all of them, 10 a tenth.
        step: usize,
    },
}

/// Whether a session keeps what it loads. Without a session both are the same work: structs in a `Vec`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracking {
    /// Plain values.
    Untracked,
    /// Entities of a session, with their identity.
    Tracked,
}

/// What the ORM is to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// At most this many times the first implementation.
    Ratio(f64),
    /// At most this many nanoseconds an operation.
    Nanoseconds(f64),
}

impl Work {
    /// Operations in one run, by which its time is divided: rows loaded or stored, gets.
    #[must_use]
    pub fn operations(self) -> usize {
        match self {
            Self::LoadUsers { rows, .. }
            | Self::LoadPosts { rows, .. }
            | Self::LeftJoin { rows }
            | Self::Insert { rows }
            | Self::Change { rows, .. } => rows,
            Self::LoadGraph { .. } => GRAPH_USERS + GRAPH_POSTS + GRAPH_COMMENTS,
            Self::InsertFamilies { parents, children } => parents * (1 + children),
            Self::GetByKey | Self::FilterByKey | Self::GetHit => GETS,
            Self::FlushClean { .. } => FLUSHES,
        }
    }
}

/// All workloads, in the order of the table's lines.
pub const WORKLOADS: &[Workload] = &[
    load_users("load 1,000 users, untracked", 1_000, Tracking::Untracked),
    load_users("load 10,000 users, untracked", 10_000, Tracking::Untracked),
    Workload {
        name: "load 10,000 posts, untracked",
        work: Work::LoadPosts { rows: 10_000, tracking: Tracking::Untracked },
        goal: Goal::Ratio(1.15),
    },
    load_users("load 1,000 users, tracked", 1_000, Tracking::Tracked),
    load_users("load 10,000 users, tracked", 10_000, Tracking::Tracked),
    Workload {
        name: "9 users, 90 posts, 900 comments, untracked",
        work: Work::LoadGraph { tracking: Tracking::Untracked },
        goal: Goal::Ratio(1.25),
    },
    Workload {
        name: "9 users, 90 posts, 900 comments, tracked",
        work: Work::LoadGraph { tracking: Tracking::Tracked },
        goal: Goal::Ratio(1.6),
    },
    Workload { name: "get by key, not loaded", work: Work::GetByKey, goal: Goal::Ratio(1.4) },
    Workload { name: "filter by key, one row", work: Work::FilterByKey, goal: Goal::Ratio(1.5) },
    Workload {
        name: "left join of 1,000 users",
        work: Work::LeftJoin { rows: 1_000 },
        goal: Goal::Ratio(1.2),
    },
    Workload { name: "get by key, identity hit", work: Work::GetHit, goal: Goal::Nanoseconds(60.0) },
    Workload {
        name: "insert 10,000 users, keys back",
        work: Work::Insert { rows: 10_000 },
        goal: Goal::Ratio(1.25),
    },
    Workload {
        name: "insert 1,000 users, 5 posts each",
        work: Work::InsertFamilies { parents: 1_000, children: 5 },
        goal: Goal::Ratio(1.3),
    },
    Workload {
        name: "load 1,000 users, change a tenth",
        work: Work::Change { rows: 1_000, step: 10 },
        goal: Goal::Ratio(1.5),
    },
    Workload {
        name: "load 1,000 users, change all",
        work: Work::Change { rows: 1_000, step: 1 },
        goal: Goal::Ratio(1.4),
    },
    Workload {
        name: "flush, 100,000 loaded, no change",
        work: Work::FlushClean { rows: 100_000 },
        goal: Goal::Nanoseconds(1_000.0),
    },
];

const fn load_users(name: &'static str, rows: usize, tracking: Tracking) -> Workload {
    let goal = match tracking {
        Tracking::Untracked => Goal::Ratio(1.15),
        Tracking::Tracked => Goal::Ratio(1.5),
    };
    Workload { name, work: Work::LoadUsers { rows, tracking }, goal }
}
