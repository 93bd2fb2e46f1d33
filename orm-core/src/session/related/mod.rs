//! What relations lead to, from entities that the session holds.
//!
//! [`Session::related`] is a thin shell: the work is done on paths and slots, compiled once. `reach` follows a path in memory,
//! `fetch` loads what is missing.

mod along;
mod fetch;
mod forest;
mod graph;
mod joined;
mod link;
mod linked;
mod plan;
mod raise;
mod reach;
mod repeat;
mod seen;
mod tree;

pub use along::Between;
pub(crate) use joined::Joined;
pub use link::{LinkModel, Replace};
pub(crate) use plan::Plan;
pub use plan::{Eager, Then};
pub(crate) use repeat::Repeats;

use std::panic::Location;

use super::entities::Session;
use crate::error::{Error, Result};
use crate::expr::{AsPath, Direct, Fk, Many, One, Path, Refined, RelationName, Through, Via};
use crate::load::Loaded;
use crate::schema::{BelongsTo, Model};
use crate::store::Stores;
use crate::value::{Column, Handle, Id, Key};

/// A relation of the model `M`: a constant that `#[relation(..)]` makes, or a foreign key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no relation of `{M}`",
    label = "not a relation of `{M}`",
    note = "a relation of `{M}` is a constant of it that `#[relation(..)]` makes, or a foreign key of it"
)]
pub trait Relation<M>: AsPath {
    /// The model that it leads to.
    type Target: Model;

    /// What is found: a list, a handle, or perhaps one.
    type Related;

    /// The same of a row that no session knows: a slice, a row, or perhaps one.
    type Nested<'a>;

    #[doc(hidden)]
    const IS_LIST: bool;

    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn make_stores(stores: &mut Stores) {
        stores.typed_mut::<Self::Target>();
    }

    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn related(found: Found<Self::Target>) -> Result<Self::Related>;

    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn nested(rows: &[Loaded<Self::Target>], name: RelationName) -> Result<Self::Nested<'_>>;
}

/// What a relation leads to from one entity.
pub(crate) struct Found<T> {
    handles: Vec<Handle<T>>,
    name: RelationName,
    whose: String,
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<M: Model, T: Model> Relation<M> for Many<M, T, Direct> {
    type Target = T;
    type Related = Vec<Handle<T>>;
    type Nested<'a> = &'a [Loaded<T>];
    const IS_LIST: bool = true;

    fn related(found: Found<T>) -> Result<Vec<Handle<T>>> {
        Ok(found.handles)
    }

    fn nested(rows: &[Loaded<T>], _name: RelationName) -> Result<&[Loaded<T>]> {
        Ok(rows)
    }
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<M: Model, T: Model, V> Relation<M> for Refined<M, T, V>
where
    Many<M, T, V>: Relation<M>,
{
    type Target = T;
    type Related = Vec<Handle<T>>;
    type Nested<'a> = &'a [Loaded<T>];
    const IS_LIST: bool = true;

    fn make_stores(stores: &mut Stores) {
        <Many<M, T, V> as Relation<M>>::make_stores(stores);
    }

    fn related(found: Found<T>) -> Result<Vec<Handle<T>>> {
        Ok(found.handles)
    }

    fn nested(rows: &[Loaded<T>], _name: RelationName) -> Result<&[Loaded<T>]> {
        Ok(rows)
    }
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<M: Model, T: Model, L: Model> Relation<M> for Many<M, T, Through<L>> {
    type Target = T;
    type Related = Vec<Handle<T>>;
    type Nested<'a> = &'a [Loaded<T>];
    const IS_LIST: bool = true;

    fn make_stores(stores: &mut Stores) {
        stores.typed_mut::<L>();
        stores.typed_mut::<T>();
    }

    fn related(found: Found<T>) -> Result<Vec<Handle<T>>> {
        Ok(found.handles)
    }

    fn nested(rows: &[Loaded<T>], _name: RelationName) -> Result<&[Loaded<T>]> {
        Ok(rows)
    }
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<M: Model, T: Model, L: Between> Relation<M> for Many<M, T, Via<L>> {
    type Target = T;
    type Related = Vec<Handle<T>>;
    type Nested<'a> = &'a [Loaded<T>];
    const IS_LIST: bool = true;

    fn make_stores(stores: &mut Stores) {
        L::make_stores(stores);
        stores.typed_mut::<T>();
    }

    fn related(found: Found<T>) -> Result<Vec<Handle<T>>> {
        Ok(found.handles)
    }

    fn nested(rows: &[Loaded<T>], _name: RelationName) -> Result<&[Loaded<T>]> {
        Ok(rows)
    }
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<M: Model, T: Model> Relation<M> for One<M, T> {
    type Target = T;
    type Related = Option<Handle<T>>;
    type Nested<'a> = Option<&'a Loaded<T>>;
    const IS_LIST: bool = false;

    fn related(found: Found<T>) -> Result<Option<Handle<T>>> {
        Ok(found.handles.into_iter().next())
    }

    fn nested(rows: &[Loaded<T>], _name: RelationName) -> Result<Option<&Loaded<T>>> {
        Ok(rows.first())
    }
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<M: Model, T: Model, K: Key> Relation<M> for Column<M, Option<Id<T, K>>, Fk> {
    type Target = T;
    type Related = Option<Handle<T>>;
    type Nested<'a> = Option<&'a Loaded<T>>;
    const IS_LIST: bool = false;

    fn related(found: Found<T>) -> Result<Option<Handle<T>>> {
        Ok(found.handles.into_iter().next())
    }

    fn nested(rows: &[Loaded<T>], _name: RelationName) -> Result<Option<&Loaded<T>>> {
        Ok(rows.first())
    }
}

#[allow(private_interfaces)]
#[diagnostic::do_not_recommend]
impl<M: Model, T: Model, K: Key> Relation<M> for Column<M, Id<T, K>, Fk> {
    type Target = T;
    type Related = Handle<T>;
    type Nested<'a> = &'a Loaded<T>;
    const IS_LIST: bool = false;

    fn related(found: Found<T>) -> Result<Handle<T>> {
        let Found { handles, name, whose } = found;
        handles.into_iter().next().ok_or_else(|| names_nothing(name, &whose, T::table().model))
    }

    fn nested(rows: &[Loaded<T>], name: RelationName) -> Result<&Loaded<T>> {
        rows.first().ok_or_else(|| names_nothing(name, &format!("a `{}`", name.model), T::table().model))
    }
}

#[cold]
fn names_nothing(name: RelationName, whose: &str, target: &str) -> Error {
    Error::not_found(format!("`{name}` of {whose} names no `{target}` that is there"))
}

impl<B> Session<B> {
    /// What a relation of an entity leads to: a list for `many`, one or none for `one` and for a foreign key that can be NULL,
    /// a handle for one that cannot.
    ///
    /// What is not known yet is loaded, for up to [`lazy_batch`](super::SessionMaker::lazy_batch) entities of the load that
    /// returned this one: a loop over the entities of a query sends one statement. A foreign key looks in the identity map
    /// first. Nothing is flushed: what was added, moved or deleted and not flushed yet is seen in memory. A list has the
    /// database's order, then what came since.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct BlogDb;
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = BlogDb, table = "users", default)]
    /// # #[relation(posts = many(Post::author, order_by = Post::id))]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
    /// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = BlogDb, table = "posts", default)]
    /// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: Id<User>, pub editor: Option<Id<User>> }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<BlogDb>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// let alice = s.add(User { name: "alice".into(), ..Default::default() });
    /// let post = s.add(Post { author: alice.into(), ..Default::default() });
    /// s.commit()?;
    ///
    /// assert_eq!(s.related(alice, User::posts)?, [post]);
    /// assert_eq!(s.related(post, Post::author)?, alice);
    /// assert_eq!(s.related(post, Post::editor)?, None);
    ///
    /// let bob = s.add(User { name: "bob".into(), ..Default::default() });
    /// s[post].author = bob.into(); // moving a child is setting its foreign key
    /// assert_eq!(s.related(bob, User::posts)?, [post]); // no flush, no SQL
    /// assert_eq!(s.related(alice, User::posts)?, []);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Misuse for a handle of another session or of an entity that is gone, and in [raise mode](super::SessionMaker::raiseload) for
    /// what would have to be loaded; not found when a foreign key that cannot be NULL names
    /// a row that is not there; whatever the database reports.
    #[track_caller]
    pub fn related<M: BelongsTo<B>, R: Relation<M>>(
        &mut self,
        handle: Handle<M>,
        relation: R,
    ) -> Result<R::Related> {
        R::make_stores(&mut self.core.stores);
        let path = self.core.settled(relation.path())?;
        let slots = self.core.related(handle.entity(), &path, Location::caller())?;
        self.found::<M, R>(handle, &path, &slots)
    }

    /// What a relation of each of some entities leads to, in their order; what is missing is loaded for all of them together.
    ///
    /// # Errors
    /// As [`related`](Self::related).
    pub fn related_all<M: BelongsTo<B>, R: Relation<M>>(
        &mut self,
        handles: &[Handle<M>],
        relation: R,
    ) -> Result<Vec<R::Related>> {
        R::make_stores(&mut self.core.stores);
        let path = self.core.settled(relation.path())?;
        for handle in handles {
            self.core.check_held(handle.entity())?;
        }
        let slots: Vec<u32> = handles.iter().map(|handle| handle.place.slot).collect();
        self.core.load_path(&path, &slots)?;
        let related = |handle: &Handle<M>| {
            let slots = self.core.reach(&path, handle.place.slot)?;
            self.found::<M, R>(*handle, &path, &slots)
        };
        handles.iter().map(related).collect()
    }

    /// Whether [`related`](Self::related) would answer without the database.
    pub fn loaded<M: BelongsTo<B>, R: Relation<M>>(&mut self, handle: Handle<M>, relation: R) -> bool {
        R::make_stores(&mut self.core.stores);
        let path = self.core.settled(relation.path());
        self.core.check_held(handle.entity()).is_ok()
            && path.is_ok_and(|path| self.core.is_complete(&path, handle.place.slot))
    }

    /// Whether [`related`](Self::related) is an error from now on where it would have to load, as
    /// [`SessionMaker::raiseload`](super::SessionMaker::raiseload) says for all sessions.
    pub fn raiseload(&mut self, raise: bool) {
        self.core.options.raiseload = raise;
    }

    fn found<M: BelongsTo<B>, R: Relation<M>>(
        &self,
        handle: Handle<M>,
        path: &Path,
        slots: &[u32],
    ) -> Result<R::Related> {
        let (stores, number) = (&self.core.stores, R::Target::table().number);
        let store = stores.any(number);
        let handle_of = |&slot: &u32| Handle::at(stores.session(), slot, store.generation(slot));
        let handles = slots.iter().map(handle_of).collect();
        R::related(Found { handles, name: path.name, whose: format!("{handle:?}") })
    }
}
