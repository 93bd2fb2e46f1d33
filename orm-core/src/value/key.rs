//! Primary keys: of one column, or of several as a tuple.

use std::fmt::Debug;
use std::hash::Hash;

use super::{ColumnType, Encoder, Field, Handle, Id, Ids, Link, Shape, SqlType, Value};
use crate::error::Result;
use crate::row::Fields;
use crate::schema::Model;
use crate::util::columns::ColumnSet;

/// The value of a primary key: a column type that can be compared and hashed, or a tuple of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a primary key",
    label = "not a key type",
    note = "a key is an integer, a text, bytes, a UUID, a date, a newtype of one of them, or a tuple of keys"
)]
pub trait Key: Clone + Eq + Ord + Hash + Debug + Send + Sync + 'static {
    /// How many columns the key has.
    const WIDTH: usize;

    /// Whether it is one column of text.
    const IS_TEXT: bool = false;

    /// Adds the key's columns to a table under construction.
    fn describe(shape: &mut Shape);

    /// Reads the key from the next columns of a row.
    ///
    /// # Errors
    /// A value error when a column does not hold what the key's type expects.
    fn decode(row: &mut Fields<'_>) -> Result<Self>;

    /// Writes the key's columns.
    ///
    /// # Errors
    /// A value error when the database cannot store the value.
    fn encode<'a>(&'a self, out: &mut Encoder<'a, '_>) -> Result<()>;

    /// The value, if the key has one column.
    fn value(&self) -> Option<Result<Value<'_>>> {
        None
    }

    /// The key that a database generated, for integer keys.
    fn from_generated(_id: i64) -> Option<Self> {
        None
    }
}

impl<T: ColumnType + Eq + Ord + Hash + Debug> Key for T {
    const WIDTH: usize = 1;
    const IS_TEXT: bool = matches!(T::SQL_TYPE, SqlType::Text);

    fn describe(shape: &mut Shape) {
        shape.column::<T>();
    }

    #[inline]
    fn decode(row: &mut Fields<'_>) -> Result<Self> {
        row.column()
    }

    #[inline]
    fn encode<'a>(&'a self, out: &mut Encoder<'a, '_>) -> Result<()> {
        out.column(|| ColumnType::encode(self))
    }

    #[inline]
    fn value(&self) -> Option<Result<Value<'_>>> {
        Some(ColumnType::encode(self))
    }

    #[inline]
    fn from_generated(id: i64) -> Option<Self> {
        T::from_generated(id)
    }
}

macro_rules! composite_keys {
    ($(($($part:ident $index:tt),+))*) => {$(
        impl<$($part: Key),+> Key for ($($part,)+) {
            const WIDTH: usize = 0 $(+ $part::WIDTH)+;

            fn describe(shape: &mut Shape) {
                $($part::describe(shape);)+
            }

            #[inline]
            fn decode(row: &mut Fields<'_>) -> Result<Self> {
                Ok(($($part::decode(row)?,)+))
            }

            #[inline]
            fn encode<'a>(&'a self, out: &mut Encoder<'a, '_>) -> Result<()> {
                $(self.$index.encode(out)?;)+
                Ok(())
            }
        }
    )*};
}

composite_keys! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
}

/// The values of a key.
pub(crate) fn encode_key<'a, K: Key>(key: &'a K, ids: &'a dyn Ids, out: &mut Vec<Value<'a>>) -> Result<()> {
    let all = ColumnSet::first(K::WIDTH);
    key.encode(&mut Encoder::new(&all, ids, out))
}

/// A field that can be a primary key, or a part of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a primary key",
    label = "not a key type",
    note = "a key is an integer, a text, bytes, a UUID, a date, a newtype of one of them, or the id of another model"
)]
pub trait KeyField: Field {
    /// The key's type: `K` for an `Id<M, K>`, else the field's own.
    type Key: Key;

    /// The key, once it is known.
    fn key(&self, ids: &dyn Ids) -> Option<Self::Key>;

    /// Sets the key.
    fn set_key(&mut self, key: Self::Key);

    /// Forgets the key, if the database generates it.
    fn unset_key(&mut self) {}
}

impl<T: ColumnType + Key> KeyField for T {
    type Key = T;

    #[inline]
    fn key(&self, _ids: &dyn Ids) -> Option<T> {
        Some(self.clone())
    }

    #[inline]
    fn set_key(&mut self, key: T) {
        *self = key;
    }
}

impl<M: Model, K: Key> KeyField for Id<M, K> {
    type Key = K;

    #[inline]
    fn key(&self, ids: &dyn Ids) -> Option<K> {
        match self.link() {
            Link::None => None,
            Link::Key(key) => key.downcast_ref().cloned(),
            Link::Of(entity) => ids.key(entity)?.downcast_ref().cloned(),
        }
    }

    #[inline]
    fn set_key(&mut self, key: K) {
        *self = Id::Key(key);
    }

    fn unset_key(&mut self) {
        *self = Id::New;
    }
}

/// Says that rows of this model have keys of type `K`; the derive writes it, and checks foreign keys by it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no key of type `{K}`",
    label = "the key of `{Self}` is of another type",
    note = "write the key's type as the second parameter: `Id<{Self}, KeyType>`"
)]
pub trait HasKey<K> {}

/// What names a row of `M` in a call such as `get`: its key, or an id.
#[diagnostic::on_unimplemented(
    message = "this is no key of `{M}`",
    label = "`{Self}` is neither the type of its key nor its id",
    note = "a composite key is a tuple, in the order of the key's fields"
)]
pub trait IntoKey<M: Model> {
    /// The id that names the row.
    fn into_id(self) -> Id<M, M::Key>;
}

impl<M: Model<Key = K>, K: Key> IntoKey<M> for K {
    #[inline]
    fn into_id(self) -> Id<M, K> {
        Id::Key(self)
    }
}

impl<M: Model<Key = K>, K: Key> IntoKey<M> for Id<M, K> {
    #[inline]
    fn into_id(self) -> Id<M, K> {
        self
    }
}

impl<M: Model> IntoKey<M> for Handle<M> {
    #[inline]
    fn into_id(self) -> Id<M, M::Key> {
        Id::Of(self)
    }
}

impl<M: Model<Key = String>> IntoKey<M> for &str {
    #[inline]
    fn into_id(self) -> Id<M, String> {
        Id::Key(self.to_owned())
    }
}
