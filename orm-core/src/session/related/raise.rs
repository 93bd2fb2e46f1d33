//! Loads that were not planned, where they are errors: the message says what would have planned them.

use super::super::core::Core;
use crate::error::{Error, Result};
use crate::expr::{Path, RelationName};
use crate::store::Source;

impl Core {
    /// Whether a relation of an entity may be loaded although it was not planned.
    ///
    /// # Errors
    /// Misuse, which names the relation, where the entity came from, and the plan that is missing.
    pub(super) fn check_planned(&mut self, path: &Path, slot: u32) -> Result<()> {
        let origin = self.stores.any_mut(path.route.origin().number).origins().of(slot);
        let source = origin.map(|(source, _)| source);
        let why = if self.options.raiseload {
            "this session"
        } else if path.raises {
            "this relation"
        } else if source.as_ref().is_some_and(|source| source.raises(path.id)) {
            "the query that it came from"
        } else {
            return Ok(());
        };
        Err(unplanned(path, slot, why, source.as_ref()))
    }
}

#[cold]
fn unplanned(path: &Path, slot: u32, why: &str, source: Option<&Source>) -> Error {
    let (name, model) = (path.name, path.route.origin().model);
    let help = missing_plan(path, source);
    Error::misuse(format!(
        "`{name}` of {model}#{slot} is not loaded, and {why} raises instead of loading it: {help}"
    ))
}

/// Where an entity came from, and the plan that is missing there.
pub(super) fn missing_plan(path: &Path, source: Option<&Source>) -> String {
    let name = path.name;
    match source {
        None => format!("it was loaded by itself or added here, so load it by `related_all(&[..], {name})`"),
        Some(source) => {
            let way = source.way();
            let first = way.first().unwrap_or(&name);
            format!(
                "it came from a query of `{}`, to which `.with({})` is to be added",
                first.model,
                nested(&way, &name)
            )
        }
    }
}

/// `User::posts.then(Post::comments)`
fn nested(way: &[RelationName], last: &RelationName) -> String {
    match way {
        [] => last.to_string(),
        [first, rest @ ..] => format!("{first}.then({})", nested(rest, last)),
    }
}
