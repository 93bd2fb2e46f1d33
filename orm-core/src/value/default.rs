//! What can stand behind `default =` and `on_update =`: a value, a text, or a function that returns one.
//!
//! Which of them it is, the compiler infers as the marker `W`: never more than one way fits.

use std::marker::PhantomData;

use super::{ColumnType, Generated};

/// Can be made into a default for a field of type `T`, in the way `W`.
#[diagnostic::on_unimplemented(
    message = "this is no default for a field of type `{T}`",
    label = "neither a `{T}` nor a function that returns one"
)]
pub trait IntoDefault<T, W> {
    /// The default.
    fn into_default(self) -> T;
}

/// The value is of the type itself.
pub struct Itself;
/// The value is what an `Option`, a `Generated` or a newtype holds, in the way `W`.
pub struct Held<W>(PhantomData<W>);
/// A text, for a type that is made from one.
pub struct FromText;
/// A function that returns the value, in the way `W`.
pub struct Called<R, W>(PhantomData<(R, W)>);

/// A type that holds one value of another, and can be made from it.
pub trait Holds {
    /// What it holds.
    type Held;

    /// Puts a value in.
    fn hold(value: Self::Held) -> Self;
}

impl<T: ColumnType> Holds for Option<T> {
    type Held = T;

    fn hold(value: T) -> Self {
        Some(value)
    }
}

impl<T: ColumnType> Holds for Generated<T> {
    type Held = T;

    fn hold(value: T) -> Self {
        Generated::Value(value)
    }
}

impl<T> IntoDefault<T, Itself> for T {
    fn into_default(self) -> T {
        self
    }
}

impl<T: Holds, W, V: IntoDefault<T::Held, W>> IntoDefault<T, Held<W>> for V {
    fn into_default(self) -> T {
        T::hold(self.into_default())
    }
}

impl IntoDefault<String, FromText> for &str {
    fn into_default(self) -> String {
        self.to_owned()
    }
}

impl<T, R: Returned<T, W>, W, F: FnOnce() -> R> IntoDefault<T, Called<R, W>> for F {
    fn into_default(self) -> T {
        self().into_value()
    }
}

/// What a function returns; less than [`IntoDefault`], or there were two ways to fill an `Option`.
pub trait Returned<T, W> {
    /// The default.
    fn into_value(self) -> T;
}

impl<T> Returned<T, Itself> for T {
    fn into_value(self) -> T {
        self
    }
}

impl Returned<String, FromText> for &str {
    fn into_value(self) -> String {
        self.to_owned()
    }
}

/// A type with a default: what a field is filled with that has none of its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default",
    label = "no default",
    note = "give the field one by `#[column(default = ..)]`, or implement `Default` for `{Self}`"
)]
pub trait HasDefault {
    /// The default.
    fn default_value() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> HasDefault for T {
    fn default_value() -> T {
        T::default()
    }
}

/// The default that a value or a function stands for.
pub fn default_of<T, W, V: IntoDefault<T, W>>(value: V) -> T {
    value.into_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_a_value_a_text_or_a_function() {
        assert_eq!(default_of::<i64, _, _>(1), 1);
        assert_eq!(default_of::<u8, _, _>(1), 1);
        assert_eq!(default_of::<f64, _, _>(1.5), 1.5);
        assert_eq!(default_of::<Option<f32>, _, _>(1.5), Some(1.5));
        assert_eq!(default_of::<Option<i32>, _, _>(-1), Some(-1));
        assert_eq!(default_of::<Option<i32>, _, _>(None), None);
        assert_eq!(default_of::<Option<i32>, _, _>(Some(3)), Some(3));
        assert!(default_of::<bool, _, _>(true));
        assert_eq!(default_of::<String, _, _>("a"), "a");
        assert_eq!(default_of::<String, _, _>(String::new), "");
        assert_eq!(default_of::<Option<String>, _, _>("a").as_deref(), Some("a"));
        assert_eq!(default_of::<Generated<String>, _, _>("a"), Generated::Value("a".to_owned()));
        assert_eq!(default_of::<Vec<u8>, _, _>(Vec::new), Vec::<u8>::new());
        assert_eq!(default_of::<Vec<u8>, _, _>(|| vec![1]), [1]);
        assert_eq!(default_of::<Option<i64>, _, _>(|| 5), Some(5));
        fn name() -> &'static str {
            "n"
        }
        assert_eq!(default_of::<String, _, _>(name), "n");
    }
}
