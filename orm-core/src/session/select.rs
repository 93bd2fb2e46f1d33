//! Queries: statements as values, and queries that hold their session.

use std::marker::PhantomData;

use super::entities::Session;
use super::related::Plan;
use crate::expr::{
    AliasName, As, EachModelIsJoinedOnceWithoutAnAlias, GroupPredicate, In, JoinKind, Joins, Lacking, Locks,
    Maybe, Mode, OrderBy, Outer, Predicate, Selection, Single, Source, Tracked, Untracked, items_of,
};
use crate::load::Picked;
use crate::schema::{BelongsTo, Model};
use crate::stmt::{Item, SelectTree};
use crate::util::Marker;

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
    pub(super) tree: Box<SelectTree>,
    /// What is loaded beside the rows.
    pub(super) plan: Plan,
    pub(super) on: X,
    pub(super) kind: Marker<(M, S, O)>,
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
    Select::from_tree(SelectTree::new(M::table_ref()))
}

impl<B> Session<B> {
    /// A query for the rows of a model.
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
    /// let users = s.query::<User>().filter(User::name.starts_with("b")).all()?;
    /// assert_eq!(s[users[0]].name, "bob");
    /// # Ok(())
    /// # }
    /// ```
    pub fn query<M: BelongsTo<B>>(&mut self) -> Select<M, In<M>, Tracked, &mut Self> {
        let tree = self.core.take_tree(M::table_ref());
        Select { tree, plan: Plan::default(), on: self, kind: PhantomData }
    }
}

#[allow(clippy::type_complexity, reason = "the types say what a query has; users do not write them")]
impl<M: Model, S, O, X> Select<M, S, O, X> {
    /// Only rows that meet a condition; several conditions have to be met all.
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
    /// let adults = s.query::<User>().filter(User::age.ge(18)).filter(User::name.ne("bob")).count()?;
    /// assert_eq!(adults, 2); // several filters all hold
    /// # Ok(())
    /// # }
    /// ```
    pub fn filter<P: Predicate<S, I>, I>(mut self, condition: P) -> P::Keep<Self>
    where
        S: Single,
    {
        self.tree.filters.push(condition.into_condition());
        P::keep(self)
    }

    /// The order of the rows; a second call adds to it.
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
    /// let last = s.query::<User>().order_by((User::age, User::name.desc())).first()?.expect("three rows");
    /// assert_eq!(s[last].name, "carol");
    /// # Ok(())
    /// # }
    /// ```
    pub fn order_by<P: OrderBy<S, I>, I>(mut self, order: P) -> P::Keep<Self> {
        order.add_to(&mut self.tree.order_by);
        P::keep(self)
    }

    /// Rows of the same group become one; what is selected of them is what they are grouped by, or an aggregate. The key of a
    /// model stands for all of its columns.
    pub fn group_by<P: Selection<S, Untracked, I>, I>(mut self, groups: P) -> P::Keep<Self>
    where
        S: Single,
    {
        self.tree.group_by.extend(items_of(groups).into_iter().flat_map(|item| match item {
            Item::Expression(node) => vec![node],
            Item::Table(table) => table.key_fields(),
        }));
        P::keep(self)
    }

    /// Only groups that meet a condition.
    pub fn having<P: GroupPredicate<S, I>, I>(mut self, condition: P) -> P::Keep<Self>
    where
        S: Single,
    {
        self.tree.having.push(condition.into_condition());
        P::keep(self)
    }

    /// Equal rows are one.
    pub fn distinct(mut self) -> Self {
        self.tree.distinct = true;
        self
    }

    /// At most so many rows.
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
    /// let second = s.query::<User>().order_by(User::id).limit(1).offset(1).one()?;
    /// assert_eq!(s[second].name, "bob");
    /// # Ok(())
    /// # }
    /// ```
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
    /// let users: Vec<User> = s.query::<User>().untracked().all()?; // plain structs, no identity map
    /// assert_eq!(users.len(), 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn untracked(self) -> Select<M, S, O::Untracked, X>
    where
        O: Mode,
    {
        self.retyped()
    }

    /// Joined with the model that a foreign key or a relation leads to; rows without a partner are left out.
    pub fn join<J: Joins<S, I>, I, D>(self, along: J) -> J::Keep<Select<M, In<J::Target, S>, O, X>>
    where
        S: EachModelIsJoinedOnceWithoutAnAlias<J::Target, D> + Single,
    {
        J::keep(self.joined(along, JoinKind::Inner))
    }

    /// The same, but rows without a partner stay: what is selected of the partner is an `Option`.
    pub fn left_join<J: Joins<S, I>, I, D>(
        self,
        along: J,
    ) -> J::Keep<Select<M, In<J::Target, S, Maybe>, O, X>>
    where
        S: EachModelIsJoinedOnceWithoutAnAlias<J::Target, D> + Single,
    {
        J::keep(self.joined(along, JoinKind::Left))
    }

    /// The same the other way round: what is joined stays without a partner, and rows without one are left out. So a row may
    /// lack the query's own model, and is an `Option` of it; `.select(entity::<Model>())` comes before `.with(..)`.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct Db;
    /// # #[derive(Model, Clone)] #[model(base = Db, default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
    /// # #[derive(Model, Clone)] #[model(base = Db, default)]
    /// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: Option<Id<User>>, pub title: String }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<Db>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// let ann = s.add(User { name: "ann".into(), ..Default::default() });
    /// s.add(User { name: "bob".into(), ..Default::default() });
    /// s.add(Post { title: "Hello".into(), author: Some(ann.into()), ..Default::default() });
    /// let titles: Vec<(Option<String>, String)> =
    ///     s.query::<Post>().right_join(Post::author).order_by(User::id).select((Post::title, User::name)).fetch()?;
    /// assert_eq!(titles, [(Some("Hello".into()), "ann".into()), (None, "bob".into())]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn right_join<J: Joins<S, I>, I, D>(
        self,
        along: J,
    ) -> J::Keep<Select<M, In<J::Target, S::Lacking>, O::Sparse, X>>
    where
        S: EachModelIsJoinedOnceWithoutAnAlias<J::Target, D> + Single + Lacking,
        O: Mode,
    {
        J::keep(self.joined(along, JoinKind::Right))
    }

    /// Both: all rows stay, with a partner or without, and so does what is joined. As SQLAlchemy's `outerjoin(full=True)`.
    pub fn full_join<J: Joins<S, I>, I, D>(
        self,
        along: J,
    ) -> J::Keep<Select<M, In<J::Target, S::Lacking, Maybe>, O::Sparse, X>>
    where
        S: EachModelIsJoinedOnceWithoutAnAlias<J::Target, D> + Single + Lacking,
        O: Mode,
    {
        J::keep(self.joined(along, JoinKind::Full))
    }

    /// Locks the rows until the transaction ends, as SQLAlchemy's `with_for_update`. What is held of them is read anew; an
    /// entity that was changed and not flushed is misuse then. A database that has no such clause refuses it: SQLite, where a
    /// transaction that writes holds off all others that write.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// use orm_core::expr::Lock;
    /// # #[derive(DeclarativeBase)] pub struct Db;
    /// # #[derive(Model, Clone)] #[model(base = Db)]
    /// # pub struct Account { #[column(primary_key)] pub id: Id<Account>, pub cents: i64 }
    /// let account = select::<Account>().filter(Account::id.eq(1)).with_for_update(Lock::new().nowait());
    /// ```
    pub fn with_for_update<L: Locks<S, I>, I>(mut self, lock: L) -> L::Keep<Self>
    where
        S: Single,
    {
        self.tree.lock = Some(lock.into_clauses());
        L::keep(self)
    }

    /// What a row holds, in place of the whole model: columns, expressions, whole models, or a tuple of them.
    pub fn select<P: Selection<S, O, I>, I>(
        mut self,
        selection: P,
    ) -> P::Keep<Select<M, S, Picked<P::Cell>, X>>
    where
        S: Single,
    {
        self.tree.items = items_of(selection);
        P::keep(self.retyped())
    }

    /// Says that the statement stands in another that has the model `N`, and may speak of it.
    pub fn correlate<N: Model>(self) -> Select<M, In<N, S, Outer>, O, X> {
        self.retyped()
    }

    /// The same for an alias.
    pub fn correlate_alias<N, A>(self, _alias: As<N, A>) -> Select<M, In<As<N, A>, S, Outer>, O, X> {
        self.retyped()
    }

    fn joined<J: Joins<S, I>, I, T, P>(mut self, along: J, kind: JoinKind) -> Select<M, T, P, X> {
        along.add_to(&mut self.tree, kind, J::Target::table_ref());
        self.retyped()
    }

    pub(super) fn retyped<T, P>(self) -> Select<M, T, P, X> {
        Select { tree: self.tree, plan: self.plan, on: self.on, kind: PhantomData }
    }
}

impl<M: Model, A: AliasName> As<M, A> {
    /// A statement that selects the rows of the model under this name.
    pub fn select(self) -> Select<M, In<Self>> {
        Select::from_tree(SelectTree::new(Self::table_ref()))
    }
}

impl<M, S, O> Select<M, S, O> {
    /// A statement that holds no session.
    pub(super) fn from_tree(tree: SelectTree) -> Self {
        Select { tree: Box::new(tree), plan: Plan::default(), on: (), kind: PhantomData }
    }

    /// The statement without its types.
    pub(crate) fn into_tree(self) -> SelectTree {
        *self.tree
    }
}

impl<M, S, O> Clone for Select<M, S, O> {
    fn clone(&self) -> Self {
        Select { tree: self.tree.clone(), plan: self.plan.clone(), on: (), kind: PhantomData }
    }
}
