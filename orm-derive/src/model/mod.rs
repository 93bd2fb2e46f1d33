//! `#[derive(Model)]`: attributes -> model -> checks -> expansion.

mod assemble;
mod check;
mod field;
mod implement;
mod read;
mod relate;
mod relation;
mod require;
mod stub;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::errors::Errors;

/// The whole expansion: the model, or the errors and what keeps the rest of the program quiet.
pub(crate) fn expand(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let Some(model) = read::read(&input, &mut errors) else {
        return errors.into_tokens();
    };
    check::check(&model, &mut errors);
    if errors.is_empty() {
        return assemble::expand(&model);
    }
    let stub = stub::expand(&model);
    let errors = errors.into_tokens();
    quote::quote!(#errors #stub)
}
