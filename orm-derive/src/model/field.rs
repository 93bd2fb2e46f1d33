//! From a field and its attributes to a [`Field`].

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Expr, Ident, LitStr, Path, PathArguments, Type};

use crate::errors::Errors;
use crate::names;
use crate::words::{Vocabulary, Words};

const COLUMN: Vocabulary = Vocabulary {
    attribute: "column",
    once: &[
        "primary_key",
        "name",
        "names",
        "length",
        "unique",
        "index",
        "default",
        "server_default",
        "on_update",
        "on_delete",
        "by",
        "orphan",
        "on_key_update",
        "never_reuse",
        "computed",
        "check",
        "collate",
        "comment",
        "validate",
        "deferred",
        "version",
        "embed",
    ],
    often: &[],
};

/// A field of a model as its attributes say; nothing is checked yet.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// The name without `r#`.
    pub(crate) name: String,
    /// The type, with the struct's name in place of `Self`.
    pub(crate) ty: TokenStream,
    /// Where the type stands.
    pub(crate) ty_span: Span,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) primary_key: Option<Span>,
    /// Whether it is written as the id of its own model.
    pub(crate) is_own_id: bool,
    /// The columns' names, and whether they came by `names(..)`.
    pub(crate) columns: Option<ColumnNames>,
    pub(crate) length: Option<(Span, u32)>,
    pub(crate) unique: Option<Span>,
    pub(crate) index: Option<Span>,
    pub(crate) default: Option<(Span, Expr)>,
    pub(crate) server_default: Option<LitStr>,
    pub(crate) on_update: Option<(Span, Expr)>,
    pub(crate) on_delete: Option<(Span, &'static str)>,
    pub(crate) by: Option<(Span, &'static str)>,
    pub(crate) orphan: Option<(Span, &'static str)>,
    pub(crate) on_key_update: Option<(Span, &'static str)>,
    pub(crate) never_reuse: Option<Span>,
    pub(crate) computed: Option<LitStr>,
    pub(crate) check: Option<LitStr>,
    pub(crate) collate: Option<LitStr>,
    pub(crate) comment: Option<LitStr>,
    pub(crate) validate: Option<Path>,
    pub(crate) deferred: Option<Span>,
    pub(crate) version: Option<Span>,
    pub(crate) embed: Option<Span>,
}

/// What `name = ".."` or `names(..)` says.
pub(crate) struct ColumnNames {
    pub(crate) word: &'static str,
    pub(crate) names: Vec<LitStr>,
}

/// Reads a field of the struct `model`.
pub(crate) fn read(field: &syn::Field, model: &Ident, errors: &mut Errors) -> Field {
    let mut words = Words::read(&field.attrs, &COLUMN, errors);
    let ident = field.ident.clone().unwrap_or_else(|| model.clone());
    Field {
        name: names::plain(&ident),
        ident,
        ty: without_self(field.ty.to_token_stream(), model),
        ty_span: syn::spanned::Spanned::span(&field.ty),
        docs: field.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).cloned().collect(),
        primary_key: words.flag("primary_key", errors),
        is_own_id: is_id_of(&field.ty, model),
        columns: column_names(&mut words, errors),
        length: words.number("length", errors),
        unique: words.flag("unique", errors),
        index: words.flag("index", errors),
        default: words.value("default", errors),
        server_default: words.text("server_default", errors),
        on_update: words.value("on_update", errors),
        on_delete: words.choice("on_delete", &["cascade", "set_null", "restrict", "no_action"], errors),
        by: words.choice("by", &["session", "database"], errors),
        orphan: words.choice("orphan", &["delete"], errors),
        on_key_update: words.choice("on_key_update", &["cascade", "no_action"], errors),
        never_reuse: words.flag("never_reuse", errors),
        computed: words.text("computed", errors),
        check: words.text("check", errors),
        collate: words.text("collate", errors),
        comment: words.text("comment", errors),
        validate: words.path("validate", errors),
        deferred: words.flag("deferred", errors),
        version: words.flag("version", errors),
        embed: words.flag("embed", errors),
    }
}

impl Field {
    /// Whether it is surely the model's own key, so that it names no other row.
    pub(crate) fn is_own_key(&self) -> bool {
        self.primary_key.is_some() && self.is_own_id
    }

    /// Whether only the compiler can tell if it is the model's own key: `type UserId = Id<User>`.
    pub(crate) fn may_be_own_key(&self) -> bool {
        self.primary_key.is_some() && !self.is_own_id
    }

    /// The words that only a foreign key can have.
    pub(crate) fn foreign_key_words(&self) -> impl Iterator<Item = (Span, &'static str)> {
        let words = [
            (self.on_delete, "on_delete"),
            (self.by, "by"),
            (self.orphan, "orphan"),
            (self.on_key_update, "on_key_update"),
        ];
        words.into_iter().filter_map(|(given, word)| given.map(|(span, _)| (span, word)))
    }
}

fn column_names(words: &mut Words, errors: &mut Errors) -> Option<ColumnNames> {
    let several = words.lists::<LitStr>("names", errors).into_iter().next();
    let one = words.text("name", errors);
    if let (Some((span, _)), Some(_)) = (&several, &one) {
        errors.push(syn::Error::new(*span, "`name` and `names` stand together; one of them is enough"));
    }
    let one = one.map(|name| ColumnNames { word: "name", names: vec![name] });
    one.or(several.map(|(_, names)| ColumnNames { word: "names", names }))
}

/// A type with the struct's name in place of `Self`, which means something else in generated code.
fn without_self(tokens: TokenStream, model: &Ident) -> TokenStream {
    let replace = |token| match token {
        TokenTree::Ident(ident) if ident == "Self" => {
            TokenTree::Ident(Ident::new(&model.to_string(), ident.span()))
        }
        TokenTree::Group(group) => {
            let mut inner = proc_macro2::Group::new(group.delimiter(), without_self(group.stream(), model));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        other => other,
    };
    tokens.into_iter().map(replace).collect()
}

/// Whether a type is written `Id<Model, ..>` or `Id<Self, ..>`.
fn is_id_of(ty: &Type, model: &Ident) -> bool {
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return false;
    };
    let names_model = |argument: &syn::GenericArgument| match argument {
        syn::GenericArgument::Type(Type::Path(path)) => {
            path.path.segments.last().is_some_and(|last| last.ident == "Self" || last.ident == *model)
        }
        _ => false,
    };
    last.ident == "Id" && arguments.args.first().is_some_and(names_model)
}
