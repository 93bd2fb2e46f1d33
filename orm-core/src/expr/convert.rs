//! CAST, parts of dates and times, and values in JSON documents.

use super::branch::{Alike, Nullability, PerhapsNull};
use super::methods::{Expr, Expression};
use super::node::{Native, Node};
use super::scope::Maybe;
use super::shape::Selectable;
use crate::value::ColumnType;

/// A type that values can be cast to.
#[diagnostic::on_unimplemented(
    message = "nothing can be cast to `{Self}`",
    label = "not a whole number, a float or a text"
)]
pub trait CastTarget: ColumnType + Selectable {
    /// As SQL writes it.
    #[doc(hidden)]
    const AS: &'static str;
}

macro_rules! cast_targets {
    ($($sql:literal: $($type:ty),*;)*) => {$($(
        impl CastTarget for $type {
            const AS: &'static str = $sql;
        }
    )*)*};
}

cast_targets! {
    " AS BIGINT)": i8, i16, i32, i64, u8, u16, u32, u64;
    " AS DOUBLE PRECISION)": f32, f64;
    " AS TEXT)": String;
}

/// CAST, for every column and expression.
pub trait Cast: Expression {
    /// The value as another type. What a text that is no number becomes is for the database to say: 0 in SQLite.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(DeclarativeBase)] pub struct Db;
    /// # #[derive(Model, Clone)] #[model(base = Db)]
    /// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub views: i64 }
    /// # fn halves(s: &mut Session<Db>) -> orm_core::Result<()> {
    /// let halves: Vec<f64> = s.query::<Post>().select(Post::views.cast::<f64>() / 2.0).fetch()?;
    /// # Ok(())
    /// # }
    /// ```
    fn cast<T: CastTarget>(self) -> Expr<Alike<Self, T>, Self::Uses>
    where
        Self::Type: Nullability,
    {
        Expr::new(Node::Pieces(vec!["CAST(", T::AS], vec![self.into_node()]))
    }
}

impl<E: Expression> Cast for E {}

/// A type that has a day.
#[diagnostic::on_unimplemented(message = "a column of `{Self}` has no day", label = "not a date")]
pub trait HasDay {}

/// A type that has a time of day.
#[diagnostic::on_unimplemented(message = "a column of `{Self}` has no time of day", label = "not a time")]
pub trait HasTime {}

macro_rules! calendar {
    ($feature:literal: $date:ty, $time:ty, $($both:ty),*) => {
        #[cfg(feature = $feature)]
        impl HasDay for $date {}
        #[cfg(feature = $feature)]
        impl HasTime for $time {}
        $(
            #[cfg(feature = $feature)]
            impl HasDay for $both {}
            #[cfg(feature = $feature)]
            impl HasTime for $both {}
        )*
    };
}

calendar!("chrono": ::chrono::NaiveDate, ::chrono::NaiveTime, ::chrono::NaiveDateTime, ::chrono::DateTime<::chrono::Utc>);
calendar!("time": ::time::Date, ::time::Time, ::time::PrimitiveDateTime, ::time::OffsetDateTime);

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident $part:ident $of:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name<E: Expression<Type: Nullability<Base: $of>>>(of: E) -> Expr<Alike<E, i64>, E::Uses> {
            Expr::new(Node::Native(Native::$part, vec![of.into_node()]))
        }
    )*};
}

parts! {
    /// The year of a day.
    year Year HasDay;
    /// The month of a day, from 1.
    month Month HasDay;
    /// The day of the month, from 1.
    day Day HasDay;
    /// The day of the week: 0 is Sunday.
    weekday Weekday HasDay;
    /// The day of the year, from 1.
    ordinal Ordinal HasDay;
    /// The hour of a time.
    hour Hour HasTime;
    /// The minute of a time.
    minute Minute HasTime;
    /// The second of a time, without its fraction.
    second Second HasTime;
}

/// A type that holds a JSON document.
#[diagnostic::on_unimplemented(message = "a column of `{Self}` holds no JSON", label = "not a `Json`")]
pub trait HasJson {}

#[cfg(feature = "serde_json")]
impl<T> HasJson for crate::value::Json<T> {}

/// What is inside of JSON documents.
pub trait JsonMethods: Expression {
    /// The number, text or boolean at a path such as `$.tags[0].name`; NULL where the document has none.
    fn json_path<T: ColumnType<Base = T>>(self, path: &str) -> Expr<PerhapsNull<T, Maybe>, Self::Uses>
    where
        Self::Type: Nullability<Base: HasJson>,
    {
        let path = super::operand::value_node(&path.to_owned());
        Expr::new(Node::Native(Native::JsonValue, vec![self.into_node(), path]))
    }
}

impl<E: Expression> JsonMethods for E {}
