//! `#[derive(ColumnType)]`: a newtype as the column it wraps, or a struct with named fields as several columns.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Field, Fields, FieldsNamed};

use crate::base::library;
use crate::column_enum::stub;
use crate::errors::Errors;
use crate::names;
use crate::words::{Vocabulary, Words};

const TYPE: Vocabulary = Vocabulary { attribute: "column", once: &["crate"], often: &[] };

const PART: Vocabulary = Vocabulary { attribute: "column", once: &["name"], often: &[] };

/// The implementation of `ColumnType` for a newtype, of `Field` for a struct of columns.
pub(crate) fn expand(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let mut words = Words::read(&input.attrs, &TYPE, &mut errors);
    let library = library(&mut words, &mut errors);
    let ident = &input.ident;
    if !input.generics.params.is_empty() {
        errors.at(&input.generics, format!("`{ident}` cannot be a column type: it has generics"));
        return errors.into_tokens();
    }
    let code = match shape_of(&input, &mut errors) {
        Some(Shape::Newtype(field)) => expand_newtype(&library, ident, field),
        Some(Shape::Parts(fields)) => expand_parts(&library, ident, fields, &mut errors),
        None => stub(&library, ident),
    };
    let errors = errors.into_tokens();
    quote!(#errors #code)
}

enum Shape<'input> {
    Newtype(&'input Field),
    Parts(&'input FieldsNamed),
}

fn shape_of<'input>(input: &'input DeriveInput, errors: &mut Errors) -> Option<Shape<'input>> {
    let ident = &input.ident;
    let expected =
        "a column type is a newtype, `struct Email(String);`, or a struct of columns with named fields";
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                return fields.unnamed.first().map(Shape::Newtype);
            }
            Fields::Named(fields) if !fields.named.is_empty() => return Some(Shape::Parts(fields)),
            Fields::Named(_) | Fields::Unnamed(_) | Fields::Unit => errors.at(ident, expected),
        },
        Data::Enum(_) => errors.at(ident, format!("`{ident}` is an enum; derive `ColumnEnum` to store it")),
        Data::Union(_) => errors.at(ident, expected),
    }
    None
}

fn expand_newtype(library: &TokenStream, ident: &Ident, field: &Field) -> TokenStream {
    let ty = &field.ty;
    let at = ty.span();
    let column = quote_spanned!(at=> <#ty as #library::ColumnType>);
    let value = Ident::new("__orm_value", Span::mixed_site());
    quote! {
        const _: () = {
            #[automatically_derived]
            impl #library::ColumnType for #ident {
                type Base = Self;
                const SQL_TYPE: #library::SqlType = #column::SQL_TYPE;
                const NULLABLE: bool = #column::NULLABLE;

                #[inline]
                fn encode(&self) -> #library::Result<#library::Value<'_>> {
                    #column::encode(&self.0)
                }

                #[inline]
                fn decode(#value: #library::ValueRef<'_>) -> #library::Result<Self> {
                    ::core::result::Result::Ok(#ident(#column::decode(#value)?))
                }

                #[inline]
                fn same(&self, #value: &Self) -> bool {
                    #column::same(&self.0, &#value.0)
                }

                #[inline]
                fn from_generated(#value: i64) -> ::core::option::Option<Self> {
                    ::core::option::Option::Some(#ident(#column::from_generated(#value)?))
                }
            }

            #[automatically_derived]
            impl #library::Holds for #ident {
                type Held = #ty;

                fn hold(#value: #ty) -> Self {
                    #ident(#value)
                }
            }
        };
    }
}

/// One part of a struct of columns.
struct Part<'input> {
    ident: &'input Ident,
    /// `FieldIn::<Embedded, Type>`: its columns belong to no base.
    field: TokenStream,
    at: Span,
    suffix: String,
    ty: &'input syn::Type,
}

fn expand_parts(
    library: &TokenStream,
    ident: &Ident,
    fields: &FieldsNamed,
    errors: &mut Errors,
) -> TokenStream {
    let parts: Vec<Part<'_>> =
        fields.named.iter().filter_map(|field| read_part(library, field, errors)).collect();
    check_parts(&parts, errors);
    let names: Vec<_> = parts.iter().map(|part| part.ident).collect();
    let paths: Vec<_> = parts.iter().map(|part| &part.field).collect();
    let suffixes: Vec<_> = parts.iter().map(|part| &part.suffix).collect();
    let rules = parts.iter().map(|part| expand_part_rule(library, part));
    let (shape, row) =
        (Ident::new("__orm_shape", Span::mixed_site()), Ident::new("__orm_row", Span::mixed_site()));
    let (out, other) =
        (Ident::new("__orm_out", Span::mixed_site()), Ident::new("__orm_other", Span::mixed_site()));
    let diff = Ident::new("__orm_diff", Span::mixed_site());
    quote! {
        const _: () = {
            use #library::NoField as _;

            #[automatically_derived]
            impl #library::Field for #ident {
                type Role = #library::Plain;
                type Names = ();
                const WIDTH: usize = #(#paths::FACTS.width)+*;
                const NULLABLE: bool = #(#paths::FACTS.nullable)&&*;
                const IS_EMBEDDED: bool = true;

                fn describe(#shape: &mut #library::Shape) {
                    #(#paths::describe(#shape, #suffixes);)*
                }

                #[inline]
                fn decode(#row: &mut #library::Fields<'_>) -> #library::Result<Self> {
                    ::core::result::Result::Ok(#ident { #(#names: #paths::read(#row)?),* })
                }

                #[inline]
                fn encode<'__orm>(
                    &'__orm self,
                    #out: &mut #library::Encoder<'__orm, '_>,
                ) -> #library::Result<()> {
                    #(#paths::write(&self.#names, #out)?;)*
                    ::core::result::Result::Ok(())
                }

                #[inline]
                fn same(&self, #other: &Self) -> bool {
                    #(#paths::alike(&self.#names, &#other.#names))&&*
                }

                #[inline]
                fn diff(&self, #other: &Self, #diff: &mut #library::Diff<'_>) {
                    #(#paths::compare(&self.#names, &#other.#names, #diff);)*
                }
            }
            #(#rules)*
        };
    }
}

fn read_part<'input>(
    library: &TokenStream,
    field: &'input Field,
    errors: &mut Errors,
) -> Option<Part<'input>> {
    let mut words = Words::read(&field.attrs, &PART, errors);
    let ident = field.ident.as_ref()?;
    let ty = &field.ty;
    let name = words.text("name", errors);
    Some(Part {
        ident,
        field: quote!(#library::FieldIn::<#library::Embedded, #ty>),
        at: ty.span(),
        suffix: name.map_or_else(|| names::plain(ident), |name| name.value()),
        ty,
    })
}

fn check_parts(parts: &[Part<'_>], errors: &mut Errors) {
    for (at, part) in parts.iter().enumerate() {
        if let Some(other) = parts[..at].iter().find(|other| other.suffix == part.suffix) {
            let message = format!(
                "two columns are named `{}`: the fields `{}` and `{}`",
                part.suffix, other.ident, part.ident
            );
            errors.at(part.ident, message);
        }
    }
}

/// That the part is a field at all, and one that a struct of columns can have: an id would be no foreign key there, and
/// a generated column would not be read back.
fn expand_part_rule(library: &TokenStream, part: &Part<'_>) -> TokenStream {
    let (field, ident, ty) = (&part.field, part.ident, part.ty);
    let message = format!("`{ident}` is `Generated`; a struct of columns has plain columns only");
    let is_part = names::respan(quote!(#library::Part), part.at);
    let facts = quote!(#field::FACTS);
    let is_plain = names::respan(quote!(#facts.require(!#facts.is_generated, #message)), part.at);
    quote! {
        const _: () = {
            <#ty as #is_part>::IS_PART;
            #is_plain;
        };
    }
}
