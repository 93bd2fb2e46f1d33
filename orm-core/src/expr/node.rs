//! What an expression is, without its types.

use super::order::Ordered;
use super::tree::SelectTree;
use crate::schema::Table;
use crate::value::{Entity, Value};

/// An expression as a plain tree; the writer turns it into SQL.
#[derive(Clone)]
pub(crate) enum Node {
    /// The columns of a field: one, or several for a composite id.
    Field { of: TableRef, field: u16 },
    /// A value to bind.
    Value(Value<'static>),
    /// Values to bind, for a composite id.
    Values(Vec<Value<'static>>),
    /// The key of an entity, known when the statement runs, and its number of columns.
    Entity(Entity, usize),
    /// A value that no database stores; why.
    Unstorable(String),
    /// Two sides compared.
    Compare(Comparison, Box<(Node, Node)>),
    /// Columns of two tables, equal one by one.
    Link(Box<(Columns, Columns)>),
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
    /// Whether it is one of what a SELECT returns.
    InSelect(Box<Node>, Box<SelectTree>),
    /// Whether a SELECT returns a row.
    Exists(Box<SelectTree>),
    /// The one value that a SELECT returns, or NULL.
    Scalar(Box<SelectTree>),
    /// Whether it lies between two others, both included.
    Between(Box<Node>, Box<Node>, Box<Node>),
    /// Whether a text is like a pattern, in which a backslash takes the meaning of the character after it.
    Like(Box<Node>, Box<Node>),
    /// Whether a text has a text that holds NUL, which no pattern can.
    Holds(Anchor, Box<Node>, Value<'static>),
    /// Two sides with an operator between: `" + "`.
    Binary(&'static str, Box<Node>, Box<Node>),
    /// An expression with words behind it: `" IS NOT TRUE"`.
    Postfix(&'static str, Box<Node>),
    /// A function of its arguments.
    Call(&'static str, Vec<Node>),
    /// Pieces of SQL, and what stands between them.
    Pieces(Vec<&'static str>, Vec<Node>),
    /// What each database writes in its own way.
    Native(Native, Vec<Node>),
    /// One value for many rows.
    Aggregate(Box<Aggregate>),
    /// A value for each row, of the rows around it.
    Window(Box<Window>),
}

/// What each database writes in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Native {
    /// The year of a day.
    Year,
    /// The month of a day, from 1.
    Month,
    /// The day of the month, from 1.
    Day,
    /// The day of the week; 0 is Sunday.
    Weekday,
    /// The day of the year, from 1.
    Ordinal,
    /// The hour of a time.
    Hour,
    /// The minute of a time.
    Minute,
    /// The second of a time, a whole number.
    Second,
    /// The value at a path of a JSON document.
    JsonValue,
}

impl Native {
    /// What stands before and behind the arguments, as the SQL standard has it.
    pub fn standard(self) -> (&'static str, &'static str) {
        match self {
            Native::Year => ("EXTRACT(YEAR FROM ", ")"),
            Native::Month => ("EXTRACT(MONTH FROM ", ")"),
            Native::Day => ("EXTRACT(DAY FROM ", ")"),
            Native::Weekday => ("EXTRACT(DOW FROM ", ")"),
            Native::Ordinal => ("EXTRACT(DOY FROM ", ")"),
            Native::Hour => ("EXTRACT(HOUR FROM ", ")"),
            Native::Minute => ("EXTRACT(MINUTE FROM ", ")"),
            Native::Second => ("FLOOR(EXTRACT(SECOND FROM ", "))"),
            Native::JsonValue => ("JSON_VALUE(", ")"),
        }
    }
}

/// A function and the rows that it looks at.
#[derive(Clone)]
pub(crate) struct Window {
    /// A call or an aggregate.
    pub(crate) function: Node,
    pub(crate) partition_by: Vec<Node>,
    pub(crate) order_by: Vec<Ordered>,
    pub(crate) frame: Option<Frame>,
}

/// Some of the rows of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) bounds: Bounds,
    pub(crate) from: Edge,
    pub(crate) to: Edge,
}

/// What the edges of a frame count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bounds {
    Rows,
    Groups,
}

/// Where a frame starts or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    First,
    /// So far from the current row, which is 0.
    At(i64),
    Last,
}

/// An aggregate function.
#[derive(Clone)]
pub(crate) struct Aggregate {
    pub(crate) name: &'static str,
    /// Whether equal values count once.
    pub(crate) distinct: bool,
    /// What it is of; rows, if nothing.
    pub(crate) of: Option<Node>,
    /// The rows that it looks at.
    pub(crate) filter: Option<Node>,
}

/// A table in a statement, by its place there: the same table may stand there several times.
#[derive(Clone, Copy)]
pub(crate) struct TableRef {
    pub(crate) table: &'static Table,
    pub(crate) naming: Naming,
}

/// What a table is called in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// By its own name.
    Own,
    /// By an alias.
    Alias(&'static str),
    /// By a name that the writer makes, since no expression of the user's speaks of it.
    Hidden(u16),
}

impl PartialEq for TableRef {
    fn eq(&self, other: &Self) -> bool {
        self.table.number == other.table.number && self.naming == other.naming
    }
}

/// Some columns of a table in a statement.
#[derive(Clone, Copy)]
pub(crate) struct Columns {
    pub(crate) of: TableRef,
    pub(crate) columns: &'static [usize],
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
    /// Equal, where NULL equals NULL.
    Same,
    /// The opposite of that.
    Distinct,
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
            Comparison::Same => " IS NOT DISTINCT FROM ",
            Comparison::Distinct => " IS DISTINCT FROM ",
        }
    }
}

impl TableRef {
    /// A table by its own name.
    pub(crate) fn own(table: &'static Table) -> Self {
        TableRef { table, naming: Naming::Own }
    }

    /// The same table by a name that no other has, for the `number`th time.
    pub(crate) fn hidden(table: &'static Table, number: u16) -> Self {
        TableRef { table, naming: Naming::Hidden(number) }
    }

    /// The fields of its primary key.
    pub(crate) fn key_fields(self) -> Vec<Node> {
        let is_key = |column: usize| self.table.primary_key.contains(&column);
        let fields = self.table.fields.iter().enumerate();
        let keys = fields.filter(|(_, columns)| (*columns).clone().any(is_key));
        keys.map(|(field, _)| Node::Field { of: self, field: u16::try_from(field).unwrap_or(u16::MAX) })
            .collect()
    }

    /// Its primary key.
    pub(crate) fn key(self) -> Columns {
        Columns { of: self, columns: &self.table.primary_key }
    }
}

impl Node {
    /// Two sides compared.
    pub(crate) fn compare(comparison: Comparison, left: Node, right: Node) -> Self {
        Node::Compare(comparison, Box::new((left, right)))
    }

    /// Whether it says that the primary key of a table is a value.
    pub(crate) fn is_key_of(&self, table: TableRef) -> bool {
        let Node::Compare(Comparison::Equal, sides) = self else { return false };
        let (Node::Field { of, field }, Node::Value(_) | Node::Values(_) | Node::Entity(..)) = &**sides
        else {
            return false;
        };
        *of == table && of.table.key_field == Some(*field)
    }

    /// Columns of two tables, equal one by one.
    pub(crate) fn link(left: Columns, right: Columns) -> Self {
        Node::Link(Box::new((left, right)))
    }

    /// Speaks of one table in place of another.
    pub(crate) fn rebase(&mut self, from: TableRef, to: TableRef) {
        let swap = |of: &mut TableRef| {
            if *of == from {
                *of = to;
            }
        };
        match self {
            Node::Field { of, .. } => swap(of),
            Node::Link(sides) => {
                let (left, right) = &mut **sides;
                swap(&mut left.of);
                swap(&mut right.of);
            }
            Node::InSelect(node, select) => {
                node.rebase(from, to);
                select.rebase(from, to);
            }
            Node::Exists(select) | Node::Scalar(select) => select.rebase(from, to),
            Node::Value(_) | Node::Values(_) | Node::Entity(..) | Node::Unstorable(_) => {}
            Node::Compare(..) | Node::And(_) | Node::Or(_) | Node::Not(_) | Node::IsNull(_) => {
                self.each_child_mut(&mut |child| child.rebase(from, to));
            }
            Node::InList(..) | Node::Between(..) | Node::Like(..) | Node::Holds(..) => {
                self.each_child_mut(&mut |child| child.rebase(from, to));
            }
            Node::Binary(..) | Node::Postfix(..) | Node::Call(..) | Node::Pieces(..) => {
                self.each_child_mut(&mut |child| child.rebase(from, to));
            }
            Node::Native(..) | Node::Aggregate(_) | Node::Window(_) => {
                self.each_child_mut(&mut |child| child.rebase(from, to));
            }
        }
    }

    /// The expressions that it is made of; a SELECT inside it is none of them, and of a window's function its arguments are.
    pub(crate) fn each_child<'a>(&'a self, each: &mut dyn FnMut(&'a Node)) {
        match self {
            Node::Field { .. } | Node::Value(_) | Node::Values(_) | Node::Entity(..) => {}
            Node::Unstorable(_) | Node::Link(..) | Node::Exists(_) | Node::Scalar(_) => {}
            Node::Compare(_, sides) => {
                each(&sides.0);
                each(&sides.1);
            }
            Node::Like(left, right) | Node::Binary(_, left, right) => {
                each(left);
                each(right);
            }
            Node::And(parts) | Node::Or(parts) => parts.iter().for_each(each),
            Node::Call(_, parts) | Node::Pieces(_, parts) | Node::Native(_, parts) => {
                parts.iter().for_each(each)
            }
            Node::Not(inner) | Node::IsNull(inner) | Node::Postfix(_, inner) => each(inner),
            Node::InSelect(inner, _) | Node::Holds(_, inner, _) => each(inner),
            Node::InList(left, list) => {
                each(left);
                list.iter().for_each(each);
            }
            Node::Between(left, low, high) => [left, low, high].into_iter().for_each(|node| each(node)),
            Node::Aggregate(aggregate) => aggregate.of.iter().chain(&aggregate.filter).for_each(each),
            Node::Window(window) => {
                window.function.each_child(each);
                window.partition_by.iter().for_each(&mut *each);
                window.order_by.iter().for_each(|ordered| each(&ordered.node));
            }
        }
    }

    fn each_child_mut(&mut self, each: &mut dyn FnMut(&mut Node)) {
        match self {
            Node::Field { .. } | Node::Value(_) | Node::Values(_) | Node::Entity(..) => {}
            Node::Unstorable(_) | Node::Link(..) | Node::Exists(_) | Node::Scalar(_) => {}
            Node::Compare(_, sides) => {
                each(&mut sides.0);
                each(&mut sides.1);
            }
            Node::Like(left, right) | Node::Binary(_, left, right) => {
                each(left);
                each(right);
            }
            Node::And(parts) | Node::Or(parts) => parts.iter_mut().for_each(each),
            Node::Call(_, parts) | Node::Pieces(_, parts) | Node::Native(_, parts) => {
                parts.iter_mut().for_each(each);
            }
            Node::Not(inner) | Node::IsNull(inner) | Node::Postfix(_, inner) => each(inner),
            Node::InSelect(inner, _) | Node::Holds(_, inner, _) => each(inner),
            Node::InList(left, list) => {
                each(left);
                list.iter_mut().for_each(each);
            }
            Node::Between(left, low, high) => [left, low, high].into_iter().for_each(|node| each(node)),
            Node::Aggregate(aggregate) => {
                aggregate.of.iter_mut().chain(&mut aggregate.filter).for_each(each);
            }
            Node::Window(window) => {
                window.function.each_child_mut(each);
                window.partition_by.iter_mut().for_each(&mut *each);
                window.order_by.iter_mut().for_each(|ordered| each(&mut ordered.node));
            }
        }
    }
}
