//! `impl Model`: data and calls.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use super::assemble::default_call;
use super::field::Field;
use super::read::{FieldSet, Model};
use crate::names::respan;

/// An invented name, which cannot meet one of the user's.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The implementation.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let (library, ident, base, key) = (&model.library, &model.ident, model.base(), model.key_type());
    let table = expand_table(model);
    let reading = expand_reading(model);
    let keys = expand_keys(model);
    let on_update = expand_on_update(model);
    let hooks = expand_hooks(model);
    let validate = expand_validate(model);
    let origin = expand_origin(model);
    quote! {
        #[automatically_derived]
        impl #library::Model for #ident {
            type Base = #base;
            type Key = #key;
            const SHOWS: #library::Shows<Self> = #library::shows!(Self);
            #origin

            #table
            #reading
            #keys
            #on_update
            #hooks
            #validate
        }
    }
}

/// What tells the model from others, where the compiler has to be asked which model an id names.
fn expand_origin(model: &Model) -> TokenStream {
    let (library, name) = (&model.library, model.ident.to_string());
    quote! {
        const ORIGIN: u64 = #library::origin_of!(#name);
    }
}

fn expand_table(model: &Model) -> TokenStream {
    let (library, ident, table) = (&model.library, &model.ident, &model.table);
    let name = crate::names::plain(ident);
    let fields = model.fields.iter().map(|field| expand_field_def(model, field));
    let settings = model_settings(model);
    let of = quote!(#library::ModelDef::of::<#ident>(#name, #table, __ORM_FIELDS));
    let def = match settings.is_empty() {
        true => of,
        false => quote!(#library::ModelDef { #(#settings,)* ..#of }),
    };
    quote! {
        fn table() -> &'static #library::Table {
            static __ORM_CELL: #library::TableCell = #library::TableCell::new();
            static __ORM_FIELDS: &[#library::FieldDef] = &[#(#fields),*];
            static __ORM_DEF: #library::ModelDef = #def;
            __ORM_CELL.get(&__ORM_DEF)
        }
    }
}

/// The parts of a `ModelDef` that the attributes say something about.
fn model_settings(model: &Model) -> Vec<TokenStream> {
    let mut settings = Vec::new();
    if let Some(schema) = &model.schema {
        settings.push(quote!(schema: ::core::option::Option::Some(#schema)));
    }
    if !model.uniques.is_empty() {
        let sets = field_sets(&model.uniques);
        settings.push(quote!(uniques: #sets));
    }
    if !model.indexes.is_empty() {
        let sets = field_sets(&model.indexes);
        settings.push(quote!(indexes: #sets));
    }
    if !model.checks.is_empty() {
        let checks = &model.checks;
        settings.push(quote!(checks: &[#(#checks),*]));
    }
    if let Some(comment) = &model.comment {
        settings.push(quote!(comment: ::core::option::Option::Some(#comment)));
    }
    settings
}

fn field_sets(sets: &[FieldSet]) -> TokenStream {
    let sets = sets.iter().map(|set| {
        let names = set.fields.iter().map(crate::names::plain);
        quote!(&[#(#names),*])
    });
    quote!(&[#(#sets),*])
}

fn expand_field_def(model: &Model, field: &Field) -> TokenStream {
    let (library, name, field_in) = (&model.library, &field.name, model.field_in(field));
    let mut settings = flags(field);
    settings.extend(texts(field));
    settings.extend(rules(library, field));
    quote!(#library::FieldDef { name: #name, #(#settings,)* ..#field_in::DEF })
}

fn flags(field: &Field) -> Vec<TokenStream> {
    let flags = [
        (field.primary_key.is_some(), "primary_key"),
        (field.unique.is_some(), "unique"),
        (field.index.is_some(), "index"),
        (field.never_reuse.is_some(), "never_reuse"),
        (field.version.is_some(), "version"),
        (field.deferred.is_some(), "deferred"),
        (matches!(field.by, Some((_, "session"))), "by_session"),
        (field.orphan.is_some(), "orphan_delete"),
    ];
    let set = flags.into_iter().filter(|(is_set, _)| *is_set);
    set.map(|(_, name)| {
        let name = Ident::new(name, Span::call_site());
        quote!(#name: true)
    })
    .collect()
}

fn texts(field: &Field) -> Vec<TokenStream> {
    let texts = [
        (&field.server_default, "server_default"),
        (&field.computed, "computed"),
        (&field.check, "check"),
        (&field.collate, "collate"),
        (&field.comment, "comment"),
    ];
    let set = texts.into_iter().filter_map(|(text, name)| text.as_ref().map(|text| (text, name)));
    set.map(|(text, name)| {
        let name = Ident::new(name, Span::call_site());
        quote!(#name: ::core::option::Option::Some(#text))
    })
    .collect()
}

fn rules(library: &TokenStream, field: &Field) -> Vec<TokenStream> {
    let mut rules = Vec::new();
    if let Some(columns) = &field.columns {
        let names = &columns.names;
        rules.push(quote!(columns: &[#(#names),*]));
    }
    if let Some((_, length)) = field.length {
        let length = Literal::u32_suffixed(length);
        rules.push(quote!(length: ::core::option::Option::Some(#length)));
    }
    let on_delete = match field.on_delete {
        Some((_, "cascade")) => Some(quote!(Cascade)),
        Some((_, "set_null")) => Some(quote!(SetNull)),
        Some((_, "restrict")) => Some(quote!(Restrict)),
        Some(_) | None => None,
    };
    rules.extend(on_delete.map(|rule| quote!(on_delete: #library::RowRule::#rule)));
    if let Some((_, "cascade")) = field.on_key_update {
        rules.push(quote!(on_key_update: #library::KeyRule::Cascade));
    }
    rules
}

/// `decode`, `visit`, `visit_mut` and `diff`: each field in turn.
fn expand_reading(model: &Model) -> TokenStream {
    let (library, ident) = (&model.library, &model.ident);
    let names: Vec<&Ident> = model.fields.iter().map(|field| &field.ident).collect();
    let fields: Vec<TokenStream> = model.fields.iter().map(|field| model.field_in(field)).collect();
    let (row, visitor) = (local("__orm_row"), local("__orm_visitor"));
    let read = model.fields.iter().map(|field| match field.deferred {
        Some(_) => quote!(pass),
        None => quote!(read),
    });
    let (kept, diff) = (local("__orm_kept"), local("__orm_diff"));
    quote! {
        #[inline]
        fn decode(#row: &mut #library::Fields<'_>) -> #library::Result<Self> {
            ::core::result::Result::Ok(#ident { #(#names: #fields::#read(#row)?),* })
        }

        fn visit<'__orm, __OrmV: #library::Visitor<'__orm>>(
            &'__orm self,
            #visitor: &mut __OrmV,
        ) -> #library::Result<()> {
            #(#fields::show(&self.#names, #visitor)?;)*
            ::core::result::Result::Ok(())
        }

        fn visit_mut<__OrmV: #library::VisitorMut>(
            &mut self,
            #visitor: &mut __OrmV,
        ) -> #library::Result<()> {
            #(#fields::change(&mut self.#names, #visitor)?;)*
            ::core::result::Result::Ok(())
        }

        fn diff(&self, #kept: &Self, #diff: &mut #library::Diff<'_>) {
            #(#fields::compare(&self.#names, &#kept.#names, #diff);)*
        }
    }
}

/// `key`, `set_key` and `unset_key`, placed where the key stands: a type that is no key is an error there.
fn expand_keys(model: &Model) -> TokenStream {
    let library = &model.library;
    let names: Vec<&Ident> = model.key_fields().map(|field| &field.ident).collect();
    let fields: Vec<TokenStream> = model.key_fields().map(|field| model.key_in(field)).collect();
    let (ids, key) = (local("__orm_ids"), local("__orm_key"));
    let (get, set) = match (&names[..], &fields[..]) {
        ([name], [field]) => {
            (quote!(#field::key(&self.#name, #ids)), quote!(#field::set_key(&mut self.#name, #key);))
        }
        _ => {
            let parts = (0..names.len()).map(Literal::usize_unsuffixed);
            (
                quote!(::core::option::Option::Some((#(#fields::key(&self.#names, #ids)?),*))),
                quote!(#(#fields::set_key(&mut self.#names, #key.#parts);)*),
            )
        }
    };
    let span = model.key_fields().next().map_or(model.ident.span(), |field| field.ty_span);
    let functions = quote! {
        fn key(&self, #ids: &dyn #library::Ids) -> ::core::option::Option<Self::Key> {
            #get
        }

        fn set_key(&mut self, #key: Self::Key) {
            #set
        }

        fn unset_key(&mut self) {
            #(#fields::unset_key(&mut self.#names);)*
        }
    };
    respan(functions, span)
}

fn expand_on_update(model: &Model) -> TokenStream {
    let library = &model.library;
    let changed = local("__orm_changed");
    let calls: Vec<TokenStream> = model
        .fields
        .iter()
        .enumerate()
        .filter_map(|(at, field)| {
            let (_, value) = field.on_update.as_ref()?;
            let (name, at, value) = (&field.ident, Literal::usize_suffixed(at), default_call(library, value));
            Some(quote!(#library::refresh::<Self, _>(#changed, #at, &mut self.#name, || #value);))
        })
        .collect();
    if calls.is_empty() {
        return TokenStream::new();
    }
    quote! {
        const SUPPLIES: bool = true;

        fn on_update(&mut self, #changed: &#library::ColumnSet) {
            #(#calls)*
        }
    }
}

/// The call of the user's hooks, placed where the attribute stands: missing hooks are an error there.
fn expand_hooks(model: &Model) -> TokenStream {
    let Some(span) = model.hooks else { return TokenStream::new() };
    let (library, moment) = (&model.library, local("__orm_moment"));
    let call = respan(quote!(#library::run_hook::<Self>), span);
    quote! {
        const HOOKS: bool = true;

        fn hook(&mut self, #moment: &#library::Moment<'_, Self>) -> #library::Result<()> {
            #call(self, #moment)
        }
    }
}

fn expand_validate(model: &Model) -> TokenStream {
    let library = &model.library;
    let refuse = local("__orm_refuse");
    let whole = model.validate.iter().map(|path| quote!(#library::validated("", #path(self), #refuse);));
    let calls: Vec<TokenStream> = model
        .fields
        .iter()
        .filter_map(|field| {
            let (path, ident, name) = (field.validate.as_ref()?, &field.ident, &field.name);
            Some(quote!(#library::validated(#name, #path(&self.#ident), #refuse);))
        })
        .chain(whole)
        .collect();
    if calls.is_empty() {
        return TokenStream::new();
    }
    quote! {
        const VALIDATES: bool = true;

        fn validate(&self, #refuse: &mut dyn ::core::ops::FnMut(&'static str, #library::String)) {
            #(#calls)*
        }
    }
}
