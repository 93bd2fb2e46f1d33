//! From the struct and its attributes to a [`Model`].

use proc_macro2::{Span, TokenStream};
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Path, Visibility};

use super::field::{self, Field};
use super::relation::{self, Relation};
use crate::base::library;
use crate::errors::Errors;
use crate::names;
use crate::words::{Vocabulary, Words};

const MODEL: Vocabulary = Vocabulary {
    attribute: "model",
    once: &["base", "table", "schema", "default", "columns", "comment", "crate", "hooks", "validate"],
    often: &["unique", "index", "check"],
};

/// A model as its struct and attributes say; nothing is checked yet.
pub(crate) struct Model {
    /// The struct.
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    /// The path of the module that generated code names.
    pub(crate) library_path: TokenStream,
    /// What that module is called inside the constant that holds the generated code.
    pub(crate) library: TokenStream,
    pub(crate) base: Option<Path>,
    pub(crate) table: String,
    pub(crate) schema: Option<LitStr>,
    /// Whether to implement `Default`.
    pub(crate) default: Option<Span>,
    /// The type to put the constants on, if it is not the struct.
    pub(crate) columns: Option<Ident>,
    /// Whether it implements `Hooks`.
    pub(crate) hooks: Option<Span>,
    /// What the whole has to hold.
    pub(crate) validate: Option<Path>,
    pub(crate) uniques: Vec<FieldSet>,
    pub(crate) indexes: Vec<FieldSet>,
    pub(crate) checks: Vec<LitStr>,
    pub(crate) comment: Option<LitStr>,
    pub(crate) fields: Vec<Field>,
    pub(crate) relations: Vec<Relation>,
}

/// The fields of a `unique(..)` or an `index(..)`.
pub(crate) struct FieldSet {
    /// Which of the two it is.
    pub(crate) word: &'static str,
    pub(crate) fields: Vec<Ident>,
}

/// Reads the struct; nothing for an item that can have no model at all.
pub(crate) fn read(input: &DeriveInput, errors: &mut Errors) -> Option<Model> {
    let fields = named_fields(input, errors)?;
    let mut words = Words::read(&input.attrs, &MODEL, errors);
    let base = words.path("base", errors);
    if base.is_none() && errors.is_empty() {
        errors.at(&input.ident, "a model needs its base: `#[model(base = ..)]`");
    }
    let table = words.text("table", errors);
    Some(Model {
        ident: input.ident.clone(),
        vis: input.vis.clone(),
        library_path: library(&mut words, errors),
        library: quote::quote!(__orm),
        base,
        table: table.map_or_else(|| names::snake_case(&names::plain(&input.ident)), |table| table.value()),
        schema: words.text("schema", errors),
        default: words.flag("default", errors),
        columns: words.path("columns", errors).and_then(|path| only_ident(&path, errors)),
        hooks: words.flag("hooks", errors),
        validate: words.path("validate", errors),
        uniques: field_sets("unique", &mut words, errors),
        indexes: field_sets("index", &mut words, errors),
        checks: words.texts("check", errors),
        comment: words.text("comment", errors),
        fields: fields.named.iter().map(|field| field::read(field, &input.ident, errors)).collect(),
        relations: relation::read(&input.attrs, errors),
    })
}

fn named_fields<'input>(input: &'input DeriveInput, errors: &mut Errors) -> Option<&'input syn::FieldsNamed> {
    let ident = &input.ident;
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if input.generics.params.is_empty() => return Some(fields),
            Fields::Named(_) => errors.at(
                &input.generics,
                format!("`{ident}` cannot be a model: it has generics, and a table holds one type of row"),
            ),
            Fields::Unnamed(_) | Fields::Unit => errors.at(
                ident,
                format!("`{ident}` cannot be a model: its columns are named after fields, and it has no named fields"),
            ),
        },
        Data::Enum(_) => errors.at(
            ident,
            format!("`{ident}` cannot be a model: it is an enum; derive `ColumnEnum` to store it in a column"),
        ),
        Data::Union(_) => errors.at(ident, format!("`{ident}` cannot be a model: it is a union")),
    }
    None
}

fn only_ident(path: &Path, errors: &mut Errors) -> Option<Ident> {
    let ident = path.get_ident().cloned();
    if ident.is_none() {
        errors.at(path, "`columns` names a new type: `columns = UserColumns`");
    }
    ident
}

fn field_sets(word: &'static str, words: &mut Words, errors: &mut Errors) -> Vec<FieldSet> {
    let lists = words.lists::<AnyIdent>(word, errors);
    lists
        .into_iter()
        .map(|(_, fields)| FieldSet { word, fields: fields.into_iter().map(|field| field.0).collect() })
        .collect()
}

/// A field's name, with or without `r#`.
struct AnyIdent(Ident);

impl syn::parse::Parse for AnyIdent {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        input.call(<Ident as syn::ext::IdentExt>::parse_any).map(AnyIdent)
    }
}
