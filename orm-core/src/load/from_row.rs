//! What a row of raw SQL can become.

use super::cells::Cell;
use crate::expr::{AsHandle, Perhaps};
use crate::schema::Model;
use crate::value::{Field, Handle};

/// What a row of raw SQL becomes.
///
/// | type | its columns |
/// |---|---|
/// | a column type, an id | the next one, or that of its field's name in a struct |
/// | a tuple | those of its parts, one part behind the other |
/// | a struct with `#[derive(FromRow)]` | found by the names of its fields |
/// | a model: a struct that no session knows | found by the names of its columns |
/// | a `Handle` of a model, or an `Option` of one: an entity of the session | found by the names of its columns |
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_sqlite::Sqlite;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone, Debug, PartialEq)] #[model(base = Db, table = "users", default)]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
/// # fn main() -> orm_core::Result<()> {
/// # let engine = Engine::<Db>::builder(Sqlite::memory()).build()?;
/// # engine.create_all()?;
/// # let mut s = engine.session();
/// #[derive(FromRow, Debug, PartialEq)]
/// struct Namesakes {
///     name: String,
///     #[column(name = "people")]
///     count: i64,
/// }
///
/// let ann = s.add(User { name: "ann".into(), ..Default::default() });
/// let sql = "SELECT count(*) AS people, name FROM users GROUP BY name";
/// let found: Vec<Namesakes> = s.sql(sql, params![])?.fetch()?;
/// assert_eq!(found, [Namesakes { name: "ann".into(), count: 1 }]);
///
/// let users: Vec<Handle<User>> = s.sql("SELECT * FROM users", params![])?.fetch()?;
/// assert_eq!(users, [ann]); // the same row, so the same entity
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "a row cannot become `{Self}`",
    label = "not made from a row",
    note = "rows become column types, models, handles, structs with `#[derive(FromRow)]`, and tuples of these"
)]
pub trait FromRow: Sized {
    /// How it is read.
    #[doc(hidden)]
    type Cell: Cell<Value = Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Field> FromRow for T {
    type Cell = T;
}

#[diagnostic::do_not_recommend]
impl<M: Model> FromRow for Handle<M> {
    type Cell = AsHandle<M>;
}

#[diagnostic::do_not_recommend]
impl<M: Model> FromRow for Option<Handle<M>> {
    type Cell = Perhaps<AsHandle<M>>;
}

/// A model is made from a row as a struct that no session knows; the derive calls this for models with errors.
#[doc(hidden)]
#[macro_export]
macro_rules! __orm_model_from_row {
    ($model:ty) => {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl $crate::FromRow for $model {
            type Cell = $crate::__private::AsStruct<Self>;
        }
    };
}

/// Makes a model known to its base, and what rows can become; the derive calls this.
#[doc(hidden)]
#[macro_export]
macro_rules! __orm_register {
    ($model:ty) => {
        $crate::__orm_model_from_row!($model);
        $crate::__private::inventory::submit! { $crate::__private::Registration::of::<$model>() }
    };
}

macro_rules! tuples {
    ($(($($part:ident),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($part: FromRow),+> FromRow for ($($part,)+) {
            type Cell = ($($part::Cell,)+);
        }
    )*};
}

tuples! {
    (A)
    (A, B)
    (A, B, C)
    (A, B, C, D)
    (A, B, C, D, E)
    (A, B, C, D, E, F)
    (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H)
    (A, B, C, D, E, F, G, H, I)
    (A, B, C, D, E, F, G, H, I, J)
    (A, B, C, D, E, F, G, H, I, J, K)
    (A, B, C, D, E, F, G, H, I, J, K, L)
}
