//! Expressions: a typed shell over one plain tree. Rank 4.
//!
//! The types say which models an expression speaks of and what it yields; the tree says only what it is. So a wrong
//! column, type or NULL does not compile, and what compiles is handled by code that is compiled once.

mod aggregate;
mod arithmetic;
mod assign;
mod branch;
mod case;
mod combine;
mod convert;
mod derived;
mod evaluate;
mod fragment;
mod function;
mod hop;
mod join;
mod lists;
mod lock;
mod methods;
mod node;
mod operand;
mod order;
mod placeholder;
mod refined;
mod related;
mod related_aggregate;
mod relation;
mod row_struct;
mod scope;
mod shape;
mod source;
mod tree;
mod window;

pub use crate::value::{Column, Fk, Plain};
pub use aggregate::{Aggregation, Summable, avg, count, count_all, max, min, sum};
pub use arithmetic::{Number, Numeric, Term, With};
pub use assign::{Assign, AssignIn};
pub use branch::{Any, Arguments, Branch, Nullability, PerhapsNull};
pub use case::{Case, EmptyCase, case, nullif};
pub use combine::{Alike, Single, Whole};
pub use convert::{
    Cast, CastTarget, HasDay, HasJson, HasTime, JsonMethods, day, hour, minute, month, ordinal, second,
    weekday, year,
};
pub use derived::{AllColumnar, Columnar, Cte, Derived, InPlace, InWith, RowSource, Subquery};
pub(crate) use derived::{DerivedBody, Placed};
pub(crate) use evaluate::{Cells, evaluate, is_met};
pub use fragment::{call, fragment};
pub use function::{
    abs, coalesce, concat, length, literal, lower, ltrim, replace, round, rtrim, substr, trim, upper,
};
pub use hop::{Hop, LeadsOn, Turn, Way, goes_up, hop};
pub use join::{Aliased, Joins, On, To, to};
pub(crate) use join::{Ends, tables_along};
pub use lists::{OnlyOf, all_of, any_of};
pub(crate) use lock::LockClauses;
pub use lock::{Lock, LockClause, Locks};
pub use methods::{Condition, Expr, Expression, ExpressionMethods};
pub use node::Native;
pub(crate) use node::{
    Aggregate, Anchor, Bounds, Columns, Comparison, Edge, Frame, Naming, Node, TableRef, Window,
};
pub use operand::{Comparable, ComparedAs, List, Operand, Text};
pub(crate) use order::Ordered;
pub use order::{Order, OrderBy, OrderPart};
pub(crate) use placeholder::{PlaceholderKind, placeholders};
pub use refined::Refined;
pub use related_aggregate::RelatedMethods;
pub use relation::{AsPath, Direct, Many, One, RelationDef, RelationName, Terms, Through, Via};
#[allow(unused_imports)]
pub(crate) use relation::{KeyField, Path, RelationId, Route, UNNAMED};
pub use row_struct::{AsRow, Becomes, End, FilledRow, Fills, FillsField, RowStruct};
pub use scope::{
    Aggregated, Always, Both, Contains, Correlated, EachModelIsJoinedOnceWithoutAnAlias, Firm,
    GroupPredicate, GroupWise, Here, In, Lacking, Maybe, Nothing, NullTest, NullableAs, Of, Outer, Predicate,
    Presence, RowWise, Standalone, There, Uses, Windowed, Within,
};
pub(crate) use shape::items_of;
pub use shape::{
    AsHandle, AsStruct, Mode, Perhaps, Selectable, Selection, Sparse, Tracked, Untracked, WholeModel, entity,
};
pub use source::{AliasName, As, ModelSource, Source};
pub use tree::Items;
pub(crate) use tree::{Compound, Item, Join, JoinKind, Recursion, SelectTree, SetOperator, What};
pub use window::{
    Over, Parts, WindowFunction, cume_dist, dense_rank, everything, first_value, lag, last_value, lead,
    ntile, order_by, partition_by, percent_rank, rank, row_number, sum_over,
};
