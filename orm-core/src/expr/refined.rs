//! A relation with a condition, an order or a limit of the query's own.

use std::marker::PhantomData;

use super::order::OrderPart;
use super::relation::{AsPath, Direct, Many, Path, UNNAMED};
use super::scope::{In, Predicate};
use crate::schema::Model;
use crate::util::Marker;

/// Some of the rows that a relation leads to: the first three comments of each post. It is a relation of its own, so that the
/// relation itself still means all of them. What was added or changed since is in it if it meets the condition, unless there is a
/// limit: which rows are the first is for the database to say.
pub struct Refined<M, T, V = Direct> {
    path: Path,
    has_own_order: bool,
    kind: Marker<(M, T, V)>,
}

impl<M: Model, T: Model, V> Many<M, T, V>
where
    Self: AsPath,
{
    /// Only the rows that meet a condition.
    pub fn filter<P: Predicate<In<T>, I>, I>(self, condition: P) -> Refined<M, T, V> {
        Refined::of(&self).filter(condition)
    }

    /// The rows in another order.
    pub fn order_by(self, order: impl OrderPart) -> Refined<M, T, V> {
        Refined::of(&self).order_by(order)
    }
}

impl<M: Model, T: Model> Many<M, T, Direct> {
    /// At most so many rows for each that the relation leads from.
    pub fn limit(self, rows: u64) -> Refined<M, T> {
        Refined::of(&self).limit(rows)
    }
}

impl<M: Model, T: Model, V> Refined<M, T, V> {
    fn of(relation: &Many<M, T, V>) -> Self
    where
        Many<M, T, V>: AsPath,
    {
        let path = Path { refined: UNNAMED, ..relation.path() };
        Refined { path, has_own_order: false, kind: PhantomData }
    }

    /// Only the rows that meet a condition too.
    #[must_use]
    pub fn filter<P: Predicate<In<T>, I>, I>(mut self, condition: P) -> Self {
        self.path.terms.filters.push(condition.into_condition());
        self
    }

    /// The rows in another order; a second call adds to it.
    #[must_use]
    pub fn order_by(mut self, order: impl OrderPart) -> Self {
        if !self.has_own_order {
            self.path.terms.order_by.clear();
        }
        self.has_own_order = true;
        self.path.terms.order_by(order);
        self
    }
}

impl<M: Model, T: Model> Refined<M, T, Direct> {
    /// At most so many rows for each that the relation leads from.
    #[must_use]
    pub fn limit(mut self, rows: u64) -> Self {
        self.path.terms.limit = Some(rows);
        self
    }
}

#[allow(private_interfaces)]
impl<M: Model, T: Model, V> AsPath for Refined<M, T, V> {
    fn path(&self) -> Path {
        self.path.clone()
    }
}

impl<M, T, V> Clone for Refined<M, T, V> {
    fn clone(&self) -> Self {
        Refined { path: self.path.clone(), has_own_order: self.has_own_order, kind: PhantomData }
    }
}
