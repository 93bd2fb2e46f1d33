//! Models and bases: what the derives implement.

use super::hooks::Moment;
use super::metadata::Metadata;
use super::shows::Shows;
use super::table::Table;
use crate::engine::{Engine, EngineCell};
use crate::error::Result;
use crate::row::Fields;
use crate::session::Session;
use crate::util::columns::ColumnSet;
use crate::value::{Field, HasKey, Ids, Key, RowOf};

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

    /// Tells the model from all others, where the derive has to ask the compiler which model an id names.
    const ORIGIN: u64 = 0;

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
    fn diff(&self, kept: &Self, diff: &mut Diff<'_>);

    /// The primary key, once it is known.
    fn key(&self, ids: &dyn Ids) -> Option<Self::Key>;

    /// Sets the primary key.
    fn set_key(&mut self, key: Self::Key);

    /// Forgets the primary key, if the database generates it.
    fn unset_key(&mut self);

    /// How its values are printed and serialised, if they can be.
    const SHOWS: Shows<Self> = Shows::NOTHING;

    /// Whether a field has an `on_update` value.
    const SUPPLIES: bool = false;

    /// Gives the `on_update` columns that an UPDATE does not change anyway their new values.
    fn on_update(&mut self, _changed: &ColumnSet) {}

    /// Whether it has hooks.
    const HOOKS: bool = false;

    /// Runs the hook of a moment.
    ///
    /// # Errors
    /// What the hook returns.
    fn hook(&mut self, _moment: &Moment<'_, Self>) -> Result<()> {
        Ok(())
    }

    /// Whether a field, or the whole, has a `validate` function.
    const VALIDATES: bool = false;

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
pub struct Diff<'ids> {
    next: usize,
    ids: &'ids dyn Ids,
    /// The columns that differ.
    pub(crate) changed: ColumnSet,
}

impl<'ids> Diff<'ids> {
    /// Nothing compared yet; an id that names an entity is the same as the key that the entity's row has.
    pub(crate) fn new(ids: &'ids dyn Ids) -> Self {
        Diff { next: 0, ids, changed: ColumnSet::EMPTY }
    }

    /// Compares the next field with its kept copy; a struct of columns compares its fields one by one.
    #[inline]
    pub fn field<T: Field>(&mut self, now: &T, kept: &T) {
        now.diff(kept, self);
    }

    /// Compares the next columns as a whole.
    #[inline]
    pub(crate) fn whole<T: Field>(&mut self, now: &T, kept: &T) {
        if !now.names_same(kept, self.ids) {
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
/// One implementation for all, so that the compiler names what is missing at its leaf: "`Comment` is not a model of
/// `UsersDb`".
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column type",
    label = "no column can hold this",
    note = "derive `ColumnType` for a newtype or a struct of columns, `ColumnEnum` for an enum, or enable the feature of the crate it comes from; what an `Id<..>` names derives `Model`"
)]
pub trait FieldOf<B> {
    /// What a column of this type can do in a query.
    type ColumnRole;
}

impl<B, T: Field> FieldOf<B> for T
where
    T::Names: KnownTo<B>,
{
    type ColumnRole = T::Role;
}

/// Says that what a field names lives in a base.
pub trait KnownTo<B> {}

impl<B> KnownTo<B> for () {}
impl<B, M: BelongsTo<B> + HasKey<K>, K: Key> KnownTo<B> for RowOf<M, K> {}
