//! What an expression is, without its types.

use crate::schema::Table;
use crate::value::{Entity, Value};

/// An expression as a plain tree; the writer turns it into SQL.
#[derive(Clone)]
pub(crate) enum Node {
    /// The columns of a field: one, or several for a composite id.
    Field { table: &'static Table, field: u16 },
    /// A value to bind.
    Value(Value<'static>),
    /// Values to bind, for a composite id.
    Values(Vec<Value<'static>>),
    /// The key of an entity, known when the statement runs, and its number of columns.
    Entity(Entity, usize),
    /// A value that no database stores; why.
    Unstorable(String),
    /// Two sides compared.
    Compare(Comparison, Box<Node>, Box<Node>),
    /// All of them.
    And(Vec<Node>),
    /// One of them.
    Or(Vec<Node>),
    /// The opposite.
    Not(Box<Node>),
    /// Whether it is NULL.
    IsNull(Box<Node>),
    /// Whether it is one of a list.
    InList(Box<Node>, Vec<Node>),
    /// Whether it lies between two others, both included.
    Between(Box<Node>, Box<Node>, Box<Node>),
    /// Whether a text is like a pattern, in which a backslash takes the meaning of the character after it.
    Like(Box<Node>, Box<Node>),
    /// Whether a text has a text that holds NUL, which no pattern can.
    Holds(Anchor, Box<Node>, Value<'static>),
}

/// Where a text has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Anywhere,
    Start,
    End,
}

/// How two sides are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// As SQL writes it.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Comparison::Equal => " = ",
            Comparison::NotEqual => " <> ",
            Comparison::Less => " < ",
            Comparison::LessOrEqual => " <= ",
            Comparison::Greater => " > ",
            Comparison::GreaterOrEqual => " >= ",
        }
    }
}
