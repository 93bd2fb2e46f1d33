//! Hooks of a model: what its entities do when they are written and read.

use std::any::Any;

use super::model::Model;
use crate::error::Result;
use crate::value::{Handle, Id, Ids, IntoKey};

/// What the entities of a model do when they are written and read; `#[model(hooks)]` says that a model has them.
///
/// A hook may change its own entity. What a `before_` hook changes is written by the same statement; what an `after_` hook changes
/// belongs to the next flush. An error aborts the flush, or the query, that called it.
///
/// - All `before_` hooks of a flush run before its first statement, in the order of `add`, then of keys, then of `delete`.
/// - `before_update` runs only if the entity has net changes, and so an UPDATE is sent. The UPDATE that closes a cycle of rows
///   runs no hook, nor do statements over sets of rows, `insert_many`, upserts, and what the database does by itself.
/// - A flush that fails after a `before_insert` leaves what the hook changed: it has to bear being run again.
///
/// [`SessionMaker`](crate::SessionMaker) has the table of when hooks run.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct UsersDb;
/// #[derive(Model, Clone, Debug, PartialEq)]
/// #[model(base = UsersDb, table = "users", default, hooks)]
/// pub struct User {
///     #[column(primary_key)]
///     pub id: Id<User>,
///     pub email: String,
///     pub renamed: i64,
/// }
///
/// impl Hooks for User {
///     fn before_insert(&mut self, _: &HookContext<'_, Self>) -> orm_core::Result<()> {
///         self.email = self.email.to_lowercase();
///         Ok(())
///     }
///
///     fn before_update(&mut self, context: &HookContext<'_, Self>) -> orm_core::Result<()> {
///         self.renamed += i64::from(context.old().is_some_and(|old| old.email != self.email));
///         Ok(())
///     }
/// }
///
/// # fn main() -> orm_core::Result<()> {
/// # let engine = Engine::<UsersDb>::builder(Sqlite::memory()).build()?;
/// # engine.create_all()?;
/// # let mut s = engine.session();
/// let alice = s.add(User { email: "Alice@X.org".into(), ..Default::default() });
/// s.flush()?;
/// assert_eq!(s[alice].email, "alice@x.org");
/// s[alice].email = "alice@y.org".into();
/// s.flush()?; // UPDATE users SET email = ?, renamed = ? WHERE id = ?
/// assert_eq!(s[alice].renamed, 1);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no hooks",
    label = "the attribute `hooks` asks for them",
    note = "write `impl Hooks for {Self} {{ .. }}`, or take the attribute away"
)]
pub trait Hooks: Model + DeclaresHooks {
    /// Before the entity is inserted.
    ///
    /// # Errors
    /// Aborts the flush.
    fn before_insert(&mut self, _context: &HookContext<'_, Self>) -> Result<()> {
        Ok(())
    }

    /// After it is inserted; the key and what the database filled in are known.
    ///
    /// # Errors
    /// Undoes the flush.
    fn after_insert(&mut self, _context: &HookContext<'_, Self>) -> Result<()> {
        Ok(())
    }

    /// Before it is updated; [`HookContext::old`] is what its row has.
    ///
    /// # Errors
    /// Aborts the flush.
    fn before_update(&mut self, _context: &HookContext<'_, Self>) -> Result<()> {
        Ok(())
    }

    /// After it is updated.
    ///
    /// # Errors
    /// Undoes the flush.
    fn after_update(&mut self, _context: &HookContext<'_, Self>) -> Result<()> {
        Ok(())
    }

    /// Before it is deleted, by the session.
    ///
    /// # Errors
    /// Aborts the flush.
    fn before_delete(&self, _context: &HookContext<'_, Self>) -> Result<()> {
        Ok(())
    }

    /// After it is deleted, by the session.
    ///
    /// # Errors
    /// Undoes the flush.
    fn after_delete(&self, _context: &HookContext<'_, Self>) -> Result<()> {
        Ok(())
    }

    /// When its values come from a row: loaded, refreshed, or read untracked. What it changes is how the program sees the row,
    /// and no change that would be written.
    ///
    /// # Errors
    /// Aborts the query.
    fn load(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Says that the derive of a model knows of its hooks.
#[diagnostic::on_unimplemented(
    message = "the hooks of `{Self}` would never run",
    label = "its derive does not know of them",
    note = "add the attribute: `#[model(.., hooks)]`"
)]
pub trait DeclaresHooks {}

/// What a hook can see of its session.
pub struct HookContext<'a, M> {
    pub(crate) old: Option<&'a M>,
    pub(crate) ids: &'a dyn Ids,
}

impl<M: Model> HookContext<'_, M> {
    /// What the entity's row has, in `before_update`, and in `before_delete` if the entity was changed.
    pub fn old(&self) -> Option<&M> {
        self.old
    }

    /// The key of a row, once it is known: of any id that is used with this session.
    pub fn key<T: Model>(&self, id: impl IntoKey<T>) -> Option<T::Key> {
        match id.into_id() {
            Id::New => None,
            Id::Key(key) => Some(key),
            Id::Of(handle) => self.ids.key(handle.entity())?.downcast_ref().cloned(),
        }
    }

    /// The values of another entity, unless the handle is of another session or its entity is gone.
    pub fn find<T: Model>(&self, handle: Handle<T>) -> Option<&T> {
        let value: &dyn Any = self.ids.value(handle.entity())?;
        value.downcast_ref()
    }
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before the INSERT.
    BeforeInsert,
    /// After the INSERT.
    AfterInsert,
    /// Before the UPDATE.
    BeforeUpdate,
    /// After the UPDATE.
    AfterUpdate,
    /// Before the DELETE.
    BeforeDelete,
    /// After the DELETE.
    AfterDelete,
}

impl When {
    /// The hook's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            When::BeforeInsert => "before_insert",
            When::AfterInsert => "after_insert",
            When::BeforeUpdate => "before_update",
            When::AfterUpdate => "after_update",
            When::BeforeDelete => "before_delete",
            When::AfterDelete => "after_delete",
        }
    }
}

/// A moment in the life of an entity, and what its hook can see.
pub enum Moment<'a, M> {
    /// It is written.
    Write(When, HookContext<'a, M>),
    /// Its values came from a row.
    Load,
}

/// Runs the hook of a moment.
///
/// # Errors
/// What the hook returns.
pub fn run_hook<M: Hooks>(entity: &mut M, moment: &Moment<'_, M>) -> Result<()> {
    match moment {
        Moment::Load => entity.load(),
        Moment::Write(When::BeforeInsert, context) => entity.before_insert(context),
        Moment::Write(When::AfterInsert, context) => entity.after_insert(context),
        Moment::Write(When::BeforeUpdate, context) => entity.before_update(context),
        Moment::Write(When::AfterUpdate, context) => entity.after_update(context),
        Moment::Write(When::BeforeDelete, context) => entity.before_delete(context),
        Moment::Write(When::AfterDelete, context) => entity.after_delete(context),
    }
}
