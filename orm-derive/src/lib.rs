//! The derive macros of the ORM: attributes -> model -> checks -> expansion.
//!
//! Every macro is a pure function of tokens. Mistakes are gathered in [`errors::Errors`] and reported all at once, each on
//! the user's own token; beside them stands what keeps the rest of the program free of errors that only follow.

#![forbid(unsafe_code)]

mod base;
mod column_enum;
mod column_type;
mod errors;
mod model;
mod names;
#[cfg(test)]
mod tests;
mod words;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a unit struct a declarative base.
///
/// ```ignore
/// #[derive(DeclarativeBase)]
/// pub struct UsersDb;
/// ```
#[proc_macro_derive(DeclarativeBase, attributes(base))]
pub fn derive_declarative_base(input: TokenStream) -> TokenStream {
    base::expand(parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct with named fields a model: a row of a table.
///
/// On the struct: `#[model(base = .., table = "..", schema = "..", default, columns = .., unique(..), index(..),
/// check = "..", comment = "..", crate = ..)]` and `#[relation(name = many(..))]`, `one(..)`, `many_through(.., ..)`,
/// `many_via(.., ..)`. On a field: `#[column(..)]`.
#[proc_macro_derive(Model, attributes(model, relation, column))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    model::expand(parse_macro_input!(input as DeriveInput)).into()
}

/// Makes an enum without values a column type, stored as text or, with `#[column(integer)]`, as an integer.
///
/// The text is the variant's name as written; `#[column(rename_all = "snake_case")]` on the enum and
/// `#[column(rename = "..")]` on a variant change it. An integer is the variant's explicit discriminant.
#[proc_macro_derive(ColumnEnum, attributes(column))]
pub fn derive_column_enum(input: TokenStream) -> TokenStream {
    column_enum::expand(parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a newtype a column type, or a struct with named fields a struct of columns for `#[column(embed)]`.
#[proc_macro_derive(ColumnType, attributes(column))]
pub fn derive_column_type(input: TokenStream) -> TokenStream {
    column_type::expand(parse_macro_input!(input as DeriveInput)).into()
}
