//! How generated code reaches the type of a field, so that a wrong type gives one error and not ten.
//!
//! `FieldIn::<B, T>::read(row)` is an inherent function where `T` is a field of the base `B`. Where it is none, method
//! lookup falls back on the trait [`NoField`], whose functions fit any type and never run. So the only error is that of
//! the column's constant, whose type names [`FieldOf`] openly. [`KeyIn`] and [`NoKey`] do the same for primary keys.

use std::marker::PhantomData;

use super::def::FieldDef;
use super::derived::unfinished;
use super::model::{Diff, FieldOf, Model, Visitor, VisitorMut};
use crate::error::Result;
use crate::row::Fields;
use crate::value::{Encoder, Field, Ids, KeyField};

/// A type as a field of the models of a base.
pub struct FieldIn<B, T>(PhantomData<(B, T)>);

/// A type as a primary key, or a part of one.
pub struct KeyIn<T>(PhantomData<T>);

/// What a field's type says of its columns.
pub struct Facts {
    /// Whether the type is a field at all; else nothing is required of it.
    is_field: bool,
    /// How many columns it spreads over.
    pub width: usize,
    /// Whether they allow NULL.
    pub nullable: bool,
    /// Whether it is an id.
    pub is_id: bool,
    /// The origin of the model that it names, or 0.
    origin: u64,
    /// Whether it is one column of text.
    pub is_text: bool,
    /// Whether the database can fill it in.
    pub is_generated: bool,
    /// Whether it is a struct of columns.
    pub is_embedded: bool,
}

impl Facts {
    /// Whether it is an id of this model, which has an origin.
    pub const fn names<M: Model>(&self) -> bool {
        self.origin == M::ORIGIN
    }

    /// A rule of the derive that only the compiler can judge; the message is the error's headline.
    #[track_caller]
    #[expect(clippy::panic, reason = "it runs in the compiler: the message is the error")]
    pub const fn require(&self, holds: bool, message: &str) {
        if self.is_field && !holds {
            panic!("{}", message);
        }
    }
}

impl<B, T: Field + FieldOf<B>> FieldIn<B, T> {
    /// The field with nothing said about it.
    pub const DEF: FieldDef = FieldDef::of::<T>("");

    /// What attributes are checked against.
    pub const FACTS: Facts = Facts {
        is_field: true,
        width: T::WIDTH,
        nullable: T::NULLABLE,
        is_id: T::IS_ID,
        origin: T::ORIGIN,
        is_text: T::IS_TEXT,
        is_generated: T::IS_GENERATED,
        is_embedded: T::IS_EMBEDDED,
    };

    /// Reads the field from the next columns of a row.
    ///
    /// # Errors
    /// A value error when a column does not hold what the field's type expects.
    #[inline]
    pub fn read(row: &mut Fields<'_>) -> Result<T> {
        T::decode(row)
    }

    /// Passes over the columns of a deferred field.
    ///
    /// # Errors
    /// As [`read`](Self::read), for a type that cannot tell that it is not loaded.
    #[inline]
    pub fn pass(row: &mut Fields<'_>) -> Result<T> {
        T::pass(row)
    }

    /// Shows the field to a visitor.
    ///
    /// # Errors
    /// What the visitor returns.
    #[inline]
    pub fn show<'a, V: Visitor<'a>>(field: &'a T, visitor: &mut V) -> Result<()> {
        visitor.field(field)
    }

    /// Lets a visitor change the field.
    ///
    /// # Errors
    /// What the visitor returns.
    #[inline]
    pub fn change<V: VisitorMut>(field: &mut T, visitor: &mut V) -> Result<()> {
        visitor.field(field)
    }

    /// Compares the field with its kept copy.
    #[inline]
    pub fn compare(field: &T, kept: &T, diff: &mut Diff<'_>) {
        diff.field(field, kept);
    }

    /// Writes the field's columns, for a struct of columns.
    ///
    /// # Errors
    /// A value error when the database cannot store the value.
    #[inline]
    pub fn write<'a>(field: &'a T, out: &mut Encoder<'a, '_>) -> Result<()> {
        field.encode(out)
    }

    /// Whether both are stored alike, for a struct of columns.
    #[inline]
    pub fn alike(field: &T, other: &T) -> bool {
        field.same(other)
    }

    /// Adds the field's columns to a struct of columns.
    pub fn describe(shape: &mut crate::value::Shape, name: &str) {
        shape.embedded::<T>(name);
    }
}

/// What [`FieldIn`] falls back on for a type that is no field.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait NoField<T>: Sized {
    const DEF: FieldDef = FieldDef::of::<bool>("");
    const FACTS: Facts = Facts {
        is_field: false,
        width: 1,
        nullable: false,
        is_id: false,
        origin: 0,
        is_text: false,
        is_generated: false,
        is_embedded: false,
    };

    fn read(_row: &mut Fields<'_>) -> Result<T> {
        unfinished()
    }

    fn pass(_row: &mut Fields<'_>) -> Result<T> {
        unfinished()
    }

    fn show<V>(_field: &T, _visitor: &mut V) -> Result<()> {
        unfinished()
    }

    fn change<V>(_field: &mut T, _visitor: &mut V) -> Result<()> {
        unfinished()
    }

    fn compare(_field: &T, _kept: &T, _diff: &mut Diff<'_>) {}

    fn write(_field: &T, _out: &mut Encoder<'_, '_>) -> Result<()> {
        unfinished()
    }

    fn alike(_field: &T, _other: &T) -> bool {
        unfinished()
    }

    fn describe(_shape: &mut crate::value::Shape, _name: &str) {}
}

impl<B, T> NoField<T> for FieldIn<B, T> {}

impl<T: KeyField> KeyIn<T> {
    /// The key, once it is known.
    #[inline]
    pub fn key(field: &T, ids: &dyn Ids) -> Option<T::Key> {
        field.key(ids)
    }

    /// Sets the key.
    #[inline]
    pub fn set_key(field: &mut T, key: T::Key) {
        field.set_key(key);
    }

    /// Forgets the key, if the database generates it.
    #[inline]
    pub fn unset_key(field: &mut T) {
        field.unset_key();
    }
}

/// What [`KeyIn`] falls back on for a type that is no key.
#[allow(missing_docs)]
pub trait NoKey<T>: Sized {
    fn key<K>(_field: &T, _ids: &dyn Ids) -> Option<K> {
        None
    }

    fn set_key<K>(_field: &mut T, _key: K) {}

    fn unset_key(_field: &mut T) {}
}

impl<T> NoKey<T> for KeyIn<T> {}

/// A type as a field of a struct that rows become.
pub struct RowIn<T>(PhantomData<T>);

impl<T: Field> RowIn<T> {
    /// The field with nothing said about it.
    pub const DEF: FieldDef = FieldDef::of::<T>("");

    /// Whether it is one column, which has the field's name.
    pub const IS_ONE_COLUMN: bool = T::WIDTH == 1;
}

/// What [`RowIn`] falls back on for what is no column, such as a handle: no query speaks of it.
#[allow(missing_docs)]
pub trait NoColumn {
    const DEF: FieldDef = FieldDef::of::<bool>("");
    const IS_ONE_COLUMN: bool = true;
}

impl<T> NoColumn for RowIn<T> {}
