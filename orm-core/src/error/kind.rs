//! The kinds of error, each with its constructor and its predicate in one table.

use super::Error;

/// What a violated constraint is about: the table, its columns, and the constraint's name where it has one.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct UsersDb;
/// #[derive(Model, Clone)]
/// #[model(base = UsersDb, table = "users")]
/// pub struct User {
///     #[column(primary_key)]
///     pub id: Id<User>,
///     #[column(unique)]
///     pub email: String,
/// }
/// # fn main() -> orm_core::Result<()> {
/// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
/// # engine.create_all()?;
/// # let mut s = engine.session();
/// s.add_all(["a@x.org", "a@x.org"].map(|email| User { id: Id::New, email: email.into() }));
/// let error = s.commit().expect_err("one address twice");
/// assert!(error.is_unique());
/// let constraint = error.constraint().expect("SQLite tells");
/// assert_eq!((constraint.table.as_deref(), &*constraint.columns[0]), (Some("users"), "email"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraint {
    /// The table, as the database names it.
    pub table: Option<String>,
    /// The columns, in the order of the constraint.
    pub columns: Vec<String>,
    /// The name of the constraint or index.
    pub name: Option<String>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $make:ident, $is:ident;)*) => {
        /// What kind of error it is, to branch on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)*
        }

        impl Error {
            $(
                #[doc = concat!("An error of kind [`ErrorKind::", stringify!($kind), "`].")]
                #[cold]
                pub fn $make(message: impl Into<String>) -> Self {
                    Self::new(ErrorKind::$kind, message)
                }

                #[doc = concat!("Whether the kind is [`ErrorKind::", stringify!($kind), "`].")]
                pub fn $is(&self) -> bool {
                    self.kind() == ErrorKind::$kind
                }
            )*
        }
    };
}

kinds! {
    /// A value that must be unique, a primary key included, is there already.
    Unique, unique, is_unique;
    /// A foreign key names a row that is not there, or a row is still named by others.
    ForeignKey, foreign_key, is_foreign_key;
    /// NULL for a column that allows none.
    NotNull, not_null, is_not_null;
    /// A CHECK constraint refused the row.
    Check, check, is_check;
    /// The row that a flush wanted to change is gone, or was changed by someone else.
    Stale, stale, is_stale;
    /// There is no such row.
    NotFound, not_found, is_not_found;
    /// More than one row where one was asked for.
    MultipleFound, multiple_found, is_multiple_found;
    /// Another transaction holds the lock; the same work may succeed when it is done again.
    Busy, busy, is_busy;
    /// No connection became free in time.
    Timeout, timeout, is_timeout;
    /// The connection is gone.
    Disconnected, disconnected, is_disconnected;
    /// The disk, or the database's own limit, is full.
    Full, full, is_full;
    /// The database, or its file, may not be written.
    ReadOnly, read_only, is_read_only;
    /// The database cannot be opened, or is no database.
    CannotOpen, cannot_open, is_cannot_open;
    /// A call that makes no sense in this state: the program has to change.
    Misuse, misuse, is_misuse;
    /// Models and database do not agree, or the SQL names what is not there.
    Schema, schema, is_schema;
    /// A value that does not fit its column's type, on the way in or out.
    Value, value, is_value;
    /// A URL or an option that cannot be understood.
    Config, config, is_config;
    /// The backend cannot do this.
    Unsupported, unsupported, is_unsupported;
    /// Anything else that the database reports.
    Database, database, is_database;
}
