//! `#[derive(ColumnEnum)]`: an enum without values as text, or as an integer, with a CHECK of the values it can have.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Fields, LitStr, Variant};

use crate::base::library;
use crate::errors::Errors;
use crate::names;
use crate::words::{Vocabulary, Words};

const ENUM: Vocabulary =
    Vocabulary { attribute: "column", once: &["integer", "rename_all", "crate"], often: &[] };

const VARIANT: Vocabulary = Vocabulary { attribute: "column", once: &["rename"], often: &[] };

const CASES: [&str; 7] =
    ["snake_case", "lowercase", "UPPERCASE", "SCREAMING_SNAKE_CASE", "camelCase", "PascalCase", "kebab-case"];

/// An enum as its attributes say.
struct Enum<'input> {
    ident: &'input Ident,
    library: TokenStream,
    integer: Option<Span>,
    variants: Vec<(&'input Variant, String)>,
}

/// The implementation of `ColumnType`.
pub(crate) fn expand(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let Some(read) = read(&input, &mut errors) else {
        return errors.into_tokens();
    };
    check(&read, &mut errors);
    if !errors.is_empty() {
        let errors = errors.into_tokens();
        let stub = expand_stub(&read);
        return quote!(#errors #stub);
    }
    match read.integer {
        Some(_) => expand_integers(&read),
        None => expand_texts(&read),
    }
}

fn read<'input>(input: &'input DeriveInput, errors: &mut Errors) -> Option<Enum<'input>> {
    let ident = &input.ident;
    let Data::Enum(data) = &input.data else {
        errors.at(ident, format!("`{ident}` is no enum; derive `ColumnType` for a newtype"));
        return None;
    };
    if !input.generics.params.is_empty() {
        errors.at(&input.generics, format!("`{ident}` cannot be stored: a column enum has no generics"));
        return None;
    }
    let mut words = Words::read(&input.attrs, &ENUM, errors);
    let case = read_case(&mut words, errors);
    let library = library(&mut words, errors);
    let integer = words.flag("integer", errors);
    let variants = data.variants.iter().map(|variant| {
        let text = read_text(variant, case.as_deref(), errors);
        (variant, text)
    });
    Some(Enum { ident, variants: variants.collect(), library, integer })
}

fn read_case(words: &mut Words, errors: &mut Errors) -> Option<String> {
    let case = words.text("rename_all", errors)?;
    let value = case.value();
    if !CASES.contains(&value.as_str()) {
        errors.at(&case, unknown_case(&value));
        return None;
    }
    Some(value)
}

fn unknown_case(value: &str) -> String {
    match names::nearest(value, CASES) {
        Some(near) => format!("`rename_all` knows no `{value}`; did you mean `{near}`?"),
        None => format!("`rename_all` knows no `{value}`; known are {}", crate::words::listed(&CASES)),
    }
}

fn read_text(variant: &Variant, case: Option<&str>, errors: &mut Errors) -> String {
    let mut words = Words::read(&variant.attrs, &VARIANT, errors);
    let name = names::plain(&variant.ident);
    match words.text("rename", errors) {
        Some(text) => text.value(),
        None => in_case(&name, case),
    }
}

/// A variant's name in the case that the enum asks for.
fn in_case(name: &str, case: Option<&str>) -> String {
    let snake = || names::snake_case(name);
    match case {
        Some("snake_case") => snake(),
        Some("kebab-case") => snake().replace('_', "-"),
        Some("SCREAMING_SNAKE_CASE") => snake().to_uppercase(),
        Some("lowercase") => name.to_lowercase(),
        Some("UPPERCASE") => name.to_uppercase(),
        Some("camelCase") => {
            let mut letters = name.chars();
            let first = letters.next().map(|letter| letter.to_lowercase().to_string());
            first.unwrap_or_default() + letters.as_str()
        }
        Some(_) | None => name.to_owned(),
    }
}

fn check(read: &Enum<'_>, errors: &mut Errors) {
    let ident = read.ident;
    if read.variants.is_empty() {
        errors.at(ident, format!("`{ident}` has no variants, so there is no value to store"));
    }
    for (at, (variant, text)) in read.variants.iter().enumerate() {
        let name = &variant.ident;
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(name, format!("`{name}` holds values; a column enum has plain variants only"));
        }
        if read.integer.is_some() && variant.discriminant.is_none() {
            errors.at(
                name,
                format!("`{name}` needs a number: `{name} = {at}`; or reordering the enum would change what is stored"),
            );
        }
        if let Some((other, _)) = read.variants[..at].iter().find(|(_, other)| other == text) {
            errors.at(name, format!("`{}` and `{name}` are both stored as \"{text}\"", other.ident));
        }
    }
}

fn expand_texts(read: &Enum<'_>) -> TokenStream {
    let (library, ident) = (&read.library, read.ident);
    let name = names::plain(ident);
    let variants: Vec<&Ident> = read.variants.iter().map(|(variant, _)| &variant.ident).collect();
    let texts: Vec<LitStr> =
        read.variants.iter().map(|(variant, text)| LitStr::new(text, variant.ident.span())).collect();
    let value = Ident::new("__orm_value", Span::mixed_site());
    let other = Ident::new("__orm_other", Span::mixed_site());
    quote! {
        const _: () = {
            #[automatically_derived]
            impl #library::ColumnType for #ident {
                type Base = Self;
                const SQL_TYPE: #library::SqlType = #library::SqlType::TextEnum(&[#(#texts),*]);

                fn encode(&self) -> #library::Result<#library::Value<'_>> {
                    ::core::result::Result::Ok(#library::text_value(match self {
                        #(#ident::#variants => #texts),*
                    }))
                }

                fn decode(#value: #library::ValueRef<'_>) -> #library::Result<Self> {
                    #library::decode_text_enum(#name, &[#((#texts, #ident::#variants)),*], #value)
                }

                fn same(&self, #other: &Self) -> bool {
                    ::core::mem::discriminant(self) == ::core::mem::discriminant(#other)
                }
            }
        };
    }
}

fn expand_integers(read: &Enum<'_>) -> TokenStream {
    let (library, ident) = (&read.library, read.ident);
    let name = names::plain(ident);
    let variants: Vec<&Ident> = read.variants.iter().map(|(variant, _)| &variant.ident).collect();
    let value = Ident::new("__orm_value", Span::mixed_site());
    let other = Ident::new("__orm_other", Span::mixed_site());
    quote! {
        const _: () = {
            #[automatically_derived]
            impl #library::ColumnType for #ident {
                type Base = Self;
                const SQL_TYPE: #library::SqlType = #library::SqlType::IntEnum(&[#(#ident::#variants as i64),*]);

                fn encode(&self) -> #library::Result<#library::Value<'_>> {
                    ::core::result::Result::Ok(#library::Value::Int(match self {
                        #(#ident::#variants => #ident::#variants as i64),*
                    }))
                }

                fn decode(#value: #library::ValueRef<'_>) -> #library::Result<Self> {
                    #library::decode_int_enum(
                        #name,
                        &[#((#ident::#variants as i64, #ident::#variants)),*],
                        #value,
                    )
                }

                fn same(&self, #other: &Self) -> bool {
                    ::core::mem::discriminant(self) == ::core::mem::discriminant(#other)
                }
            }
        };
    }
}

/// Stands in for an enum with errors; it never runs.
fn expand_stub(read: &Enum<'_>) -> TokenStream {
    stub(&read.library, read.ident)
}

/// A column type whose functions never run.
pub(crate) fn stub(library: &TokenStream, ident: &Ident) -> TokenStream {
    quote! {
        const _: () = {
            #[automatically_derived]
            impl #library::ColumnType for #ident {
                type Base = Self;
                const SQL_TYPE: #library::SqlType = #library::SqlType::Text;

                fn encode(&self) -> #library::Result<#library::Value<'_>> {
                    #library::unfinished()
                }

                fn decode(_: #library::ValueRef<'_>) -> #library::Result<Self> {
                    #library::unfinished()
                }
            }
        };
    }
}
