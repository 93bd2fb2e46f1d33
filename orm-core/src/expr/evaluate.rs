//! Expressions evaluated in memory, on the values of one row, as SQL would.
//!
//! What only the database knows is `None`: functions, subqueries, aggregates, patterns, texts under a collation, sums that
//! leave the integers, and columns whose values a database may hold in another way than their type does, such as days and
//! decimals. Whoever asks then goes to the database. A guess would be worse than that.

use std::cmp::Ordering;

use super::node::{Comparison, Node, TableRef};
use crate::schema::TableColumn;
use crate::value::{Entity, SqlType, Value};

/// The values that an expression may speak of.
pub(crate) trait Cells {
    /// The values of a field's columns, if the table is the row's and they are known.
    fn field(&self, of: TableRef, field: u16) -> Option<Vec<Value<'_>>>;

    /// The key of an entity, if it has one.
    fn key(&self, entity: Entity) -> Option<Vec<Value<'_>>>;

    /// Whether the database compares texts byte by byte, where no collation is named.
    fn compares_bytes(&self) -> bool;
}

/// Whether a row meets all conditions; `None` if that cannot be known. NULL is not met.
pub(crate) fn is_met(conditions: &[Node], cells: &dyn Cells) -> Option<bool> {
    all(conditions.iter().map(|condition| truth(condition, cells))).map(|truth| truth == Truth::True)
}

/// The value of an expression, or the values of a composite id; `None` if they cannot be known.
pub(crate) fn evaluate<'a>(node: &'a Node, cells: &'a dyn Cells) -> Option<Vec<Value<'a>>> {
    match node {
        Node::Field { of, field } => {
            let columns = of.table.fields[usize::from(*field)].clone();
            let is_exact = of.table.columns[columns].iter().all(|column| is_exact(column, cells));
            cells.field(*of, *field).filter(|_| is_exact)
        }
        Node::Value(value) => Some(vec![value.borrowed()]),
        Node::Values(values) => Some(values.iter().map(Value::borrowed).collect()),
        Node::Entity(entity, _) => cells.key(*entity),
        Node::Binary(operator, left, right) => {
            calculate(operator, &one(left, cells)?, &one(right, cells)?).map(|value| vec![value])
        }
        Node::Compare(..) | Node::And(_) | Node::Or(_) | Node::Not(_) | Node::IsNull(_) => {
            truth(node, cells).map(|truth| vec![truth.value()])
        }
        Node::InList(..) | Node::Between(..) | Node::Postfix(..) => {
            truth(node, cells).map(|truth| vec![truth.value()])
        }
        Node::Unstorable(_) | Node::Link(..) | Node::InSelect(..) | Node::Exists(_) | Node::Scalar(_) => None,
        Node::Like(..) | Node::Holds(..) | Node::Call(..) | Node::Pieces(..) | Node::Native(..) => None,
        Node::Aggregate(_) | Node::Window(_) => None,
    }
}

/// What a condition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truth {
    True,
    False,
    Null,
}

impl Truth {
    fn of(is_true: bool) -> Self {
        if is_true { Truth::True } else { Truth::False }
    }

    fn not(self) -> Self {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Null => Truth::Null,
        }
    }

    fn value(self) -> Value<'static> {
        match self {
            Truth::True => Value::Int(1),
            Truth::False => Value::Int(0),
            Truth::Null => Value::Null,
        }
    }
}

/// All of them: one that is false is enough to know, also beside what cannot be known.
fn all(parts: impl Iterator<Item = Option<Truth>>) -> Option<Truth> {
    let mut known = Some(Truth::True);
    for part in parts {
        known = match (part, known) {
            (Some(Truth::False), _) => return Some(Truth::False),
            (Some(Truth::True), known) => known,
            (Some(Truth::Null), Some(_)) => Some(Truth::Null),
            (None, _) | (Some(Truth::Null), None) => None,
        };
    }
    known
}

/// One of them.
fn any(parts: impl Iterator<Item = Option<Truth>>) -> Option<Truth> {
    all(parts.map(|part| part.map(Truth::not))).map(Truth::not)
}

fn truth(node: &Node, cells: &dyn Cells) -> Option<Truth> {
    match node {
        Node::Compare(comparison, sides) => {
            compare(*comparison, &evaluate(&sides.0, cells)?, &evaluate(&sides.1, cells)?)
        }
        Node::And(parts) => all(parts.iter().map(|part| truth(part, cells))),
        Node::Or(parts) => any(parts.iter().map(|part| truth(part, cells))),
        Node::Not(inner) => truth(inner, cells).map(Truth::not),
        Node::IsNull(inner) => is_null(inner, cells),
        Node::InList(left, list) => {
            let left = evaluate(left, cells)?;
            any(list.iter().map(|item| compare(Comparison::Equal, &left, &evaluate(item, cells)?)))
        }
        Node::Between(value, low, high) => {
            let value = evaluate(value, cells)?;
            let is_beyond = |comparison, bound| compare(comparison, &value, &evaluate(bound, cells)?);
            let bounds =
                [is_beyond(Comparison::GreaterOrEqual, low), is_beyond(Comparison::LessOrEqual, high)];
            all(bounds.into_iter())
        }
        Node::Postfix(" IS NOT TRUE", inner) => Some(Truth::of(truth(inner, cells)? != Truth::True)),
        Node::Field { .. } | Node::Value(_) => match one(node, cells)? {
            Value::Null => Some(Truth::Null),
            Value::Int(value) => Some(Truth::of(value != 0)),
            Value::Real(_) | Value::Text(_) | Value::Blob(_) => None,
        },
        Node::Values(_) | Node::Entity(..) | Node::Unstorable(_) | Node::Link(..) => None,
        Node::InSelect(..) | Node::Exists(_) | Node::Scalar(_) | Node::Like(..) | Node::Holds(..) => None,
        Node::Binary(..) | Node::Postfix(..) | Node::Call(..) | Node::Pieces(..) | Node::Native(..) => None,
        Node::Aggregate(_) | Node::Window(_) => None,
    }
}

/// Of a column of any type it is known whether it is NULL. Of a composite id, one column is enough.
fn is_null(node: &Node, cells: &dyn Cells) -> Option<Truth> {
    let values = match node {
        Node::Field { of, field } => cells.field(*of, *field)?,
        _ => evaluate(node, cells)?,
    };
    Some(Truth::of(values.iter().any(|value| matches!(value, Value::Null))))
}

/// The one value of an expression.
fn one<'a>(node: &'a Node, cells: &'a dyn Cells) -> Option<Value<'a>> {
    let mut values = evaluate(node, cells)?;
    values.pop().filter(|_| values.is_empty())
}

/// Whether what a column holds in the database is what memory has of it, and compares as that does.
fn is_exact(column: &TableColumn, cells: &dyn Cells) -> bool {
    match column.sql_type {
        SqlType::Boolean | SqlType::SmallInt | SqlType::Integer | SqlType::BigInt | SqlType::IntEnum(_) => {
            true
        }
        SqlType::Double | SqlType::Blob => true,
        SqlType::Text | SqlType::TextEnum(_) => column.collate.is_none() && cells.compares_bytes(),
        SqlType::Real | SqlType::Date | SqlType::Time | SqlType::DateTime | SqlType::Timestamp => false,
        SqlType::Uuid | SqlType::Json | SqlType::Decimal => false,
    }
}

/// Compares values, or the columns of composite ids, of which only equality can be asked.
fn compare(comparison: Comparison, left: &[Value<'_>], right: &[Value<'_>]) -> Option<Truth> {
    if left.len() != right.len() {
        return None;
    }
    let pairs = || left.iter().zip(right);
    match comparison {
        Comparison::Equal => all(pairs().map(|(a, b)| order_of(a, b, Ordering::is_eq))),
        Comparison::NotEqual => compare(Comparison::Equal, left, right).map(Truth::not),
        Comparison::Same => all(pairs().map(|(a, b)| is_same(a, b))),
        Comparison::Distinct => compare(Comparison::Same, left, right).map(Truth::not),
        Comparison::Less => one_pair(left, right, Ordering::is_lt),
        Comparison::LessOrEqual => one_pair(left, right, Ordering::is_le),
        Comparison::Greater => one_pair(left, right, Ordering::is_gt),
        Comparison::GreaterOrEqual => one_pair(left, right, Ordering::is_ge),
    }
}

fn one_pair(left: &[Value<'_>], right: &[Value<'_>], holds: fn(Ordering) -> bool) -> Option<Truth> {
    match (left, right) {
        ([left], [right]) => order_of(left, right, holds),
        _ => None,
    }
}

fn is_same(left: &Value<'_>, right: &Value<'_>) -> Option<Truth> {
    match (left, right) {
        (Value::Null, Value::Null) => Some(Truth::True),
        (Value::Null, _) | (_, Value::Null) => Some(Truth::False),
        _ => order_of(left, right, Ordering::is_eq),
    }
}

/// Whether the order of two values is one of those that are asked for. Only values of one class have one that all databases
/// agree on.
fn order_of(left: &Value<'_>, right: &Value<'_>, holds: fn(Ordering) -> bool) -> Option<Truth> {
    let order = match (left, right) {
        (Value::Null, _) | (_, Value::Null) => return Some(Truth::Null),
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Real(left), Value::Real(right)) => left.partial_cmp(right)?,
        (Value::Text(left), Value::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
        (Value::Blob(left), Value::Blob(right)) => left.cmp(right),
        (Value::Int(_) | Value::Real(_) | Value::Text(_) | Value::Blob(_), _) => return None,
    };
    Some(Truth::of(holds(order)))
}

/// Arithmetic on two numbers of one class; what databases do with a division by zero, or with a sum that is too large, differs.
fn calculate(operator: &str, left: &Value<'_>, right: &Value<'_>) -> Option<Value<'static>> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Some(Value::Null),
        (Value::Int(left), Value::Int(right)) => match operator {
            " + " => left.checked_add(*right),
            " - " => left.checked_sub(*right),
            " * " => left.checked_mul(*right),
            " / " => left.checked_div(*right),
            " % " => left.checked_rem(*right),
            _ => None,
        }
        .map(Value::Int),
        (Value::Real(left), Value::Real(right)) => match operator {
            " + " => Some(left + right),
            " - " => Some(left - right),
            " * " => Some(left * right),
            " / " if *right != 0.0 => Some(left / right),
            _ => None,
        }
        .filter(|result| result.is_finite())
        .map(Value::Real),
        (Value::Int(_) | Value::Real(_) | Value::Text(_) | Value::Blob(_), _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row without columns.
    struct Nothing;

    impl Cells for Nothing {
        fn field(&self, _of: TableRef, _field: u16) -> Option<Vec<Value<'_>>> {
            None
        }

        fn key(&self, _entity: Entity) -> Option<Vec<Value<'_>>> {
            None
        }

        fn compares_bytes(&self) -> bool {
            true
        }
    }

    const TRUTHS: [Option<Truth>; 4] = [Some(Truth::True), Some(Truth::False), Some(Truth::Null), None];

    #[test]
    fn what_decides_is_known_beside_what_cannot_be() {
        for other in TRUTHS {
            assert_eq!(all([other, Some(Truth::False)].into_iter()), Some(Truth::False));
            assert_eq!(any([other, Some(Truth::True)].into_iter()), Some(Truth::True));
            assert_eq!(all([Some(Truth::True), other].into_iter()), other);
            assert_eq!(any([Some(Truth::False), other].into_iter()), other);
        }
        assert_eq!(all([None, Some(Truth::Null)].into_iter()), None);
        assert_eq!(all([Some(Truth::Null), None].into_iter()), None);
    }

    #[test]
    fn an_empty_list_holds_nothing_and_null_is_in_no_other() {
        let holds =
            |list: Vec<Node>| truth(&Node::InList(Box::new(Node::Value(Value::Null)), list), &Nothing);
        assert_eq!(holds(vec![]), Some(Truth::False));
        assert_eq!(holds(vec![Node::Value(Value::Int(1))]), Some(Truth::Null));
    }

    #[test]
    fn a_result_that_databases_disagree_about_is_not_known() {
        let of = |operator, left, right| calculate(operator, &Value::Int(left), &Value::Int(right));
        assert_eq!(of(" + ", i64::MAX, 1), None);
        assert_eq!(of(" / ", 1, 0), None);
        assert_eq!(of(" % ", i64::MIN, -1), None);
        assert_eq!(of(" / ", -7, 2), Some(Value::Int(-3)));
        assert_eq!(of(" % ", -7, 2), Some(Value::Int(-1)));
        assert_eq!(calculate(" * ", &Value::Real(1e300), &Value::Real(1e300)), None);
    }

    #[test]
    fn composite_ids_are_equal_column_by_column() {
        let [one, two, null] = [Value::Int(1), Value::Int(2), Value::Null];
        let pair = |a: &Value<'static>, b: &Value<'static>| [a.clone(), b.clone()];
        let equal = |left: [_; 2], right: [_; 2]| compare(Comparison::Equal, &left, &right);
        assert_eq!(equal(pair(&one, &null), pair(&one, &two)), Some(Truth::Null));
        assert_eq!(equal(pair(&one, &null), pair(&two, &two)), Some(Truth::False));
        assert_eq!(compare(Comparison::Less, &pair(&one, &two), &pair(&two, &two)), None);
    }
}
