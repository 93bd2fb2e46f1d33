//! What a field of a model can be: a value of one column, an id of one or more, or a struct of columns.

use std::any::Any;
use std::marker::PhantomData;

use super::column::{Fk, Plain};
use super::{ColumnType, Entity, Handle, Id, Key, SqlType, Value, Version};
use crate::error::{Error, Result};
use crate::row::Fields;
use crate::schema::{Diff, Model, Table};
use crate::util::columns::ColumnSet;

/// A type that a model's field can have. It spreads over [`WIDTH`](Self::WIDTH) columns, most often one.
///
/// Every [`ColumnType`] is a field; so are `Id`, `Option<Id>`, `Generated`, and structs that derive `ColumnType`
/// (`#[column(embed)]`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column type",
    label = "no column can hold this",
    note = "derive `ColumnType` for a newtype or a struct of columns, `ColumnEnum` for an enum, or enable the feature of the crate it comes from; what an `Id<..>` names derives `Model`"
)]
pub trait Field: Clone + Send + Sync + 'static {
    /// What a column of this type can do in a query: [`Plain`], or [`Fk`] for one that joins.
    type Role;

    /// The rows that a value names: `()`, or [`RowOf`] for an id.
    type Names;

    /// How many columns the field spreads over.
    const WIDTH: usize;

    /// Whether the columns allow NULL.
    const NULLABLE: bool;

    /// Whether the field is an id: a foreign key, or its model's own key.
    const IS_ID: bool = false;

    /// The origin of the model whose rows it names, if that model has one.
    const ORIGIN: u64 = 0;

    /// Whether it is one column of text.
    const IS_TEXT: bool = false;

    /// Whether the database can fill it in.
    const IS_GENERATED: bool = false;

    /// Whether it is a struct of columns.
    const IS_EMBEDDED: bool = false;

    /// Adds the field's columns to a table under construction.
    fn describe(shape: &mut Shape);

    /// Reads the field from the next columns of a row.
    ///
    /// # Errors
    /// A value error when a column does not hold what the field's type expects.
    fn decode(row: &mut Fields<'_>) -> Result<Self>;

    /// Passes over the columns of a deferred field: its value is not loaded.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), for a type that cannot tell that it is not loaded.
    #[inline]
    fn pass(row: &mut Fields<'_>) -> Result<Self> {
        Self::decode(row)
    }

    /// Writes the field's columns, those that are wanted, in order.
    ///
    /// # Errors
    /// A value error when the database cannot store the value; misuse when an id names no row.
    fn encode<'a>(&'a self, out: &mut Encoder<'a, '_>) -> Result<()>;

    /// Whether both are stored alike.
    fn same(&self, other: &Self) -> bool;

    /// Whether both are stored alike; an id that names an entity is stored as the key that the entity's row has.
    #[inline]
    fn names_same(&self, other: &Self, _ids: &dyn Ids) -> bool {
        self.same(other)
    }

    /// Adds the columns in which the field differs from its kept copy.
    #[inline]
    fn diff(&self, kept: &Self, diff: &mut Diff<'_>) {
        diff.whole(self, kept);
    }

    /// Whether the value is left to the database.
    #[inline]
    fn is_unset(&self) -> bool {
        false
    }

    /// The row this field names, for a foreign key.
    #[inline]
    fn link(&self) -> Link<'_> {
        Link::None
    }

    /// Writes keys in place of entities that have one by now.
    #[inline]
    fn resolve(&mut self, _ids: &dyn Ids) {}

    /// Takes what the database put into the field's columns; only fields that can be left to it change.
    ///
    /// # Errors
    /// A value error when a column does not hold what the field's type expects.
    #[inline]
    fn assign(&mut self, row: &mut Fields<'_>) -> Result<()> {
        row.skip(Self::WIDTH);
        Ok(())
    }

    /// Leaves the value to the database again, for a row that is not there any more.
    #[inline]
    fn unset(&mut self) {}

    /// Names an entity of a session, for a foreign key.
    #[inline]
    fn relink(&mut self, _entity: Entity) {}

    /// Names nothing, for a foreign key that can.
    #[inline]
    fn unlink(&mut self) {}

    /// The version, if the field is one.
    #[inline]
    fn version(&mut self) -> Option<&mut Version> {
        None
    }
}

/// Says of an id that it names a row of `M` by a key of type `K`.
pub struct RowOf<M, K>(PhantomData<fn() -> (M, K)>);

/// What a foreign key holds.
#[derive(Clone, Copy)]
pub enum Link<'a> {
    /// Nothing, or the field is no foreign key.
    None,
    /// A key; of the target's `Model::Key` type.
    Key(&'a dyn Any),
    /// An entity of a session.
    Of(Entity),
}

/// Resolves entities to keys; a session, or a flush that already knows the keys of what it inserted.
pub trait Ids {
    /// The key of an entity's row, as the target's `Model::Key`, once it is known.
    fn key(&self, entity: Entity) -> Option<&dyn Any>;

    /// The values of an entity, as its model's struct.
    fn value(&self, _entity: Entity) -> Option<&dyn Any> {
        None
    }

    /// Adds the values of an entity's key.
    ///
    /// # Errors
    /// Misuse when the entity is of another session, gone, or has no key yet.
    fn encode_entity<'a>(&'a self, _entity: Entity, _out: &mut Vec<Value<'a>>) -> Result<()> {
        Err(Error::misuse("an entity of a session can be named only in a statement that this session runs"))
    }
}

/// Knows no session: an id that names an entity cannot be resolved.
pub(crate) struct NoIds;

impl Ids for NoIds {
    fn key(&self, _entity: Entity) -> Option<&dyn Any> {
        None
    }
}

/// Collects the values of the wanted columns of one entity.
pub struct Encoder<'a, 'w> {
    wanted: &'w ColumnSet,
    ids: &'a dyn Ids,
    next: usize,
    out: &'w mut Vec<Value<'a>>,
}

impl<'a, 'w> Encoder<'a, 'w> {
    pub(crate) fn new(wanted: &'w ColumnSet, ids: &'a dyn Ids, out: &'w mut Vec<Value<'a>>) -> Self {
        Encoder { wanted, ids, next: 0, out }
    }

    /// The position of the column that comes next.
    pub(crate) fn position(&self) -> usize {
        self.next
    }

    /// Whether one of the next columns is wanted.
    #[inline]
    fn wants(&self, count: usize) -> bool {
        (self.next..self.next + count).any(|column| self.wanted.contains(column))
    }

    /// Passes over columns.
    #[inline]
    fn skip(&mut self, count: usize) {
        self.next += count;
    }

    /// Writes the next column, if it is wanted.
    ///
    /// # Errors
    /// What `value` returns.
    #[inline]
    pub fn column(&mut self, value: impl FnOnce() -> Result<Value<'a>>) -> Result<()> {
        if self.wanted.contains(self.next) {
            self.out.push(value()?);
        }
        self.next += 1;
        Ok(())
    }
}

/// The columns of a table under construction, in the order of its fields.
#[derive(Default)]
pub struct Shape {
    pub(crate) columns: Vec<ShapeColumn>,
    pub(crate) reference: Option<Reference>,
    pub(crate) generated: bool,
}

/// One column that a field asks for.
pub(crate) struct ShapeColumn {
    /// What the column is called after the field's own name, for structs of columns.
    pub(crate) suffix: Option<String>,
    pub(crate) sql_type: SqlType,
    pub(crate) nullable: bool,
}

/// The model that an id names.
#[derive(Clone, Copy)]
pub(crate) struct Reference {
    pub(crate) model: std::any::TypeId,
    pub(crate) table: fn() -> &'static Table,
    /// A key of the model as text.
    pub(crate) key_text: fn(&dyn Any) -> Option<String>,
}

impl Shape {
    /// A column of a type.
    pub fn column<T: ColumnType>(&mut self) {
        self.columns.push(ShapeColumn { suffix: None, sql_type: T::SQL_TYPE, nullable: T::NULLABLE });
    }

    /// The columns of a field of a struct of columns; they are called after it.
    pub fn embedded<T: Field>(&mut self, name: &str) {
        let mut inner = Shape::default();
        T::describe(&mut inner);
        self.columns.extend(inner.columns.into_iter().map(|column| ShapeColumn {
            suffix: Some(match &column.suffix {
                Some(suffix) => format!("{name}_{suffix}"),
                None => name.to_owned(),
            }),
            ..column
        }));
    }

    /// Says that the database fills the column in.
    pub(crate) fn mark_generated(&mut self) {
        self.generated = true;
    }

    /// The columns of an id.
    fn id<M: Model, K: Key>(&mut self, nullable: bool) {
        K::describe(self);
        self.columns.iter_mut().for_each(|column| column.nullable = nullable);
        let key_text = |key: &dyn Any| key.downcast_ref::<K>().map(|key| format!("{key:?}"));
        self.reference = Some(Reference { model: std::any::TypeId::of::<M>(), table: M::table, key_text });
    }
}

impl<T: ColumnType> Field for T {
    type Role = Plain;
    type Names = ();
    const WIDTH: usize = 1;
    const NULLABLE: bool = T::NULLABLE;
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
    fn same(&self, other: &Self) -> bool {
        ColumnType::same(self, other)
    }

    #[inline]
    fn version(&mut self) -> Option<&mut Version> {
        (self as &mut dyn Any).downcast_mut()
    }
}

impl<M: Model, K: Key> Field for Id<M, K> {
    type Role = Fk;
    type Names = RowOf<M, K>;
    const WIDTH: usize = K::WIDTH;
    const NULLABLE: bool = false;
    const IS_ID: bool = true;
    const ORIGIN: u64 = M::ORIGIN;
    const IS_TEXT: bool = K::IS_TEXT;

    fn describe(shape: &mut Shape) {
        shape.id::<M, K>(false);
    }

    #[inline]
    fn decode(row: &mut Fields<'_>) -> Result<Self> {
        K::decode(row).map(Id::Key)
    }

    #[inline]
    fn encode<'a>(&'a self, out: &mut Encoder<'a, '_>) -> Result<()> {
        match self {
            Id::Key(key) => key.encode(out),
            Id::New | Id::Of(_) if !out.wants(K::WIDTH) => {
                out.skip(K::WIDTH);
                Ok(())
            }
            Id::New => Err(Error::misuse(format!(
                "`Id::New` names no `{}`: give it a key or a handle",
                M::table().model
            ))),
            Id::Of(handle) => match out.ids.key(handle.entity()) {
                Some(key) => key_of::<K>(key).encode(out),
                None => {
                    Err(Error::misuse(format!("{handle:?} is not an entity of this session, or has no key")))
                }
            },
        }
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }

    #[inline]
    fn names_same(&self, other: &Self, ids: &dyn Ids) -> bool {
        match (self, other) {
            (Id::Of(handle), Id::Key(key)) => {
                ids.key(handle.entity()).is_some_and(|known| key_of::<K>(known) == key)
            }
            (Id::New | Id::Key(_) | Id::Of(_), _) => self == other,
        }
    }

    #[inline]
    fn is_unset(&self) -> bool {
        matches!(self, Id::New)
    }

    #[inline]
    fn link(&self) -> Link<'_> {
        match self {
            Id::New => Link::None,
            Id::Key(key) => Link::Key(key),
            Id::Of(handle) => Link::Of(handle.entity()),
        }
    }

    #[inline]
    fn resolve(&mut self, ids: &dyn Ids) {
        if let Id::Of(handle) = self
            && let Some(key) = ids.key(handle.entity())
        {
            *self = Id::Key(key_of::<K>(key).clone());
        }
    }

    #[inline]
    fn relink(&mut self, entity: Entity) {
        *self = Id::Of(Handle::new(entity.place));
    }
}

impl<M: Model, K: Key> Field for Option<Id<M, K>> {
    type Role = Fk;
    type Names = RowOf<M, K>;
    const WIDTH: usize = K::WIDTH;
    const NULLABLE: bool = true;
    const IS_ID: bool = true;
    const ORIGIN: u64 = M::ORIGIN;
    const IS_TEXT: bool = K::IS_TEXT;

    fn describe(shape: &mut Shape) {
        shape.id::<M, K>(true);
    }

    #[inline]
    fn decode(row: &mut Fields<'_>) -> Result<Self> {
        if row.is_null(K::WIDTH) {
            row.skip(K::WIDTH);
            return Ok(None);
        }
        K::decode(row).map(|key| Some(Id::Key(key)))
    }

    #[inline]
    fn encode<'a>(&'a self, out: &mut Encoder<'a, '_>) -> Result<()> {
        match self {
            Some(id) => id.encode(out),
            None => (0..K::WIDTH).try_for_each(|_| out.column(|| Ok(Value::Null))),
        }
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }

    #[inline]
    fn names_same(&self, other: &Self, ids: &dyn Ids) -> bool {
        match (self, other) {
            (Some(id), Some(other)) => id.names_same(other, ids),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    #[inline]
    fn link(&self) -> Link<'_> {
        self.as_ref().map_or(Link::None, Field::link)
    }

    #[inline]
    fn resolve(&mut self, ids: &dyn Ids) {
        if let Some(id) = self {
            id.resolve(ids);
        }
    }

    #[inline]
    fn relink(&mut self, entity: Entity) {
        *self = Some(Id::Of(Handle::new(entity.place)));
    }

    #[inline]
    fn unlink(&mut self) {
        *self = None;
    }
}

/// A key that an [`Ids`] gave, in its own type.
fn key_of<K: Key>(key: &dyn Any) -> &K {
    key.downcast_ref()
        .expect("invariant: an id and its model have one key type, which is checked at compile time")
}
