//! What a query takes rows from: models, and models under another name.

use std::marker::PhantomData;

use super::node::{Naming, TableRef};
use super::shape::WholeModel;
use crate::schema::Model;
use crate::value::Column;

/// A model, or a model under another name.
pub trait Source: 'static {
    /// The model.
    type Model: Model;

    /// Its table, and its name there.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn table_ref() -> TableRef;
}

#[allow(private_interfaces)]
impl<M: Model> Source for M {
    type Model = M;

    #[inline]
    fn table_ref() -> TableRef {
        TableRef { table: M::table(), naming: Naming::Own }
    }
}

/// The name of an alias; `alias!` writes it.
pub trait AliasName: 'static {
    /// The name in SQL.
    const NAME: &'static str;
}

/// A model under another name, for a second place in one query. [`alias!`](crate::alias) makes one.
pub struct As<M, A>(PhantomData<fn() -> (M, A)>);

impl<M, A> Clone for As<M, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, A> Copy for As<M, A> {}

#[allow(private_interfaces)]
impl<M: Model, A: AliasName> Source for As<M, A> {
    type Model = M;

    fn table_ref() -> TableRef {
        TableRef { table: M::table(), naming: Naming::Alias(A::NAME) }
    }
}

impl<M: Model, A: AliasName> As<M, A> {
    /// The alias; [`alias!`](crate::alias) calls it.
    #[doc(hidden)]
    pub const fn new() -> Self {
        As(PhantomData)
    }

    /// A column of the model under this name.
    pub const fn col<T, R>(self, column: Column<M, T, R>) -> Column<As<M, A>, T, R> {
        Column::new(column.field)
    }

    /// The whole model under this name, to be selected.
    pub const fn entity(self) -> WholeModel<As<M, A>> {
        WholeModel::new()
    }
}

/// A model under another name, so that it can stand in a query twice.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct Employee { #[column(primary_key)] pub id: Id<Employee>, pub manager: Option<Id<Employee>>, pub name: String }
/// let boss = alias!(Employee as boss);
/// let statement = select::<Employee>()
///     .left_join(Employee::manager.alias(boss))
///     .filter(boss.col(Employee::name).eq("ann"));
/// ```
#[macro_export]
macro_rules! alias {
    ($model:ty as $name:ident) => {{
        #[allow(non_camel_case_types, dead_code)]
        struct $name;
        impl $crate::__private::AliasName for $name {
            const NAME: &'static str = ::core::stringify!($name);
        }
        $crate::__private::As::<$model, $name>::new()
    }};
}
