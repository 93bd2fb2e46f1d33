//! Random expressions: what the database computes is what a small interpreter says, with NULL and all.

use orm_core::expr::{Expr, Of, abs, concat, length, literal, lower, nullif, upper};
use orm_core::prelude::*;

use crate::dice::Dice;
use crate::fixture::Lab;

rules! { expression_random:
    random_expressions_are_what_the_interpreter_says,
}

/// The base of the one table.
#[derive(DeclarativeBase)]
pub struct Sums;

/// What expressions are made of.
#[derive(Model, Clone, Debug)]
#[model(base = Sums, table = "sums")]
pub struct Sum {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Sum>,
    /// A number, or NULL.
    pub a: Option<i64>,
    /// A number, or NULL.
    pub b: Option<i64>,
    /// A text, or NULL.
    pub t: Option<String>,
    /// A text, or NULL.
    pub u: Option<String>,
}

const TEXTS: [&str; 6] = ["", "a", "Ab", "b%_", "ä\\", "bab"];

#[derive(Clone, Debug)]
enum Int {
    A,
    B,
    Value(i64),
    Binary(char, Box<Int>, Box<Int>),
    Abs(Box<Int>),
    Coalesce(Box<Int>, Box<Int>),
    NullIf(Box<Int>, Box<Int>),
    Case(Box<Bool>, Box<Int>, Box<Int>),
    Length(Box<Text>),
}

#[derive(Clone, Debug)]
enum Text {
    T,
    U,
    Value(&'static str),
    Upper(Box<Text>),
    Lower(Box<Text>),
    Concat(Box<Text>, Box<Text>),
    Coalesce(Box<Text>, Box<Text>),
    Cast(Box<Int>),
}

#[derive(Clone, Debug)]
enum Bool {
    Ints(&'static str, Box<Int>, Box<Int>),
    Texts(&'static str, Box<Text>, Box<Text>),
    And(Box<Bool>, Box<Bool>),
    Or(Box<Bool>, Box<Bool>),
    Not(Box<Bool>),
    IsNull(Box<Int>),
    IsNotNull(Box<Text>),
    In(Box<Int>, Vec<i64>),
    Between(Box<Int>, Box<Int>, Box<Int>),
    Contains(Box<Text>, &'static str),
    StartsWith(Box<Text>, &'static str),
    EndsWith(Box<Text>, &'static str),
}

const COMPARISONS: [&str; 8] = ["=", "<>", "<", "<=", ">", ">=", "same", "distinct"];

/// Makes random trees.
struct Maker(Dice);

impl Maker {
    fn below(&mut self, limit: usize) -> usize {
        self.0.below(limit)
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn number(&mut self) -> i64 {
        self.below(7) as i64 - 3
    }

    fn int(&mut self, depth: usize) -> Int {
        let Some(depth) = depth.checked_sub(1) else {
            return match self.below(3) {
                0 => Int::A,
                1 => Int::B,
                _ => Int::Value(self.number()),
            };
        };
        match self.below(8) {
            0..=2 => Int::Binary(
                self.of(&['+', '-', '*', '/', '%']),
                self.int(depth).into(),
                self.int(depth).into(),
            ),
            3 => Int::Abs(self.int(depth).into()),
            4 => Int::Coalesce(self.int(depth).into(), self.int(depth).into()),
            5 => Int::NullIf(self.int(depth).into(), self.int(depth).into()),
            6 => Int::Case(self.bool(depth).into(), self.int(depth).into(), self.int(depth).into()),
            _ => Int::Length(self.text(depth).into()),
        }
    }

    fn text(&mut self, depth: usize) -> Text {
        let Some(depth) = depth.checked_sub(1) else {
            return match self.below(3) {
                0 => Text::T,
                1 => Text::U,
                _ => Text::Value(self.of(&TEXTS)),
            };
        };
        match self.below(5) {
            0 => Text::Upper(self.text(depth).into()),
            1 => Text::Lower(self.text(depth).into()),
            2 => Text::Concat(self.text(depth).into(), self.text(depth).into()),
            3 => Text::Coalesce(self.text(depth).into(), self.text(depth).into()),
            _ => Text::Cast(self.int(depth).into()),
        }
    }

    fn bool(&mut self, depth: usize) -> Bool {
        let inner = depth.saturating_sub(1);
        match self.below(if depth == 0 { 8 } else { 12 }) {
            0 | 1 => Bool::Ints(self.of(&COMPARISONS), self.int(inner).into(), self.int(inner).into()),
            2 => Bool::Texts(self.of(&COMPARISONS), self.text(inner).into(), self.text(inner).into()),
            3 => Bool::IsNull(self.int(inner).into()),
            4 => Bool::IsNotNull(self.text(inner).into()),
            5 => Bool::In(self.int(inner).into(), (0..self.below(4)).map(|_| self.number()).collect()),
            6 => Bool::Between(self.int(inner).into(), self.int(inner).into(), self.int(inner).into()),
            7 => {
                let (text, part) = (self.text(inner).into(), self.of(&TEXTS));
                match self.below(3) {
                    0 => Bool::Contains(text, part),
                    1 => Bool::StartsWith(text, part),
                    _ => Bool::EndsWith(text, part),
                }
            }
            8 | 9 => Bool::And(self.bool(inner).into(), self.bool(inner).into()),
            10 => Bool::Or(self.bool(inner).into(), self.bool(inner).into()),
            _ => Bool::Not(self.bool(inner).into()),
        }
    }
}

type Typed<T> = Expr<T, Of<Sum>>;

impl Int {
    fn typed(&self) -> Typed<Option<i64>> {
        match self {
            Int::A => (Sum::a + 0).of(),
            Int::B => (Sum::b + 0).of(),
            Int::Value(number) => nullif(literal(*number), 99).of(),
            Int::Binary(operator, left, right) => {
                let (left, right) = (left.typed(), right.typed());
                match operator {
                    '+' => (left + right).of(),
                    '-' => (left - right).of(),
                    '*' => (left * right).of(),
                    '/' => (left / right).of(),
                    _ => (left % right).of(),
                }
            }
            Int::Abs(of) => abs(of.typed()),
            Int::Coalesce(first, second) => coalesce(first.typed(), second.typed()).of(),
            Int::NullIf(first, second) => nullif(first.typed(), second.typed()).of(),
            Int::Case(when, then, otherwise) => {
                case().when(when.typed(), then.typed()).otherwise(otherwise.typed()).of()
            }
            Int::Length(text) => length(text.typed()),
        }
    }

    fn value(&self, row: &Sum) -> Option<i64> {
        match self {
            Int::A => row.a,
            Int::B => row.b,
            Int::Value(number) => Some(*number),
            Int::Binary(operator, left, right) => {
                let (left, right) = (left.value(row)?, right.value(row)?);
                match operator {
                    '+' => Some(left + right),
                    '-' => Some(left - right),
                    '*' => Some(left * right),
                    '/' => left.checked_div(right),
                    _ => left.checked_rem(right),
                }
            }
            Int::Abs(of) => of.value(row).map(i64::abs),
            Int::Coalesce(first, second) => first.value(row).or_else(|| second.value(row)),
            Int::NullIf(first, second) => first.value(row).filter(|value| second.value(row) != Some(*value)),
            Int::Case(when, then, otherwise) => match when.value(row) {
                Some(true) => then.value(row),
                Some(false) | None => otherwise.value(row),
            },
            Int::Length(text) => text.value(row).map(|text| text.chars().count() as i64),
        }
    }
}

impl Text {
    fn typed(&self) -> Typed<Option<String>> {
        match self {
            Text::T => coalesce(Sum::t, Sum::t).of(),
            Text::U => coalesce(Sum::u, Sum::u).of(),
            Text::Value(text) => nullif(literal((*text).to_owned()), "none such").of(),
            Text::Upper(of) => upper(of.typed()),
            Text::Lower(of) => lower(of.typed()),
            Text::Concat(first, second) => concat((first.typed(), second.typed())).of(),
            Text::Coalesce(first, second) => coalesce(first.typed(), second.typed()).of(),
            Text::Cast(of) => of.typed().cast::<String>(),
        }
    }

    fn value(&self, row: &Sum) -> Option<String> {
        match self {
            Text::T => row.t.clone(),
            Text::U => row.u.clone(),
            Text::Value(text) => Some((*text).to_owned()),
            Text::Upper(of) => Some(of.value(row)?.to_ascii_uppercase()),
            Text::Lower(of) => Some(of.value(row)?.to_ascii_lowercase()),
            Text::Concat(first, second) => Some(first.value(row)? + &second.value(row)?),
            Text::Coalesce(first, second) => first.value(row).or_else(|| second.value(row)),
            Text::Cast(of) => Some(of.value(row)?.to_string()),
        }
    }
}

/// A comparison, of numbers or of texts.
macro_rules! compare {
    ($operator:expr, $left:expr, $right:expr) => {{
        let (left, right) = ($left, $right);
        match $operator {
            "=" => left.eq(right).of(),
            "<>" => left.ne(right).of(),
            "<" => left.lt(right).of(),
            "<=" => left.le(right).of(),
            ">" => left.gt(right).of(),
            ">=" => left.ge(right).of(),
            "same" => left.is_not_distinct_from(right).of(),
            _ => left.is_distinct_from(right).of(),
        }
    }};
}

fn compared<T: Ord>(operator: &str, left: Option<T>, right: Option<T>) -> Option<bool> {
    match operator {
        "same" => return Some(left == right),
        "distinct" => return Some(left != right),
        _ => {}
    }
    let (left, right) = (left?, right?);
    Some(match operator {
        "=" => left == right,
        "<>" => left != right,
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        _ => left >= right,
    })
}

fn both(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        (None, _) | (_, None) => None,
    }
}

fn folded(text: &Text, row: &Sum, holds: impl FnOnce(&str) -> bool) -> Option<bool> {
    text.value(row).map(|text| holds(&text.to_ascii_lowercase()))
}

impl Bool {
    fn typed(&self) -> Typed<bool> {
        match self {
            Bool::Ints(operator, left, right) => compare!(*operator, left.typed(), right.typed()),
            Bool::Texts(operator, left, right) => compare!(*operator, left.typed(), right.typed()),
            Bool::And(left, right) => left.typed().and(right.typed()).of(),
            Bool::Or(left, right) => left.typed().or(right.typed()).of(),
            Bool::Not(of) => !of.typed(),
            Bool::IsNull(of) => of.typed().is_null().of(),
            Bool::IsNotNull(of) => of.typed().is_not_null().of(),
            Bool::In(of, list) => of.typed().in_(list.clone()).of(),
            Bool::Between(of, low, high) => of.typed().between(low.typed(), high.typed()).of(),
            Bool::Contains(text, part) => text.typed().contains(part),
            Bool::StartsWith(text, part) => text.typed().starts_with(part),
            Bool::EndsWith(text, part) => text.typed().ends_with(part),
        }
    }

    fn value(&self, row: &Sum) -> Option<bool> {
        match self {
            Bool::Ints(operator, left, right) => compared(operator, left.value(row), right.value(row)),
            Bool::Texts(operator, left, right) => compared(operator, left.value(row), right.value(row)),
            Bool::And(left, right) => both(left.value(row), right.value(row)),
            Bool::Or(left, right) => {
                both(left.value(row).map(|left| !left), right.value(row).map(|right| !right)).map(|no| !no)
            }
            Bool::Not(of) => of.value(row).map(|of| !of),
            Bool::IsNull(of) => Some(of.value(row).is_none()),
            Bool::IsNotNull(of) => Some(of.value(row).is_some()),
            Bool::In(_, list) if list.is_empty() => Some(false),
            Bool::In(of, list) => of.value(row).map(|of| list.contains(&of)),
            Bool::Between(of, low, high) => {
                let (value, low, high) = (of.value(row), low.value(row), high.value(row));
                both(compared(">=", value, low), compared("<=", value, high))
            }
            Bool::Contains(text, part) => folded(text, row, |text| text.contains(&part.to_ascii_lowercase())),
            Bool::StartsWith(text, part) => {
                folded(text, row, |text| text.starts_with(&part.to_ascii_lowercase()))
            }
            Bool::EndsWith(text, part) => {
                folded(text, row, |text| text.ends_with(&part.to_ascii_lowercase()))
            }
        }
    }
}

fn rows() -> Vec<Sum> {
    let mut maker = Maker(Dice::new(7));
    let rows = (1..=12).map(|id| {
        let mut number = || (maker.below(4) > 0).then(|| maker.number());
        let (a, b) = (number(), number());
        let mut text = || (maker.below(4) > 0).then(|| maker.of(&TEXTS).to_owned());
        let (t, u) = (text(), text());
        Sum { id: Id::Key(id), a, b, t, u }
    });
    rows.collect()
}

fn random_expressions_are_what_the_interpreter_says(lab: &Lab) {
    let db = lab.db_of::<Sums>();
    let (mut s, rows) = (db.session(), rows());
    s.add_all(rows.clone());
    let mut maker = Maker(Dice::new(1));
    let sums = || select::<Sum>().order_by(Sum::id);
    for round in 0..1200 {
        let depth = 1 + round % 4;
        let (int, text, bool) = (maker.int(depth), maker.text(depth), maker.bool(depth));
        let truth = case().when(bool.typed(), 1).when(!bool.typed(), 0).or_null();
        let found = sums().select((int.typed(), text.typed(), truth)).fetch(&mut s).unwrap();
        let kept = sums().filter(bool.typed()).select(Sum::id).fetch(&mut s).unwrap();
        for (row, (found_int, found_text, found_bool)) in rows.iter().zip(found) {
            assert_eq!(found_int, int.value(row), "round {round}: {int:?} of {row:?}");
            assert_eq!(found_text, text.value(row), "round {round}: {text:?} of {row:?}");
            let said = bool.value(row);
            assert_eq!(found_bool, said.map(i32::from), "round {round}: {bool:?} of {row:?}");
            assert_eq!(kept.contains(&row.id), said == Some(true), "round {round}: {bool:?} of {row:?}");
        }
    }
}
