//! The one error of the workspace: what happened, where, and what to do.
//!
//! Rank 0: knows nothing of SQL. Backends build errors by [`Error::new`] and the constructors of each kind; they never
//! wrap this type in one of their own. Values bound to a statement are never part of a message unless the engine was
//! told to show them.

mod kind;
mod refusal;

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

pub use kind::{Constraint, ErrorKind};
pub use refusal::Refusal;

/// What every fallible call of this workspace returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error: a kind to branch on, a message to read, the places it passed through, and its source.
///
/// ```
/// # use orm_core::{Error, ErrorKind};
/// let error = Error::not_found("no `User` with key 7");
/// assert!(error.is_not_found());
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    context: Vec<String>,
    constraint: Option<Constraint>,
    refusals: Vec<Refusal>,
    statement: Option<String>,
    /// Whether the database may have done what failed.
    outcome_unknown: bool,
    /// What the session tells with it.
    payload: Option<Arc<dyn Any + Send + Sync>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind` that says what happened, in lower case and without a full stop.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            context: Vec::new(),
            constraint: None,
            refusals: Vec::new(),
            statement: None,
            outcome_unknown: false,
            payload: None,
            source: None,
        }))
    }

    /// The kind, to branch on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened, without the places it passed through.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The constraint that was violated, where the kind is one of a constraint and the backend told.
    pub fn constraint(&self) -> Option<&Constraint> {
        self.0.constraint.as_ref()
    }

    /// The SQL that failed, where one did.
    pub fn statement(&self) -> Option<&str> {
        self.0.statement.as_deref()
    }

    /// Whether nobody knows if the database has done it: the connection was lost while it committed. Look before you try again.
    pub fn outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// What the session tells with the error.
    pub(crate) fn payload(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.0.payload.as_deref()
    }

    /// The same error once more, for a call that comes after it; its source is told only once.
    pub(crate) fn again(&self) -> Self {
        let inner = &*self.0;
        Error(Box::new(Inner {
            kind: inner.kind,
            message: inner.message.clone(),
            context: inner.context.clone(),
            constraint: inner.constraint.clone(),
            refusals: inner.refusals.clone(),
            statement: inner.statement.clone(),
            outcome_unknown: inner.outcome_unknown,
            payload: inner.payload.clone(),
            source: None,
        }))
    }

    /// Adds a place, outermost last: `while flushing`, `in column users.name`.
    #[must_use]
    pub fn context(mut self, place: impl Into<String>) -> Self {
        self.0.context.push(place.into());
        self
    }

    /// Says that the database may have done it.
    #[must_use]
    pub fn with_outcome_unknown(mut self) -> Self {
        self.0.outcome_unknown = true;
        self
    }

    /// Keeps what the session tells with it; the first call wins.
    #[must_use]
    pub(crate) fn with_payload(mut self, payload: impl Any + Send + Sync) -> Self {
        self.0.payload.get_or_insert_with(|| Arc::new(payload));
        self
    }

    /// Names the constraint that was violated.
    #[must_use]
    pub fn with_constraint(mut self, constraint: Constraint) -> Self {
        self.0.constraint = Some(constraint);
        self
    }

    /// Keeps the SQL that failed, or the beginning of it when it is long; the first call wins.
    #[must_use]
    pub fn with_statement(mut self, sql: &str) -> Self {
        self.0.statement.get_or_insert_with(|| excerpt(sql));
        self
    }

    /// Keeps the error below this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }
}

/// How much of a statement is kept, in characters.
const LONGEST_STATEMENT: usize = 500;

/// A statement without what surrounds it, cut where it is too long to be read.
#[cold]
fn excerpt(sql: &str) -> String {
    let sql = sql.trim();
    match sql.char_indices().nth(LONGEST_STATEMENT) {
        Some((end, _)) => format!("{}…", &sql[..end]),
        None => sql.to_owned(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for place in &self.0.context {
            write!(f, ", {place}")?;
        }
        if let Some(sql) = &self.0.statement {
            write!(f, "\n  in: {sql}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_statement_is_cut_at_a_character() {
        let error = Error::database("no").with_statement(&format!("\n\n  SELECT '{}'\n", "ä".repeat(1_000)));
        let statement = error.statement().expect("a statement");
        assert_eq!(statement.chars().count(), LONGEST_STATEMENT + 1);
        assert!(statement.starts_with("SELECT 'ä") && statement.ends_with("ä…"));
        let short = Error::database("no").with_statement("\nSELECT 1\n;\n");
        assert_eq!(short.statement(), Some("SELECT 1\n;"));
    }
}
