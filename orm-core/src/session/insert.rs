//! INSERT of plain values: many rows without entities, and upserts.

use std::ops::Range;
use std::sync::Arc;

use super::core::{Core, Intent};
use super::entities::Session;
use crate::compile::{Conflict, InsertShape, insert_many_sql};
use crate::driver::{Connection, Statement};
use crate::engine::EngineCore;
use crate::error::{Error, Refusal, Result};
use crate::load::load_entities;
use crate::schema::{BelongsTo, Model};
use crate::store::{Stores, encode, set_first_version, unset_columns};
use crate::util::columns::ColumnSet;
use crate::value::{Column, Handle, Ids, Key, Value};

/// An INSERT of values that no session holds, for any session of their base; made by [`insert`].
///
/// It is SQLAlchemy's `insert(User).values(..)`, with its `on_conflict_do_nothing` and `on_conflict_do_update`. Ids may name
/// entities of the session, which are flushed first. Values are validated, versions begin at 1, and what is left to the
/// database is left out. No hook of a model runs, and `on_update` supplies nothing. An error undoes the innermost
/// transaction or savepoint, as a failed flush does.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct UsersDb;
/// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = UsersDb, table = "users", default)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, #[column(unique)] pub email: String, pub name: String }
/// # fn main() -> orm_core::Result<()> {
/// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
/// # engine.create_all()?;
/// # let mut s = engine.session();
/// # let user = |email: &str, name: &str| User { email: email.into(), name: name.into(), ..Default::default() };
/// let alice = s.add(user("a@x.org", "alice"));
/// let values = [user("a@x.org", "Alice"), user("b@x.org", "bob")];
/// let users = insert::<User>().values(values).on_conflict_do_update(User::email, User::name).all(&mut s)?;
/// assert_eq!(users[0], alice); // the row that was there already
/// assert_eq!(s[alice].name, "Alice");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "an insert does nothing until it is executed"]
pub struct Insert<M> {
    values: Vec<M>,
    conflict: Conflict,
}

/// An INSERT of values of a model; see [`Insert`].
pub fn insert<M: Model>() -> Insert<M> {
    Insert { values: Vec::new(), conflict: Conflict::Fail }
}

/// Some columns of a model: one, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "these are no columns of `{M}`",
    label = "write `{M}::name`, or a tuple of such columns"
)]
pub trait ColumnList<M> {
    /// Adds their positions.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn add_to(&self, columns: &mut ColumnSet);
}

#[allow(private_interfaces)]
impl<M: Model, T, R> ColumnList<M> for Column<M, T, R> {
    fn add_to(&self, columns: &mut ColumnSet) {
        M::table().fields[usize::from(self.field)].clone().for_each(|column| columns.insert(column));
    }
}

macro_rules! lists {
    ($(($($part:ident),+))*) => {$(
        #[allow(private_interfaces, non_snake_case)]
        impl<M, $($part: ColumnList<M>),+> ColumnList<M> for ($($part,)+) {
            fn add_to(&self, columns: &mut ColumnSet) {
                let ($($part,)+) = self;
                $($part.add_to(columns);)+
            }
        }
    )*};
}

lists! { (A) (A, C) (A, C, D) (A, C, D, E) (A, C, D, E, F) (A, C, D, E, F, G) (A, C, D, E, F, G, H) (A, C, D, E, F, G, H, I) }

fn columns_of<M>(list: &impl ColumnList<M>) -> ColumnSet {
    let mut columns = ColumnSet::EMPTY;
    list.add_to(&mut columns);
    columns
}

impl<M: Model> Insert<M> {
    /// The rows; a second call adds to them.
    pub fn values(mut self, values: impl IntoIterator<Item = M>) -> Self {
        self.values.extend(values);
        self
    }

    /// Leaves out a row that breaks any unique constraint.
    pub fn on_conflict_do_nothing(mut self) -> Self {
        self.conflict = Conflict::Nothing(ColumnSet::EMPTY);
        self
    }

    /// Leaves out a row whose values in unique columns, or whose key, another row has.
    pub fn on_conflict_of_do_nothing(mut self, unique: impl ColumnList<M>) -> Self {
        self.conflict = Conflict::Nothing(columns_of(&unique));
        self
    }

    /// Where another row has the values of unique columns, or the key, that row takes over the values of others. Its version
    /// is counted up.
    pub fn on_conflict_do_update(mut self, unique: impl ColumnList<M>, set: impl ColumnList<M>) -> Self {
        self.conflict = Conflict::Update { target: columns_of(&unique), set: columns_of(&set) };
        self
    }

    /// Inserts the rows, several in one statement, and gives how many were inserted or changed. Entities of rows that
    /// may have changed are stale then: the next `get` or query that meets them reads them anew.
    ///
    /// # Errors
    /// What the flush before it reports; a value error with [`Error::refusals`]; whatever the database reports.
    pub fn execute<B>(self, session: &mut Session<B>) -> Result<u64>
    where
        M: BelongsTo<B>,
    {
        Ok(session.core.insert_values(self, send_all)?.into_iter().sum())
    }

    /// Inserts the rows, and gives the key of each, in order.
    ///
    /// # Errors
    /// As [`execute`](Self::execute); misuse with an `on_conflict`, which leaves rows out.
    pub fn keys<B>(self, session: &mut Session<B>) -> Result<Vec<M::Key>>
    where
        M: BelongsTo<B>,
    {
        if !matches!(self.conflict, Conflict::Fail) {
            return Err(Error::misuse(
                "an insert with `on_conflict` does not tell keys: ask for `all` entities",
            ));
        }
        Ok(session.core.insert_values(self, send_for_keys)?.into_iter().flatten().collect())
    }

    /// Inserts the rows, one statement each, and gives the entities of those that were inserted or changed, in order.
    ///
    /// # Errors
    /// As [`execute`](Self::execute); unsupported where the database has no RETURNING.
    pub fn all<B>(self, session: &mut Session<B>) -> Result<Vec<Handle<M>>>
    where
        M: BelongsTo<B>,
    {
        Ok(session.core.insert_values(self, send_for_entities)?.into_iter().flatten().collect())
    }
}

impl<B> Session<B> {
    /// Inserts plain values, many in one statement, without making entities of them; gives the number of rows. The short form
    /// of [`insert`].
    ///
    /// # Errors
    /// As [`Insert::execute`].
    pub fn insert_many<M: BelongsTo<B>>(&mut self, values: impl IntoIterator<Item = M>) -> Result<u64> {
        insert().values(values).execute(self)
    }

    /// The same, and gives the keys of the rows, in order.
    ///
    /// # Errors
    /// As [`Insert::keys`].
    pub fn insert_many_keys<M: BelongsTo<B>>(
        &mut self,
        values: impl IntoIterator<Item = M>,
    ) -> Result<Vec<M::Key>> {
        insert().values(values).keys(self)
    }
}

/// How many rows a statement inserts at most: more gain nothing, and each size is a statement to prepare.
const CHUNK: usize = 100;

/// Rows that are written alike, and what they are sent over.
struct Sending<'a, M> {
    values: &'a [M],
    shape: InsertShape,
    connection: &'a mut dyn Connection,
    stores: &'a mut Stores,
    engine: &'a EngineCore,
}

impl Core {
    /// Flushes, checks the values, and sends them in groups of rows that are written alike.
    fn insert_values<M: Model, R>(
        &mut self,
        mut insert: Insert<M>,
        send: fn(Sending<'_, M>) -> Result<R>,
    ) -> Result<Vec<R>> {
        self.autoflush()?;
        if M::table().version.is_some() {
            insert.values.iter_mut().for_each(set_first_version);
        }
        check_values(&insert.values)?;
        if insert.values.is_empty() {
            return Ok(Vec::new());
        }
        match insert.conflict {
            // Any row may be one that changes.
            Conflict::Update { .. } => self.make_stale(M::table()),
            Conflict::Fail | Conflict::Nothing(_) => self.forget_lists(M::table()),
        }
        let engine = Arc::clone(&self.engine);
        let sent = self.on_wire(Intent::Write, |connection, stores, _| {
            let send_group = |(columns, range): (ColumnSet, Range<usize>)| {
                let shape = InsertShape { columns, rows: 1, conflict: insert.conflict, returns: false };
                let values = &insert.values[range];
                send(Sending {
                    values,
                    shape,
                    connection: &mut *connection,
                    stores: &mut *stores,
                    engine: &engine,
                })
            };
            groups_of(&insert.values).into_iter().map(send_group).collect()
        });
        let sent = sent.map_err(|error| error.context(format!("while inserting `{}`s", M::table().model)));
        sent.map_err(|error| if self.failed.is_some() { error } else { self.fail_frame(error) })
    }
}

/// # Errors
/// A value error that lists every field that its validation refuses.
fn check_values<M: Model>(values: &[M]) -> Result<()> {
    let (mut refused, model) = (Vec::new(), M::table().model);
    for (index, value) in values.iter().enumerate().filter(|_| M::VALIDATES) {
        let entity = || format!("value {index}");
        value.validate(&mut |field, why| refused.push(Refusal::new(model, field, entity(), why)));
    }
    if refused.is_empty() { Ok(()) } else { Err(Error::refused(refused)) }
}

/// Rows that follow each other and are written alike: what is left to the database is left out.
fn groups_of<M: Model>(values: &[M]) -> Vec<(ColumnSet, Range<usize>)> {
    let mut groups: Vec<(ColumnSet, Range<usize>)> = Vec::new();
    let table = M::table();
    for (index, value) in values.iter().enumerate() {
        let unset = unset_columns(value);
        let left: ColumnSet = table.generated.iter().filter(|&column| unset.contains(column)).collect();
        let columns = table.insertable.without(&left);
        match groups.last_mut() {
            Some((last, range)) if *last == columns => range.end = index + 1,
            Some(_) | None => groups.push((columns, index..index + 1)),
        }
    }
    groups
}

impl<M: Model> Sending<'_, M> {
    /// The statement of as many rows.
    fn statement(&self, rows: usize) -> Result<Arc<Statement>> {
        let sql = insert_many_sql(self.engine.dialect(), M::table(), &InsertShape { rows, ..self.shape })?;
        Ok(self.engine.statements().of_shape(sql.as_bytes(), || sql.clone()))
    }
}

fn send_all<M: Model>(sending: Sending<'_, M>) -> Result<u64> {
    let columns = sending.shape.columns;
    let fitting = sending.engine.dialect().capabilities().max_binds / columns.iter().count().max(1);
    let most = if columns.is_empty() { 1 } else { fitting.clamp(1, CHUNK) };
    let (full, rest) = sending.values.split_at(sending.values.len() / most * most);
    let mut row = Vec::new();
    let mut count = 0;
    for (values, rows) in [(full, most), (rest, 1)].into_iter().filter(|(values, _)| !values.is_empty()) {
        let statement = sending.statement(rows)?;
        for chunk in values.chunks(rows) {
            row.clear();
            chunk.iter().try_for_each(|value| encode(value, &columns, &*sending.stores, &mut row))?;
            count += sending.connection.execute(&statement, &row)?.rows;
        }
    }
    Ok(count)
}

fn send_for_keys<M: Model>(sending: Sending<'_, M>) -> Result<Vec<M::Key>> {
    let statement = sending.statement(1)?;
    let (columns, stores) = (sending.shape.columns, &*sending.stores);
    let mut values = sending.values.iter();
    let mut next = |row: &mut Vec<_>| match values.next() {
        Some(value) => encode(value, &columns, stores, row).map(|()| true),
        None => Ok(false),
    };
    let mut ids = Vec::new();
    sending.connection.insert_rows(&statement, &mut next, &mut ids)?;
    let is_generated = M::table().generated_key.is_some_and(|key| !columns.contains(key));
    let keys = sending.values.iter().enumerate().map(|(index, value)| match is_generated {
        true => ids.get(index).and_then(|&id| M::Key::from_generated(id)),
        false => value.key(stores as &dyn Ids),
    });
    keys.map(|key| key.ok_or_else(|| Error::database("an inserted row came without its key"))).collect()
}

fn send_for_entities<M: Model>(mut sending: Sending<'_, M>) -> Result<Vec<Handle<M>>> {
    sending.shape.returns = true;
    let statement = sending.statement(1)?;
    let mut found = Vec::with_capacity(sending.values.len());
    for value in sending.values {
        let mut row = Vec::new();
        encode(value, &sending.shape.columns, &*sending.stores, &mut row)?;
        let row: Vec<Value<'static>> = row.into_iter().map(Value::into_owned).collect();
        found.extend(load_entities::<M>(sending.connection, &statement, &row, sending.stores)?);
    }
    Ok(found)
}
