//! Relations as constants, and what their options have to be.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::read::Model;
use super::relation::{ColumnPath, Kind, Options, Ordered, Relation};
use crate::names;

/// The constant of a relation, the model's first, second or so. Everything in it stands at its last path: what is wrong with
/// its types is an error there.
pub(crate) fn expand(model: &Model, number: usize, relation: &Relation) -> TokenStream {
    let (vis, name, docs) = (&model.vis, &relation.ident, relation.kind.docs());
    let at = relation.kind.on().unwrap_or(relation.kind.back()).span();
    let library = model.library_at(at);
    let (ty, value) = (expand_type(model, relation), expand_value(model, number, relation));
    let constant = quote_spanned!(at=> #vis const #name: #library::#ty = #library::#value;);
    quote! {
        #[doc = #docs]
        #constant
    }
}

/// `Many<User, Post>`
fn expand_type(model: &Model, relation: &Relation) -> TokenStream {
    let (ident, target) = (&model.ident, target_of(model, relation));
    let between = model_of(model, relation.kind.back());
    let at = relation.kind.on().unwrap_or(relation.kind.back()).span();
    let library = model.library_at(at);
    match &relation.kind {
        Kind::Many(_) => quote_spanned!(at=> Many<#ident, #target>),
        Kind::One(_) => quote_spanned!(at=> One<#ident, #target>),
        Kind::Through(..) => quote_spanned!(at=> Many<#ident, #target, #library::Through<#between>>),
        Kind::Via(..) => quote_spanned!(at=> Many<#ident, #target, #library::Via<#between>>),
    }
}

/// `Many::new(Post::author, RelationDef::new("posts", 0))`
fn expand_value(model: &Model, number: usize, relation: &Relation) -> TokenStream {
    let ident = &model.ident;
    let back = foreign_key_to(model, &quote!(#ident), relation.kind.back());
    let def = expand_def(model, number, relation);
    match &relation.kind {
        Kind::Many(path) => quote_spanned!(path.span()=> Many::new(#back, #def)),
        Kind::One(path) => quote_spanned!(path.span()=> One::new(#back, #def)),
        Kind::Through(path, on) => {
            let (at, hash, link) = (on.span(), on.hash(), model_of(model, path));
            let library = model.library_at(at);
            quote_spanned!(at=> Many::through(#back, #library::linked::<#link, #hash>(), #def))
        }
        Kind::Via(path, on) => {
            let on_key = foreign_key_to(model, &model_of(model, path), on);
            quote_spanned!(on.span()=> Many::via(#back, #on_key, #def))
        }
    }
}

/// `RelationDef::new("posts", 0).with(|terms| { terms.order_by(Post::id); })`
fn expand_def(model: &Model, number: usize, relation: &Relation) -> TokenStream {
    let library = &model.library;
    let name = names::plain(&relation.ident);
    let number = Literal::u16_suffixed(u16::try_from(number).unwrap_or(u16::MAX));
    let raises = relation.options.raises.then(|| quote!(.raiseload()));
    let with = expand_terms(model, relation).map(|terms| quote!(.with(#terms)));
    quote!(#library::RelationDef::new(#name, #number) #raises #with)
}

fn expand_terms(model: &Model, relation: &Relation) -> Option<TokenStream> {
    let Options { order_by, filter, .. } = &relation.options;
    if order_by.is_empty() && filter.is_none() {
        return None;
    }
    let terms = Ident::new("__orm_terms", Span::mixed_site());
    let target = target_of(model, relation);
    let orders =
        order_by.iter().map(|Ordered { part, .. }| quote_spanned!(part.span()=> #terms.order_by(#part);));
    let filter =
        filter.as_ref().map(|filter| quote_spanned!(filter.span()=> #terms.filter::<#target, _>(#filter);));
    Some(quote!(|#terms| { #(#orders)* #filter }))
}

/// The column of a path, if it is a foreign key to a model.
fn foreign_key_to(model: &Model, target: &TokenStream, path: &ColumnPath) -> TokenStream {
    let (at, column) = (path.span(), &path.path);
    let library = model.library_at(at);
    quote_spanned!(at=> #library::leads_to::<#target, _, _, _>(#column))
}

/// The model whose column a path names.
fn model_of(model: &Model, path: &ColumnPath) -> TokenStream {
    let (owner, at) = (&path.owner, path.span());
    let library = model.library_at(at);
    quote_spanned!(at=> <#owner as #library::Columns>::Model)
}

/// The model that a relation leads to.
fn target_of(model: &Model, relation: &Relation) -> TokenStream {
    match &relation.kind {
        Kind::Many(end) | Kind::One(end) | Kind::Via(_, end) => model_of(model, end),
        Kind::Through(_, on) => {
            let (link, hash, library) = (model_of(model, on), on.hash(), model.library_at(on.span()));
            quote_spanned!(on.span()=> <<#link as #library::ColumnAt<#hash>>::Field as #library::Points>::Target)
        }
    }
}

/// What compiles only if `order_by` names columns of the model that the relation leads to.
pub(crate) fn expand_options(model: &Model) -> TokenStream {
    let orders = model.relations.iter().flat_map(|relation| {
        let target = target_of(model, relation);
        relation.options.order_by.iter().map(move |Ordered { column, .. }| {
            let library = model.library_at(column.span());
            quote_spanned!(column.span()=> const _: () = #library::require_column_of::<#target, _>(&#column);)
        })
    });
    quote!(#(#orders)*)
}
