//! How many statements a session sent, and what caused them.

use std::fmt;

use super::core::Intent;
use super::entities::Session;
use crate::expr::{AsPath, RelationName};

/// What caused a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A key that `get` or another look for one row did not find in memory.
    Get,
    /// A query.
    Query,
    /// A relation that was asked for, and that no query had planned.
    Lazy(RelationName),
    /// A relation that `with` planned, or that was asked for all of some entities.
    Eager(RelationName),
    /// Rows that were read anew.
    Refresh,
    /// Columns that were left out of their rows' SELECT.
    Deferred,
    /// A flush.
    Flush,
    /// An INSERT, UPDATE or DELETE of many rows.
    Bulk,
    /// SQL of the program's own.
    Raw,
}

/// The origins that no relation has, in the order in which they are told.
const PLAIN: [(Origin, &str); 7] = [
    (Origin::Get, "by key"),
    (Origin::Query, "by queries"),
    (Origin::Refresh, "to refresh"),
    (Origin::Deferred, "for deferred columns"),
    (Origin::Flush, "by flushes"),
    (Origin::Bulk, "on many rows"),
    (Origin::Raw, "of your own"),
];

/// How many statements a session sent, by what caused them: for tests and for logs, as SQLAlchemy's recorded queries. BEGIN and its
/// kin are not counted. Rows that one INSERT writes in a batch count once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    plain: [u64; PLAIN.len()],
    /// In the order in which they came first.
    relations: Vec<(Origin, u64)>,
}

/// What a statement is about to do, and what caused it.
#[derive(Clone, Copy)]
pub(crate) struct Cause {
    pub(super) intent: Intent,
    pub(super) origin: Origin,
}

impl Intent {
    /// What caused it.
    pub(super) fn by(self, origin: Origin) -> Cause {
        Cause { intent: self, origin }
    }
}

impl From<Intent> for Cause {
    /// What reads is a query, and what writes is about many rows, unless something else is said.
    fn from(intent: Intent) -> Self {
        match intent {
            Intent::Read => intent.by(Origin::Query),
            Intent::Write => intent.by(Origin::Bulk),
        }
    }
}

impl Origin {
    /// Where a plain one is counted.
    fn place(self) -> Option<usize> {
        match self {
            Origin::Lazy(_) | Origin::Eager(_) => None,
            Origin::Get => Some(0),
            Origin::Query => Some(1),
            Origin::Refresh => Some(2),
            Origin::Deferred => Some(3),
            Origin::Flush => Some(4),
            Origin::Bulk => Some(5),
            Origin::Raw => Some(6),
        }
    }
}

impl Statistics {
    /// Counts statements.
    #[inline]
    pub(super) fn add(&mut self, origin: Origin, statements: u64) {
        match origin.place() {
            Some(place) => self.plain[place] += statements,
            None => self.add_relation(origin, statements),
        }
    }

    fn add_relation(&mut self, origin: Origin, statements: u64) {
        match self.relations.iter_mut().find(|(other, _)| *other == origin) {
            Some((_, count)) => *count += statements,
            None if statements > 0 => self.relations.push((origin, statements)),
            None => {}
        }
    }

    /// How many there were in all.
    pub fn total(&self) -> u64 {
        self.iter().map(|(_, count)| count).sum()
    }

    /// How many one origin caused.
    pub fn of(&self, origin: Origin) -> u64 {
        self.iter().find(|(other, _)| *other == origin).map_or(0, |(_, count)| count)
    }

    /// How many loaded a relation that no query had planned.
    pub fn lazy(&self, relation: impl AsPath) -> u64 {
        self.of(Origin::Lazy(relation.path().name))
    }

    /// How many loaded a relation that was planned.
    pub fn eager(&self, relation: impl AsPath) -> u64 {
        self.of(Origin::Eager(relation.path().name))
    }

    /// The origins that caused a statement, and how many each.
    pub fn iter(&self) -> impl Iterator<Item = (Origin, u64)> + '_ {
        let plain = PLAIN.iter().zip(&self.plain).map(|((origin, _), count)| (*origin, *count));
        plain.filter(|(_, count)| *count > 0).chain(self.relations.iter().copied())
    }
}

/// `4 statements: 1 by queries, 2 lazily for User::posts, 1 by flushes`
impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        write!(f, "{total} {}", if total == 1 { "statement" } else { "statements" })?;
        for (index, (origin, count)) in self.iter().enumerate() {
            write!(f, "{} {count} {origin}", if index == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Lazy(name) => write!(f, "lazily for {name}"),
            Origin::Eager(name) => write!(f, "eagerly for {name}"),
            plain => f.write_str(plain.place().map_or("", |place| PLAIN[place].1)),
        }
    }
}

impl<B> Session<B> {
    /// How many statements the session sent since it was made or this was reset, by what caused them.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_core::Origin;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct BlogDb;
    /// # #[derive(Model, Clone)] #[model(base = BlogDb, default)] #[relation(posts = many(Post::author))]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
    /// # #[derive(Model, Clone)] #[model(base = BlogDb, default)]
    /// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: Id<User> }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<BlogDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// s.add_all(["ann", "bob"].map(|name| User { name: name.into(), ..Default::default() }));
    /// for user in s.query::<User>().all()? {
    ///     s.related(user, User::posts)?; // for both of them at once
    /// }
    /// let statistics = s.statistics();
    /// assert_eq!(statistics.to_string(), "3 statements: 1 by queries, 1 by flushes, 1 lazily for User::posts");
    /// assert_eq!((statistics.of(Origin::Query), statistics.lazy(User::posts)), (1, 1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn statistics(&self) -> &Statistics {
        &self.core.statistics
    }

    /// Counts from 0 again, and gives what was counted: the statements of one request, or of one part of a test.
    pub fn reset_statistics(&mut self) -> Statistics {
        std::mem::take(&mut self.core.statistics)
    }
}
