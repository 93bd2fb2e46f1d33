//! The ends of a query: what sends it, and what becomes of its rows.

use std::marker::PhantomData;
use std::sync::Arc;

use super::core::{Core, Intent, Shaped};
use super::entities::Session;
use super::keyset::marked;
use super::related::{Joined, Plan};
use super::select::Select;
use crate::compile::{Gathered, KeySink, Writer, check_select, write_select};
use crate::driver::{Connection, Statement};
use crate::error::{Error, Result};
use crate::expr::{Standalone, TableRef};
use crate::load::{Cell, GraphOf, Output, Picked, load_rows};
use crate::row::{Fields, Row};
use crate::schema::{BelongsTo, Model};
use crate::stmt::{SelectTree, What};
use crate::store::{Refresh, Stores};
use crate::value::{ColumnType, Value};

impl<M: Model, S, O: Output<M>> Select<M, S, O> {
    /// Holds a session, for the ends of the query.
    pub(super) fn in_session<B>(self, session: &mut Session<B>) -> Select<M, S, O, &mut Session<B>>
    where
        S: Standalone,
        M: BelongsTo<B>,
    {
        Select { tree: self.tree, plan: self.plan, on: session, kind: PhantomData }
    }

    /// All rows.
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports; a value error for a row that does not decode.
    pub fn all<B>(&self, session: &mut Session<B>) -> Result<Vec<O::Item>>
    where
        S: Standalone,
        M: BelongsTo<B>,
    {
        session.core.run_planned::<M, O>(&self.tree, &self.plan)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn first<B>(&self, session: &mut Session<B>) -> Result<Option<O::Item>>
    where
        S: Standalone,
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
        S: Standalone,
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
        S: Standalone,
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
        S: Standalone,
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
        S: Standalone,
        M: BelongsTo<B>,
    {
        self.clone().in_session(session).exists()
    }
}

impl<M: BelongsTo<B>, B, S, O: Output<M>> Select<M, S, O, &mut Session<B>> {
    /// All rows.
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
    /// # s.add_all(["alice", "bob", "carol"].map(|name| User { name: name.into(), age: Some(30), ..Default::default() }));
    /// # s.commit()?;
    /// for user in s.query::<User>().all()? {
    ///     s[user].age = Some(31); // the query is over: it can be changed
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports; a value error for a row that does not decode.
    pub fn all(self) -> Result<Vec<O::Item>>
    where
        S: Standalone,
    {
        self.end(|core, tree, plan| core.run_planned::<M, O>(tree, plan))
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn first(mut self) -> Result<Option<O::Item>>
    where
        S: Standalone,
    {
        self.tree.limit = Some(self.tree.limit.unwrap_or(1).min(1));
        Ok(self.all()?.into_iter().next())
    }

    /// The only row.
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
    /// # s.add_all(["alice", "bob", "carol"].map(|name| User { name: name.into(), age: Some(30), ..Default::default() }));
    /// # s.commit()?;
    /// let bob = s.query::<User>().filter(User::name.eq("bob")).one()?;
    /// assert_eq!(s[bob].name, "bob");
    /// assert!(s.query::<User>().one().is_err_and(|error| error.is_multiple_found()));
    /// assert!(s.query::<User>().filter(User::name.eq("eve")).one().is_err_and(|error| error.is_not_found()));
    /// assert_eq!(s.query::<User>().filter(User::name.eq("eve")).one_or_none()?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Not found when there is none, multiple found when there are more; as [`all`](Self::all).
    pub fn one(self) -> Result<O::Item>
    where
        S: Standalone,
    {
        self.one_or_none()?.ok_or_else(|| {
            Error::not_found(format!("no `{}` where the query was to find exactly one", M::table().model))
        })
    }

    /// The only row, if there is one.
    ///
    /// # Errors
    /// Multiple found when there are more; as [`all`](Self::all).
    pub fn one_or_none(mut self) -> Result<Option<O::Item>>
    where
        S: Standalone,
    {
        self.tree.limit = Some(self.tree.limit.unwrap_or(2).min(2));
        let mut rows = self.all()?.into_iter();
        match (rows.next(), rows.next()) {
            (first, None) => Ok(first),
            (_, Some(_)) => {
                let model = M::table().model;
                Err(Error::multiple_found(format!("more than one `{model}` where the query was to find one")))
            }
        }
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports.
    pub fn count(mut self) -> Result<u64>
    where
        S: Standalone,
    {
        self.tree.what = What::Count;
        self.end(|core, tree, _| core.run_scalar(tree))
    }

    /// Whether there is a row.
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
    /// # s.add_all(["alice", "bob", "carol"].map(|name| User { name: name.into(), age: Some(30), ..Default::default() }));
    /// # s.commit()?;
    /// assert!(s.query::<User>().filter(User::name.eq("bob")).exists()?);
    /// assert_eq!(s.query::<User>().filter(User::name.ne("bob")).count()?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Whatever the flush before it, or the database, reports.
    pub fn exists(mut self) -> Result<bool>
    where
        S: Standalone,
    {
        self.tree.what = What::Exists;
        self.end(|core, tree, _| core.run_scalar(tree))
    }
}

impl<M, B, S, O> Select<M, S, O, &mut Session<B>> {
    /// Runs the query; the next one gets the memory of its tree.
    fn end<T>(self, run: impl FnOnce(&mut Core, &SelectTree, &Plan) -> Result<T>) -> Result<T> {
        let Select { tree, plan, on: session, .. } = self;
        let found = run(&mut session.core, &tree, &plan);
        session.core.give_tree_back(tree);
        found
    }
}

impl<M: Model, S, C: Cell> Select<M, S, Picked<C>> {
    /// All rows, as what was selected.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn fetch<B>(&self, session: &mut Session<B>) -> Result<Vec<C::Value>>
    where
        S: Standalone,
        M: BelongsTo<B>,
    {
        self.all(session)
    }
}

impl<M: BelongsTo<B>, B, S, C: Cell> Select<M, S, Picked<C>, &mut Session<B>> {
    /// All rows, as what was selected.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn fetch(self) -> Result<Vec<C::Value>>
    where
        S: Standalone,
    {
        self.all()
    }
}

/// A statement, and the values that it is run with.
pub(super) type Compiled<'tree> = (Arc<Statement>, Vec<Value<'tree>>);

/// What the rows of a statement do to what is held of them.
fn refresh_by(tree: &SelectTree) -> Refresh {
    match (tree.overwrites, &tree.lock) {
        (true, _) => Refresh::All,
        (false, Some(_)) => Refresh::Unchanged,
        (false, None) => Refresh::Stale,
    }
}

impl Core {
    /// An empty tree, in the memory of an earlier query if there is some.
    pub(super) fn take_tree(&mut self, from: TableRef) -> Box<SelectTree> {
        match self.spare_tree.take() {
            Some(mut tree) => {
                tree.from = from;
                tree
            }
            None => Box::new(SelectTree::new(from)),
        }
    }

    /// Keeps the memory of a tree for the next query.
    fn give_tree_back(&mut self, mut tree: Box<SelectTree>) {
        tree.clear();
        self.spare_tree = Some(tree);
    }

    /// Flushes, finds the statement of a tree by its shape, and runs it.
    pub(super) fn run<T>(
        &mut self,
        tree: &SelectTree,
        load: impl FnOnce(&mut dyn Connection, &Statement, &[Value<'_>], &mut Stores) -> Result<T>,
    ) -> Result<T> {
        self.autoflush()?;
        let mut gathered: Gathered<'_> = std::mem::take(&mut self.gathered);
        let shaped = self.find_statement(tree, &mut gathered)?;
        self.stores.set_refresh(refresh_by(tree));
        let mut marks = self.marks.take();
        let found = self.on_wire(Intent::Read, |connection, stores, _| {
            let mut place = None;
            let connection = marked(connection, marks.as_deref_mut(), &mut place);
            load(connection, &shaped.statement, &gathered.values, stores)
        });
        self.last_shaped = Some(shaped);
        self.gathered = gathered.emptied();
        self.marks = marks;
        self.stores.set_refresh(Refresh::Stale);
        found
    }

    /// The same, and loads what is planned beside the rows.
    pub(super) fn run_planned<M: Model, O: Output<M>>(
        &mut self,
        tree: &SelectTree,
        plan: &Plan,
    ) -> Result<Vec<O::Item>> {
        if plan.is_empty() && O::GRAPH.is_none() {
            return self.run(tree, O::load);
        }
        if !O::have_entities() && O::GRAPH.is_none() {
            let model = M::table().model;
            return Err(Error::misuse(format!(
                "`with` loads relations of entities, and the rows of this query of `{model}` have none: write `with` behind `untracked` for nested values, leave one of them out, or select `entity::<{model}>()` too"
            )));
        }
        if let Some(graph) = O::GRAPH {
            return self.run_graph(tree, plan, &graph);
        }
        let found = match (O::ENTITY, plan.recursion(tree)) {
            (Some(entity), Some(at)) => {
                let slots = self.run_tree(tree, plan, at)?;
                slots.into_iter().map(|slot| entity(&self.stores, slot)).collect()
            }
            _ => self.run_joined::<M, O>(tree, plan)?,
        };
        self.carry_out(plan, M::table().number, &O::slots(&found))?;
        Ok(found)
    }

    /// Runs the statement of a query, with what its plan joins.
    fn run_joined<M: Model, O: Output<M>>(&mut self, tree: &SelectTree, plan: &Plan) -> Result<Vec<O::Item>> {
        let Joined { tree, beside } = self.join_planned(plan, tree);
        if beside.is_empty() {
            return self.run(&tree, O::load);
        }
        self.run(&tree, |connection, statement, values, stores| {
            O::load_beside(connection, (statement, values), stores, beside)
        })
    }

    /// The same for rows that no session knows.
    fn run_graph<T>(&mut self, tree: &SelectTree, plan: &Plan, graph: &GraphOf<T>) -> Result<Vec<T>> {
        if let Some(at) = plan.recursion(tree) {
            return self.run_forest(tree, plan, at, graph);
        }
        let mut keys = plan.keys()?;
        let mut found = self.run(tree, |connection, statement, values, _| {
            (graph.load)(connection, statement, values, &mut keys)
        })?;
        if !found.is_empty() {
            self.grow(plan, (graph.level)(&mut found), &keys)?;
        }
        Ok(found)
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
    pub(super) fn compile<'tree>(&mut self, tree: &'tree SelectTree) -> Result<Compiled<'tree>> {
        let mut gathered = Gathered::default();
        let shaped = self.find_statement(tree, &mut gathered)?;
        let statement = Arc::clone(&shaped.statement);
        self.last_shaped = Some(shaped);
        Ok((statement, gathered.values))
    }

    /// The same, with memory that is at hand.
    fn find_statement<'tree>(
        &mut self,
        tree: &'tree SelectTree,
        gathered: &mut Gathered<'tree>,
    ) -> Result<Shaped> {
        let mut sink = KeySink::new(gathered, &self.stores, self.dialect());
        write_select(tree, &mut sink);
        sink.finish()?;
        let last = match self.last_shaped.take() {
            Some(last) if last.shape == gathered.shape => return Ok(last),
            last => last,
        };
        let statement = self.engine.statements().of_checked_shape(&gathered.shape, || {
            check_select(tree, self.dialect())?;
            let mut writer = Writer::new(self.dialect());
            write_select(tree, &mut writer);
            let statement = Statement::new(writer.finish());
            Ok(if tree.is_by_key() { statement.single_row() } else { statement })
        })?;
        let memory = last.map(|last| last.shape).unwrap_or_default();
        Ok(Shaped { shape: std::mem::replace(&mut gathered.shape, memory), statement })
    }
}
