//! Relations as typed constants: which foreign keys lead from a model to another.
//!
//! The types say between which models a relation leads; a [`Path`] is the same without them, for all that works on relations
//! of any model.

use std::marker::PhantomData;

use super::hop::Hop;
use super::node::Node;
use super::order::{OrderPart, Ordered};
use super::scope::{In, Predicate};
use crate::schema::{ForeignKey, Model, Position, Table};
use crate::util::Marker;
use crate::value::{Column, Fk};

/// A relation over one foreign key.
pub enum Direct {}

/// A relation over the two foreign keys of a link model.
pub struct Through<L>(PhantomData<fn() -> L>);

/// A relation over a model in between, or over a tuple of them; it is read-only.
pub struct Via<L>(PhantomData<fn() -> L>);

/// Many rows of `T` that name one row of `M`; directly, or through another model.
pub struct Many<M, T, V = Direct> {
    /// The field of the foreign key that names `M`.
    back: u16,
    /// The field of the second foreign key, if a model stands between.
    on: u16,
    def: RelationDef,
    kind: Marker<(M, T, V)>,
}

/// At most one row of `T` that names a row of `M`.
pub struct One<M, T> {
    /// The field of the foreign key that names `M`.
    back: u16,
    def: RelationDef,
    kind: Marker<(M, T)>,
}

/// What a derive says of a relation beside its foreign keys.
#[derive(Clone, Copy)]
pub struct RelationDef {
    name: &'static str,
    number: u16,
    terms: Option<fn(&mut Terms)>,
    raises: bool,
    /// The way over models in between.
    hops: &'static [Hop],
    /// The field that holds a row's place in the list.
    position: Option<u16>,
}

/// The order of a relation's rows, and the condition that they meet.
#[derive(Clone, Default)]
pub struct Terms {
    pub(crate) order_by: Vec<Ordered>,
    pub(crate) filters: Vec<Node>,
    /// At most so many rows for each that the relation leads from.
    pub(crate) limit: Option<u64>,
}

/// A relation without its types.
#[derive(Clone)]
pub(crate) struct Path {
    pub(crate) id: RelationId,
    /// The model and the name of the constant: `User::posts`.
    pub(crate) name: RelationName,
    pub(crate) route: Route,
    pub(crate) terms: Terms,
    /// Whether a load that was not planned is an error.
    pub(crate) raises: bool,
    /// The field that `replace` numbers.
    pub(crate) position: Option<u16>,
    /// Which refinement of the relation it is: 0 for the relation itself, [`UNNAMED`] for one that no session has numbered yet.
    pub(crate) refined: u32,
}

/// A refinement that no session has numbered yet.
pub(crate) const UNNAMED: u32 = u32::MAX;

/// Which relation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum RelationId {
    /// One that a model declares: the number of its table, and which of the model's.
    Declared(usize, u16),
    /// A foreign key: the number of its table, and its field.
    Field(usize, u16),
}

/// The model that a relation leads from, and what the relation is called there: `User::posts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RelationName {
    pub(crate) model: &'static str,
    pub(crate) name: &'static str,
}

impl std::fmt::Display for RelationName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}::{}", self.model, self.name)
    }
}

/// A foreign key as the field of a table.
#[derive(Clone, Copy)]
pub(crate) struct KeyField {
    pub(crate) table: &'static Table,
    pub(crate) field: u16,
}

/// The foreign keys that a relation goes by.
#[derive(Clone, Copy)]
pub(crate) enum Route {
    /// To the row that a foreign key names.
    Up(KeyField),
    /// To the rows whose foreign key names the row.
    Down(KeyField),
    /// To the link rows whose first foreign key names the row, and on to those that their second names.
    DownUp(KeyField, KeyField),
    /// To the rows at the end of a way, over rows of other tables.
    Along(&'static [Hop]),
}

impl KeyField {
    fn of<T: Model>(field: u16) -> Self {
        KeyField { table: T::table(), field }
    }

    /// What the table knows of it.
    pub(crate) fn foreign_key(self) -> &'static ForeignKey {
        let name = self.table.field_names[usize::from(self.field)];
        let found = self.table.foreign_keys.iter().find(|key| key.field == name);
        found.expect("invariant: the derive makes relations of foreign keys only")
    }

    /// The table that it names.
    pub(crate) fn target(self) -> &'static Table {
        self.foreign_key().target()
    }
}

impl Route {
    /// The table that the relation leads to.
    #[allow(dead_code)]
    pub(crate) fn target(&self) -> &'static Table {
        match self {
            Route::Up(key) | Route::DownUp(_, key) => key.target(),
            Route::Down(key) => key.table,
            Route::Along(hops) => hops[hops.len() - 1].to(),
        }
    }

    /// The table that the relation leads from.
    pub(crate) fn origin(&self) -> &'static Table {
        match self {
            Route::Up(key) => key.table,
            Route::Down(key) | Route::DownUp(key, _) => key.target(),
            Route::Along(hops) => hops[0].from(),
        }
    }

    /// The first foreign key that it goes by.
    pub(crate) fn first_key(&self) -> KeyField {
        match self {
            Route::Up(key) | Route::Down(key) | Route::DownUp(key, _) => *key,
            Route::Along(hops) => hops[0].key(),
        }
    }
}

impl RelationDef {
    /// A relation of a name; derives write it.
    pub const fn new(name: &'static str, number: u16) -> Self {
        RelationDef { name, number, terms: None, raises: false, hops: &[], position: None }
    }

    /// Has an order or a condition.
    #[must_use]
    pub const fn with(mut self, terms: fn(&mut Terms)) -> Self {
        self.terms = Some(terms);
        self
    }

    /// A load of it that was not planned is an error.
    #[must_use]
    pub const fn raiseload(mut self) -> Self {
        self.raises = true;
        self
    }

    /// Goes over models in between.
    #[must_use]
    pub const fn over(mut self, hops: &'static [Hop]) -> Self {
        self.hops = hops;
        self
    }

    /// Has a column that holds each row's place in the list.
    #[must_use]
    pub const fn placed<T, F: Position, R>(mut self, column: &Column<T, F, R>) -> Self {
        self.position = Some(column.field);
        self
    }

    fn path<M: Model>(&self, route: Route) -> Path {
        let table = M::table();
        let mut terms = Terms::default();
        if let Some(set) = self.terms {
            set(&mut terms);
        }
        Path {
            id: RelationId::Declared(table.number, self.number),
            name: RelationName { model: table.model, name: self.name },
            route,
            terms,
            raises: self.raises,
            position: self.position,
            refined: 0,
        }
    }
}

impl Terms {
    /// Adds to the order.
    pub fn order_by(&mut self, part: impl OrderPart) {
        self.order_by.push(part.into_ordered());
    }

    /// Adds a condition on the rows of `T`.
    pub fn filter<T, I>(&mut self, condition: impl Predicate<In<T>, I>) {
        self.filters.push(condition.into_condition());
    }
}

impl<M, T, V> Many<M, T, V> {
    const fn over(back: u16, on: u16, def: RelationDef) -> Self {
        Many { back, on, def, kind: PhantomData }
    }
}

impl<M, T> Many<M, T> {
    /// The rows whose foreign key names a row of `M`; the derive checks that it does.
    pub const fn new<F, R>(back: Column<T, F, R>, def: RelationDef) -> Self {
        Many::over(back.field, 0, def)
    }
}

impl<M, T, L> Many<M, T, Through<L>> {
    /// The rows that a link model's second foreign key names, where its first names a row of `M`.
    pub const fn through<F, R, G, S>(back: Column<L, F, R>, on: Column<L, G, S>, def: RelationDef) -> Self {
        Many::over(back.field, on.field, def)
    }
}

impl<M, T, L> Many<M, T, Via<L>> {
    /// The rows at the end of the definition's way.
    pub const fn via(def: RelationDef) -> Self {
        Many::over(0, 0, def)
    }
}

impl<M, T> One<M, T> {
    /// The row whose foreign key names a row of `M`; the derive checks that it does.
    pub const fn new<F, R>(back: Column<T, F, R>, def: RelationDef) -> Self {
        One { back: back.field, def, kind: PhantomData }
    }
}

impl<M, T: Model> Many<M, T> {
    /// The foreign key of `T` that names `M`.
    pub fn foreign_key(&self) -> &'static ForeignKey {
        KeyField::of::<T>(self.back).foreign_key()
    }
}

impl<M, T: Model, V> Many<M, T, V> {
    /// The table that the relation leads to.
    pub fn target(&self) -> &'static Table {
        T::table()
    }
}

impl<M, T, L: Model> Many<M, T, Through<L>> {
    /// The foreign key of the link model that names `M`.
    pub fn foreign_key(&self) -> &'static ForeignKey {
        KeyField::of::<L>(self.back).foreign_key()
    }

    /// The foreign key of the link model that names `T`.
    pub fn second_foreign_key(&self) -> &'static ForeignKey {
        KeyField::of::<L>(self.on).foreign_key()
    }
}

impl<M, T, L> Many<M, T, Via<L>> {
    /// The foreign keys on the way, in order.
    pub fn foreign_keys(&self) -> impl Iterator<Item = &'static ForeignKey> {
        self.def.hops.iter().map(|hop| hop.key().foreign_key())
    }
}

impl<M, T: Model> One<M, T> {
    /// The foreign key of `T` that names `M`.
    pub fn foreign_key(&self) -> &'static ForeignKey {
        KeyField::of::<T>(self.back).foreign_key()
    }

    /// The table that the relation leads to.
    pub fn target(&self) -> &'static Table {
        T::table()
    }
}

/// A relation as a path: what it goes by, without its types.
pub trait AsPath {
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn path(&self) -> Path;
}

#[allow(private_interfaces)]
impl<M: Model, T: Model> AsPath for Many<M, T> {
    fn path(&self) -> Path {
        self.def.path::<M>(Route::Down(KeyField::of::<T>(self.back)))
    }
}

#[allow(private_interfaces)]
impl<M: Model, T: Model, L: Model> AsPath for Many<M, T, Through<L>> {
    fn path(&self) -> Path {
        self.def.path::<M>(Route::DownUp(KeyField::of::<L>(self.back), KeyField::of::<L>(self.on)))
    }
}

#[allow(private_interfaces)]
impl<M: Model, T: Model, L> AsPath for Many<M, T, Via<L>> {
    fn path(&self) -> Path {
        self.def.path::<M>(Route::Along(self.def.hops))
    }
}

#[allow(private_interfaces)]
impl<M: Model, T: Model> AsPath for One<M, T> {
    fn path(&self) -> Path {
        self.def.path::<M>(Route::Down(KeyField::of::<T>(self.back)))
    }
}

#[allow(private_interfaces)]
impl<M: Model, F> AsPath for Column<M, F, Fk> {
    fn path(&self) -> Path {
        let key = KeyField::of::<M>(self.field);
        let table = key.table;
        Path {
            id: RelationId::Field(table.number, self.field),
            name: RelationName { model: table.model, name: table.field_names[usize::from(self.field)] },
            route: Route::Up(key),
            terms: Terms::default(),
            raises: false,
            position: None,
            refined: 0,
        }
    }
}

impl<M, T, V> Clone for Many<M, T, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T, V> Copy for Many<M, T, V> {}

impl<M, T> Clone for One<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for One<M, T> {}
