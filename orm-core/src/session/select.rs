//! Queries: statements as values, and queries that hold their session.

use std::marker::PhantomData;
use std::sync::Arc;

use super::core::{Core, Intent};
use super::entities::Session;
use crate::compile::{KeySink, Writer, write_select};
use crate::driver::{Connection, Statement};
use crate::error::{Error, Result};
use crate::expr::{In, OrderBy, Predicate};
use crate::load::{load_entities, load_rows, load_values};
use crate::row::{Fields, Row};
use crate::schema::{BelongsTo, Model};
use crate::stmt::{SelectTree, What};
use crate::store::Stores;
use crate::util::Marker;
use crate::value::{ColumnType, Handle, Value};

/// A SELECT of the rows of `M`: a value when it holds no session, a query when it does.
///
/// `S` are the models that conditions can speak of, `O` says what rows become, `X` is the session or nothing. Conditions
/// and orders leave the type as it is, so a query can be built in `if`s and loops.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct UsersDb;
/// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String, pub age: Option<i64> }
/// # fn main() -> orm_core::Result<()> {
/// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
/// # engine.create_all()?;
/// # let mut s = engine.session();
/// s.add_all([18, 30, 42].map(|age| User { name: format!("of {age}"), age: Some(age), ..Default::default() }));
/// let mut adults = s.query::<User>().filter(User::age.gt(18)).order_by(User::age.desc());
/// adults = adults.limit(10);
/// let handles = adults.all()?;
/// assert_eq!(s[handles[0]].name, "of 42");
///
/// let plain: Vec<User> = s.query::<User>().untracked().all()?; // structs that no session knows
/// assert_eq!(plain.len(), 3);
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until it is asked for rows"]
pub struct Select<M, S = In<M>, O = Tracked, X = ()> {
    tree: SelectTree,
    on: X,
    kind: Marker<(M, S, O)>,
}

/// Rows become entities of the session.
pub enum Tracked {}

/// Rows become structs that no session knows.
pub enum Untracked {}

/// What the rows of a query become.
pub trait Output<M: Model> {
    /// A handle, or the struct itself.
    type Item;

    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn load(
        connection: &mut dyn Connection,
        statement: &Statement,
        values: &[Value<'_>],
        stores: &mut Stores,
    ) -> Result<Vec<Self::Item>>;
}

#[allow(private_interfaces)]
impl<M: Model> Output<M> for Tracked {
    type Item = Handle<M>;

    fn load(
        connection: &mut dyn Connection,
        statement: &Statement,
        values: &[Value<'_>],
        stores: &mut Stores,
    ) -> Result<Vec<Handle<M>>> {
        load_entities(connection, statement, values, stores)
    }
}

#[allow(private_interfaces)]
impl<M: Model> Output<M> for Untracked {
    type Item = M;

    fn load(
        connection: &mut dyn Connection,
        statement: &Statement,
        values: &[Value<'_>],
        _stores: &mut Stores,
    ) -> Result<Vec<M>> {
        load_values(connection, statement, values)
    }
}

/// A statement that selects the rows of a model, for any session of its base.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub email: String }
/// let statement = select::<User>().filter(User::email.ends_with("@x.org")).order_by(User::id);
/// ```
pub fn select<M: Model>() -> Select<M> {
    Select { tree: SelectTree::new(M::table()), on: (), kind: PhantomData }
}

impl<B> Session<B> {
    /// A query for the rows of a model.
    pub fn query<M: BelongsTo<B>>(&mut self) -> Select<M, In<M>, Tracked, &mut Self> {
        Select { tree: SelectTree::new(M::table()), on: self, kind: PhantomData }
    }
}

impl<M: Model, S, O, X> Select<M, S, O, X> {
    /// Only rows that meet a condition; several conditions have to be met all.
    pub fn filter<P: Predicate<S, I>, I>(mut self, condition: P) -> Self {
        self.tree.filters.push(condition.into_condition());
        self
    }

    /// The order of the rows; a second call adds to it.
    pub fn order_by<P: OrderBy<S, I>, I>(mut self, order: P) -> Self {
        order.add_to(&mut self.tree.order_by);
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.tree.limit = Some(rows);
        self
    }

    /// Without the first rows.
    pub fn offset(mut self, rows: u64) -> Self {
        self.tree.offset = Some(rows);
        self
    }

    /// Rows overwrite what the session holds of them, also what is fresh; what was changed there and not flushed is lost.
    pub fn populate_existing(mut self) -> Self {
        self.tree.overwrites = true;
        self
    }

    /// Rows become structs that no session knows: faster, and nothing is written back.
    pub fn untracked(self) -> Select<M, S, Untracked, X> {
        Select { tree: self.tree, on: self.on, kind: PhantomData }
    }
}

impl<M: Model, S, O: Output<M>> Select<M, S, O> {
    /// Holds a session, for the ends of the query.
    fn in_session<B>(self, session: &mut Session<B>) -> Select<M, S, O, &mut Session<B>>
    where
        M: BelongsTo<B>,
    {
        Select { tree: self.tree, on: session, kind: PhantomData }
    }

    /// All rows.
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports; a value error for a row that does not decode.
    pub fn all<B>(&self, session: &mut Session<B>) -> Result<Vec<O::Item>>
    where
        M: BelongsTo<B>,
    {
        self.clone().in_session(session).all()
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn first<B>(&self, session: &mut Session<B>) -> Result<Option<O::Item>>
    where
        M: BelongsTo<B>,
    {
        self.clone().in_session(session).first()
    }

    /// The only row.
    ///
    /// # Errors
    /// Not found when there is none, multiple found when there are more; as [`all`](Self::all).
    pub fn one<B>(&self, session: &mut Session<B>) -> Result<O::Item>
    where
        M: BelongsTo<B>,
    {
        self.clone().in_session(session).one()
    }

    /// The only row, if there is one.
    ///
    /// # Errors
    /// Multiple found when there are more; as [`all`](Self::all).
    pub fn one_or_none<B>(&self, session: &mut Session<B>) -> Result<Option<O::Item>>
    where
        M: BelongsTo<B>,
    {
        self.clone().in_session(session).one_or_none()
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports.
    pub fn count<B>(&self, session: &mut Session<B>) -> Result<u64>
    where
        M: BelongsTo<B>,
    {
        self.clone().in_session(session).count()
    }

    /// Whether there is a row.
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports.
    pub fn exists<B>(&self, session: &mut Session<B>) -> Result<bool>
    where
        M: BelongsTo<B>,
    {
        self.clone().in_session(session).exists()
    }
}

impl<M: BelongsTo<B>, B, S, O: Output<M>> Select<M, S, O, &mut Session<B>> {
    /// All rows.
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports; a value error for a row that does not decode.
    pub fn all(self) -> Result<Vec<O::Item>> {
        self.on.core.run(&self.tree, O::load)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn first(mut self) -> Result<Option<O::Item>> {
        self.tree.limit = Some(self.tree.limit.unwrap_or(1).min(1));
        Ok(self.all()?.into_iter().next())
    }

    /// The only row.
    ///
    /// # Errors
    /// Not found when there is none, multiple found when there are more; as [`all`](Self::all).
    pub fn one(self) -> Result<O::Item> {
        self.one_or_none()?.ok_or_else(|| {
            Error::not_found(format!("no `{}` where the query was to find exactly one", M::table().model))
        })
    }

    /// The only row, if there is one.
    ///
    /// # Errors
    /// Multiple found when there are more; as [`all`](Self::all).
    pub fn one_or_none(mut self) -> Result<Option<O::Item>> {
        self.tree.limit = Some(self.tree.limit.unwrap_or(2).min(2));
        let mut rows = self.all()?.into_iter();
        match (rows.next(), rows.next()) {
            (first, None) => Ok(first),
            (_, Some(_)) => {
                let model = M::table().model;
                Err(Error::multiple_found(format!(
                    "more than one `{model}` where the query was to find at most one"
                )))
            }
        }
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports.
    pub fn count(mut self) -> Result<u64> {
        self.tree.what = What::Count;
        self.on.core.run_scalar(&self.tree)
    }

    /// Whether there is a row.
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports.
    pub fn exists(mut self) -> Result<bool> {
        self.tree.what = What::Exists;
        self.on.core.run_scalar(&self.tree)
    }
}

impl<M, S, O> Clone for Select<M, S, O> {
    fn clone(&self) -> Self {
        Select { tree: self.tree.clone(), on: (), kind: PhantomData }
    }
}

/// Runs a statement and makes something of its rows.
type Load<T> = fn(&mut dyn Connection, &Statement, &[Value<'_>], &mut Stores) -> Result<Vec<T>>;

impl Core {
    /// Flushes, finds the statement of a tree by its shape, and runs it.
    fn run<T>(&mut self, tree: &SelectTree, load: Load<T>) -> Result<Vec<T>> {
        self.autoflush()?;
        let (statement, values) = self.compile(tree)?;
        self.stores.set_overwrites(tree.overwrites);
        let found =
            self.on_wire(Intent::Read, |connection, stores, _| load(connection, &statement, &values, stores));
        self.stores.set_overwrites(false);
        found
    }

    fn run_scalar<T: ColumnType>(&mut self, tree: &SelectTree) -> Result<T> {
        let found = self.run(tree, |connection, statement, values, _| {
            load_rows(connection, statement, values, |row: &dyn Row| Fields::new(row, 0).column::<T>())
        })?;
        found
            .into_iter()
            .next()
            .ok_or_else(|| Error::database("a statement that always returns a row returned none"))
    }

    /// The statement of a tree, whose text is written only the first time that a tree of its shape comes, and its values.
    fn compile<'tree>(&self, tree: &'tree SelectTree) -> Result<(Arc<Statement>, Vec<Value<'tree>>)> {
        let mut sink = KeySink::new(&self.stores, self.dialect());
        write_select(tree, &mut sink);
        let (shape, values) = sink.finish()?;
        let statement = self.engine.statements().of_shape(&shape, || {
            let mut writer = Writer::new(self.dialect());
            write_select(tree, &mut writer);
            writer.finish()
        });
        Ok((statement, values))
    }
}
