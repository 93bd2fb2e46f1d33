//! The rules that a struct and its attributes must obey, as far as they can be judged without types.

use syn::Ident;

use super::field::Field;
use super::read::{FieldSet, Model};
use crate::errors::Errors;
use crate::names::{self, nearest};
use crate::words::listed;

/// Checks everything.
pub(crate) fn check(model: &Model, errors: &mut Errors) {
    check_primary_key(model, errors);
    check_versions(model, errors);
    check_column_names(model, errors);
    model.uniques.iter().chain(&model.indexes).for_each(|set| check_field_set(model, set, errors));
    check_relation_names(model, errors);
    for field in &model.fields {
        check_defaults(model, field, errors);
        check_keys(field, errors);
        check_foreign_key(field, errors);
        check_combinations(field, errors);
    }
}

fn check_primary_key(model: &Model, errors: &mut Errors) {
    let keys = model.fields.iter().filter(|field| field.primary_key.is_some()).count();
    let ident = &model.ident;
    if keys == 0 && !errors.has_unknown_word {
        errors.at(ident, format!("`{ident}` has no primary key; mark a field with `#[column(primary_key)]`"));
    } else if keys > 6 {
        errors.at(ident, format!("the primary key of `{ident}` has {keys} fields; there may be 6"));
    }
}

fn check_versions(model: &Model, errors: &mut Errors) {
    for span in model.fields.iter().filter_map(|field| field.version).skip(1) {
        errors.push(syn::Error::new(span, format!("`{}` has two versions; one is enough", model.ident)));
    }
}

/// Names that are the same for sure. A foreign key's default depends on its type and is judged later.
fn check_column_names(model: &Model, errors: &mut Errors) {
    let mut seen: Vec<(String, &Field)> = Vec::new();
    for field in &model.fields {
        for (name, span) in names_of(field) {
            let folded = name.to_ascii_lowercase();
            if let Some((_, other)) = seen.iter().find(|(other, _)| *other == folded) {
                let message = format!(
                    "two columns are named `{name}`: the fields `{}` and `{}`",
                    other.name, field.name
                );
                errors.push(syn::Error::new(span, message));
            }
            seen.push((folded, field));
        }
    }
}

/// The names that are written.
fn names_of(field: &Field) -> Vec<(String, proc_macro2::Span)> {
    match &field.columns {
        Some(columns) => columns.names.iter().map(|name| (name.value(), name.span())).collect(),
        None => Vec::new(),
    }
}

fn check_field_set(model: &Model, set: &FieldSet, errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for ident in &set.fields {
        let name = names::plain(ident);
        if !model.fields.iter().any(|field| field.name == name) {
            errors.at(ident, unknown_field(model, &name));
        } else if seen.contains(&name) {
            errors.at(ident, format!("`{name}` stands twice in `{}`", set.word));
        }
        seen.push(name);
    }
}

fn unknown_field(model: &Model, name: &str) -> String {
    let known: Vec<&str> = model.fields.iter().map(|field| field.name.as_str()).collect();
    let model = &model.ident;
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("`{model}` has no field `{name}`; did you mean `{near}`?"),
        None => format!("`{model}` has no field `{name}`; it has {}", listed(&known)),
    }
}

fn check_relation_names(model: &Model, errors: &mut Errors) {
    let mut seen: Vec<&Ident> = Vec::new();
    for ident in model.relations.iter().map(|relation| &relation.ident) {
        if model.fields.iter().any(|field| field.ident == *ident) {
            errors.at(ident, format!("`{ident}` is a field already; a relation needs a name of its own"));
        } else if seen.contains(&ident) {
            errors.at(ident, format!("duplicate relation `{ident}`"));
        }
        seen.push(ident);
    }
}

fn check_defaults(model: &Model, field: &Field, errors: &mut Errors) {
    if let (None, Some((span, _))) = (model.default, &field.default) {
        let message = "`default` on a column needs `default` on the model: `#[model(.., default)]` implements `Default`";
        errors.push(syn::Error::new(*span, message));
    }
    if let (Some(computed), Some(_)) = (&field.computed, &field.server_default) {
        errors.at(computed, "a computed column has no `server_default`");
    }
    if let (Some(computed), Some(_)) = (&field.computed, &field.default) {
        errors.at(computed, "a computed column has no `default`: the database alone fills it in");
    }
    if let (Some(computed), Some(_)) = (&field.computed, &field.on_update) {
        errors.at(computed, "a computed column has no `on_update`: the database alone fills it in");
    }
}

fn check_keys(field: &Field, errors: &mut Errors) {
    let Some(_) = field.primary_key else {
        if let Some(span) = field.never_reuse {
            errors.push(syn::Error::new(
                span,
                "`never_reuse` is for a primary key that the database generates",
            ));
        }
        return;
    };
    let refused = [
        (field.version, "version"),
        (field.deferred, "deferred"),
        (field.embed, "embed"),
        (field.computed.as_ref().map(|text| text.span()), "computed"),
        (field.on_update.as_ref().map(|(span, _)| *span), "on_update"),
    ];
    for (span, word) in refused {
        if let Some(span) = span {
            errors.push(syn::Error::new(
                span,
                format!("`{word}` on `{}`: a primary key cannot have it", field.name),
            ));
        }
    }
}

fn check_foreign_key(field: &Field, errors: &mut Errors) {
    if let (Some((span, _)), None) = (field.by, field.on_delete) {
        errors.push(syn::Error::new(span, "`by` says who carries out `on_delete`, which is missing"));
    }
    if !field.is_own_key() {
        return;
    }
    for (span, word) in field.foreign_key_words() {
        let message =
            format!("`{word}` on `{}`: it is the key of its own model, and no foreign key", field.name);
        errors.push(syn::Error::new(span, message));
    }
}

fn check_combinations(field: &Field, errors: &mut Errors) {
    let Some(version) = field.version else { return };
    let refused = [
        field.on_update.is_some(),
        field.computed.is_some(),
        field.server_default.is_some(),
        field.deferred.is_some(),
        field.validate.is_some(),
    ];
    if refused.contains(&true) {
        errors.push(syn::Error::new(version, "a version is managed by the session, and by nothing else"));
    }
}
