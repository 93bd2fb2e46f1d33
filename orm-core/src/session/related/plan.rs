//! What a query loads beside its rows: relations of them, and of what those lead to.

use std::collections::HashSet;
use std::marker::PhantomData;

use super::super::core::Core;
use super::super::select::Select;
use super::Relation;
use super::joined::Way;
use crate::error::Result;
use crate::expr::{AsPath, Fk, Many, One, Path, Refined, Tracked, Untracked};
use crate::load::{Graph, Level, Loaded, Picked};
use crate::schema::{Model, Points};
use crate::store::{Raises, Source, Stores};
use crate::util::Marker;
use crate::value::Column;

/// What a query of `M` can load with its rows: a relation of `M`, and what follows it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no relation of `{M}`",
    label = "not a relation of `{M}`",
    note = "a relation of `{M}` is a constant of it that `#[relation(..)]` makes, or a foreign key of it; what follows a relation \
            stands in its `.then(..)`"
)]
pub trait Eager<M> {
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_branch(self) -> Branch;
}

/// A relation, and what is loaded of what it leads to; without types.
#[derive(Clone)]
pub(crate) struct Branch {
    pub(super) path: Path,
    pub(super) make_stores: fn(&mut Stores),
    /// The rows that it leads to, as a level of a graph without rows.
    pub(super) make_level: fn() -> Box<dyn Level>,
    /// Whether it leads to a list.
    pub(super) is_list: bool,
    /// How many times over, for a relation that leads back to its own model.
    pub(super) depth: usize,
    pub(super) way: Way,
    pub(super) then: Vec<Branch>,
}

/// A relation from `M` to `T` with what follows it.
pub struct Then<M, T> {
    branch: Branch,
    kind: Marker<(M, T)>,
}

/// What a query loads beside its rows.
#[derive(Clone, Default)]
pub(crate) struct Plan {
    pub(super) branches: Vec<Branch>,
    pub(super) raises: Option<Raises>,
}

fn branch<M, R: Relation<M>>(relation: &R) -> Branch {
    Branch {
        path: relation.path(),
        make_stores: R::make_stores,
        make_level: || Box::new(Vec::<Loaded<R::Target>>::new()),
        is_list: R::IS_LIST,
        depth: 1,
        way: Way::Chosen,
        then: Vec::new(),
    }
}

impl<M, T> Then<M, T> {
    pub(super) fn of<R: Relation<M, Target = T>>(relation: &R) -> Self {
        Then { branch: branch(relation), kind: PhantomData }
    }

    pub(super) fn by(mut self, way: Way) -> Self {
        self.branch.way = way;
        self
    }

    /// Loads more of what the relation leads to.
    #[must_use]
    pub fn then<E: Eager<T>>(mut self, next: E) -> Self {
        next.into_branch().add_to(&mut self.branch.then);
        self
    }
}

impl<M> Then<M, M> {
    /// Follows the relation over and over, at most so many times.
    #[must_use]
    pub fn recursive(mut self, depth: usize) -> Self {
        self.branch.depth = depth;
        self
    }
}

#[allow(private_interfaces)]
impl<M, T> Eager<M> for Then<M, T> {
    fn into_branch(self) -> Branch {
        self.branch
    }
}

#[allow(private_interfaces)]
impl<M: Model, T: Model, V> Eager<M> for Many<M, T, V>
where
    Many<M, T, V>: Relation<M>,
{
    fn into_branch(self) -> Branch {
        branch(&self)
    }
}

#[allow(private_interfaces)]
impl<M: Model, T: Model> Eager<M> for One<M, T> {
    fn into_branch(self) -> Branch {
        branch(&self)
    }
}

#[allow(private_interfaces)]
impl<M: Model, F> Eager<M> for Column<M, F, Fk>
where
    Column<M, F, Fk>: Relation<M>,
{
    fn into_branch(self) -> Branch {
        branch(&self)
    }
}

impl<M: Model, T: Model, V> Many<M, T, V>
where
    Many<M, T, V>: Relation<M, Target = T>,
{
    /// This relation, and one of what it leads to.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(DeclarativeBase)] pub struct BlogDb;
    /// # #[derive(Model, Clone)] #[model(base = BlogDb)] #[relation(posts = many(Post::author))]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User> }
    /// # #[derive(Model, Clone)] #[model(base = BlogDb)] #[relation(comments = many(Comment::post))]
    /// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: Id<User>, pub editor: Option<Id<User>> }
    /// # #[derive(Model, Clone)] #[model(base = BlogDb)]
    /// # pub struct Comment { #[column(primary_key)] pub id: Id<Comment>, pub post: Id<Post> }
    /// # fn page(s: &mut Session<BlogDb>) -> orm_core::Result<Vec<Handle<User>>> {
    /// s.query::<User>().with(User::posts.then(Post::editor).then(Post::comments)).all()
    /// # }
    /// ```
    pub fn then<E: Eager<T>>(self, next: E) -> Then<M, T> {
        Then::of(&self).then(next)
    }
}

#[allow(private_interfaces)]
impl<M: Model, T: Model, V> Eager<M> for Refined<M, T, V>
where
    Refined<M, T, V>: Relation<M>,
{
    fn into_branch(self) -> Branch {
        branch(&self)
    }
}

impl<M: Model, T: Model, V> Refined<M, T, V>
where
    Refined<M, T, V>: Relation<M, Target = T>,
{
    /// These rows, and a relation of them.
    pub fn then<E: Eager<T>>(self, next: E) -> Then<M, T> {
        Then::of(&self).then(next)
    }
}

impl<M: Model, V> Refined<M, M, V>
where
    Refined<M, M, V>: Relation<M, Target = M>,
{
    /// These rows over and over, at most so many times: a tree of such rows.
    pub fn recursive(self, depth: usize) -> Then<M, M> {
        Then::of(&self).recursive(depth)
    }
}

impl<M: Model, V> Many<M, M, V>
where
    Many<M, M, V>: Relation<M, Target = M>,
{
    /// This relation over and over, at most so many times: a tree. It comes with the rows of the query in one recursive statement,
    /// or below other rows in one more; `usize::MAX` loads all of it.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(DeclarativeBase)] pub struct Staff;
    /// # #[derive(Model, Clone)] #[model(base = Staff)] #[relation(reports = many(Employee::manager))]
    /// # pub struct Employee { #[column(primary_key)] pub id: Id<Employee>, pub manager: Option<Id<Employee>> }
    /// # fn heads(s: &mut Session<Staff>) -> orm_core::Result<Vec<Handle<Employee>>> {
    /// s.query::<Employee>().filter(Employee::manager.is_null()).with(Employee::reports.recursive(3)).all()
    /// # }
    /// ```
    pub fn recursive(self, depth: usize) -> Then<M, M> {
        Then::of(&self).recursive(depth)
    }
}

impl<M: Model, T: Model> One<M, T> {
    /// This relation, and one of what it leads to.
    pub fn then<E: Eager<T>>(self, next: E) -> Then<M, T> {
        Then::of(&self).then(next)
    }
}

impl<M: Model, F: Points> Column<M, F, Fk>
where
    Column<M, F, Fk>: Relation<M, Target = F::Target>,
{
    /// The row that this foreign key names, and a relation of it.
    pub fn then<E: Eager<F::Target>>(self, next: E) -> Then<M, F::Target> {
        Then::of(&self).then(next)
    }
}

impl<M: Model, F: Points<Target = M>> Column<M, F, Fk>
where
    Column<M, F, Fk>: Relation<M, Target = M>,
{
    /// This foreign key over and over, at most so many times: up a tree, in one statement with the query.
    pub fn recursive(self, depth: usize) -> Then<M, M> {
        Then::of(&self).recursive(depth)
    }
}

impl<M: Model, S, X> Select<M, S, Tracked, X> {
    /// Loads a relation of all rows with them: one more SELECT, for what is not known yet.
    pub fn with<E: Eager<M>>(mut self, relation: E) -> Self {
        relation.into_branch().add_to(&mut self.plan.branches);
        self
    }

    /// What is loaded of the rows later, and was not planned here by [`with`](Self::with), is an error; also of what the relations
    /// lead to.
    pub fn raiseload(mut self) -> Self {
        self.plan.raises = Some(Raises::All);
        self
    }

    /// The same for one relation of the rows, or of what they lead to.
    pub fn raiseload_on(mut self, relation: impl AsPath) -> Self {
        let mut relations = match self.plan.raises.take() {
            Some(Raises::All) => return self.raiseload(),
            Some(Raises::Some(relations)) => relations.to_vec(),
            None => Vec::new(),
        };
        relations.push(relation.path().id);
        self.plan.raises = Some(Raises::Some(relations.into()));
        self
    }
}

impl<M: Model, S, X> Select<M, S, Untracked, X> {
    /// Loads a relation of all rows with them: one more SELECT. Each row then is a [`Loaded`]: the struct, and nested in it what
    /// its relations lead to, as values that no session knows.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(DeclarativeBase)] pub struct BlogDb;
    /// # #[derive(Model, Clone, Debug)] #[model(base = BlogDb)] #[relation(posts = many(Post::author))]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
    /// # #[derive(Model, Clone, Debug)] #[model(base = BlogDb)] #[relation(comments = many(Comment::post))]
    /// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: Id<User> }
    /// # #[derive(Model, Clone, Debug)] #[model(base = BlogDb)]
    /// # pub struct Comment { #[column(primary_key)] pub id: Id<Comment>, pub post: Id<Post> }
    /// # fn page(s: &mut Session<BlogDb>) -> orm_core::Result<()> {
    /// let users = s.query::<User>().untracked().with(User::posts.then(Post::comments)).all()?; // three statements
    /// for user in &users {
    ///     for post in user.related(User::posts)? {
    ///         println!("{} has {} comments", user.name, post.related(Post::comments)?.len());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn with<E: Eager<M>>(self, relation: E) -> Select<M, S, Graph, X> {
        self.retyped::<S, Graph>().with(relation)
    }
}

impl<M: Model, S, C, X> Select<M, S, Picked<C>, X> {
    /// Loads a relation of all entities of `M` in the rows with them.
    pub fn with<E: Eager<M>>(mut self, relation: E) -> Self {
        relation.into_branch().add_to(&mut self.plan.branches);
        self
    }
}

impl<M: Model, S, X> Select<M, S, Graph, X> {
    /// Loads one more relation of all rows with them.
    pub fn with<E: Eager<M>>(mut self, relation: E) -> Self {
        relation.into_branch().add_to(&mut self.plan.branches);
        self
    }
}

impl Branch {
    /// Adds it to others; what follows the same relation follows it once.
    fn add_to(self, branches: &mut Vec<Branch>) {
        let is_same = |other: &&mut Branch| {
            let (path, other) = (&self.path, &other.path);
            path.id == other.id && path.refined == 0 && other.refined == 0
        };
        let Some(same) = branches.iter_mut().find(is_same) else { return branches.push(self) };
        same.depth = same.depth.max(self.depth);
        if self.way != Way::Chosen {
            same.way = self.way;
        }
        self.then.into_iter().for_each(|next| next.add_to(&mut same.then));
    }
}

impl Plan {
    pub(crate) fn is_empty(&self) -> bool {
        self.branches.is_empty() && self.raises.is_none()
    }

    /// Why the rows of the query are loaded.
    pub(super) fn source(&self) -> Source {
        self.raises.clone().map_or(Source::Plain, Source::Raising)
    }
}

impl Core {
    /// Loads what a plan asks for of some entities of a table.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub(crate) fn carry_out(&mut self, plan: &Plan, table: usize, slots: &[u32]) -> Result<()> {
        if plan.raises.is_some() {
            let store = self.stores.any_mut(table);
            let now = store.slot_count();
            store.origins().add(slots.iter().copied(), now, now, plan.source());
        }
        plan.branches.iter().try_for_each(|branch| self.load_branch(branch, slots))
    }

    fn load_branch(&mut self, branch: &Branch, slots: &[u32]) -> Result<()> {
        (branch.make_stores)(&mut self.stores);
        let path = self.settled(branch.path.clone())?;
        let mut level = slots.to_vec();
        let mut seen: HashSet<u32> = HashSet::new();
        let mut found = Vec::new();
        for depth in 0..branch.depth {
            self.load_levels(&path, &level, branch.depth - depth)?;
            if branch.then.is_empty() && depth + 1 == branch.depth {
                return Ok(());
            }
            level = self.reach_all(&path, &level)?;
            level.retain(|slot| seen.insert(*slot));
            if level.is_empty() {
                break;
            }
            found.extend_from_slice(&level);
        }
        branch.then.iter().try_for_each(|next| self.load_branch(next, &found))
    }

    /// What a path leads to from all of some entities, each once.
    fn reach_all(&mut self, path: &Path, slots: &[u32]) -> Result<Vec<u32>> {
        let mut seen = HashSet::new();
        let mut all = Vec::new();
        for &slot in slots {
            all.extend(self.reach(path, slot)?.into_iter().filter(|end| seen.insert(*end)));
        }
        Ok(all)
    }
}
