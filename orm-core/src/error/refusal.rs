//! What validation refused, field by field.

use std::fmt;

use super::{Error, ErrorKind};

/// A value that validation refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The model.
    pub model: &'static str,
    /// The field; none where the rule is one of the whole model.
    pub field: Option<&'static str>,
    /// Which entity: its key, or its handle as `Debug` shows it while it has no key.
    pub entity: String,
    /// Why, in the words of the `validate` function.
    pub reason: String,
}

impl Refusal {
    pub(crate) fn new(model: &'static str, field: &'static str, entity: String, reason: String) -> Self {
        let field = Some(field).filter(|field| !field.is_empty());
        Refusal { model, field, entity, reason }
    }
}

/// `User.name of User#0: is empty`.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.model)?;
        if let Some(field) = self.field {
            write!(f, ".{field}")?;
        }
        write!(f, " of {}: {}", self.entity, self.reason)
    }
}

impl Error {
    /// A value error that lists everything that was refused.
    #[cold]
    pub(crate) fn refused(refusals: Vec<Refusal>) -> Self {
        let list: Vec<String> = refusals.iter().map(Refusal::to_string).collect();
        let mut error = Error::new(ErrorKind::Value, format!("validation refused {}", list.join("; ")));
        error.0.refusals = refusals;
        error
    }

    /// What validation refused: every failing field of every entity, for a form to show. Empty for every other error.
    pub fn refusals(&self) -> &[Refusal] {
        &self.0.refusals
    }
}
