//! The factory of sessions.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use super::core::{SessionOptions, StaleWrites};
use super::entities::Session;
use super::events::SharedEvents;
use super::info::Info;
use crate::driver::BeginMode;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// Makes sessions of an engine; made once, cheap to clone, shared by threads.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct UsersDb;
/// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
/// # fn main() -> orm_core::Result<()> {
/// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
/// # engine.create_all()?;
/// let factory = SessionMaker::new(engine).expire_on_commit(false);
/// let name = factory.transaction(|s| {
///     let alice = s.add(User { name: "alice".into(), ..Default::default() });
///     Ok(s[alice].name.clone())
/// })?; // committed; an `Err` or a panic would have rolled it back
/// assert_eq!(factory.session().query::<User>().count()?, 1);
/// # assert_eq!(name, "alice");
/// # Ok(())
/// # }
/// ```
pub struct SessionMaker<B> {
    engine: Engine<B>,
    options: SessionOptions,
    info: Info,
    pub(super) events: SharedEvents,
}

impl<B> SessionMaker<B> {
    /// A factory of sessions of an engine.
    pub fn new(engine: Engine<B>) -> Self {
        let options = SessionOptions {
            autoflush: true,
            expire_on_commit: true,
            stale_writes: StaleWrites::LastWins,
            autobegin: true,
            warn_after: Some(Duration::from_secs(60)),
            begin: None,
            lazy_batch: 500,
            lazy_warning: Some(10),
            raiseload: false,
        };
        SessionMaker { engine, options, info: Info::default(), events: None }
    }

    /// Whether queries flush first what they could not see otherwise; they do unless told not to.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// let mut s = SessionMaker::new(engine).autoflush(false).session();
    /// s.add(User::default());
    /// assert_eq!(s.query::<User>().count()?, 0);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn autoflush(mut self, autoflush: bool) -> Self {
        self.options.autoflush = autoflush;
        self
    }

    /// Whether entities are stale after a commit, so that the next `get` or query that meets them reads them anew; they are
    /// unless told otherwise.
    #[must_use]
    pub fn expire_on_commit(mut self, expire: bool) -> Self {
        self.options.expire_on_commit = expire;
        self
    }

    /// What an UPDATE does when someone else changed the row since it was loaded, for models without a version. Unless said,
    /// the last writer wins, column by column.
    #[must_use]
    pub fn stale_writes(mut self, stale_writes: StaleWrites) -> Self {
        self.options.stale_writes = stale_writes;
        self
    }

    /// How transactions begin. Unless said, one whose first statement writes takes the lock for writing at once.
    #[must_use]
    pub fn begin(mut self, mode: BeginMode) -> Self {
        self.options.begin = Some(mode);
        self
    }

    /// Whether the first statement begins a transaction; it does unless told otherwise. Else only [`Session::begin`] does, and
    /// what needs the database before it is misuse. `add` and changes are kept until then.
    #[must_use]
    pub fn autobegin(mut self, autobegin: bool) -> Self {
        self.options.autobegin = autobegin;
        self
    }

    /// The age from which on a transaction that only reads is logged as a warning when it ends, one minute unless said: it keeps
    /// a snapshot of the database all the while. `None` is never.
    #[must_use]
    pub fn warn_after(mut self, age: impl Into<Option<Duration>>) -> Self {
        self.options.warn_after = age.into();
        self
    }

    /// A value that each session has in its [`info`](Session::info), copied.
    #[must_use]
    pub fn info<T: Any + Clone + Send + Sync>(mut self, value: T) -> Self {
        self.info.insert(value);
        self
    }

    /// For how many entities of a load a relation is loaded at once when one of them is asked for it; 500 unless said.
    #[must_use]
    pub fn lazy_batch(mut self, entities: usize) -> Self {
        self.options.lazy_batch = entities.max(1);
        self
    }

    /// How often the same place of the program can make [`related`](Session::related) load the same relation within one
    /// transaction, each time for a few entities, until it is logged as a warning that names the relation, the place and the
    /// `.with(..)` that is missing; 10 times unless said. It is logged once for each place. A load for as many entities as are loaded
    /// at once ([`lazy_batch`](Self::lazy_batch)) does not count: more of them are no mistake. `None` is never.
    ///
    /// What was loaded together is asked for together, so that a loop over the entities of one query never comes here; one that
    /// gets each of them by itself does, or one that commits in between.
    #[must_use]
    pub fn lazy_warning(mut self, times: impl Into<Option<u32>>) -> Self {
        self.options.lazy_warning = times.into();
        self
    }

    /// Whether [`related`](Session::related) is an error where it would have to load: what a page shows is planned by the
    /// queries that it makes. [`related_all`](Session::related_all) is such a plan, and loads.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct BlogDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = BlogDb, table = "users", default)]
    /// # #[relation(posts = many(Post::author, order_by = Post::id))]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = BlogDb, table = "posts", default)]
    /// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: Id<User> }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<BlogDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// let mut s = SessionMaker::new(engine).raiseload(true).session();
    /// let alice = s.add(User { name: "alice".into(), ..Default::default() });
    /// s.commit()?;
    /// assert!(s.related(alice, User::posts).is_err());
    /// assert_eq!(s.related_all(&[alice], User::posts)?, [[]]);
    /// assert_eq!(s.related(alice, User::posts)?, []); // it is known now
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn raiseload(mut self, raise: bool) -> Self {
        self.options.raiseload = raise;
        self
    }

    /// The engine of the sessions.
    pub fn engine(&self) -> &Engine<B> {
        &self.engine
    }

    /// A new session; it holds no connection until its first statement.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// let factory = SessionMaker::new(engine);
    /// let mut s = factory.session(); // no connection is taken until the first statement
    /// s.add(User::default());
    /// s.commit()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn session(&self) -> Session<B> {
        let mut session = Session::new(Arc::clone(self.engine.core()), self.options, self.info.clone());
        session.core.events = self.events.clone();
        session
    }

    /// Runs a closure in a session of its own: committed when it returns `Ok`, rolled back when it returns `Err` or panics.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// let factory = SessionMaker::new(engine);
    /// let alice = factory.transaction(|s| {
    ///     let alice = s.add(User { name: "alice".into(), ..Default::default() });
    ///     s.flush()?;
    ///     s.to_owned(alice)
    /// })?; // committed; an `Err` or a panic rolls back
    /// assert_eq!(alice.id, Id::Key(1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the closure, the flush or the commit returns.
    pub fn transaction<T>(&self, work: impl FnOnce(&mut Session<B>) -> Result<T>) -> Result<T> {
        self.try_transaction(work)
    }

    /// As [`transaction`](Self::transaction), for closures with an error type of their own.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// #[derive(Debug)]
    /// enum Failure {
    ///     TooYoung,
    ///     Database(orm_core::Error),
    /// }
    /// impl From<orm_core::Error> for Failure {
    ///     fn from(error: orm_core::Error) -> Self {
    ///         Failure::Database(error)
    ///     }
    /// }
    /// let refused = SessionMaker::new(engine.clone()).try_transaction(|s| {
    ///     s.add(User { age: Some(3), ..Default::default() });
    ///     s.flush()?;
    ///     Err::<(), _>(Failure::TooYoung)
    /// });
    /// assert!(matches!(refused, Err(Failure::TooYoung)));
    /// assert_eq!(engine.session().query::<User>().count()?, 0); // rolled back
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the closure, the flush or the commit returns.
    pub fn try_transaction<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut Session<B>) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let mut session = self.session();
        let done = work(&mut session).and_then(|value| Ok(session.commit().map(|()| value)?));
        done.inspect_err(|_| session.core.rollback())
    }
}

impl<B> SessionMaker<B> {
    /// As [`transaction`](Self::transaction), and runs the closure again, up to so many times in all, when another transaction
    /// was in the way: each time in a session of its own, which reads everything anew. From the second time on the lock for
    /// writing is taken before anything is read, so that the snapshot cannot be too old again.
    ///
    /// The closure can run several times: what it does outside of its session, it does each time.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct UsersDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub logins: i64 }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let factory = SessionMaker::new(engine);
    /// # factory.transaction(|s| { s.add(User::default()); Ok(()) })?;
    /// factory.transaction_with_retry(3, |s| {
    ///     let user = s.get_one::<User>(1)?;
    ///     s[user].logins += 1;
    ///     Ok(())
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the closure, the flush or the commit returns; busy only from the last time.
    pub fn transaction_with_retry<T>(
        &self,
        times: u32,
        mut work: impl FnMut(&mut Session<B>) -> Result<T>,
    ) -> Result<T> {
        let mut maker = self.clone();
        for _ in 1..times {
            match maker.transaction(&mut work) {
                Err(error) if error.is_busy() => {}
                done => return done,
            }
            if matches!(maker.options.begin, None | Some(BeginMode::Deferred)) {
                maker.options.begin = Some(BeginMode::Immediate);
            }
        }
        maker.transaction(work)
    }
}

impl<B> Engine<B> {
    /// A session of this engine, with the defaults of a [`SessionMaker`].
    pub fn session(&self) -> Session<B> {
        SessionMaker::new(self.clone()).session()
    }
}

impl<B> Clone for SessionMaker<B> {
    fn clone(&self) -> Self {
        SessionMaker {
            engine: self.engine.clone(),
            options: self.options,
            info: self.info.clone(),
            events: self.events.clone(),
        }
    }
}

impl<B> std::fmt::Debug for SessionMaker<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SessionMaker({:?})", self.engine)
    }
}
