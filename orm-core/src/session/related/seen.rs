//! What the rows of an untracked graph lead to.

use super::Relation;
use crate::error::{Error, Result};
use crate::load::Loaded;
use crate::schema::Model;

impl<M: Model> Loaded<M> {
    /// What a relation of this row leads to, as the query loaded it: a slice for `many`, one row or none for `one` and for a
    /// foreign key that can be NULL, a row for one that cannot. A relation that the query narrowed down by a condition or a
    /// limit stands under its own name.
    ///
    /// # Errors
    /// Misuse for a relation that the query did not load; not found when a foreign key that cannot be NULL names a row that is
    /// not there.
    pub fn related<R: Relation<M>>(&self, relation: R) -> Result<R::Nested<'_>> {
        let path = relation.path();
        match self.branch(path.id) {
            Some(rows) => R::nested(rows, path.name),
            None => Err(not_loaded(&path.name, M::table().model)),
        }
    }

    /// Whether the query loaded a relation of this row.
    pub fn is_loaded<R: Relation<M>>(&self, relation: R) -> bool {
        self.branch::<R::Target>(relation.path().id).is_some()
    }
}

#[cold]
fn not_loaded(name: &dyn std::fmt::Display, model: &str) -> Error {
    Error::misuse(format!(
        "`{name}` was not loaded with this `{model}`, which no session knows: add `.with({name})` to a query of `{model}`, or \
         `.then({name})` to the relation that led here"
    ))
}
