//! The optimistic lock of a row.

use super::{ColumnType, SqlType, Value, ValueRef};
use crate::error::Result;

/// Counts the writes of a row: 1 when it is inserted, one more with each UPDATE. The session manages it; it has no setter.
///
/// A flush that meets another version in the database than the one it loaded is a stale error.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct UsersDb;
/// #[derive(Model, Clone)]
/// #[model(base = UsersDb, table = "documents", default)]
/// pub struct Document {
///     #[column(primary_key)]
///     pub id: Id<Document>,
///     pub text: String,
///     #[column(version)]
///     pub version: Version,
/// }
/// # fn main() -> orm_core::Result<()> {
/// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
/// # engine.create_all()?;
/// let (mut mine, mut theirs) = (engine.session(), engine.session());
/// let document = mine.add(Document::default());
/// mine.commit()?;
/// assert_eq!(mine[document].version.get(), 1);
///
/// let same = theirs.get_one::<Document>(1)?;
/// theirs[same].text = "theirs".into();
/// theirs.commit()?;
/// mine[document].text = "mine".into();
/// assert!(mine.commit().is_err_and(|error| error.is_stale())); // nobody's work is lost without a word
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Version(i64);

impl Version {
    /// How often the row was written; 0 before it is inserted.
    pub fn get(self) -> i64 {
        self.0
    }

    pub(crate) fn next(self) -> Self {
        Version(self.0 + 1)
    }
}

impl ColumnType for Version {
    type Base = i64;
    const SQL_TYPE: SqlType = SqlType::BigInt;

    #[inline]
    fn encode(&self) -> Result<Value<'_>> {
        Ok(Value::Int(self.0))
    }

    #[inline]
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        i64::decode(value).map(Version)
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}
