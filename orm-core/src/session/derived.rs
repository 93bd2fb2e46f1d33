//! Queries as what others take rows from: subqueries in FROM, and WITH.

use super::combine::Combines;
use super::select::Select;
use crate::expr::{
    AliasName, AllColumnar, As, AsRow, Cte, Derived, In, InPlace, InWith, Placed, RowSource, SetOperator,
    Source, Standalone, Subquery, Tracked, Untracked,
};
use crate::load::Picked;
use crate::schema::Model;
use crate::stmt::SelectTree;

/// What a query whose rows become `R` is as a source.
type RowsOf<K, M, R, C> = Derived<K, M, R, Picked<AsRow<R, C>>, <R as RowSource>::Columns<R>>;

impl<M: Model, S: Standalone, R: RowSource, C> Select<M, S, Picked<AsRow<R, C>>> {
    /// Its rows as a subquery that other queries take rows from, with the columns `.c`.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct Db;
    /// # #[derive(Model, Clone)] #[model(base = Db, default)]
    /// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
    /// # #[derive(Model, Clone)] #[model(base = Db, default)]
    /// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: Id<User>, pub views: i64 }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<Db>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// # let ann = s.add(User { name: "ann".into(), ..Default::default() });
    /// # s.add_all([1, 2].map(|views| Post { author: ann.into(), views, ..Default::default() }));
    /// #[derive(FromRow)]
    /// struct Totals { author: Id<User>, posts: i64 }
    ///
    /// let totals = select::<Post>()
    ///     .group_by(Post::author)
    ///     .select(TotalsColumns { author: Post::author, posts: count(Post::id) })
    ///     .subquery("totals");
    /// let busy: Vec<(String, i64)> = s.query::<User>()
    ///     .join(totals.on(totals.c.author.eq(User::id)))
    ///     .filter(totals.c.posts.gt(1))
    ///     .select((User::name, totals.c.posts))
    ///     .fetch()?;
    /// assert_eq!(busy, [("ann".to_owned(), 2)]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn subquery(self, name: &'static str) -> RowsOf<InPlace, M, R, C>
    where
        C: AllColumnar,
    {
        Derived::new(Placed::subquery(R::table_ref(), name, self.into_tree()), R::columns())
    }

    /// Its rows as a table of WITH: other queries take rows from it, several times if need be, and it may speak of itself.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_core::expr::literal;
    /// # use orm_sqlite::Sqlite;
    /// # #[derive(DeclarativeBase)] pub struct Db;
    /// # #[derive(Model, Clone)] #[model(base = Db, default)]
    /// # pub struct Employee { #[column(primary_key)] pub id: Id<Employee>, pub manager: Option<Id<Employee>>, pub name: String }
    /// # fn main() -> orm_core::Result<()> {
    /// # let engine = Engine::<Db>::builder(Sqlite::memory()).build()?;
    /// # engine.create_all()?;
    /// # let mut s = engine.session();
    /// # let ann = s.add(Employee { name: "ann".into(), ..Default::default() });
    /// # s.add(Employee { name: "bob".into(), manager: Some(ann.into()), ..Default::default() });
    /// #[derive(FromRow)]
    /// struct Chain { id: Id<Employee>, name: String, depth: i64 }
    ///
    /// let chain = select::<Employee>()
    ///     .filter(Employee::manager.is_null())
    ///     .select(ChainColumns { id: Employee::id, name: Employee::name, depth: literal(0) })
    ///     .cte("chain")
    ///     .union_all(|chain| {
    ///         let reports = select::<Employee>().join(chain.on(Employee::manager.eq(chain.c.id)));
    ///         reports.select(ChainColumns { id: Employee::id, name: Employee::name, depth: chain.c.depth + 1 })
    ///     });
    /// let all: Vec<Chain> = chain.select().order_by(chain.c.depth).fetch(&mut s)?;
    /// assert_eq!((all[1].name.as_str(), all[1].depth), ("bob", 1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn cte(self, name: &'static str) -> RowsOf<InWith, M, R, C>
    where
        C: AllColumnar,
    {
        Derived::new(Placed::with(R::table_ref(), name, self.into_tree()), R::columns())
    }
}

macro_rules! entities {
    ($($mode:ty),*) => {$(
        impl<M: Model, S: Standalone> Select<M, S, $mode> {
            /// Its rows as a subquery under the name of an alias, as SQLAlchemy's `aliased(User, subquery)`.
            ///
            /// ```
            /// # use orm_core::prelude::*;
            /// # #[derive(DeclarativeBase)] pub struct Db;
            /// # #[derive(Model, Clone)] #[model(base = Db)]
            /// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub title: String, pub views: i64 }
            /// let top = alias!(Post as top);
            /// let newest = select::<Post>().order_by(Post::id.desc()).limit(10).subquery(top);
            /// let statement = newest.select().order_by(top.col(Post::views).desc()); // the ten newest, the most read first
            /// ```
            pub fn subquery<A: AliasName>(self, alias: As<M, A>) -> Subquery<M, As<M, A>, $mode, As<M, A>> {
                Derived::new(Placed::subquery(As::<M, A>::table_ref(), A::NAME, self.into_tree()), alias)
            }

            /// The same as a table of WITH, which may speak of itself.
            pub fn cte<A: AliasName>(self, alias: As<M, A>) -> Cte<M, As<M, A>, $mode, As<M, A>> {
                Derived::new(Placed::with(As::<M, A>::table_ref(), A::NAME, self.into_tree()), alias)
            }
        }
    )*};
}

entities! { Tracked, Untracked }

impl<K, M: Model, T: Source, O, C> Derived<K, M, T, O, C> {
    /// A statement that takes rows from it.
    pub fn select(&self) -> Select<M, In<T>, O> {
        Select::from_tree(self.placed().select())
    }
}

impl<M: Model, T: Source, O, C> Cte<M, T, O, C> {
    /// Its rows and, step by step, those that are found from them, until there are no more. A circle does not end.
    pub fn union_all<Q: Combines<M, O>>(self, step: impl FnOnce(&Self) -> Q) -> Self {
        self.extended(SetOperator::UnionAll, step)
    }

    /// The same, but a row that is there already is not looked at again, so that a circle ends.
    pub fn union<Q: Combines<M, O>>(self, step: impl FnOnce(&Self) -> Q) -> Self {
        self.extended(SetOperator::Union, step)
    }

    fn extended<Q: Combines<M, O>>(self, operator: SetOperator, step: impl FnOnce(&Self) -> Q) -> Self {
        let (placed, c) = self.into_parts();
        let inside = Derived::new(placed.inside(), c);
        let step = step(&inside).into_part();
        let (_, c) = inside.into_parts();
        Derived::new(placed.extended(|tree: SelectTree| tree.combined(operator, step)), c)
    }
}
