//! What other transactions cannot do with the rows of a query until its own one ends.

use std::marker::PhantomData;

use super::node::TableRef;
use super::scope::{Nothing, Of, Uses, Within};
use super::source::{As, Source};
use crate::util::Marker;

/// How a query locks its rows: as SQLAlchemy's arguments of `with_for_update`. It speaks of `U`.
///
/// ```
/// # use orm_core::prelude::*;
/// use orm_core::expr::Lock;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct Job { #[column(primary_key)] pub id: Id<Job>, pub is_done: bool }
/// // A queue: each worker takes the first job that no other one holds.
/// let next = select::<Job>()
///     .filter(Job::is_done.eq(false))
///     .order_by(Job::id)
///     .limit(1)
///     .with_for_update(Lock::new().skip_locked());
/// ```
#[derive(Clone)]
pub struct Lock<U = Nothing> {
    clauses: LockClauses,
    kind: Marker<U>,
}

/// A part of what locks rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockClause {
    /// Others can neither change the rows nor lock them.
    Update,
    /// Others can lock the rows so too, and not change them.
    Share,
    /// Others can name the rows by their keys, and not change them.
    NoKeyUpdate,
    /// Others can change the rows, but not their keys.
    KeyShare,
    /// Only the rows of some tables.
    Of,
    /// A row that is locked is an error.
    NoWait,
    /// A row that is locked is left out.
    SkipLocked,
}

impl LockClause {
    /// As SQL writes it.
    pub fn sql(self) -> &'static str {
        match self {
            LockClause::Update => " FOR UPDATE",
            LockClause::Share => " FOR SHARE",
            LockClause::NoKeyUpdate => " FOR NO KEY UPDATE",
            LockClause::KeyShare => " FOR KEY SHARE",
            LockClause::Of => " OF ",
            LockClause::NoWait => " NOWAIT",
            LockClause::SkipLocked => " SKIP LOCKED",
        }
    }
}

/// How the rows of a SELECT are locked.
#[derive(Clone, Default)]
pub(crate) struct LockClauses {
    reads: bool,
    shares_key: bool,
    pub(crate) of: Vec<TableRef>,
    /// What is done where a row is locked, if it is not waited for.
    pub(crate) unless_free: Option<LockClause>,
}

impl LockClauses {
    /// How much others are held off.
    pub(crate) fn strength(&self) -> LockClause {
        match (self.reads, self.shares_key) {
            (false, false) => LockClause::Update,
            (true, false) => LockClause::Share,
            (false, true) => LockClause::NoKeyUpdate,
            (true, true) => LockClause::KeyShare,
        }
    }

    /// All that a database has to know.
    pub(crate) fn clauses(&self) -> impl Iterator<Item = LockClause> {
        let of = (!self.of.is_empty()).then_some(LockClause::Of);
        [Some(self.strength()), of, self.unless_free].into_iter().flatten()
    }
}

impl Lock {
    /// All rows of the query are locked for a change, and those that others hold are waited for: `FOR UPDATE`.
    pub fn new() -> Self {
        Lock { clauses: LockClauses::default(), kind: PhantomData }
    }
}

impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

impl<U: Uses> Lock<U> {
    /// Others can read and lock the rows so too, but not change them: `FOR SHARE`.
    pub fn read(mut self) -> Self {
        self.clauses.reads = true;
        self
    }

    /// Others can name the rows in foreign keys: `FOR NO KEY UPDATE`, or `FOR KEY SHARE` with [`read`](Self::read).
    pub fn key_share(mut self) -> Self {
        self.clauses.shares_key = true;
        self
    }

    /// A row that another transaction has locked is an error, and not waited for.
    pub fn nowait(mut self) -> Self {
        self.clauses.unless_free = Some(LockClause::NoWait);
        self
    }

    /// A row that another transaction has locked is left out, and not waited for.
    pub fn skip_locked(mut self) -> Self {
        self.clauses.unless_free = Some(LockClause::SkipLocked);
        self
    }

    /// Only the rows of this model are locked; a second call adds one.
    pub fn of<M: Source>(mut self) -> Lock<U::After<Of<M>>> {
        self.clauses.of.push(M::table_ref());
        Lock { clauses: self.clauses, kind: PhantomData }
    }

    /// The same for a model under another name.
    pub fn of_alias<M, A>(self, _alias: As<M, A>) -> Lock<U::After<Of<As<M, A>>>>
    where
        As<M, A>: Source,
    {
        self.of::<As<M, A>>()
    }
}

/// A lock in a query whose models are `S`.
pub trait Locks<S, I> {
    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;

    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_clauses(self) -> Box<LockClauses>;
}

impl<S, I, U: Uses + Within<S, I>> Locks<S, I> for Lock<U> {
    type Keep<Q> = U::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> U::Keep<Q> {
        U::keep(query)
    }

    #[allow(private_interfaces)]
    fn into_clauses(self) -> Box<LockClauses> {
        Box::new(self.clauses)
    }
}
