//! Expansions as text, and the errors of inputs that are none.
//!
//! A snapshot is a file in `tests/snapshots`. `UPDATE_SNAPSHOTS=1 cargo test -p orm-derive` writes them.

use std::path::Path;

use proc_macro2::TokenStream;
use syn::DeriveInput;

const FIVE_FIELDS: &str = r#"
    #[model(base = UsersDb, table = "users", default)]
    #[relation(posts = many(Post::author, order_by = Post::id))]
    pub struct User {
        #[column(primary_key)]
        pub id: Id<User>,
        /// What others see.
        #[column(length = 50)]
        pub name: String,
        #[column(length = 100, unique)]
        pub email: String,
        #[column(on_delete = set_null)]
        pub boss: Option<Id<User>>,
        #[column(default = Utc::now, on_update = Utc::now)]
        pub seen_at: DateTime<Utc>,
    }
"#;

#[test]
fn a_model_of_five_fields_expands_to_at_most_250_lines() {
    let text = expand(crate::model::expand, FIVE_FIELDS);
    let lines = text.lines().count();
    assert!(lines <= 250, "{lines} lines");
    check_snapshot("model_of_five_fields", &text);
}

#[test]
fn a_base_is_its_name_and_its_engine() {
    check_snapshot("base", &expand(crate::base::expand, "pub struct UsersDb;"));
}

#[test]
fn an_enum_is_a_table_of_texts() {
    let input =
        r#"#[column(rename_all = "snake_case")] enum Plan { Free, #[column(rename = "gold")] VeryDear }"#;
    check_snapshot("column_enum", &expand(crate::column_enum::expand, input));
}

#[test]
fn a_newtype_delegates_to_what_it_holds() {
    check_snapshot("newtype", &expand(crate::column_type::expand, "struct Email(String);"));
}

#[test]
fn a_struct_of_columns_delegates_to_its_parts() {
    let input = r#"struct Address { street: String, #[column(name = "zip_code")] zip: Option<String> }"#;
    check_snapshot("struct_of_columns", &expand(crate::column_type::expand, input));
}

#[test]
fn a_struct_of_a_row_is_its_fields_and_what_fills_them() {
    let input = r#"pub struct Stats { pub name: String, #[column(name = "n")] posts: i64, by: Option<i64> }"#;
    check_snapshot("struct_of_a_row", &expand(crate::from_row::expand, input));
}

#[test]
fn no_input_makes_a_macro_panic() {
    let inputs = [
        "struct A;",
        "union A { a: u8 }",
        "enum A {}",
        "struct A {}",
        "struct A();",
        "#[model] struct A { a: u8 }",
        "#[model = 3] struct A { a: u8 }",
        "#[model(base = 3, table, default = 3, unique, index(), crate)] struct A { a: u8 }",
        "#[relation(a, b = 3, c = many(), d = one(1, 2), e = many(A::b, c = d), f = many(::A))] struct A { a: u8 }",
        "#[column(rename_all = 3, integer = 4)] enum A { #[column(rename)] A(u8), B { b: u8 }, C = 3 }",
        "struct A { #[column(names(), length = -1, default, on_delete, by = 3)] a: u8 }",
        "struct A<'a, T: X, const N: usize> where T: Y { a: &'a [T; N] }",
    ];
    for input in inputs {
        let parsed: DeriveInput = syn::parse_str(input).expect("the input is Rust");
        crate::model::expand(parsed.clone());
        crate::base::expand(parsed.clone());
        crate::column_enum::expand(parsed.clone());
        crate::column_type::expand(parsed.clone());
        crate::from_row::expand(parsed);
    }
}

/// What a macro makes of an item, formatted.
fn expand(derive: fn(DeriveInput) -> TokenStream, input: &str) -> String {
    let input = syn::parse_str(input).expect("the input is Rust");
    let file = syn::parse2(derive(input)).expect("the output is Rust");
    prettyplease::unparse(&file)
}

/// Compares with a file, or writes it when asked to.
fn check_snapshot(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name).with_extension("rs");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, text).expect("the snapshot can be written");
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if let Some((line, kept, now)) = first_difference(&kept, text) {
        panic!(
            "{} differs in line {line}\n  kept: {kept}\n  now:  {now}\nif that is meant: UPDATE_SNAPSHOTS=1 cargo test -p orm-derive",
            path.display()
        );
    }
}

/// The first line, counted from 1, in which two texts differ.
fn first_difference<'text>(kept: &'text str, now: &'text str) -> Option<(usize, &'text str, &'text str)> {
    let (mut kept, mut now) = (kept.lines(), now.lines());
    (1..).find_map(|line| match (kept.next(), now.next()) {
        (None, None) => Some(None),
        (kept, now) if kept == now => None,
        (kept, now) => Some(Some((line, kept.unwrap_or("<end>"), now.unwrap_or("<end>")))),
    })?
}
