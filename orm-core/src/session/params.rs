//! The values of raw SQL, by position or by name.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::expr::{PlaceholderKind, placeholders};
use crate::value::{ColumnType, Value};

/// The values of raw SQL: a list for its question marks, or [`Named`] values for its `:name`s. [`params!`](crate::params) makes
/// both.
pub trait Params {
    /// The text with question marks, and the values in their order.
    #[doc(hidden)]
    fn bind(self, sql: Cow<'static, str>) -> Result<(Cow<'static, str>, Vec<Value<'static>>)>;
}

/// Values by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Named(Vec<(&'static str, Value<'static>)>);

impl Named {
    /// The values of a list; [`params!`](crate::params) calls it.
    pub fn new(values: Vec<(&'static str, Value<'static>)>) -> Self {
        Named(values)
    }
}

impl Params for Vec<Value<'static>> {
    fn bind(self, sql: Cow<'static, str>) -> Result<(Cow<'static, str>, Vec<Value<'static>>)> {
        let places = placeholders(&sql);
        let (mut next, mut highest) = (0, 0);
        for place in &places {
            match place.kind {
                PlaceholderKind::Next => next += 1,
                PlaceholderKind::Number(number) => highest = highest.max(number),
                PlaceholderKind::Name(name) => return Err(named_place(name, &sql)),
            }
        }
        // Where both are mixed, databases count in their own ways.
        let wanted = if highest == 0 { next } else { highest };
        if wanted != self.len() && (next == 0 || highest == 0) {
            return Err(wrong_count(wanted, self.len(), &sql));
        }
        Ok((sql, self))
    }
}

impl Params for Named {
    fn bind(self, sql: Cow<'static, str>) -> Result<(Cow<'static, str>, Vec<Value<'static>>)> {
        let Named(given) = self;
        let (mut text, mut values, mut end) = (String::with_capacity(sql.len()), Vec::new(), 0);
        let mut unused: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
        for place in placeholders(&sql) {
            let PlaceholderKind::Name(name) = place.kind else {
                return Err(unnamed_place(&sql));
            };
            let found = given.iter().find(|(other, _)| *other == name);
            let (_, value) = found.ok_or_else(|| without_value(name, &given, &sql))?;
            values.push(value.clone());
            unused.retain(|other| *other != name);
            text.push_str(&sql[end..place.at.start]);
            text.push('?');
            end = place.at.end;
        }
        if let Some(name) = unused.first() {
            return Err(without_place(name, &sql));
        }
        text.push_str(&sql[end..]);
        Ok((Cow::Owned(text), values))
    }
}

#[cold]
fn wrong_count(wanted: usize, given: usize, sql: &str) -> Error {
    Error::misuse(format!("the statement takes {wanted} values, and {given} were given")).with_statement(sql)
}

#[cold]
fn named_place(name: &str, sql: &str) -> Error {
    let message = format!("the statement takes its values by name: `params! {{ {name}: .. }}`");
    Error::misuse(message).with_statement(sql)
}

#[cold]
fn unnamed_place(sql: &str) -> Error {
    let message =
        "values were given by name, and the statement takes some by position: write `:name` for `?`";
    Error::misuse(message).with_statement(sql)
}

#[cold]
fn without_value(name: &str, given: &[(&str, Value<'_>)], sql: &str) -> Error {
    let names: Vec<String> = given.iter().map(|(name, _)| format!("`{name}`")).collect();
    Error::misuse(format!("the statement takes a value `{name}`, and given were {}", names.join(", ")))
        .with_statement(sql)
}

#[cold]
fn without_place(name: &str, sql: &str) -> Error {
    Error::misuse(format!("a value `{name}` was given, and the statement has no `:{name}`"))
        .with_statement(sql)
}

/// What can be bound to raw SQL: any column type, and texts that are borrowed.
pub trait IntoParam {
    /// The value, as the database stores it.
    ///
    /// # Errors
    /// A value error when the database cannot store it.
    fn into_param(self) -> Result<Value<'static>>;
}

impl<T: ColumnType> IntoParam for T {
    fn into_param(self) -> Result<Value<'static>> {
        self.encode().map(Value::into_owned)
    }
}

impl IntoParam for &str {
    fn into_param(self) -> Result<Value<'static>> {
        Ok(Value::Text(Cow::Owned(self.to_owned())))
    }
}

impl IntoParam for &[u8] {
    fn into_param(self) -> Result<Value<'static>> {
        Ok(Value::Blob(Cow::Owned(self.to_owned())))
    }
}

/// The values of raw SQL: in the order of its question marks, or by their names.
///
/// ```
/// # use orm_core::params;
/// let values = params![1, "a%", None::<String>]?; // for `?`, `?` and `?`
/// assert_eq!(values.len(), 3);
/// let values = params! { pattern: "a%", least: 18 }?; // for `:pattern` and `:least`, wherever they stand
/// # Ok::<(), orm_core::Error>(())
/// ```
#[macro_export]
macro_rules! params {
    ($($name:ident: $value:expr),+ $(,)?) => {
        (|| $crate::Result::Ok($crate::__private::Named::new(::std::vec![
            $((::core::stringify!($name), $crate::__private::IntoParam::into_param($value)?)),+
        ])))()
    };
    ($($value:expr),* $(,)?) => {
        (|| $crate::Result::Ok(::std::vec![$($crate::__private::IntoParam::into_param($value)?),*]))()
    };
}
