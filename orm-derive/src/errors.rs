//! All mistakes of one derive, reported at once.

use proc_macro2::TokenStream;
use syn::spanned::Spanned;

/// Gathers errors, each on the token that the user wrote.
#[derive(Default)]
pub(crate) struct Errors {
    all: Option<syn::Error>,
    /// Whether a word was not understood, so that what seems to be missing may be there.
    pub(crate) has_unknown_word: bool,
}

impl Errors {
    /// Adds an error on a token.
    pub(crate) fn at(&mut self, token: &impl Spanned, message: impl std::fmt::Display) {
        self.push(syn::Error::new(token.span(), message));
    }

    /// Adds an error.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.all {
            Some(first) => first.combine(error),
            None => self.all = Some(error),
        }
    }

    /// The value, or nothing after its error is kept.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_none()
    }

    /// The errors as code.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.all.map(|error| error.into_compile_error()).unwrap_or_default()
    }
}
