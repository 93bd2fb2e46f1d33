//! Queries whose rows are combined: UNION, INTERSECT and EXCEPT.

use std::marker::PhantomData;

use super::select::Select;
use crate::expr::{Alike, SetOperator, Standalone, Tracked, Untracked, Whole};
use crate::load::Picked;
use crate::schema::{BelongsTo, Model};
use crate::stmt::SelectTree;

/// A query whose rows can be combined with those of a query of `M` that become `O`.
#[diagnostic::on_unimplemented(
    message = "the rows of the two queries differ",
    label = "other rows than those before",
    note = "entities are combined with entities of the same model, and what is selected with as many columns of the same types"
)]
pub trait Combines<M, O> {
    /// What the rows of both become.
    type Rows;

    /// The statement, without its types.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn into_part(self) -> SelectTree;
}

macro_rules! combines {
    ($([$($generic:tt)*] $model:ty, $rows:ty, $theirs:ty => $both:ty;)*) => {$(
        #[allow(private_interfaces)]
        #[diagnostic::do_not_recommend]
        impl<M: Model, T: Standalone, $($generic)*> Combines<M, $rows> for Select<$model, T, $theirs> {
            type Rows = $both;

            fn into_part(self) -> SelectTree {
                self.into_tree()
            }
        }
    )*};
}

combines! {
    [] M, Tracked, Tracked => Tracked;
    [] M, Untracked, Untracked => Untracked;
    [N: BelongsTo<M::Base>, C, D: Alike<C>] N, Picked<C>, Picked<D> => Picked<D::Both>;
}

/// What becomes of a query that is combined with `Q`.
type Both<M, S, O, X, Q> = Select<M, Whole<S>, <Q as Combines<M, O>>::Rows, X>;

/// The rows of several queries as those of one. They are ordered by what the first of them selects; `limit`, `offset` and all
/// ends are those of the whole.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db, default)]
/// # pub struct Customer { #[column(primary_key)] pub id: Id<Customer>, pub city: String }
/// # #[derive(Model, Clone)] #[model(base = Db, default)]
/// # pub struct Supplier { #[column(primary_key)] pub id: Id<Supplier>, pub city: String }
/// # fn main() -> orm_core::Result<()> {
/// # let engine = Engine::<Db>::builder(Sqlite::memory()).build()?;
/// # engine.create_all()?;
/// # let mut s = engine.session();
/// s.add_all(["Rome", "Bern"].map(|city| Customer { city: city.into(), ..Default::default() }));
/// s.add(Supplier { city: "Bern".into(), ..Default::default() });
/// let customers = select::<Customer>().select(Customer::city);
/// let suppliers = select::<Supplier>().select(Supplier::city);
///
/// let cities = customers.clone().union(suppliers.clone()).order_by(Customer::city.desc());
/// assert_eq!(cities.fetch(&mut s)?, ["Rome", "Bern"]);
/// assert_eq!(customers.except(suppliers).count(&mut s)?, 1);
/// # Ok(())
/// # }
/// ```
impl<M: Model, S, O, X> Select<M, S, O, X> {
    /// The rows of both queries, equal ones once.
    pub fn union<Q: Combines<M, O>>(self, other: Q) -> Both<M, S, O, X, Q> {
        self.combined(SetOperator::Union, other)
    }

    /// The rows of both queries, those of this one before those of the other unless they are ordered.
    pub fn union_all<Q: Combines<M, O>>(self, other: Q) -> Both<M, S, O, X, Q> {
        self.combined(SetOperator::UnionAll, other)
    }

    /// The rows that both queries find, equal ones once.
    pub fn intersect<Q: Combines<M, O>>(self, other: Q) -> Both<M, S, O, X, Q> {
        self.combined(SetOperator::Intersect, other)
    }

    /// The rows that the other query does not find, equal ones once.
    pub fn except<Q: Combines<M, O>>(self, other: Q) -> Both<M, S, O, X, Q> {
        self.combined(SetOperator::Except, other)
    }

    fn combined<Q: Combines<M, O>>(self, operator: SetOperator, other: Q) -> Both<M, S, O, X, Q> {
        let tree = Box::new(self.tree.combined(operator, other.into_part()));
        Select { tree, plan: self.plan, on: self.on, kind: PhantomData }
    }
}
