//! Structs that rows become, field by field.
//!
//! `#[derive(FromRow)]` writes, beside a struct, another whose fields have the same names and hold what each is filled by in a
//! query. So a field that is forgotten, and one that is filled by another type, are errors of the compiler.

use std::marker::PhantomData;

use super::shape::{AsHandle, AsStruct, Perhaps, Selection};
use super::tree::Items;
use crate::schema::Model;
use crate::value::{Field, Handle};

/// A struct whose fields come from the columns of a row. `#[derive(FromRow)]` implements it.
pub trait RowStruct: Sized {
    /// The types of its fields, nested: `(A, (B, End))`.
    type Fields;

    /// Its name.
    const NAME: &'static str;

    /// The columns of its fields in rows of raw SQL.
    const COLUMNS: &'static [&'static str];

    /// The struct of its fields.
    fn from_fields(fields: Self::Fields) -> Self;
}

/// Where the nested fields of a struct end.
pub struct End;

/// A cell that holds a struct, in as many columns as its fields have.
pub struct AsRow<R, C>(PhantomData<fn() -> (R, C)>);

/// Says that cells fill fields one by one, both nested.
pub trait Fills<T> {
    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;
}

/// Says that a cell fills a field.
#[diagnostic::on_unimplemented(
    message = "a field of `{T}` cannot be filled from `{Self}`",
    label = "this query gives `{Self}` where the struct has `{T}`"
)]
pub trait FillsField<T> {
    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;
}

/// Says that a value can be that of a field: it is of the same type.
#[diagnostic::on_unimplemented(
    message = "a field of `{T}` cannot be filled from an expression of `{Self}`",
    label = "this query gives `{Self}` where the struct has `{T}`",
    note = "what may be NULL needs an `Option` in the struct; columns of a left-joined model and most aggregates may be"
)]
pub trait Becomes<T> {
    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;
}

macro_rules! passes {
    ($([$($generic:tt)*] $type:ty: $trait:ty, $keep:ty, $query:ident => $kept:expr;)*) => {$(
        impl<$($generic)*> $trait for $type {
            type Keep<Q> = $keep;

            #[inline]
            fn keep<Q>($query: Q) -> Self::Keep<Q> {
                $kept
            }
        }
    )*};
}

passes! {
    [T] T: Becomes<T>, Q, query => query;
    [T, V: Becomes<T> + Field] V: FillsField<T>, V::Keep<Q>, query => V::keep(query);
    [T, R: Becomes<T>, C] AsRow<R, C>: FillsField<T>, R::Keep<Q>, query => R::keep(query);
    [] End: Fills<End>, Q, query => query;
    [T, R, C: FillsField<T>, D: Fills<R>] (C, D): Fills<(T, R)>, C::Keep<D::Keep<Q>>, query => C::keep(D::keep(query));
}

macro_rules! models {
    ($($type:ty as $value:ty;)*) => {$(
        impl<T, M: Model> FillsField<T> for $type
        where
            $value: Becomes<T>,
        {
            type Keep<Q> = <$value as Becomes<T>>::Keep<Q>;

            #[inline]
            fn keep<Q>(query: Q) -> Self::Keep<Q> {
                <$value as Becomes<T>>::keep(query)
            }
        }
    )*};
}

models! {
    AsHandle<M> as Handle<M>;
    AsStruct<M> as M;
    Perhaps<AsHandle<M>> as Option<Handle<M>>;
    Perhaps<AsStruct<M>> as Option<M>;
}

/// What fills the fields of a struct, nested as they are. The struct that `#[derive(FromRow)]` writes beside another is selected as
/// this.
pub struct FilledRow<R, P> {
    parts: P,
    row: PhantomData<fn() -> R>,
}

impl<R, P> FilledRow<R, P> {
    /// The parts, in the order of the fields.
    pub fn new(parts: P) -> Self {
        FilledRow { parts, row: PhantomData }
    }
}

#[diagnostic::do_not_recommend]
impl<S, O> Selection<S, O, ()> for End {
    type Cell = End;
    type Keep<Q> = Q;

    #[inline]
    fn keep<Q>(query: Q) -> Q {
        query
    }

    fn add_to(self, _items: &mut Items) {}
}

impl<S, O, I, R: RowStruct, P: Selection<S, O, I>> Selection<S, O, I> for FilledRow<R, P>
where
    P::Cell: Fills<R::Fields>,
{
    type Cell = AsRow<R, P::Cell>;
    type Keep<Q> = <P::Cell as Fills<R::Fields>>::Keep<P::Keep<Q>>;

    #[inline]
    fn keep<Q>(query: Q) -> Self::Keep<Q> {
        <P::Cell as Fills<R::Fields>>::keep(P::keep(query))
    }

    fn add_to(self, items: &mut Items) {
        self.parts.add_to(items);
    }
}
