//! From a checked [`Model`] to code: one constant that holds every implementation.
//!
//! ```text
//! const _: () = {
//!     type __OrmIn<T> = FieldIn<UsersDb, T>;
//!     impl User { pub const name: Column<User, String, ..> = Column::new(1); .. }
//!     impl Model for User { .. }
//!     impl BelongsTo<UsersDb> for User {}      impl HasKey<i64> for User {}
//!     impl ColumnAt<{hash of "name"}> for User { .. }
//!     impl Default for User { .. }             // on demand
//!     const _: () = { .. };                    // rules about types, per field that has some
//!     register!(User);                         // with its base; and a row of raw SQL can become one
//! };
//! ```

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::field::Field;
use super::read::Model;
use super::relation::Relation;
use super::{implement, relate, require};
use crate::names;

/// The whole expansion.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let (library, ident, base) = (&model.library, &model.ident, model.base());
    let columns_type = expand_columns_type(model);
    let columns_of = expand_columns_of(model);
    let imports = expand_imports(model);
    let constants = expand_constants(model, &model.relations);
    let implementation = implement::expand(model);
    let has_key = expand_has_key(model);
    let hooks = expand_hooks(model);
    let lookups = expand_lookups(model);
    let default = expand_default(model);
    let rules = require::expand(model);
    let options = relate::expand_options(model);
    quote! {
        #columns_type
        const _: () = {
            #imports

            #columns_of
            #constants
            #implementation

            #[automatically_derived]
            impl #library::BelongsTo<#base> for #ident {}
            #has_key
            #hooks

            #lookups
            #default
            #rules
            #options
            #library::register!(#ident);
        };
    }
}

/// Says that the model's hooks run.
pub(crate) fn expand_hooks(model: &Model) -> TokenStream {
    let (library, ident) = (&model.library, &model.ident);
    model
        .hooks
        .iter()
        .map(|_| quote!(#[automatically_derived] impl #library::DeclaresHooks for #ident {}))
        .collect()
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

    /// The module that generated code names, as if written at a place: an error there points to it.
    pub(crate) fn library_at(&self, span: Span) -> TokenStream {
        names::respan(self.library.clone(), span)
    }

    /// `FieldIn::<Base, Type>` by a short name: the one way by which generated code reaches a field's type.
    pub(crate) fn field_in(&self, field: &Field) -> TokenStream {
        let ty = &field.ty;
        quote!(__OrmIn::<#ty>)
    }

    /// The fields of the primary key, in order.
    pub(crate) fn key_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.primary_key.is_some())
    }

    /// `KeyIn::<Type>`.
    pub(crate) fn key_in(&self, field: &Field) -> TokenStream {
        let (library, ty) = (&self.library, &field.ty);
        quote!(#library::KeyIn::<#ty>)
    }

    /// The type of the primary key: that of its field, or a tuple.
    pub(crate) fn key_type(&self) -> TokenStream {
        let keys: Vec<TokenStream> = self
            .key_fields()
            .map(|field| {
                let (library, ty) = (self.library_at(field.ty_span), &field.ty);
                quote_spanned!(field.ty_span=> <#ty as #library::KeyField>::Key)
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
        if self.base.is_none() {
            let (library, ty) = (self.library_at(field.ty_span), &field.ty);
            return quote_spanned!(field.ty_span=> <#ty as #library::Field>::Role);
        }
        let (library, base, ty) = (self.library_at(field.ty_span), self.base(), &field.ty);
        let role = quote_spanned!(field.ty_span=> <#ty as #library::FieldOf<#base>>::ColumnRole);
        match self.is_own_key(field) {
            None => role,
            Some(fact) => quote!(<#library::KeyRole<{ #fact }> as #library::RoleOf<#role>>::Role),
        }
    }

    /// Whether a field is the model's own key, as an expression, where its type does not say so by name.
    pub(crate) fn is_own_key(&self, field: &Field) -> Option<TokenStream> {
        let (ident, owner) = (&self.ident, self.field_in(field));
        field.may_be_own_key().then(|| quote!(#owner::FACTS.names::<#ident>()))
    }

    /// The type that the constants are put on.
    fn constants_type(&self) -> &Ident {
        self.columns.as_ref().unwrap_or(&self.ident)
    }
}

fn expand_has_key(model: &Model) -> TokenStream {
    let (ident, key) = (&model.ident, model.key_type());
    let span = model.key_fields().next().map_or(ident.span(), |field| field.ty_span);
    let library = model.library_at(span);
    quote_spanned! {span=>
        #[automatically_derived]
        impl #library::HasKey<#key> for #ident {}
    }
}

/// What the constant's code needs: short names for the library's module and for a type as a field of the base, and the
/// traits that it falls back on.
pub(crate) fn expand_imports(model: &Model) -> TokenStream {
    let (path, library, base) = (&model.library_path, &model.library, model.base());
    quote! {
        use #path as #library;
        #[allow(unused_imports)]
        use #path::{ExpressionMethods as _, NoField as _, NoKey as _};
        #[allow(dead_code)]
        type __OrmIn<__OrmT> = #library::FieldIn<#base, __OrmT>;
    }
}

/// The type of `columns = ..`; it stands outside the constant, where the user's code finds it.
pub(crate) fn expand_columns_type(model: &Model) -> Option<TokenStream> {
    let (columns, vis) = (model.columns.as_ref()?, &model.vis);
    let docs = format!("The columns and relations of [`{}`].", model.ident);
    Some(quote! {
        #[doc = #docs]
        #vis struct #columns;
    })
}

/// The way from the type of `columns = ..` back to the model.
pub(crate) fn expand_columns_of(model: &Model) -> Option<TokenStream> {
    let (columns, library, ident) = (model.columns.as_ref()?, &model.library, &model.ident);
    Some(quote! {
        #[automatically_derived]
        impl #library::Columns for #columns {
            type Model = #ident;
        }
    })
}

/// The columns and relations as associated constants.
pub(crate) fn expand_constants(model: &Model, relations: &[Relation]) -> TokenStream {
    let owner = model.constants_type();
    let columns = model.fields.iter().enumerate().map(|(at, field)| expand_column(model, at, field));
    let relations = relations.iter().enumerate();
    let relations = relations.map(|(number, relation)| relate::expand(model, number, relation));
    quote! {
        #[automatically_derived]
        #[allow(non_upper_case_globals, dead_code, unreachable_pub, private_interfaces, clippy::type_complexity)]
        impl #owner {
            #(#columns)*
            #(#relations)*
        }
    }
}

fn expand_column(model: &Model, at: usize, field: &Field) -> TokenStream {
    let (vis, ident) = (&model.vis, &model.ident);
    let (name, ty, role) = (&field.ident, &field.ty, model.role(field));
    let (library, at) = (model.library_at(field.ty_span), index(at));
    let constant = quote_spanned! {field.ty_span=>
        #vis const #name: #library::Column<#ident, #ty, #role> = #library::Column::new(#at);
    };
    let docs = match &field.docs[..] {
        [] => {
            let docs = format!("The column of the field `{}`.", field.name);
            quote!(#[doc = #docs])
        }
        docs => quote!(#(#docs)*),
    };
    quote! {
        #docs
        #constant
    }
}

fn index(at: usize) -> proc_macro2::Literal {
    proc_macro2::Literal::u16_suffixed(u16::try_from(at).unwrap_or(u16::MAX))
}

/// What finds the type of a foreign key by its name. Which fields are foreign keys is not known here, but that the
/// model's own key is none.
pub(crate) fn expand_lookups(model: &Model) -> TokenStream {
    let (library, ident) = (&model.library, &model.ident);
    let fields = model.fields.iter().enumerate().filter(|(_, field)| !field.is_own_key());
    let lookups = fields.map(|(at, field)| {
        let (hash, ty, at) = (names::hash(&field.name), &field.ty, index(at));
        quote! {
            #[automatically_derived]
            impl #library::ColumnAt<#hash> for #ident {
                type Field = #ty;
                const FIELD: u16 = #at;
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
                let at = field.ty_span;
                let default = quote_spanned!(at=> <#ty as #library::HasDefault>::default_value());
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
    let at = value.span();
    quote_spanned!(at=> #library::default_of(#value))
}
