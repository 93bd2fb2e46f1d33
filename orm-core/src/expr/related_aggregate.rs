//! One value for all rows that a relation leads to: how many there are, their sum, the latest of them. A SELECT inside the query
//! computes it for each row, so it stands wherever a column of the row can.

use super::aggregate::{Summable, avg, count_all, max, min, sum};
use super::methods::{Expr, Expression};
use super::node::{Aggregate, Node, TableRef};
use super::refined::Refined;
use super::related::Rows;
use super::relation::{AsPath, Many, Path, Route};
use super::scope::{Firm, In, Of, RowWise, Within};
use super::shape::Selectable;
use super::tree::Item;
use crate::schema::Model;

/// A value of the rows of `M`, that comes of what a relation leads to.
type OfRelated<M, T> = Expr<T, Firm<Of<M>>>;

/// The same, given only where `E` speaks of `T` alone.
type Given<E, T, I, Q> = <<E as Expression>::Uses as Within<In<T>, I>>::Keep<Q>;

/// What can be asked of all rows that a list leads to, in one statement with the rows that it leads from.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db, default)]
/// # #[relation(posts = many(Post::author))]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
/// # #[derive(Model, Clone)] #[model(base = Db, default)]
/// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: Id<User>, pub views: i64 }
/// # fn main() -> orm_core::Result<()> {
/// # let engine = Engine::<Db>::builder(Sqlite::memory()).build()?;
/// # engine.create_all()?;
/// # let mut s = engine.session();
/// let [ann, bob] = ["ann", "bob"].map(|name| s.add(User { name: name.into(), ..Default::default() }));
/// s.add_all([3, 40].map(|views| Post { author: ann.into(), views, ..Default::default() }));
///
/// let stats: Vec<(Handle<User>, i64, Option<i64>)> = s
///     .query::<User>()
///     .order_by((User::posts.count().desc(), User::id))
///     .select((entity::<User>(), User::posts.count(), User::posts.max(Post::views)))
///     .fetch()?;
/// assert_eq!(stats, [(ann, 2, Some(40)), (bob, 0, None)]);
///
/// let read = User::posts.filter(Post::views.gt(10));
/// assert_eq!(s.query::<User>().filter(read.count().ge(1)).all()?, [ann]);
/// # Ok(())
/// # }
/// ```
#[allow(
    clippy::type_complexity,
    reason = "the types say what an expression speaks of; users do not write them"
)]
pub trait RelatedMethods: AsPath + Sized {
    /// The model that the relation leads from.
    type From: Model;

    /// The model that it leads to.
    type To: Model;

    /// How many rows there are; 0 where there is none.
    fn count(self) -> OfRelated<Self::From, i64> {
        let path = self.path();
        let count = count_of(&path);
        aggregate::<Self::From, _>(&path, count)
    }

    /// Whether there is a row.
    fn exists(self) -> OfRelated<Self::From, bool> {
        let path = self.path();
        let rows = Rows::of(&path, TableRef::own(Self::From::table()), &[]);
        Expr::new(checked(&path, Node::Exists(Box::new(rows.tree))))
    }

    /// The sum of the values; NULL if there is none.
    fn sum<E, I>(self, of: E) -> Given<E, Self::To, I, OfRelated<Self::From, <E::Type as Summable>::Sum>>
    where
        E: Expression<Type: Summable, Uses: RowWise + Within<In<Self::To>, I>>,
    {
        <E::Uses as Within<_, _>>::keep(aggregate::<Self::From, _>(&self.path(), sum(of).into_node()))
    }

    /// The mean of the values; NULL if there is none.
    fn avg<E, I>(self, of: E) -> Given<E, Self::To, I, OfRelated<Self::From, Option<f64>>>
    where
        E: Expression<Type: Summable, Uses: RowWise + Within<In<Self::To>, I>>,
    {
        <E::Uses as Within<_, _>>::keep(aggregate::<Self::From, _>(&self.path(), avg(of).into_node()))
    }

    /// The least of the values; NULL if there is none.
    fn min<E, I>(self, of: E) -> Given<E, Self::To, I, OfRelated<Self::From, <E::Type as Selectable>::Opt>>
    where
        E: Expression<Type: Selectable, Uses: RowWise + Within<In<Self::To>, I>>,
    {
        <E::Uses as Within<_, _>>::keep(aggregate::<Self::From, _>(&self.path(), min(of).into_node()))
    }

    /// The greatest of the values; NULL if there is none.
    fn max<E, I>(self, of: E) -> Given<E, Self::To, I, OfRelated<Self::From, <E::Type as Selectable>::Opt>>
    where
        E: Expression<Type: Selectable, Uses: RowWise + Within<In<Self::To>, I>>,
    {
        <E::Uses as Within<_, _>>::keep(aggregate::<Self::From, _>(&self.path(), max(of).into_node()))
    }
}

impl<M: Model, T: Model, V> RelatedMethods for Many<M, T, V>
where
    Self: AsPath,
{
    type From = M;
    type To = T;
}

impl<M: Model, T: Model, V> RelatedMethods for Refined<M, T, V> {
    type From = M;
    type To = T;
}

fn aggregate<M: Model, T>(path: &Path, aggregate: Node) -> OfRelated<M, T> {
    let rows = Rows::of(path, TableRef::own(M::table()), &[&aggregate]);
    let item = Item::Expression(rows.of_their_own(aggregate));
    let mut tree = rows.tree;
    tree.items.push(item);
    Expr::new(checked(path, Node::Scalar(Box::new(tree))))
}

/// The count of a path's rows, each once, as [`Session::related`](crate::Session::related) gives them: a link model with a key of
/// its own may link the same two rows twice, and several ways may lead to one row.
fn count_of(path: &Path) -> Node {
    let all = count_all().into_node();
    if !meets_twice(path.route) {
        return all;
    }
    let target = TableRef::own(path.route.target());
    match target.key_fields().pop() {
        Some(key) if target.table.primary_key.len() == 1 => Node::Aggregate(Box::new(Aggregate {
            name: "COUNT(",
            distinct: true,
            of: Some(key),
            filter: None,
        })),
        Some(_) | None => all,
    }
}

/// Whether a route may lead to a row more than once.
fn meets_twice(route: Route) -> bool {
    match route {
        Route::Up(_) | Route::Down(_) => false,
        Route::DownUp(back, on) => {
            let ends = [back, on].map(|key| &key.foreign_key().columns);
            let is_of_ends = |column| ends.iter().any(|columns| columns.contains(column));
            !back.table.primary_key.iter().all(is_of_ends)
        }
        // Ways down part, and ways up after them meet again.
        Route::Along(hops) => !hops.is_sorted_by_key(|hop| !hop.is_up()),
    }
}

/// A value of the first rows only would need them to be found first.
fn checked(path: &Path, node: Node) -> Node {
    if path.terms.limit.is_none() {
        return node;
    }
    let name = path.name;
    Node::Unstorable(format!(
        "`{name}` with a `limit` has no count or other value of all its rows: leave the `limit` out"
    ))
}
