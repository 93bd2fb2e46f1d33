//! What a query takes rows from: models, and models under another name.

use std::marker::PhantomData;

use super::node::{Naming, TableRef};
use super::shape::WholeModel;
use crate::schema::{Model, Table};
use crate::value::Column;

/// A model, a struct of the rows of a subquery, or one of these under another name.
pub trait Source: 'static {
    /// Its columns, and its other name, if it has one.
    #[doc(hidden)]
    fn columns_and_name() -> (&'static Table, Option<&'static str>);

    /// Its table, and what that is called.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    #[inline]
    fn table_ref() -> TableRef {
        let (table, name) = Self::columns_and_name();
        TableRef { table, naming: name.map_or(Naming::Own, Naming::Alias) }
    }
}

impl<M: Model> Source for M {
    #[inline]
    fn columns_and_name() -> (&'static Table, Option<&'static str>) {
        (M::table(), None)
    }
}

/// A model, or a model under another name: its rows are entities.
pub trait ModelSource: Source {
    /// The model.
    type Model: Model;
}

impl<M: Model> ModelSource for M {
    type Model = M;
}

impl<M: Model, A: AliasName> ModelSource for As<M, A> {
    type Model = M;
}

/// The name of an alias; `alias!` writes it.
pub trait AliasName: 'static {
    /// The name in SQL.
    const NAME: &'static str;
}

/// A model, or the rows of a subquery, under another name, for a second place in one query. [`alias!`](crate::alias) makes one.
pub struct As<M, A>(PhantomData<fn() -> (M, A)>);

impl<M, A> Clone for As<M, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, A> Copy for As<M, A> {}

impl<M: Source, A: AliasName> Source for As<M, A> {
    #[inline]
    fn columns_and_name() -> (&'static Table, Option<&'static str>) {
        (M::columns_and_name().0, Some(A::NAME))
    }
}

impl<M: Source, A: AliasName> As<M, A> {
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
