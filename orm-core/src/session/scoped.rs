//! One session for each thread, request or whatever else a scope is.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::entities::Session;
use super::maker::SessionMaker;
use crate::error::{Error, Result};
use crate::schema::DeclarativeBase;

/// Hands each scope its own session, made on first use: as SQLAlchemy's `scoped_session`, without the magic.
///
/// A scope is a thread, whose session is closed when the thread ends, or any key that a function tells. It can be a
/// `static`:
///
/// ```
/// # use std::sync::LazyLock;
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct UsersDb;
/// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
/// static SESSION: LazyLock<ScopedSession<UsersDb>> = LazyLock::new(|| {
///     ScopedSession::new(SessionMaker::new(UsersDb::engine().expect("the program begins with `UsersDb::bind`")))
/// });
///
/// # fn main() -> orm_core::Result<()> {
/// # UsersDb::bind(Engine::builder(Sqlite::memory()).build()?)?;
/// # UsersDb::engine()?.create_all()?;
/// let user = SESSION.with(|s| s.get::<User>(1))?; // this thread's session, made on first use
/// SESSION.remove(); // closed: rolled back, its connection back in the pool
/// assert_eq!(user, None);
/// # Ok(())
/// # }
/// ```
pub struct ScopedSession<B: DeclarativeBase> {
    maker: SessionMaker<B>,
    scopes: Box<dyn Scopes<B>>,
}

/// Tells which scope is the current one.
trait Scopes<B>: Send + Sync {
    fn current(&self) -> Box<dyn Scope<B> + '_>;
}

/// A scope: where its session waits between two uses.
trait Scope<B> {
    /// Takes the session out; an error when it is in use.
    fn take(&self) -> Result<Option<Session<B>>>;
    /// Puts the session back; gives it again if it was removed meanwhile.
    fn put_back(&self, session: Session<B>) -> Option<Session<B>>;
    /// Forgets that the session is in use.
    fn forget(&self);
    /// Takes the session away; one in use goes when its use ends.
    fn remove(&self) -> Option<Session<B>>;
}

/// The session of a scope.
enum Place<S> {
    Idle(S),
    InUse,
    /// In use, and to be closed when that ends.
    Removed,
}

impl<B: DeclarativeBase> ScopedSession<B> {
    /// A session for each thread.
    pub fn new(maker: SessionMaker<B>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        ScopedSession { maker, scopes: Box::new(ByThread(NEXT.fetch_add(1, Ordering::Relaxed))) }
    }

    /// A session for each key that a function tells, such as the id of the current request.
    pub fn with_scope<K: Clone + Eq + Hash + Send + 'static>(
        maker: SessionMaker<B>,
        scope: impl Fn() -> K + Send + Sync + 'static,
    ) -> Self {
        ScopedSession { maker, scopes: Box::new(ByKey { scope, sessions: Mutex::new(HashMap::new()) }) }
    }

    /// Runs a closure with the session of the current scope. Nothing is committed for you. After a panic the session is
    /// closed, and the scope gets a new one with the next call.
    ///
    /// # Errors
    /// What the closure returns; misuse when the session is in use, by an outer `with` or by another thread of the same
    /// scope.
    pub fn with<T>(&self, work: impl FnOnce(&mut Session<B>) -> Result<T>) -> Result<T> {
        let scope = self.scopes.current();
        let session = scope.take()?.unwrap_or_else(|| self.maker.session());
        let mut used = Used { scope: &*scope, session: Some(session) };
        let result =
            work(used.session.as_mut().expect("invariant: the session is there until it is put back"));
        used.put_back();
        result
    }

    /// Closes the session of the current scope: rolled back, and its connection given back. Inside of `with`, that happens
    /// when the `with` ends.
    pub fn remove(&self) {
        drop(self.scopes.current().remove());
    }
}

/// A session in use; when its use ends by a panic, the scope forgets it.
struct Used<'a, B> {
    scope: &'a dyn Scope<B>,
    session: Option<Session<B>>,
}

impl<B> Used<'_, B> {
    fn put_back(&mut self) {
        if let Some(session) = self.session.take() {
            drop(self.scope.put_back(session));
        }
    }
}

impl<B> Drop for Used<'_, B> {
    fn drop(&mut self) {
        if self.session.is_some() {
            self.scope.forget();
        }
    }
}

fn in_use<T>() -> Result<T> {
    Err(Error::misuse(
        "the session of this scope is in use: by an outer `with`, whose session should be passed on, or by another thread of \
         the same scope",
    ))
}

/// What is done to a map of places, whoever owns it.
fn take<K: Eq + Hash, S>(places: &mut HashMap<K, Place<S>>, key: K) -> Result<Option<S>> {
    if matches!(places.get(&key), Some(Place::InUse | Place::Removed)) {
        return in_use();
    }
    match places.insert(key, Place::InUse) {
        Some(Place::Idle(session)) => Ok(Some(session)),
        Some(Place::InUse | Place::Removed) | None => Ok(None),
    }
}

fn put_back<K: Eq + Hash, S>(places: &mut HashMap<K, Place<S>>, key: K, session: S) -> Option<S> {
    match places.remove(&key) {
        Some(Place::Removed) => Some(session),
        Some(Place::InUse | Place::Idle(_)) | None => {
            places.insert(key, Place::Idle(session));
            None
        }
    }
}

fn remove<K: Eq + Hash, S>(places: &mut HashMap<K, Place<S>>, key: K) -> Option<S> {
    match places.remove(&key) {
        None => None,
        Some(Place::Idle(session)) => Some(session),
        Some(Place::InUse | Place::Removed) => {
            places.insert(key, Place::Removed);
            None
        }
    }
}

thread_local! {
    /// The sessions of this thread, by the number of their scoped session. They are closed when the thread ends.
    static SESSIONS: RefCell<HashMap<u64, Place<Box<dyn Any>>>> = RefCell::new(HashMap::new());
}

/// The threads of a scoped session, by its number.
#[derive(Clone, Copy)]
struct ByThread(u64);

impl<B: DeclarativeBase> Scopes<B> for ByThread {
    fn current(&self) -> Box<dyn Scope<B> + '_> {
        Box::new(*self)
    }
}

/// The current thread.
impl<B: DeclarativeBase> Scope<B> for ByThread {
    fn take(&self) -> Result<Option<Session<B>>> {
        Ok(SESSIONS.with_borrow_mut(|sessions| take(sessions, self.0))?.and_then(typed))
    }

    fn put_back(&self, session: Session<B>) -> Option<Session<B>> {
        let session: Box<dyn Any> = Box::new(session);
        SESSIONS.with_borrow_mut(|sessions| put_back(sessions, self.0, session)).and_then(typed)
    }

    fn forget(&self) {
        SESSIONS.with_borrow_mut(|sessions| sessions.remove(&self.0));
    }

    fn remove(&self) -> Option<Session<B>> {
        SESSIONS.with_borrow_mut(|sessions| remove(sessions, self.0)).and_then(typed)
    }
}

/// A session of its own type again; the number of a scoped session is that of one base.
fn typed<B: DeclarativeBase>(session: Box<dyn Any>) -> Option<Session<B>> {
    session.downcast().ok().map(|session| *session)
}

/// The scopes that a function tells apart.
struct ByKey<K, F, B> {
    scope: F,
    sessions: Sessions<K, B>,
}

type Sessions<K, B> = Mutex<HashMap<K, Place<Session<B>>>>;

impl<K, F, B> Scopes<B> for ByKey<K, F, B>
where
    K: Clone + Eq + Hash + Send,
    F: Fn() -> K + Send + Sync,
    B: DeclarativeBase,
{
    fn current(&self) -> Box<dyn Scope<B> + '_> {
        Box::new(Keyed { key: (self.scope)(), sessions: &self.sessions })
    }
}

/// The scope of a key, which was asked for once.
struct Keyed<'a, K, B> {
    key: K,
    sessions: &'a Sessions<K, B>,
}

impl<K: Clone + Eq + Hash, B> Keyed<'_, K, B> {
    fn with<R>(&self, work: impl FnOnce(&mut HashMap<K, Place<Session<B>>>, K) -> R) -> R {
        work(&mut self.sessions.lock().unwrap_or_else(PoisonError::into_inner), self.key.clone())
    }
}

impl<K: Clone + Eq + Hash, B> Scope<B> for Keyed<'_, K, B> {
    fn take(&self) -> Result<Option<Session<B>>> {
        self.with(take)
    }

    fn put_back(&self, session: Session<B>) -> Option<Session<B>> {
        self.with(|sessions, key| put_back(sessions, key, session))
    }

    fn forget(&self) {
        self.with(|sessions, key| sessions.remove(&key));
    }

    fn remove(&self) -> Option<Session<B>> {
        self.with(remove)
    }
}
