//! Queries as what others take rows from: subqueries in FROM, and WITH.

use super::combine::Combines;
use super::select::Select;
use crate::expr::{
    AliasName, As, Cte, Derived, In, Placed, SetOperator, Source, Standalone, Subquery, Tracked, Untracked,
};
use crate::schema::Model;
use crate::stmt::SelectTree;

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
