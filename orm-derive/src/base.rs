//! `#[derive(DeclarativeBase)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Fields};

use crate::errors::Errors;
use crate::names;
use crate::words::{Vocabulary, Words};

const BASE: Vocabulary = Vocabulary { attribute: "base", once: &["schema", "crate"], often: &[] };

/// The implementation for a unit struct.
pub(crate) fn expand(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let mut words = Words::read(&input.attrs, &BASE, &mut errors);
    let library = library(&mut words, &mut errors);
    if let Some(schema) = words.take("schema") {
        errors.at(&schema.word, "`schema` is not available yet: models are held against each other only");
    }
    let is_unit = matches!(&input.data, Data::Struct(data) if matches!(data.fields, Fields::Unit));
    if !is_unit {
        errors.at(&input.ident, "a declarative base is a struct without fields: `pub struct UsersDb;`");
    }
    if !input.generics.params.is_empty() {
        errors.at(&input.generics, "a declarative base has no generics");
        return errors.into_tokens();
    }
    let ident = &input.ident;
    let name = names::plain(ident);
    let errors = errors.into_tokens();
    quote! {
        #errors
        const _: () = {
            #[automatically_derived]
            impl #library::DeclarativeBase for #ident {
                const NAME: &'static str = #name;

                fn engine_cell() -> &'static #library::EngineCell<Self> {
                    static __ORM_CELL: #library::EngineCell<#ident> = #library::EngineCell::new();
                    &__ORM_CELL
                }
            }
        };
    }
}

/// The module that generated code names: `::orm_core::__private`, or that of `crate = ..`.
pub(crate) fn library(words: &mut Words, errors: &mut Errors) -> TokenStream {
    match words.path("crate", errors) {
        Some(path) => quote!(#path::__private).into_token_stream(),
        None => quote!(::orm_core::__private),
    }
}
