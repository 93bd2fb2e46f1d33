//! UPDATE and DELETE of all rows that meet conditions, beside what the session holds of them.

use std::marker::PhantomData;

use super::core::{Core, Intent};
use super::entities::Session;
use crate::compile::{Gathered, KeySink, Writer, check_bulk, write_bulk};
use crate::driver::Statement;
use crate::error::{Error, Result};
use crate::expr::{AssignIn, Column, In, Predicate, Selection, Source, Tracked, items_of};
use crate::load::{Cell, load_returned};
use crate::schema::{BelongsTo, Model};
use crate::stmt::{BulkAction, BulkTree};
use crate::util::Marker;

/// An UPDATE of all rows that meet its conditions. [`update`] makes one.
#[must_use = "a statement does nothing until it is executed"]
pub struct Update<M> {
    tree: BulkTree,
    kind: Marker<M>,
}

/// A DELETE of all rows that meet its conditions. [`delete`] makes one.
#[must_use = "a statement does nothing until it is executed"]
pub struct Delete<M> {
    tree: BulkTree,
    kind: Marker<M>,
}

/// An UPDATE or DELETE that gives back something of each row that it reached.
#[must_use = "a statement does nothing until it is executed"]
pub struct Returning<M, C> {
    tree: BulkTree,
    kind: Marker<(M, C)>,
}

/// An UPDATE of all rows of a model that meet conditions, in one statement.
///
/// The session flushes first. What it holds is in step afterwards: conditions and new values are worked out in memory where
/// that gives what the database gives, else the statement returns the rows that it changed. Only where keys change is what is
/// held of the model stale. Hooks, `validate` and `on_update` values do not run; a version is counted up.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db, default)]
/// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub title: String, pub views: i64 }
/// # fn main() -> orm_core::Result<()> {
/// # let engine = Engine::<Db>::builder(Sqlite::memory()).build()?;
/// # engine.create_all()?;
/// # let mut s = engine.session();
/// s.add_all([1, 2].map(|views| Post { views, ..Default::default() }));
/// let changed = update::<Post>().set(Post::views, Post::views + 1).filter(Post::views.gt(1)).execute(&mut s)?;
/// assert_eq!(changed, 1);
/// # Ok(())
/// # }
/// ```
pub fn update<M: Model>() -> Update<M> {
    Update { tree: BulkTree::new(M::table_ref(), BulkAction::Update(Vec::new())), kind: PhantomData }
}

/// A DELETE of all rows of a model that meet conditions, in one statement.
///
/// The session flushes first. The entities of the rows are deleted afterwards, as those of a flush: which they are is worked out
/// in memory where that can be known, else the statement returns their keys. What is held of the models that an `on_delete` of
/// the database reaches is stale. Hooks and rules that the session carries out do not run.
pub fn delete<M: Model>() -> Delete<M> {
    Delete { tree: BulkTree::new(M::table_ref(), BulkAction::Delete), kind: PhantomData }
}

impl<M: Model> Update<M> {
    /// Sets a column to a value, or to an expression of the row as it was.
    pub fn set<T, R, V: AssignIn<In<M>, T, I>, I>(
        mut self,
        column: Column<M, T, R>,
        value: V,
    ) -> V::Keep<Self> {
        if let BulkAction::Update(sets) = &mut self.tree.action {
            sets.push((column.field, value.into_assigned()));
        }
        V::keep(self)
    }

    /// Only rows that meet a condition; several conditions have to be met all.
    pub fn filter<P: Predicate<In<M>, I>, I>(mut self, condition: P) -> P::Keep<Self> {
        self.tree.filters.push(condition.into_condition());
        P::keep(self)
    }

    /// What each changed row gives back, as it is afterwards.
    pub fn returning<P: Selection<In<M>, Tracked, I>, I>(
        mut self,
        selection: P,
    ) -> P::Keep<Returning<M, P::Cell>> {
        self.tree.returning = items_of(selection);
        P::keep(Returning { tree: self.tree, kind: PhantomData })
    }

    /// Runs it, and gives the number of rows that it reached.
    ///
    /// # Errors
    /// Misuse when nothing is set; whatever the flush before it, or the database, reports.
    pub fn execute<B>(&self, session: &mut Session<B>) -> Result<u64>
    where
        M: BelongsTo<B>,
    {
        session.core.run_bulk(&self.tree)
    }
}

impl<M: Model> Delete<M> {
    /// Only rows that meet a condition; several conditions have to be met all.
    pub fn filter<P: Predicate<In<M>, I>, I>(mut self, condition: P) -> P::Keep<Self> {
        self.tree.filters.push(condition.into_condition());
        P::keep(self)
    }

    /// What each deleted row gives back.
    pub fn returning<P: Selection<In<M>, Tracked, I>, I>(
        mut self,
        selection: P,
    ) -> P::Keep<Returning<M, P::Cell>> {
        self.tree.returning = items_of(selection);
        P::keep(Returning { tree: self.tree, kind: PhantomData })
    }

    /// Runs it, and gives the number of rows that it deleted.
    ///
    /// # Errors
    /// Foreign key when a row is still named by others; whatever the flush before it, or the database, reports.
    pub fn execute<B>(&self, session: &mut Session<B>) -> Result<u64>
    where
        M: BelongsTo<B>,
    {
        session.core.run_bulk(&self.tree)
    }
}

impl<M: Model, C: Cell> Returning<M, C> {
    /// Runs it, and gives what each row that it reached gives back, in no order.
    ///
    /// # Errors
    /// Unsupported by a database that returns nothing; misuse when nothing is set; whatever the flush before it, or the
    /// database, reports.
    pub fn fetch<B>(&self, session: &mut Session<B>) -> Result<Vec<C::Value>>
    where
        M: BelongsTo<B>,
    {
        let core = &mut session.core;
        let mut tree = self.tree.clone();
        let deletes = matches!(tree.action, BulkAction::Delete);
        if deletes {
            tree.returning.extend(tree.table.key_fields().into_iter().map(crate::stmt::Item::Expression));
        }
        core.prepare_bulk(&tree)?;
        let outlook = core.foresee_returning(&tree);
        let (statement, values) = core.compile_bulk(&tree)?;
        let found = core.on_wire(Intent::Write, |connection, stores, _| {
            load_returned::<M, C>(connection, (&statement, &values), stores, deletes)
        })?;
        core.bring_in_step(M::table(), outlook);
        Ok(found)
    }
}

impl<M: Clone> Clone for Update<M> {
    fn clone(&self) -> Self {
        Update { tree: self.tree.clone(), kind: PhantomData }
    }
}

impl<M: Clone> Clone for Delete<M> {
    fn clone(&self) -> Self {
        Delete { tree: self.tree.clone(), kind: PhantomData }
    }
}

impl Core {
    fn run_bulk(&mut self, tree: &BulkTree) -> Result<u64> {
        self.prepare_bulk(tree)?;
        self.run_in_step(tree)
    }

    /// Refuses what cannot be run, and flushes.
    fn prepare_bulk(&mut self, tree: &BulkTree) -> Result<()> {
        if let BulkAction::Update(sets) = &tree.action
            && sets.is_empty()
        {
            return Err(Error::misuse(format!("an update of `{}` sets nothing", tree.table.table.model)));
        }
        if !tree.returning.is_empty() && !self.dialect().capabilities().returning {
            return Err(Error::unsupported(format!("{} returns no rows of a change", self.dialect().name())));
        }
        self.autoflush()?;
        Ok(())
    }

    pub(super) fn compile_bulk<'tree>(
        &self,
        tree: &'tree BulkTree,
    ) -> Result<super::select_ends::Compiled<'tree>> {
        let mut gathered = Gathered::default();
        let mut sink = KeySink::new(&mut gathered, &self.stores, self.dialect());
        write_bulk(tree, &mut sink);
        sink.finish()?;
        let Gathered { shape, values } = gathered;
        let statement = self.engine.statements().of_checked_shape(&shape, || {
            check_bulk(tree, self.dialect())?;
            let mut writer = Writer::new(self.dialect());
            write_bulk(tree, &mut writer);
            Ok(Statement::new(writer.finish()))
        })?;
        Ok((statement, values))
    }
}
