//! Expressions: a typed shell over one plain tree. Rank 4.
//!
//! The types say which models an expression speaks of and what it yields; the tree says only what it is. So a wrong
//! column, type or NULL does not compile, and what compiles is handled by code that is compiled once.

mod methods;
mod node;
mod operand;
mod order;
mod scope;

pub use crate::value::{Column, Fk, Plain};
pub use methods::{Expr, Expression, ExpressionMethods};
pub(crate) use node::{Anchor, Node};
pub use operand::{Comparable, Nullable, Operand};
pub(crate) use order::Ordered;
pub use order::{Order, OrderBy};
pub use scope::{Both, Contains, Here, In, Nothing, Of, Predicate, There, Uses, Within};
