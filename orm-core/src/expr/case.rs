//! CASE: the value of the first condition that is true.

#![allow(clippy::type_complexity, reason = "the types say what may be NULL; users do not write them")]

use std::marker::PhantomData;

use super::branch::{Branch, PerhapsNull};
use super::methods::{Expr, Expression};
use super::node::Node;
use super::scope::{Firm, Maybe, Nothing, Presence, Uses};
use super::shape::Selectable;

/// A CASE without conditions; `when` adds them.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::expr::case;
/// # #[derive(DeclarativeBase)] pub struct Db;
/// # #[derive(Model, Clone)] #[model(base = Db)]
/// # pub struct Post { #[column(primary_key)] pub id: Id<Post>, pub views: i64 }
/// # fn fame(s: &mut Session<Db>) -> orm_core::Result<()> {
/// let fame = case().when(Post::views.gt(1000), "hot").when(Post::views.gt(10), "known").otherwise("new");
/// let fame: Vec<String> = s.query::<Post>().select(fame).fetch()?;
/// # Ok(())
/// # }
/// ```
pub fn case() -> EmptyCase {
    EmptyCase(())
}

/// A CASE that has no condition yet.
#[must_use = "a CASE is an expression once it has conditions"]
pub struct EmptyCase(());

/// A CASE with values of `T`, there as `P` says, that speaks of `U`.
#[must_use = "a CASE is an expression once `otherwise` or `or_null` ends it"]
pub struct Case<T, P, U> {
    pieces: Vec<&'static str>,
    parts: Vec<Node>,
    kind: PhantomData<fn() -> (T, P, U)>,
}

/// What a CASE speaks of after a condition of `C` and a value of `V`: conditions that are NULL are not true.
type After<U, C, V> = <<V as Branch>::Uses as Uses>::After<Conditions<U, C>>;

/// The same before the value.
type Conditions<U, C> = <Firm<<C as Expression>::Uses> as Uses>::After<U>;

impl EmptyCase {
    /// The value where a condition is true.
    pub fn when<C: Expression<Type = bool>, V: Branch>(
        self,
        condition: C,
        value: V,
    ) -> Case<V::Base, V::Presence, After<Nothing, C, V>> {
        let parts = vec![condition.into_node(), value.into_branch()];
        Case { pieces: vec!["CASE WHEN ", " THEN "], parts, kind: PhantomData }
    }
}

impl<T: Selectable, P: Presence, U: Uses> Case<T, P, U> {
    /// The value where a condition is true, and none before it was.
    pub fn when<C: Expression<Type = bool>, V: Branch<Base = T>>(
        self,
        condition: C,
        value: V,
    ) -> Case<T, P::And<V::Presence>, After<U, C, V>> {
        let Case { mut pieces, mut parts, .. } = self;
        pieces.extend([" WHEN ", " THEN "]);
        parts.extend([condition.into_node(), value.into_branch()]);
        Case { pieces, parts, kind: PhantomData }
    }

    /// The value where no condition is true.
    pub fn otherwise<V: Branch<Base = T>>(
        mut self,
        value: V,
    ) -> Expr<PerhapsNull<T, P::And<V::Presence>>, <V::Uses as Uses>::After<U>> {
        self.pieces.push(" ELSE ");
        self.parts.push(value.into_branch());
        self.end()
    }

    /// NULL where no condition is true.
    pub fn or_null(self) -> Expr<PerhapsNull<T, Maybe>, U> {
        self.end()
    }

    fn end<R, V>(mut self) -> Expr<R, V> {
        self.pieces.push(" END");
        Expr::new(Node::Pieces(self.pieces, self.parts))
    }
}

/// The expression, or NULL where it equals a value.
pub fn nullif<E: Branch, V: Branch<Base = E::Base>>(
    of: E,
    value: V,
) -> Expr<PerhapsNull<E::Base, Maybe>, <Firm<V::Uses> as Uses>::After<E::Uses>> {
    Expr::new(Node::Call("NULLIF(", vec![of.into_branch(), value.into_branch()]))
}
