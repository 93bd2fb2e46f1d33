//! The derive macros of the ORM: attributes -> model -> checks -> expansion.
//!
//! Every macro is a pure function of tokens. Mistakes are gathered in `errors::Errors` and reported all at once, each on
//! the user's own token; beside them stands what keeps the rest of the program free of errors that only follow.

#![forbid(unsafe_code)]

mod base;
mod column_enum;
mod column_type;
mod errors;
mod from_row;
mod model;
mod names;
#[cfg(test)]
mod tests;
mod words;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a unit struct a declarative base.
///
/// ```text
/// #[derive(DeclarativeBase)]
/// pub struct UsersDb;
/// ```
#[proc_macro_derive(DeclarativeBase, attributes(base))]
pub fn derive_declarative_base(input: TokenStream) -> TokenStream {
    base::expand(parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct with named fields a model: a row of a table.
///
/// On the struct, `#[model(..)]`:
///
/// | attribute | meaning |
/// |---|---|
/// | `base = UsersDb` | the base it belongs to; required |
/// | `table = "users"`, `schema = ".."` | the table's name, by default the struct's in `snake_case`, and its schema |
/// | `default` | implements `Default` |
/// | `columns = UserColumns` | puts the constants on a new type of this name |
/// | `unique(a, b)`, `index(a, b)` | of several fields; may be repeated |
/// | `check = "sql"`, `comment = ".."` | a condition on each row (may be repeated); what the table is for |
/// | `hooks` | runs the model's `impl Hooks for ..` when its entities are written and read |
/// | `validate = path` | a `fn(&Self) -> Result<(), impl Display>`, for rules over several fields |
/// | `crate = path` | where `orm_core` is |
///
/// On the struct, `#[relation(name = ..)]`: `many(Post::author)`, `one(Profile::user)`,
/// `many_through(Membership::user, Membership::group)` or `many_via(Post::author, Comment::post)`, each with
/// `order_by = ..` and `filter = ..` where wanted; `position = Part::position` of a `many` is its order, which `replace` numbers. The paths of a `many_via`, up to nine, are followed one after the other: a
/// foreign key to the model that was reached leads down to the rows that name it, one of that model up to the row that it names.
///
/// On a field, `#[column(..)]`:
///
/// | attribute | meaning |
/// |---|---|
/// | `primary_key`, `never_reuse` | the key, or a part of it; a generated key is never given again |
/// | `name = ".."`, `names("..", "..")` | the column's name, by default the field's; a foreign key's ends in `_id` |
/// | `unique`, `index`, `length = 50`, `collate = ".."`, `check = "sql"`, `comment = ".."` | of the column |
/// | `default = ..` | for `Default`: a value, or a function that returns one |
/// | `server_default = "sql"`, `computed = "sql"` | what the database fills in |
/// | `on_update = ..` | a value or a function, for each UPDATE that does not set the column |
/// | `on_delete = cascade, set_null, restrict, no_action` | when the row that a foreign key names is deleted |
/// | `by = session, database` | who carries `on_delete` out |
/// | `orphan = delete` | deletes the row when its foreign key is cleared |
/// | `on_key_update = cascade, no_action` | when the key that a foreign key names changes |
/// | `validate = path` | a `fn(&T) -> Result<(), impl Display>` |
/// | `deferred` | a large column stays out of every SELECT: its type is `Generated<..>`, and it is `Unset` until `session.undefer` loads it |
/// | `version` | counts the writes of the row; its type is `Version` |
/// | `embed` | the field is a struct of columns that derives `ColumnType` |
#[proc_macro_derive(Model, attributes(model, relation, column))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    model::expand(parse_macro_input!(input as DeriveInput)).into()
}

/// Makes an enum without values a column type, stored as text or, with `#[column(integer)]`, as an integer.
///
/// The text is the variant's name as written; `#[column(rename_all = "snake_case")]` on the enum and
/// `#[column(rename = "..")]` on a variant change it. An integer is the variant's explicit discriminant.
#[proc_macro_derive(ColumnEnum, attributes(column))]
pub fn derive_column_enum(input: TokenStream) -> TokenStream {
    column_enum::expand(parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a newtype a column type, or a struct with named fields a struct of columns for `#[column(embed)]`.
#[proc_macro_derive(ColumnType, attributes(column))]
pub fn derive_column_type(input: TokenStream) -> TokenStream {
    column_type::expand(parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct with named fields what rows become: rows of raw SQL by the names of their columns, rows of a query by what fills
/// each field.
///
/// A field takes the column of its name, or of `#[column(name = "..")]`. Beside the struct `Stats` stands a struct `StatsColumns`, or
/// what `#[row(columns = ..)]` names it, with the same fields, for `select(StatsColumns { name: User::name, .. })`.
#[proc_macro_derive(FromRow, attributes(row, column))]
pub fn derive_from_row(input: TokenStream) -> TokenStream {
    from_row::expand(parse_macro_input!(input as DeriveInput)).into()
}
