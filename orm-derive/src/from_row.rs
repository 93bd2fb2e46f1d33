//! `#[derive(FromRow)]`: a struct that rows become, and beside it the struct of what fills its fields in a query.
//!
//! ```text
//! pub struct StatsColumns<Name, Posts> { pub name: Name, pub posts: Posts }
//! const _: () = {
//!     impl RowStruct for Stats { type Fields = (String, (i64, End)); .. }
//!     impl Source for Stats { .. }             // subqueries that give it: a table with its fields as columns
//!     impl RowSource for Stats { type Columns<S> = StatsColumns<Column<S, String, Plain>, ..>; .. }
//!     impl FromRow for Stats { type Cell = AsRow<Self, (<String as FromRow>::Cell, (<i64 as FromRow>::Cell, End))>; }
//!     impl Selection<..> for StatsColumns<..> where FilledRow<Stats, (Name, (Posts, End))>: Selection<..> { .. }
//! };
//! ```

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Type, Visibility};

use crate::base::library;
use crate::errors::Errors;
use crate::names;
use crate::words::{Vocabulary, Words};

const STRUCT: Vocabulary = Vocabulary { attribute: "row", once: &["columns", "crate"], often: &[] };

const FIELD: Vocabulary = Vocabulary { attribute: "column", once: &["name"], often: &[] };

/// A struct as its attributes say.
struct RowStruct<'input> {
    ident: &'input Ident,
    visibility: &'input Visibility,
    library: TokenStream,
    /// The name of the struct beside it.
    columns: Ident,
    fields: Vec<Field<'input>>,
}

struct Field<'input> {
    ident: &'input Ident,
    visibility: &'input Visibility,
    ty: &'input Type,
    /// The column in raw SQL.
    column: String,
    /// The parameter of the struct beside, for the type of what fills the field.
    parameter: Ident,
}

/// The implementations of `FromRow` and its kin.
pub(crate) fn expand(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let read = read(&input, &mut errors);
    let code = read.filter(|_| errors.is_empty()).map(|read| expand_struct(&read));
    let errors = errors.into_tokens();
    quote!(#errors #code)
}

fn read<'input>(input: &'input DeriveInput, errors: &mut Errors) -> Option<RowStruct<'input>> {
    let ident = &input.ident;
    let mut words = Words::read(&input.attrs, &STRUCT, errors);
    let library = library(&mut words, errors);
    let columns = words.path("columns", errors).and_then(|path| path.get_ident().cloned());
    if !input.generics.params.is_empty() {
        errors.at(&input.generics, format!("`{ident}` cannot be made from a row: it has generics"));
        return None;
    }
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => fields,
            Fields::Named(_) | Fields::Unnamed(_) | Fields::Unit => {
                errors.at(ident, "rows become structs with named fields; a tuple needs no derive");
                return None;
            }
        },
        Data::Enum(_) | Data::Union(_) => {
            errors.at(ident, "rows become structs with named fields");
            return None;
        }
    };
    let fields = fields.named.iter().filter_map(|field| read_field(field, errors)).collect();
    let columns = columns.unwrap_or_else(|| format_ident!("{}Columns", ident));
    let read = RowStruct { ident, visibility: &input.vis, library, columns, fields };
    check(&read, errors);
    Some(read)
}

fn read_field<'input>(field: &'input syn::Field, errors: &mut Errors) -> Option<Field<'input>> {
    let mut words = Words::read(&field.attrs, &FIELD, errors);
    let name = words.text("name", errors);
    let ident = field.ident.as_ref()?;
    if let Type::Tuple(_) = &field.ty {
        errors.at(
            &field.ty,
            format!(
                "`{ident}` is a tuple, whose parts have no names: make it a struct that derives `FromRow`"
            ),
        );
    }
    Some(Field {
        ident,
        visibility: &field.vis,
        ty: &field.ty,
        column: name.map_or_else(|| names::plain(ident), |name| name.value()),
        parameter: format_ident!("__Orm{}", names::plain(ident)),
    })
}

fn check(read: &RowStruct<'_>, errors: &mut Errors) {
    for (at, field) in read.fields.iter().enumerate() {
        if let Some(other) = read.fields[..at].iter().find(|other| other.column == field.column) {
            let message = format!(
                "two fields take the column `{}`: `{}` and `{}`",
                field.column, other.ident, field.ident
            );
            errors.at(field.ident, message);
        }
    }
}

fn expand_struct(read: &RowStruct<'_>) -> TokenStream {
    let RowStruct { ident, library, columns, fields, .. } = read;
    let beside = expand_columns(read);
    let parameters: Vec<_> = fields.iter().map(|field| &field.parameter).collect();
    let names: Vec<_> = fields.iter().map(|field| field.ident).collect();
    let (name, column_names) = (names::plain(ident), fields.iter().map(|field| &field.column));
    let cells = fields.iter().map(|field| {
        let (ty, at) = (field.ty, field.ty.span());
        let from_row = quote_spanned!(at=> #library::FromRow);
        quote!(<#ty as #from_row>::Cell)
    });
    let types = nested(library, fields.iter().map(|field| field.ty));
    let (pattern, cells, parts) =
        (nested(library, &names), nested(library, cells), nested(library, &parameters));
    let row_of = quote!(#library::FilledRow<#ident, #parts>);
    let selection = quote!(#library::Selection<__OrmS, __OrmO, __OrmI>);
    let (query, items) =
        (Ident::new("__orm_query", Span::mixed_site()), Ident::new("__orm_items", Span::mixed_site()));
    let values = nested(library, names.iter().map(|name| quote!(self.#name)));
    let source = expand_source(read);
    quote! {
        #beside
        const _: () = {
            #source

            #[automatically_derived]
            impl #library::RowStruct for #ident {
                type Fields = #types;
                const NAME: &'static str = #name;
                const COLUMNS: &'static [&'static str] = &[#(#column_names),*];

                #[inline]
                fn from_fields(#pattern: Self::Fields) -> Self {
                    #ident { #(#names),* }
                }
            }

            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl #library::FromRow for #ident {
                type Cell = #library::AsRow<Self, #cells>;
            }

            #[automatically_derived]
            impl<__OrmS, __OrmO, __OrmI, #(#parameters),*> #selection for #columns<#(#parameters),*>
            where
                #row_of: #selection,
            {
                type Cell = <#row_of as #selection>::Cell;
                type Keep<__OrmQ> = <#row_of as #selection>::Keep<__OrmQ>;

                #[inline]
                fn keep<__OrmQ>(#query: __OrmQ) -> Self::Keep<__OrmQ> {
                    <#row_of as #selection>::keep(#query)
                }

                fn add_to(self, #items: &mut #library::Items) {
                    <#row_of as #selection>::add_to(#library::FilledRow::new(#values), #items)
                }
            }
        };
    }
}

/// What makes the rows of a subquery a source of others: its fields as columns.
fn expand_source(read: &RowStruct<'_>) -> TokenStream {
    let RowStruct { ident, library, columns, fields, .. } = read;
    let (name, table) = (names::plain(ident), names::snake_case(&names::plain(ident)));
    let defs = fields.iter().map(|field| {
        let (name, ty, column) = (names::plain(field.ident), field.ty, &field.column);
        let row_in = quote!(#library::RowIn::<#ty>);
        quote!(#library::FieldDef {
            name: #name,
            columns: if #row_in::IS_ONE_COLUMN { &[#column] } else { &[] },
            ..#row_in::DEF
        })
    });
    let types = fields.iter().map(|field| {
        let ty = field.ty;
        quote!(#library::Column<__OrmS, #ty, #library::Plain>)
    });
    let each = fields.iter().enumerate().map(|(at, field)| {
        let (name, at) = (field.ident, Literal::u16_suffixed(u16::try_from(at).unwrap_or(u16::MAX)));
        quote!(#name: #library::Column::new(#at))
    });
    quote! {
        #[automatically_derived]
        impl #library::Source for #ident {
            fn columns_and_name() -> (&'static #library::Table, ::core::option::Option<&'static str>) {
                #[allow(unused_imports)]
                use #library::NoColumn as _;
                static __ORM_CELL: #library::TableCell = #library::TableCell::new();
                static __ORM_FIELDS: &[#library::FieldDef] = &[#(#defs),*];
                static __ORM_DEF: #library::ModelDef =
                    #library::ModelDef::of::<#ident>(#name, #table, __ORM_FIELDS);
                (__ORM_CELL.get(&__ORM_DEF), ::core::option::Option::None)
            }
        }

        #[automatically_derived]
        impl #library::RowSource for #ident {
            type Columns<__OrmS> = #columns<#(#types),*>;

            fn columns<__OrmS>() -> Self::Columns<__OrmS> {
                #columns { #(#each),* }
            }
        }
    }
}

/// The struct whose fields say what fills those of the other.
fn expand_columns(read: &RowStruct<'_>) -> TokenStream {
    let RowStruct { ident, visibility, columns, fields, .. } = read;
    let parameters: Vec<_> = fields.iter().map(|field| &field.parameter).collect();
    let doc = format!("What fills the fields of [`{ident}`] in a query, for `select`.");
    let each = fields.iter().map(|field| {
        let Field { ident: name, visibility, parameter, .. } = field;
        let doc = format!("What fills `{name}`.");
        quote!(#[doc = #doc] #visibility #name: #parameter)
    });
    quote! {
        #[doc = #doc]
        #[automatically_derived]
        #[allow(dead_code, non_camel_case_types)]
        #visibility struct #columns<#(#parameters),*> {
            #(#each),*
        }
    }
}

/// `(a, (b, End))`, in types, patterns and values alike.
fn nested(
    library: &TokenStream,
    items: impl IntoIterator<Item = impl quote::ToTokens, IntoIter: DoubleEndedIterator>,
) -> TokenStream {
    items.into_iter().rev().fold(quote!(#library::End), |behind, item| quote!((#item, #behind)))
}
