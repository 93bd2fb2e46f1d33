//! Models and bases: what the derives implement.

use super::def::FieldDef;
use super::metadata::Metadata;
use super::table::Table;
use crate::engine::{Engine, EngineCell};
use crate::error::Result;
use crate::row::Fields;
use crate::session::Session;
use crate::util::columns::ColumnSet;
use crate::value::{Encoder, Field, HasKey, Ids, Key, RowOf};

/// A database's declarative base: `#[derive(DeclarativeBase)] struct UsersDb;`.
pub trait DeclarativeBase: Sized + Send + Sync + 'static {
    /// The base's name, for messages.
    const NAME: &'static str;

    /// Where the one engine that is bound to this base is kept.
    fn engine_cell() -> &'static EngineCell<Self>;

    /// Makes an engine the one of this base.
    ///
    /// # Errors
    /// Misuse when the base has an engine already.
    fn bind(engine: Engine<Self>) -> Result<()> {
        Self::engine_cell().bind(engine)
    }

    /// The engine of this base.
    ///
    /// # Errors
    /// Misuse when none was bound.
    fn engine() -> Result<Engine<Self>> {
        Self::engine_cell().engine()
    }

    /// A session of the engine of this base.
    ///
    /// # Errors
    /// Misuse when no engine was bound.
    fn session() -> Result<Session<Self>> {
        Ok(Self::engine()?.session())
    }

    /// The tables of this base.
    fn metadata() -> Metadata<Self> {
        Metadata::new()
    }
}

/// A struct whose values are rows of a table; `#[derive(Model)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "`#[derive(Model)]` makes a struct one"
)]
pub trait Model: Clone + Send + Sync + 'static {
    /// The base it belongs to.
    type Base: DeclarativeBase;

    /// The type of its primary key; a tuple when the key has several fields.
    type Key: Key;

    /// Its table.
    fn table() -> &'static Table;

    /// Reads a value from the columns of a row, in the order of the table.
    ///
    /// # Errors
    /// A value error when a column does not hold what its field expects.
    fn decode(row: &mut Fields<'_>) -> Result<Self>;

    /// Shows every field to a visitor, in the order of the table.
    ///
    /// # Errors
    /// What the visitor returns.
    fn visit<'a, V: Visitor<'a>>(&'a self, visitor: &mut V) -> Result<()>;

    /// Lets a visitor change every field, in the order of the table.
    ///
    /// # Errors
    /// What the visitor returns.
    fn visit_mut<V: VisitorMut>(&mut self, visitor: &mut V) -> Result<()>;

    /// Compares with a kept copy, field by field.
    fn diff(&self, kept: &Self, diff: &mut Diff);

    /// The primary key, once it is known.
    fn key(&self, ids: &dyn Ids) -> Option<Self::Key>;

    /// Sets the primary key.
    fn set_key(&mut self, key: Self::Key);

    /// Forgets the primary key, if the database generates it.
    fn unset_key(&mut self);

    /// Gives the `on_update` columns that an UPDATE does not change anyway their new values.
    fn on_update(&mut self, _changed: &ColumnSet) {}

    /// Names every field that its `validate` function refuses, with the reason.
    fn validate(&self, _refuse: &mut dyn FnMut(&'static str, String)) {}
}

/// Sees the fields of an entity one after the other.
pub trait Visitor<'a> {
    /// The next field.
    ///
    /// # Errors
    /// What the visitor makes of it.
    fn field<T: Field>(&mut self, field: &'a T) -> Result<()>;
}

/// Changes the fields of an entity one after the other.
pub trait VisitorMut {
    /// The next field.
    ///
    /// # Errors
    /// What the visitor makes of it.
    fn field<T: Field>(&mut self, field: &mut T) -> Result<()>;
}

/// Gathers the columns in which two values of a model differ.
#[derive(Default)]
pub struct Diff {
    next: usize,
    /// The columns that differ.
    pub(crate) changed: ColumnSet,
}

impl Diff {
    /// Compares the next field with its kept copy.
    #[inline]
    pub fn field<T: Field>(&mut self, now: &T, kept: &T) {
        if !now.same(kept) {
            (self.next..self.next + T::WIDTH).for_each(|column| self.changed.insert(column));
        }
        self.next += T::WIDTH;
    }
}

/// Says that a model belongs to a base; the derive writes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model of `{B}`",
    label = "not a model of `{B}`",
    note = "a base's engine and sessions know the models of that base only"
)]
pub trait BelongsTo<B>: Model {}

/// A field of the models of a base: any column type, and ids of models of the same base.
///
/// Generated code reaches a field's type through this trait alone, so that a type that is none gives one error.
pub trait FieldOf<B>: Field {
    /// What a column of this type can do in a query.
    type ColumnRole;

    /// The field with nothing said about it.
    const DEF: FieldDef;

    /// What the derive checks an attribute against.
    const FACTS: Facts;

    /// Reads the field from the next columns of a row.
    ///
    /// # Errors
    /// A value error when a column does not hold what the field's type expects.
    fn read(row: &mut Fields<'_>) -> Result<Self>;

    /// Shows the field to a visitor.
    ///
    /// # Errors
    /// What the visitor returns.
    fn show<'a, V: Visitor<'a>>(&'a self, visitor: &mut V) -> Result<()>;

    /// Lets a visitor change the field.
    ///
    /// # Errors
    /// What the visitor returns.
    fn change<V: VisitorMut>(&mut self, visitor: &mut V) -> Result<()>;

    /// Compares the field with its kept copy.
    fn compare(&self, kept: &Self, diff: &mut Diff);

    /// Writes the field's columns, for a struct of columns.
    ///
    /// # Errors
    /// A value error when the database cannot store the value.
    fn write<'a>(&'a self, out: &mut Encoder<'a, '_>) -> Result<()>;

    /// Whether both are stored alike, for a struct of columns.
    fn alike(&self, other: &Self) -> bool;
}

/// What a field's type says of its columns.
pub struct Facts {
    /// How many columns it spreads over.
    pub width: usize,
    /// Whether they allow NULL.
    pub nullable: bool,
    /// Whether it is an id.
    pub is_id: bool,
    /// Whether it is one column of text.
    pub is_text: bool,
    /// Whether the database can fill it in.
    pub is_generated: bool,
    /// Whether it is a struct of columns.
    pub is_embedded: bool,
}

impl<B, T: Field> FieldOf<B> for T
where
    T::Names: KnownTo<B>,
{
    type ColumnRole = T::Role;
    const DEF: FieldDef = FieldDef::of::<T>("");
    const FACTS: Facts = Facts {
        width: T::WIDTH,
        nullable: T::NULLABLE,
        is_id: T::IS_ID,
        is_text: T::IS_TEXT,
        is_generated: T::IS_GENERATED,
        is_embedded: T::IS_EMBEDDED,
    };

    #[inline]
    fn read(row: &mut Fields<'_>) -> Result<Self> {
        T::decode(row)
    }

    #[inline]
    fn show<'a, V: Visitor<'a>>(&'a self, visitor: &mut V) -> Result<()> {
        visitor.field(self)
    }

    #[inline]
    fn change<V: VisitorMut>(&mut self, visitor: &mut V) -> Result<()> {
        visitor.field(self)
    }

    #[inline]
    fn compare(&self, kept: &Self, diff: &mut Diff) {
        diff.field(self, kept);
    }

    #[inline]
    fn write<'a>(&'a self, out: &mut Encoder<'a, '_>) -> Result<()> {
        T::encode(self, out)
    }

    #[inline]
    fn alike(&self, other: &Self) -> bool {
        T::same(self, other)
    }
}

/// Says that what a field names lives in a base.
pub trait KnownTo<B> {}

impl<B> KnownTo<B> for () {}
impl<B, M: BelongsTo<B> + HasKey<K>, K: Key> KnownTo<B> for RowOf<M, K> {}
