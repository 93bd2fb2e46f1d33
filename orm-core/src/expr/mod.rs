//! Expressions: a typed shell over one plain tree. Rank 4.
//!
//! The types say which models an expression speaks of and what it yields; the tree says only what it is. So a wrong
//! column, type or NULL does not compile, and what compiles is handled by code that is compiled once.

mod methods;
mod node;
mod operand;
mod order;
mod relation;
mod scope;

pub use crate::value::{Column, Fk, Plain};
pub use methods::{Expr, Expression, ExpressionMethods};
pub(crate) use node::{Anchor, Comparison, Node};
pub use operand::{Comparable, Nullable, Operand};
pub(crate) use order::Ordered;
pub use order::{Order, OrderBy, OrderPart};
pub use relation::{AsPath, Direct, Many, One, RelationDef, Terms, Through, Via};
#[allow(unused_imports)]
pub(crate) use relation::{KeyField, Path, RelationId, RelationName, Route};
pub use scope::{Both, Contains, Here, In, Nothing, Of, Predicate, There, Uses, Within};
