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
    let at = relation.kind.last().span();
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
    let at = relation.kind.last().span();
    let library = model.library_at(at);
    match &relation.kind {
        Kind::Many(_) => quote_spanned!(at=> Many<#ident, #target>),
        Kind::One(_) => quote_spanned!(at=> One<#ident, #target>),
        Kind::Through(..) => quote_spanned!(at=> Many<#ident, #target, #library::Through<#between>>),
        Kind::Via(hops) => {
            let ends = way_of(model, hops);
            let between = match &ends[1..hops.len()] {
                [one] => one.clone(),
                several => quote!((#(#several),*)),
            };
            quote_spanned!(at=> Many<#ident, #target, #library::Via<#between>>)
        }
    }
}

/// `Many::new(Post::author, RelationDef::new("posts", 0))`
fn expand_value(model: &Model, number: usize, relation: &Relation) -> TokenStream {
    let ident = &model.ident;
    let back = || foreign_key_to(model, &quote!(#ident), relation.kind.back());
    let def = expand_def(model, number, relation);
    match &relation.kind {
        Kind::Many(path) => {
            let back = back();
            quote_spanned!(path.span()=> Many::new(#back, #def))
        }
        Kind::One(path) => {
            let back = back();
            quote_spanned!(path.span()=> One::new(#back, #def))
        }
        Kind::Through(path, on) => {
            let (at, hash, link, back) = (on.span(), on.hash(), model_of(model, path), back());
            let library = model.library_at(at);
            quote_spanned!(at=> Many::through(#back, #library::linked::<#link, #hash>(), #def))
        }
        Kind::Via(hops) => {
            let (library, hops) = (&model.library, expand_hops(model, hops));
            quote!(Many::via({
                const __ORM_HOPS: &[#library::Hop] = &[#(#hops),*];
                #def.over(__ORM_HOPS)
            }))
        }
    }
}

/// The foreign keys on a way: `hop::<User, false, _, _, _>(Post::author)`.
fn expand_hops(model: &Model, hops: &[ColumnPath]) -> Vec<TokenStream> {
    let hop = |(path, from): (&ColumnPath, TokenStream)| {
        let (at, column, up) = (path.span(), &path.path, goes_up(model, &from, path));
        let library = model.library_at(at);
        quote_spanned!(at=> #library::hop::<#from, #up, _, _, _>(#column))
    };
    hops.iter().zip(way_of(model, hops)).map(hop).collect()
}

/// The models on a way: this one, then what each foreign key leads to.
fn way_of(model: &Model, hops: &[ColumnPath]) -> Vec<TokenStream> {
    let ident = &model.ident;
    let mut ends = vec![quote!(#ident)];
    for path in hops {
        let (at, owner) = (path.span(), model_of(model, path));
        let (up, field) = (goes_up(model, &ends[ends.len() - 1], path), field_of(model, path));
        let library = model.library_at(at);
        ends.push(quote_spanned!(at=> <#library::Way<#owner, #field, #up> as #library::Turn>::End));
    }
    ends
}

/// Whether a foreign key is followed up, which only the compiler can tell.
fn goes_up(model: &Model, from: &TokenStream, path: &ColumnPath) -> TokenStream {
    let (owner, field) = (model_of(model, path), field_of(model, path));
    let library = model.library_at(path.span());
    quote_spanned!(path.span()=> { #library::goes_up::<#from, #owner, #field>() })
}

/// The type of the field that a path names.
fn field_of(model: &Model, path: &ColumnPath) -> TokenStream {
    let (at, owner, hash) = (path.span(), model_of(model, path), path.hash());
    let library = model.library_at(at);
    quote_spanned!(at=> <#owner as #library::ColumnAt<#hash>>::Field)
}

/// `RelationDef::new("posts", 0).with(|terms| { terms.order_by(Post::id); })`
fn expand_def(model: &Model, number: usize, relation: &Relation) -> TokenStream {
    let library = &model.library;
    let name = names::plain(&relation.ident);
    let number = Literal::u16_suffixed(u16::try_from(number).unwrap_or(u16::MAX));
    let raises = relation.options.raises.then(|| quote!(.raiseload()));
    let with = expand_terms(model, relation).map(|terms| quote!(.with(#terms)));
    let placed = relation.options.position.as_ref().map(|column| {
        let at = column.segments.last().map_or_else(Span::call_site, |last| last.ident.span());
        quote_spanned!(at=> .placed(&#column))
    });
    quote!(#library::RelationDef::new(#name, #number) #raises #with #placed)
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
        Kind::Many(end) | Kind::One(end) => model_of(model, end),
        Kind::Via(hops) => way_of(model, hops).pop().unwrap_or_default(),
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
