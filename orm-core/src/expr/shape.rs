//! What the rows of a query become: values, whole models, and tuples of them.
//!
//! A selection knows, from the models of the query, the *cell* that it fills in a row: a type that says how a part of a row is
//! read. The cell of a value is its type. What a cell becomes is known where rows are read.

use std::marker::PhantomData;

use super::methods::{Expr, Expression};
use super::scope::{Contains, Of, Presence, Uses, Within};
use super::source::{ModelSource, Source};
use super::tree::{Item, Items};
use crate::schema::Model;
use crate::util::Marker;
use crate::value::{Column, ColumnType, Field, Generated, Id, Key};

/// A type whose values a query can return.
#[diagnostic::on_unimplemented(message = "values of `{Self}` cannot be selected")]
pub trait Selectable {
    /// What a row holds of it.
    type Out: Field;

    /// The same where a row may lack the model that it is of; an `Option` stays one `Option`.
    type Opt: Field;
}

impl<T: ColumnType> Selectable for T {
    type Out = T;
    type Opt = Option<T::Base>;
}

impl<T: ColumnType> Selectable for Generated<T> {
    type Out = T;
    type Opt = Option<T::Base>;
}

impl<M: Model, K: Key> Selectable for Id<M, K> {
    type Out = Id<M, K>;
    type Opt = Option<Id<M, K>>;
}

impl<M: Model, K: Key> Selectable for Option<Id<M, K>> {
    type Out = Option<Id<M, K>>;
    type Opt = Option<Id<M, K>>;
}

/// Rows become entities of the session.
pub enum Tracked {}

/// Rows become structs that no session knows.
pub enum Untracked {}

/// Rows may lack the model that they are of, since it was joined with by one that keeps more: each is an `Option`.
pub struct Sparse<O>(PhantomData<fn() -> O>);

/// What whole models in a row become.
pub trait Mode {
    /// The cell of a model.
    type Cell<M: Model>;

    /// The same for rows that no session knows.
    type Untracked;

    /// The same for rows that may lack their model.
    type Sparse;
}

impl Mode for Tracked {
    type Cell<M: Model> = AsHandle<M>;
    type Untracked = Untracked;
    type Sparse = Sparse<Tracked>;
}

impl Mode for Untracked {
    type Cell<M: Model> = AsStruct<M>;
    type Untracked = Untracked;
    type Sparse = Sparse<Untracked>;
}

impl<O: Mode> Mode for Sparse<O> {
    type Cell<M: Model> = O::Cell<M>;
    type Untracked = Sparse<O::Untracked>;
    type Sparse = Sparse<O>;
}

/// A cell that holds a model, which becomes an entity.
pub struct AsHandle<M>(PhantomData<fn() -> M>);

/// A cell that holds a model, which becomes a struct.
pub struct AsStruct<M>(PhantomData<fn() -> M>);

/// A cell that holds a model which the row may lack.
pub struct Perhaps<C>(PhantomData<fn() -> C>);

/// Every column of a model, as part of what is selected.
pub struct WholeModel<M>(Marker<M>);

impl<M> WholeModel<M> {
    pub(crate) const fn new() -> Self {
        WholeModel(PhantomData)
    }
}

/// A whole model beside other parts of a row: a handle, or a struct if the query is `untracked`.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::expr::{count, entity};
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # #[relation(posts = many(Post::author))]
/// # pub struct User { #[column(primary_key)] pub id: Id<User>, pub name: String }
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub author: Id<User> }
/// # fn busy(s: &mut Session<Db>) -> orm_core::Result<()> {
/// let busy: Vec<(Handle<User>, i64)> = s.query::<User>()
///     .left_join(User::posts)
///     .group_by(User::id)
///     .select((entity::<User>(), count(Post::id)))
///     .fetch()?;
/// # Ok(())
/// # }
/// ```
pub const fn entity<M: Model>() -> WholeModel<M> {
    WholeModel::new()
}

/// The parts of what is selected.
pub(crate) fn items_of<S, O, I>(selection: impl Selection<S, O, I>) -> Vec<Item> {
    let mut items = Items::default();
    selection.add_to(&mut items);
    items.0
}

/// What a query whose models are `S` can return: a column, an expression, a whole model, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected",
    label = "not a column, an expression, a whole model or a tuple of them",
    note = "a value that is known is `literal(..)`, a whole model is `entity::<Model>()`"
)]
pub trait Selection<S, O, I> {
    /// The cells that it fills.
    type Cell;

    /// What is given.
    type Keep<Q>;

    #[doc(hidden)]
    fn keep<Q>(query: Q) -> Self::Keep<Q>;

    /// Adds its parts.
    #[doc(hidden)]
    fn add_to(self, items: &mut Items);
}

#[diagnostic::do_not_recommend]
impl<S, O, I, M: Source, T: Selectable, R> Selection<S, O, I> for Column<M, T, R>
where
    Of<M>: Within<S, I>,
{
    type Cell = <<Of<M> as Within<S, I>>::Presence as Presence>::Apply<T>;
    type Keep<Q> = <Of<M> as Within<S, I>>::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> Self::Keep<Q> {
        <Of<M> as Within<S, I>>::keep(query)
    }

    fn add_to(self, items: &mut Items) {
        items.0.push(Item::Expression(self.into_node()));
    }
}

#[diagnostic::do_not_recommend]
impl<S, O, I, T: Selectable, U: Uses + Within<S, I>> Selection<S, O, I> for Expr<T, U> {
    type Cell = <U::Presence as Presence>::Apply<T>;
    type Keep<Q> = U::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> U::Keep<Q> {
        U::keep(query)
    }

    fn add_to(self, items: &mut Items) {
        items.0.push(Item::Expression(self.into_node()));
    }
}

#[diagnostic::do_not_recommend]
impl<S: Contains<M, I>, O: Mode, I, M: ModelSource> Selection<S, O, I> for WholeModel<M> {
    type Cell = <S::Presence as Presence>::Entity<O::Cell<M::Model>>;
    type Keep<Q> = S::Keep<Q>;

    #[inline]
    fn keep<Q>(query: Q) -> S::Keep<Q> {
        S::keep(query)
    }

    fn add_to(self, items: &mut Items) {
        items.0.push(Item::Table(M::table_ref()));
    }
}

macro_rules! tuples {
    ($(($($part:ident $index:ident $at:tt),+) $keep:ty, $query:ident => $kept:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<S, O, $($index, $part: Selection<S, O, $index>),+> Selection<S, O, ($($index,)+)> for ($($part,)+) {
            type Cell = ($($part::Cell,)+);
            type Keep<Q> = $keep;

            #[inline]
            fn keep<Q>($query: Q) -> Self::Keep<Q> {
                $kept
            }

            fn add_to(self, items: &mut Items) {
                $(self.$at.add_to(items);)+
            }
        }
    )*};
}

tuples! {
    (A I 0) A::Keep<Q>, q => A::keep(q);
    (A I 0, B J 1) A::Keep<B::Keep<Q>>, q => A::keep(B::keep(q));
    (A I 0, B J 1, C K 2) A::Keep<B::Keep<C::Keep<Q>>>, q => A::keep(B::keep(C::keep(q)));
    (A I 0, B J 1, C K 2, D L 3) A::Keep<B::Keep<C::Keep<D::Keep<Q>>>>, q => A::keep(B::keep(C::keep(D::keep(q))));
    (A I 0, B J 1, C K 2, D L 3, E N 4) A::Keep<B::Keep<C::Keep<D::Keep<E::Keep<Q>>>>>,
        q => A::keep(B::keep(C::keep(D::keep(E::keep(q)))));
    (A I 0, B J 1, C K 2, D L 3, E N 4, F P 5) A::Keep<B::Keep<C::Keep<D::Keep<E::Keep<F::Keep<Q>>>>>>,
        q => A::keep(B::keep(C::keep(D::keep(E::keep(F::keep(q))))));
    (A I 0, B J 1, C K 2, D L 3, E N 4, F P 5, G R 6)
        A::Keep<B::Keep<C::Keep<D::Keep<E::Keep<F::Keep<G::Keep<Q>>>>>>>,
        q => A::keep(B::keep(C::keep(D::keep(E::keep(F::keep(G::keep(q)))))));
    (A I 0, B J 1, C K 2, D L 3, E N 4, F P 5, G R 6, H T 7)
        A::Keep<B::Keep<C::Keep<D::Keep<E::Keep<F::Keep<G::Keep<H::Keep<Q>>>>>>>>,
        q => A::keep(B::keep(C::keep(D::keep(E::keep(F::keep(G::keep(H::keep(q))))))));
}
