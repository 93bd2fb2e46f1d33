//! Aggregates: one value for many rows. They stand in `select`, `having` and `order_by`, never in `filter`.

use super::methods::{Expr, Expression};
use super::node::{Aggregate, Node};
use super::scope::{Aggregated, Nothing, RowWise, Uses};
use super::shape::Selectable;

/// An aggregate that yields `T`, of what speaks of `U`.
pub type Aggregation<T, U> = Expr<T, Aggregated<U>>;

/// How many rows have a value that is not NULL.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::expr::{avg, count};
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: i64, pub views: i64 }
/// # fn stats(s: &mut Session<Db>) -> orm_core::Result<()> {
/// let stats: Vec<(i64, i64, Option<f64>)> =
///     s.query::<Post>().group_by(Post::author).select((Post::author, count(Post::id), avg(Post::views))).fetch()?;
/// # Ok(())
/// # }
/// ```
pub fn count<E: Expression<Uses: RowWise>>(of: E) -> Aggregation<i64, E::Uses> {
    aggregate("COUNT(", Some(of.into_node()))
}

/// How many rows there are.
pub fn count_all() -> Aggregation<i64, Nothing> {
    aggregate("COUNT(", None)
}

/// The sum of the values; NULL if there is none.
pub fn sum<E: Expression<Type: Summable, Uses: RowWise>>(
    of: E,
) -> Aggregation<<E::Type as Summable>::Sum, E::Uses> {
    aggregate("SUM(", Some(of.into_node()))
}

/// The mean of the values; NULL if there is none.
pub fn avg<E: Expression<Type: Summable, Uses: RowWise>>(of: E) -> Aggregation<Option<f64>, E::Uses> {
    aggregate("AVG(", Some(of.into_node()))
}

/// The least of the values; NULL if there is none.
pub fn min<E: Expression<Type: Selectable, Uses: RowWise>>(
    of: E,
) -> Aggregation<<E::Type as Selectable>::Opt, E::Uses> {
    aggregate("MIN(", Some(of.into_node()))
}

/// The greatest of the values; NULL if there is none.
pub fn max<E: Expression<Type: Selectable, Uses: RowWise>>(
    of: E,
) -> Aggregation<<E::Type as Selectable>::Opt, E::Uses> {
    aggregate("MAX(", Some(of.into_node()))
}

fn aggregate<T, U>(name: &'static str, of: Option<Node>) -> Aggregation<T, U> {
    Expr::new(Node::Aggregate(Box::new(Aggregate { name, distinct: false, of, filter: None })))
}

impl<T, U> Expr<T, Aggregated<U>> {
    /// Equal values count once.
    #[must_use]
    pub fn distinct(self) -> Self {
        self.change(|aggregate| aggregate.distinct = true)
    }

    /// Only rows that meet a condition count.
    #[must_use]
    pub fn filter<V: Uses + RowWise>(self, condition: Expr<bool, V>) -> Expr<T, Aggregated<V::After<U>>>
    where
        U: Uses,
    {
        let condition = condition.into_node();
        Expr::new(self.change(|aggregate| aggregate.filter = Some(condition)).node())
    }

    fn change(self, change: impl FnOnce(&mut Aggregate)) -> Self {
        let mut node = self.node();
        if let Node::Aggregate(aggregate) = &mut node {
            change(aggregate);
        }
        Expr::new(node)
    }
}

/// A type whose values have a sum.
#[diagnostic::on_unimplemented(message = "values of `{Self}` have no sum", label = "not a number")]
pub trait Summable {
    /// The type of the sum.
    type Sum;
}

macro_rules! summable {
    ($($type:ty => $sum:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl Summable for $type {
            type Sum = Option<$sum>;
        }

        #[diagnostic::do_not_recommend]
        impl Summable for Option<$type> {
            type Sum = Option<$sum>;
        }
    )*};
}

summable! { i8 => i64, i16 => i64, i32 => i64, i64 => i64, u8 => i64, u16 => i64, u32 => i64, u64 => i64, f32 => f64, f64 => f64, bool => i64 }
