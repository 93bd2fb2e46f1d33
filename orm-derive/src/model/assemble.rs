//! From a checked [`Model`] to code: one constant that holds every implementation.
//!
//! ```text
//! const _: () = {
//!     impl User { pub const name: Column<User, String, ..> = Column::new(1); .. }
//!     impl Model for User { .. }
//!     impl BelongsTo<UsersDb> for User {}      impl HasKey<i64> for User {}
//!     impl ColumnAt<{hash of "name"}> for User { .. }
//!     impl Default for User { .. }             // on demand
//!     const _: () = { .. };                    // rules about types, per field that has some
//!     submit! { Registration::of::<User>() }
//! };
//! ```

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::field::Field;
use super::read::Model;
use super::relation::{Kind, Relation};
use super::{implement, require};
use crate::names;

/// The whole expansion.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let (library, ident, base) = (&model.library, &model.ident, model.base());
    let columns_type = expand_columns_type(model);
    let constants = expand_constants(model);
    let implementation = implement::expand(model);
    let key = model.key_type();
    let lookups = expand_lookups(model);
    let default = expand_default(model);
    let rules = require::expand(model);
    let orders = expand_orders(model);
    quote! {
        #columns_type
        const _: () = {
            #constants
            #implementation

            #[automatically_derived]
            impl #library::BelongsTo<#base> for #ident {}
            #[automatically_derived]
            impl #library::HasKey<#key> for #ident {}

            #lookups
            #default
            #rules
            #orders
            #library::inventory::submit! { #library::Registration::of::<#ident>() }
        };
    }
}

impl Model {
    /// The base's path; that of no base where it is missing.
    pub(crate) fn base(&self) -> TokenStream {
        let library = &self.library;
        match &self.base {
            Some(base) => quote!(#base),
            None => quote!(#library::NoBase),
        }
    }

    /// `<Type as FieldOf<Base>>`: the one way by which generated code reaches a field's type.
    pub(crate) fn field_of(&self, field: &Field) -> TokenStream {
        let (library, base, ty) = (&self.library, self.base(), &field.ty);
        let at = field.ty_span.resolved_at(Span::mixed_site());
        quote_spanned!(at=> <#ty as #library::FieldOf<#base>>)
    }

    /// The fields of the primary key, in order.
    pub(crate) fn key_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.primary_key.is_some())
    }

    /// `<Type as KeyField>`.
    pub(crate) fn key_field(&self, field: &Field) -> TokenStream {
        let (library, ty) = (&self.library, &field.ty);
        let at = field.ty_span.resolved_at(Span::mixed_site());
        quote_spanned!(at=> <#ty as #library::KeyField>)
    }

    /// The type of the primary key: that of its field, or a tuple.
    pub(crate) fn key_type(&self) -> TokenStream {
        let keys: Vec<TokenStream> = self
            .key_fields()
            .map(|field| {
                let key_field = self.key_field(field);
                quote!(#key_field::Key)
            })
            .collect();
        match &keys[..] {
            [key] => key.clone(),
            keys => quote!((#(#keys),*)),
        }
    }

    /// What a column of the field can do in a query.
    fn role(&self, field: &Field) -> TokenStream {
        let library = &self.library;
        if field.is_own_key() {
            return quote!(#library::Plain);
        }
        let field_of = self.field_of(field);
        quote!(#field_of::ColumnRole)
    }

    /// The type that the constants are put on.
    fn constants_type(&self) -> &Ident {
        self.columns.as_ref().unwrap_or(&self.ident)
    }
}

/// The type of `columns = ..`, and its way back to the model.
pub(crate) fn expand_columns_type(model: &Model) -> TokenStream {
    let (Some(columns), library, vis, ident) = (&model.columns, &model.library, &model.vis, &model.ident)
    else {
        return TokenStream::new();
    };
    let docs = format!("The columns and relations of [`{ident}`].");
    quote! {
        #[doc = #docs]
        #vis struct #columns;

        #[automatically_derived]
        impl #library::Columns for #columns {
            type Model = #ident;
        }
    }
}

/// The columns and relations as associated constants.
pub(crate) fn expand_constants(model: &Model) -> TokenStream {
    let owner = model.constants_type();
    let columns = model
        .fields
        .iter()
        .enumerate()
        .map(|(at, field)| expand_column(model, at, field));
    let relations = model
        .relations
        .iter()
        .map(|relation| expand_relation(model, relation));
    quote! {
        #[automatically_derived]
        #[allow(non_upper_case_globals, dead_code, unreachable_pub, private_interfaces)]
        impl #owner {
            #(#columns)*
            #(#relations)*
        }
    }
}

fn expand_column(model: &Model, at: usize, field: &Field) -> TokenStream {
    let (library, vis, ident) = (&model.library, &model.vis, &model.ident);
    let (name, ty, role) = (&field.ident, &field.ty, model.role(field));
    let at = index(at);
    let docs = match &field.docs[..] {
        [] => {
            let docs = format!("The column of the field `{}`.", field.name);
            quote!(#[doc = #docs])
        }
        docs => quote!(#(#docs)*),
    };
    quote! {
        #docs
        #vis const #name: #library::Column<#ident, #ty, #role> = #library::Column::new(#at);
    }
}

fn index(at: usize) -> proc_macro2::Literal {
    proc_macro2::Literal::u16_suffixed(u16::try_from(at).unwrap_or(u16::MAX))
}

fn expand_relation(model: &Model, relation: &Relation) -> TokenStream {
    let (library, vis, ident, name) = (&model.library, &model.vis, &model.ident, &relation.ident);
    let models = |owner: &TokenStream| quote!(<#owner as #library::Columns>::Model);
    let (ty, value, docs) = match &relation.kind {
        Kind::Many(back) => {
            let (target, path) = (models(&back.owner), &back.path);
            (
                quote!(Many<#ident, #target>),
                quote!(Many::new(#path)),
                "The rows that name one of these.",
            )
        }
        Kind::One(back) => {
            let (target, path) = (models(&back.owner), &back.path);
            (
                quote!(One<#ident, #target>),
                quote!(One::new(#path)),
                "The row that names one of these.",
            )
        }
        Kind::Through(back, on) => {
            let (link, path) = (models(&back.owner), &back.path);
            let at = on.column.span().resolved_at(Span::mixed_site());
            let (hash, owner) = (names::hash(&names::plain(&on.column)), models(&on.owner));
            let lookup = quote_spanned!(at=> <#owner as #library::ColumnAt<#hash>>);
            (
                quote!(Many<#ident, <#lookup::Field as #library::Points>::Target, #library::Through<#link>>),
                quote!(Many::through(#path, #lookup::COLUMN)),
                "The rows that are linked to one of these.",
            )
        }
        Kind::Via(back, on) => {
            let (between, target) = (models(&back.owner), models(&on.owner));
            let (path, second) = (&back.path, &on.path);
            (
                quote!(Many<#ident, #target, #library::Via<#between>>),
                quote!(Many::via(#path, #second)),
                "The rows that name one that names one of these.",
            )
        }
    };
    quote! {
        #[doc = #docs]
        #vis const #name: #library::#ty = #library::#value;
    }
}

/// What finds the type of a column by its name.
pub(crate) fn expand_lookups(model: &Model) -> TokenStream {
    let (library, ident, owner) = (&model.library, &model.ident, model.constants_type());
    let lookups = model.fields.iter().map(|field| {
        let (hash, name, ty, role) = (
            names::hash(&field.name),
            &field.ident,
            &field.ty,
            model.role(field),
        );
        quote! {
            #[automatically_derived]
            impl #library::ColumnAt<#hash> for #ident {
                type Field = #ty;
                type Role = #role;
                const COLUMN: #library::Column<#ident, #ty, #role> = #owner::#name;
            }
        }
    });
    quote!(#(#lookups)*)
}

/// The implementation of `Default`.
fn expand_default(model: &Model) -> TokenStream {
    let (Some(_), library, ident) = (model.default, &model.library, &model.ident) else {
        return TokenStream::new();
    };
    let fields = model.fields.iter().map(|field| {
        let (name, ty) = (&field.ident, &field.ty);
        match &field.default {
            Some((_, value)) => {
                let call = default_call(library, value);
                quote!(#name: #call)
            }
            None => {
                let at = field.ty_span.resolved_at(Span::mixed_site());
                let default = quote_spanned!(at=> <#ty as ::core::default::Default>::default());
                quote!(#name: #default)
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl ::core::default::Default for #ident {
            fn default() -> Self {
                #ident { #(#fields),* }
            }
        }
    }
}

/// What makes a value of what stands behind `default =` or `on_update =`.
pub(crate) fn default_call(library: &TokenStream, value: &syn::Expr) -> TokenStream {
    let at = syn::spanned::Spanned::span(value).resolved_at(Span::mixed_site());
    quote_spanned!(at=> #library::default_of(#value))
}

/// Relations' options: they compile if their columns are those of the model that the relation leads to.
fn expand_orders(model: &Model) -> TokenStream {
    let library = &model.library;
    let orders = model.relations.iter().flat_map(|relation| {
        let target = target_of(model, relation);
        relation
            .options
            .order_by
            .iter()
            .map(move |column| quote!(#library::require_column_of::<#target, _>(&#column);))
    });
    let filters = model
        .relations
        .iter()
        .filter_map(|relation| relation.options.filter.as_ref());
    let calls: Vec<TokenStream> = orders.collect();
    let filters: Vec<TokenStream> = filters
        .map(|filter| quote!(const _: fn() = || { let _ = #filter; };))
        .collect();
    let calls = (!calls.is_empty()).then(|| quote!(const _: () = { #(#calls)* };));
    quote!(#calls #(#filters)*)
}

fn target_of(model: &Model, relation: &Relation) -> TokenStream {
    let library = &model.library;
    match &relation.kind {
        Kind::Many(end) | Kind::One(end) | Kind::Via(_, end) => {
            let owner = &end.owner;
            quote!(<#owner as #library::Columns>::Model)
        }
        Kind::Through(_, on) => {
            let (owner, hash) = (&on.owner, names::hash(&names::plain(&on.column)));
            quote! {
                <<<#owner as #library::Columns>::Model as #library::ColumnAt<#hash>>::Field as #library::Points>::Target
            }
        }
    }
}
