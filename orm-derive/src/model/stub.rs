//! What stands in for a model with errors, so that those errors are the only ones: bodies that never run.

use proc_macro2::TokenStream;
use quote::quote;

use super::assemble;
use super::read::Model;

/// Implementations that say nothing wrong about the model, and nothing else.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let (library, ident, base) = (&model.library, &model.ident, model.base());
    let columns_type = assemble::expand_columns_type(model);
    let columns_of = assemble::expand_columns_of(model);
    let imports = assemble::expand_imports(model);
    let constants = expand_constants(model);
    let default = model.default.map(|_| {
        quote! {
            #[automatically_derived]
            impl ::core::default::Default for #ident {
                fn default() -> Self { #library::unfinished() }
            }
        }
    });
    let hooks = assemble::expand_hooks(model);
    let methods = methods(library);
    quote! {
        #columns_type
        const _: () = {
            #imports

            #columns_of
            #constants
            #default
            #hooks

            #[automatically_derived]
            impl #library::Model for #ident {
                type Base = #base;
                type Key = i64;
                #methods
            }
            #[automatically_derived]
            impl<__OrmB> #library::BelongsTo<__OrmB> for #ident {}
            #library::model_from_row!(#ident);
            #[automatically_derived]
            impl<__OrmK> #library::HasKey<__OrmK> for #ident {}
        };
    }
}

/// The constants, without the relations if two things have one name.
fn expand_constants(model: &Model) -> TokenStream {
    let fields = model.fields.iter().map(|field| field.ident.to_string());
    let relations = model.relations.iter().map(|relation| relation.ident.to_string());
    let mut names: Vec<String> = fields.chain(relations).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    let relations = if names.len() == count { &model.relations[..] } else { &[] };
    let constants = assemble::expand_constants(model, relations);
    let lookups = assemble::expand_lookups(model);
    quote!(#constants #lookups)
}

fn methods(library: &TokenStream) -> TokenStream {
    quote! {
        fn table() -> &'static #library::Table { #library::unfinished() }
        fn decode(_: &mut #library::Fields<'_>) -> #library::Result<Self> { #library::unfinished() }
        fn visit<'__orm, __OrmV: #library::Visitor<'__orm>>(&'__orm self, _: &mut __OrmV) -> #library::Result<()> {
            #library::unfinished()
        }
        fn visit_mut<__OrmV: #library::VisitorMut>(&mut self, _: &mut __OrmV) -> #library::Result<()> {
            #library::unfinished()
        }
        fn diff(&self, _: &Self, _: &mut #library::Diff) {}
        fn key(&self, _: &dyn #library::Ids) -> ::core::option::Option<i64> { ::core::option::Option::None }
        fn set_key(&mut self, _: i64) {}
        fn unset_key(&mut self) {}
    }
}
