//! Window functions: a value for each row, of the rows around it. They stand in `select` and `order_by` only.

use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use super::aggregate::Summable;
use super::branch::{Branch, PerhapsNull};
use super::methods::{Expr, Expression, ExpressionMethods};
use super::node::{Bounds, Edge, Frame, Node, Window};
use super::operand::value_node;
use super::order::{Order, OrderPart, Ordered};
use super::scope::{Aggregated, GroupWise, Maybe, Nothing, Of, Uses, Windowed};
use super::source::Source;
use crate::value::Column;

/// A function that needs a window: `over` gives it one.
#[must_use = "a window function is an expression once `over` gives it a window"]
pub struct WindowFunction<T, U> {
    function: Node,
    kind: PhantomData<fn() -> (T, U)>,
}

/// The rows that a window function looks at, and their order.
#[must_use = "a window is for `over`"]
pub struct Over<U> {
    partition_by: Vec<Node>,
    order_by: Vec<Ordered>,
    frame: Option<Frame>,
    kind: PhantomData<fn() -> U>,
}

/// Rows that have these in common: columns, expressions, or a tuple of them.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::expr::{order_by, partition_by, rank, sum};
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: i64, pub views: i64 }
/// # fn ranks(s: &mut Session<Db>) -> orm_core::Result<()> {
/// let place = rank().over(partition_by(Post::author).order_by(Post::views.desc()));
/// let so_far = sum(Post::views).over(order_by(Post::id).rows(..=0));
/// let rows: Vec<(i64, i64, Option<i64>)> = s.query::<Post>().select((Post::views, place, so_far)).fetch()?;
/// # Ok(())
/// # }
/// ```
pub fn partition_by<P: Parts>(parts: P) -> Over<<P::Uses as Uses>::After<Nothing>> {
    everything().partition_by(parts)
}

/// All rows, in an order: columns, expressions with a direction, or a tuple of them. Without a frame, a function looks at the
/// rows up to the current one.
pub fn order_by<P: Parts>(parts: P) -> Over<<P::Uses as Uses>::After<Nothing>> {
    everything().order_by(parts)
}

/// All rows.
pub fn everything() -> Over<Nothing> {
    Over { partition_by: Vec::new(), order_by: Vec::new(), frame: None, kind: PhantomData }
}

impl<U: Uses> Over<U> {
    /// Only rows that have these in common.
    pub fn partition_by<P: Parts>(mut self, parts: P) -> Over<<P::Uses as Uses>::After<U>> {
        let mut ordered = Vec::new();
        parts.add_to(&mut ordered);
        self.partition_by.extend(ordered.into_iter().map(|part| part.node));
        self.retyped()
    }

    /// The order of the rows.
    pub fn order_by<P: Parts>(mut self, parts: P) -> Over<<P::Uses as Uses>::After<U>> {
        parts.add_to(&mut self.order_by);
        self.retyped()
    }

    /// Only rows so far from the current one, which is 0: `-2..=0` are three rows, `..=0` all up to this.
    pub fn rows(mut self, range: impl RangeBounds<i64>) -> Self {
        self.frame = Some(Frame { bounds: Bounds::Rows, from: start_of(&range), to: end_of(&range) });
        self
    }

    /// The same by groups of rows that are equal in the window's order.
    pub fn groups(mut self, range: impl RangeBounds<i64>) -> Self {
        self.frame = Some(Frame { bounds: Bounds::Groups, from: start_of(&range), to: end_of(&range) });
        self
    }

    fn retyped<V>(self) -> Over<V> {
        let Over { partition_by, order_by, frame, .. } = self;
        Over { partition_by, order_by, frame, kind: PhantomData }
    }

    fn apply<T, V: Uses>(self, function: Node) -> Expr<T, Windowed<U::After<V>>> {
        let Over { partition_by, order_by, frame, .. } = self;
        Expr::new(Node::Window(Box::new(Window { function, partition_by, order_by, frame })))
    }
}

fn start_of(range: &impl RangeBounds<i64>) -> Edge {
    match range.start_bound() {
        Bound::Unbounded => Edge::First,
        Bound::Included(at) => Edge::At(*at),
        Bound::Excluded(at) => Edge::At(at.saturating_add(1)),
    }
}

fn end_of(range: &impl RangeBounds<i64>) -> Edge {
    match range.end_bound() {
        Bound::Unbounded => Edge::Last,
        Bound::Included(at) => Edge::At(*at),
        Bound::Excluded(at) => Edge::At(at.saturating_sub(1)),
    }
}

impl<T, U: Uses> WindowFunction<T, U> {
    fn new(name: &'static str, arguments: Vec<Node>) -> Self {
        WindowFunction { function: Node::Call(name, arguments), kind: PhantomData }
    }

    /// The function with its window.
    pub fn over<V: Uses>(self, window: Over<V>) -> Expr<T, Windowed<V::After<U>>> {
        window.apply::<T, U>(self.function)
    }
}

impl<T, U: Uses> Expr<T, Aggregated<U>> {
    /// The aggregate of the rows of a window, for each row.
    pub fn over<V: Uses>(self, window: Over<V>) -> Expr<T, Windowed<V::After<U>>> {
        window.apply::<T, U>(self.node())
    }
}

macro_rules! places {
    ($($(#[$doc:meta])* $name:ident $type:ty, $sql:literal;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> WindowFunction<$type, Nothing> {
            WindowFunction::new($sql, Vec::new())
        }
    )*};
}

places! {
    /// The number of the row in its window, from 1.
    row_number i64, "ROW_NUMBER(";
    /// The number of the first row that is equal in the window's order: 1, 1, 3.
    rank i64, "RANK(";
    /// The same without gaps: 1, 1, 2.
    dense_rank i64, "DENSE_RANK(";
    /// The rank as a part of 1: 0 for the first.
    percent_rank f64, "PERCENT_RANK(";
    /// The part of rows that come before or are equal.
    cume_dist f64, "CUME_DIST(";
}

/// The rows of a window in so many parts of nearly one size: the number of the part, from 1.
pub fn ntile(parts: u32) -> WindowFunction<i64, Nothing> {
    WindowFunction::new("NTILE(", vec![value_node(&parts)])
}

/// The value of the row so many rows before; NULL where there is none.
pub fn lag<E: Branch>(of: E, rows: u32) -> WindowFunction<PerhapsNull<E::Base, Maybe>, E::Uses>
where
    E::Uses: GroupWise,
{
    WindowFunction::new("LAG(", vec![of.into_branch(), value_node(&rows)])
}

/// The value of the row so many rows behind; NULL where there is none.
pub fn lead<E: Branch>(of: E, rows: u32) -> WindowFunction<PerhapsNull<E::Base, Maybe>, E::Uses>
where
    E::Uses: GroupWise,
{
    WindowFunction::new("LEAD(", vec![of.into_branch(), value_node(&rows)])
}

macro_rules! values {
    ($($(#[$doc:meta])* $name:ident $sql:literal;)*) => {$(
        $(#[$doc])*
        pub fn $name<E: Branch>(of: E) -> WindowFunction<PerhapsNull<E::Base, Maybe>, E::Uses>
        where
            E::Uses: GroupWise,
        {
            WindowFunction::new($sql, vec![of.into_branch()])
        }
    )*};
}

values! {
    /// The value of the first row of the frame; NULL where the frame is empty.
    first_value "FIRST_VALUE(";
    /// The value of the last row of the frame, which is the current row unless the frame says otherwise.
    last_value "LAST_VALUE(";
}

/// The sum of what groups have: `sum_over(sum(Line::price))` adds up the sums of a grouped query.
pub fn sum_over<E: Expression<Type: Summable>>(of: E) -> WindowFunction<<E::Type as Summable>::Sum, E::Uses>
where
    E::Uses: GroupWise,
{
    WindowFunction::new("SUM(", vec![of.into_node()])
}

/// What a window is partitioned and ordered by: a column, an expression, one with a direction, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "a window cannot be partitioned or ordered by `{Self}`",
    label = "not a column, an expression or a tuple of them"
)]
pub trait Parts {
    /// The models that they speak of.
    type Uses: Uses;

    /// Adds them.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn add_to(self, parts: &mut Vec<Ordered>);
}

#[allow(private_interfaces)]
impl<M: Source, T, R> Parts for Column<M, T, R> {
    type Uses = Of<M>;

    fn add_to(self, parts: &mut Vec<Ordered>) {
        parts.push(self.into_ordered());
    }
}

#[allow(private_interfaces)]
impl<T, U: Uses + GroupWise> Parts for Expr<T, U> {
    type Uses = U;

    fn add_to(self, parts: &mut Vec<Ordered>) {
        parts.push(self.asc().into_ordered());
    }
}

#[allow(private_interfaces)]
impl<U: Uses + GroupWise> Parts for Order<U> {
    type Uses = U;

    fn add_to(self, parts: &mut Vec<Ordered>) {
        parts.push(self.into_ordered());
    }
}

macro_rules! tuples {
    ($($uses:ty: $($part:ident $at:tt),+;)*) => {$(
        #[allow(private_interfaces)]
        impl<$($part: Parts),+> Parts for ($($part,)+) {
            type Uses = $uses;

            fn add_to(self, parts: &mut Vec<Ordered>) {
                $(self.$at.add_to(parts);)+
            }
        }
    )*};
}

/// What speaks of both.
type With<A, B> = <<B as Parts>::Uses as Uses>::After<A>;

tuples! {
    A::Uses: A 0;
    With<A::Uses, B>: A 0, B 1;
    With<With<A::Uses, B>, C>: A 0, B 1, C 2;
    With<With<With<A::Uses, B>, C>, D>: A 0, B 1, C 2, D 3;
}
