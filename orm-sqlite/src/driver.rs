//! [`Sqlite`]: where a database is, and how to open it.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use orm_core::driver::{ConnectOptions, Connection, Dialect, Driver, PoolDefaults};
use orm_core::{Error, Result};
use r2d2::ManageConnection as _;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::OpenFlags;

use crate::connection::SqliteConnection;
use crate::dialect::SqliteDialect;
use crate::error::from_rusqlite;
use crate::options::{Access, Options, Target};
use crate::url;

/// A SQLite database: a file, or one in memory that lives as long as this value and the engine made of it.
///
/// ```
/// use orm_sqlite::Sqlite;
/// # fn main() -> orm_core::Result<()> {
/// let users = Sqlite::url("sqlite:///users.db?busy_timeout=2000")?;
/// let logs = Sqlite::file("logs.db").no_create().pragma("cache_size", -8000)?;
/// let scratch = Sqlite::memory();
/// # let _ = (users, logs, scratch); Ok(()) }
/// ```
///
/// Each connection gets `foreign_keys = on`, read back, a busy timeout of five seconds, and, for a file that may be written,
/// `journal_mode = wal` with `synchronous = normal`. A pragma that is given takes the place of its default.
#[derive(Debug)]
pub struct Sqlite {
    options: Options,
    /// Keeps a database in memory alive while the pool has no connection.
    anchor: Mutex<Option<rusqlite::Connection>>,
}

impl Sqlite {
    /// The database that a URL names: `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite:///:memory:` or `sqlite://`.
    ///
    /// Options after `?`: `mode` (`ro`, `rw`, or `rwc`, which makes a missing file and is the default), `cache=private`, and any
    /// pragma, such as `busy_timeout=5000`, `journal_mode=delete` or `foreign_keys=off`.
    ///
    /// ```
    /// # use orm_sqlite::Sqlite;
    /// # fn main() -> orm_core::Result<()> {
    /// for url in ["sqlite:///users.db", "sqlite:////var/lib/users.db", "sqlite:///:memory:", "sqlite:///users.db?mode=ro&busy_timeout=2000"] {
    ///     Sqlite::url(url)?; // nothing is opened
    /// }
    /// let error = Sqlite::url("sqlite:///users.db?busy_timout=2000").expect_err("a slip");
    /// assert!(error.message().contains("did you mean `busy_timeout`?"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Config when it is no such URL, or an option is not known.
    pub fn url(url: &str) -> Result<Self> {
        url::parse(url, new_memory).map(Self::new)
    }

    /// The database in a file, which is made if it is not there. The path is never read as a URI; `:memory:` is
    /// [`memory`](Self::memory), as everywhere in SQLite.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        if path == Path::new(":memory:") {
            return Self::memory();
        }
        Self::new(Options::new(Target::File(path)))
    }

    /// A new, empty database in memory, which nobody else can see.
    pub fn memory() -> Self {
        Self::new(Options::new(new_memory()))
    }

    /// Sets a pragma on each new connection; the value is a word or a whole number.
    ///
    /// ```
    /// # use orm_sqlite::Sqlite;
    /// # fn main() -> orm_core::Result<()> {
    /// let driver = Sqlite::file("users.db").pragma("cache_size", -8000)?.pragma("synchronous", "full")?;
    /// assert!(driver.pragma("foreign_keys", "perhaps").is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Config when SQLite has no such pragma, or the value is neither a word nor a number.
    pub fn pragma(mut self, name: &str, value: impl ToString) -> Result<Self> {
        self.options.set_pragma(name, &value.to_string())?;
        Ok(self)
    }

    /// Opens the file for reading only.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.options.access = Access::Read;
        self
    }

    /// Does not make a file that is not there.
    #[must_use]
    pub fn no_create(mut self) -> Self {
        if self.options.access == Access::Create {
            self.options.access = Access::Write;
        }
        self
    }

    /// How long a statement waits for a lock of another connection; milliseconds count, what is finer does not.
    #[must_use]
    pub fn busy_timeout(mut self, limit: Duration) -> Self {
        self.options.busy_timeout = limit;
        self
    }

    fn new(options: Options) -> Self {
        Sqlite { options, anchor: Mutex::new(None) }
    }

    /// Opens a connection; what may lock the file while it is set up waits so long.
    fn open(&self, limit: Duration) -> Result<rusqlite::Connection> {
        let place = self.options.place();
        let manager = match &self.options.target {
            Target::File(path) => SqliteConnectionManager::file(plain(path)).with_flags(self.flags()),
            Target::Memory(name) => {
                let flags = self.flags() | OpenFlags::SQLITE_OPEN_URI;
                SqliteConnectionManager::file(format!("file:/{name}?vfs=memdb")).with_flags(flags)
            }
        };
        if self.options.is_empty_path() {
            return Err(self.explain(Error::cannot_open("the path is empty")));
        }
        let manager = manager.with_init(move |connection| connection.busy_timeout(limit));
        let opened = manager.connect().map_err(|error| self.explain(from_rusqlite(error, &place)))?;
        crate::connection::set_up(&opened, &self.options).map_err(|error| self.explain(error))?;
        Ok(opened)
    }

    fn flags(&self) -> OpenFlags {
        let access = match (self.options.access, &self.options.target) {
            (Access::Read, Target::File(_)) => OpenFlags::SQLITE_OPEN_READ_ONLY,
            (Access::Write, Target::File(_)) => OpenFlags::SQLITE_OPEN_READ_WRITE,
            (Access::Create, _) | (_, Target::Memory(_)) => {
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
            }
        };
        access | OpenFlags::SQLITE_OPEN_NO_MUTEX
    }

    /// Adds what can be seen of the file to an error of opening it.
    fn explain(&self, error: Error) -> Error {
        let Target::File(path) = &self.options.target else {
            return error;
        };
        if !error.is_cannot_open() {
            return error;
        }
        match reason(path, self.options.access) {
            Some(reason) => {
                Error::cannot_open(format!("cannot open {}: {reason}", path.display())).with_source(error)
            }
            None => error,
        }
    }

    /// Makes sure that a database in memory stays.
    fn hold(&self, limit: Duration) -> Result<()> {
        if !matches!(self.options.target, Target::Memory(_)) {
            return Ok(());
        }
        let mut anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        if anchor.is_none() {
            *anchor = Some(self.open(limit)?);
        }
        Ok(())
    }
}

impl Driver for Sqlite {
    fn dialect(&self) -> &'static dyn Dialect {
        &SqliteDialect
    }

    fn connect(&self, options: &ConnectOptions) -> Result<Box<dyn Connection>> {
        self.hold(options.connect_timeout)?;
        let connection = self.open(options.connect_timeout)?;
        let connection = SqliteConnection::new(connection, &self.options, options)?;
        Ok(Box::new(connection))
    }

    fn pool_defaults(&self) -> PoolDefaults {
        match self.options.target {
            Target::File(_) => PoolDefaults { pool_size: 5, max_overflow: 10 },
            // One connection: users wait for each other instead of failing on each other's locks.
            Target::Memory(_) => PoolDefaults { pool_size: 1, max_overflow: 0 },
        }
    }

    fn location(&self) -> String {
        self.options.place()
    }
}

/// A name that no other database in memory of this process has.
fn new_memory() -> Target {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Target::Memory(format!("orm-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// A path that SQLite takes as it is: a build of it may read names that begin with `file:` as URIs, whatever the flags say.
fn plain(path: &Path) -> Cow<'_, Path> {
    if path.as_os_str().as_encoded_bytes().starts_with(b"file:") {
        return Cow::Owned(Path::new(".").join(path));
    }
    Cow::Borrowed(path)
}

/// Why a file cannot be opened, as far as it can be seen, and what to do.
fn reason(path: &Path, access: Access) -> Option<String> {
    if path.as_os_str().is_empty() {
        return Some("the path is empty".to_owned());
    }
    if path.is_dir() {
        return Some("it is a folder: name a file in it".to_owned());
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    if !folder.exists() {
        return Some(format!("there is no folder {}: create it, or correct the path", folder.display()));
    }
    if !path.exists() {
        return Some(match access {
            Access::Read | Access::Write => {
                "there is no such file, and it shall not be made: correct the path, or allow to create it"
                    .to_owned()
            }
            Access::Create => {
                format!("it cannot be made: check that the folder {} may be written", folder.display())
            }
        });
    }
    match fs::File::open(path) {
        Err(error) => Some(format!("{error}: check its permissions")),
        Ok(_) => None,
    }
}
