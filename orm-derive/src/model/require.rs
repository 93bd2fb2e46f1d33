//! The rules that only the compiler can judge, because they are about types: one constant per field that has some.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::field::Field;
use super::read::Model;
use crate::names::respan;

/// Widths above this may add up to too many columns.
const SURELY_FEW: usize = 42;

/// The checks of all fields.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let fields = model.fields.iter().enumerate().map(|(at, field)| expand_field(model, at, field));
    let count = expand_count(model);
    quote!(#(#fields)* #count)
}

fn expand_field(model: &Model, at: usize, field: &Field) -> TokenStream {
    let library = &model.library;
    let mut rules = Rules::new(model, field);
    add_column_rules(field, &mut rules);
    add_foreign_key_rules(model, field, &mut rules);
    add_name_rules(model, at, &mut rules);
    let version = field.version.map(|_| {
        let ty = &field.ty;
        quote_spanned!(field.ty_span=> #library::require_version::<#ty>();)
    });
    let calls = rules.calls;
    if calls.is_empty() && version.is_none() {
        return TokenStream::new();
    }
    quote! {
        const _: () = {
            #version
            #(#calls)*
        };
    }
}

/// Collects the calls of a field.
struct Rules {
    /// `FieldIn::<Base, Type>::FACTS`.
    facts: TokenStream,
    calls: Vec<TokenStream>,
}

impl Rules {
    fn new(model: &Model, field: &Field) -> Self {
        let facts = facts(model, field);
        Rules { facts, calls: Vec::new() }
    }

    /// Requires a fact; `fact` is an expression over the facts.
    fn add(&mut self, span: Span, fact: impl FnOnce(&TokenStream) -> TokenStream, message: String) {
        let facts = &self.facts;
        let fact = fact(facts);
        self.calls.push(respan(quote!(#facts.require(#fact, #message);), span));
    }
}

fn facts(model: &Model, field: &Field) -> TokenStream {
    let owner = model.field_in(field);
    quote!(#owner::FACTS)
}

fn add_column_rules(field: &Field, rules: &mut Rules) {
    let name = &field.name;
    if let Some(span) = field.primary_key {
        let message = format!("`primary_key` on `{name}`: its type allows NULL, and a key never is NULL");
        rules.add(span, |facts| quote!(!#facts.nullable), message);
    }
    if let Some((span, _)) = field.length {
        let message = format!("`length` on `{name}`: its type holds no text");
        rules.add(span, |facts| quote!(#facts.is_text), message);
    }
    if let Some(collate) = &field.collate {
        let message = format!("`collate` on `{name}`: its type holds no text");
        rules.add(collate.span(), |facts| quote!(#facts.is_text), message);
    }
    if let Some(computed) = &field.computed {
        let message =
            format!("`computed` on `{name}`: the database fills it in; make its type `Generated<..>`");
        rules.add(computed.span(), |facts| quote!(#facts.is_generated), message);
    }
    if let Some(span) = field.deferred {
        let message = format!(
            "`deferred` on `{name}`: its value is not there until it is loaded; make its type `Generated<..>`"
        );
        rules.add(span, |facts| quote!(#facts.is_generated), message);
    }
    if let Some(span) = field.embed {
        let message = format!("`embed` on `{name}`: its type is no struct of columns");
        rules.add(span, |facts| quote!(#facts.is_embedded), message);
    }
    if let Some(columns) = &field.columns {
        let count = columns.names.len();
        let message = match columns.word {
            "name" => format!("`name` on `{name}`: it has several columns; name them all by `names(..)`"),
            _ => format!("`names` on `{name}` has {count} names, and the field another number of columns"),
        };
        let span = columns.names.first().map_or(field.ty_span, |name| name.span());
        rules.add(span, |facts| quote!(#facts.width == #count), message);
    }
}

fn add_foreign_key_rules(model: &Model, field: &Field, rules: &mut Rules) {
    let name = &field.name;
    for (span, word) in field.foreign_key_words() {
        let message = format!("`{word}` on `{name}`: it is no foreign key; that would be an `Id<..>`");
        rules.add(span, |facts| quote!(#facts.is_id), message);
        let message = format!("`{word}` on `{name}`: it is the key of its own model, and no foreign key");
        if let Some(is_own) = model.is_own_key(field) {
            rules.add(span, |_| quote!(!#is_own), message);
        }
    }
    if let Some((span, "set_null")) = field.on_delete {
        let message =
            format!("`set_null` on `{name}`: its column is NOT NULL; make its type `Option<Id<..>>`");
        rules.add(span, |facts| quote!(!#facts.is_id || #facts.nullable), message);
    }
    if let Some((span, _)) = field.orphan {
        let message = format!(
            "`orphan` on `{name}`: its column is NOT NULL and cannot be cleared; make its type `Option<Id<..>>`"
        );
        rules.add(span, |facts| quote!(!#facts.is_id || #facts.nullable), message);
    }
}

/// Two columns of one name, where one of them is a foreign key's default: `author: Id<User>` beside `author_id`.
fn add_name_rules(model: &Model, at: usize, rules: &mut Rules) {
    let field = &model.fields[at];
    if field.columns.is_some() {
        return;
    }
    let as_key = format!("{}_id", field.name);
    let own = facts(model, field);
    let is_key = match model.is_own_key(field) {
        Some(is_own) => quote!((#own.is_id && !#is_own)),
        None => quote!(#own.is_id),
    };
    for other in model.fields.iter().filter(|other| !std::ptr::eq(*other, field)) {
        let message = |name: &str| {
            format!("two columns are named `{name}`: the fields `{}` and `{}`", field.name, other.name)
        };
        let theirs = facts(model, other);
        match &other.columns {
            None if other.name == as_key && !field.is_own_key() => rules.add(
                other.ident.span(),
                |facts| quote!(!#is_key || #facts.width > 1 || #theirs.is_id),
                message(&as_key),
            ),
            None => {}
            Some(columns) => {
                for name in &columns.names {
                    let value = name.value();
                    if value.eq_ignore_ascii_case(&field.name) {
                        let fact = |facts: &TokenStream| match field.is_own_key() {
                            true => quote!(false),
                            false => quote!(#is_key || #facts.is_embedded),
                        };
                        rules.add(name.span(), fact, message(&value));
                    } else if value.eq_ignore_ascii_case(&as_key) && !field.is_own_key() {
                        rules.add(name.span(), |facts| quote!(!#is_key || #facts.width > 1), message(&value));
                    }
                }
            }
        }
    }
}

/// That there are no more columns than a table may have, where fields may spread over several.
fn expand_count(model: &Model) -> TokenStream {
    let may_spread =
        model.fields.len() > SURELY_FEW || model.fields.iter().any(|field| field.embed.is_some());
    if !may_spread {
        return TokenStream::new();
    }
    let library = &model.library;
    let facts = model.fields.iter().map(|field| facts(model, field));
    let message = format!("`{}` has more than 256 columns", model.ident);
    let call = quote!(#library::require_few_columns(#(#facts.width)+*, #message));
    let call = respan(call, model.ident.span());
    quote!(const _: () = #call;)
}
