//! Generated code names everything in full, and keeps to strict lints.

#![deny(missing_docs, unsafe_code, unused_qualifications, unreachable_pub, warnings)]
#![allow(dead_code)]

use ::orm_core::{self as library, DeclarativeBase, Id};

struct Result;
struct Option;
struct String;
struct Default;
struct Vec;
struct Box;
struct Some;
struct None;
struct Ok;
struct Err;
struct Column;
trait Clone {}
trait Model {}
trait Field {}
trait Into {}
mod core {}
mod std {}
mod orm_core {}

/// A base.
#[derive(DeclarativeBase)]
pub struct Db;

/// A model with all that generates code.
#[derive(library::Model, ::core::clone::Clone)]
#[model(base = Db, default, unique(name, kind), index(boss), check = "kind > 0", comment = "people")]
#[relation(team = many(User::boss, order_by = (User::name, User::id.desc())))]
pub struct User {
    /// Its key.
    #[column(primary_key)]
    pub id: Id<User>,
    #[column(default = "x", validate = check, on_update = name, length = 5)]
    name: ::std::string::String,
    /// A number.
    #[column(default = 3, check = "kind < 9", comment = "which")]
    pub kind: u8,
    /// Another row.
    #[column(on_delete = set_null, orphan = delete)]
    pub boss: ::core::option::Option<Id<Self>>,
    /// An address.
    #[column(embed)]
    pub address: Address,
    plan: Plan,
    email: Email,
}

/// A model that nobody outside sees.
#[derive(library::Model, ::core::clone::Clone)]
#[model(base = Db)]
struct Hidden {
    #[column(primary_key)]
    id: ::std::string::String,
}

/// An enum.
#[derive(library::ColumnEnum, ::core::clone::Clone, ::core::default::Default)]
pub enum Plan {
    /// One.
    #[default]
    Free,
    /// Another.
    Paid,
}

/// An enum of integers.
#[derive(library::ColumnEnum, ::core::clone::Clone)]
#[column(integer)]
pub enum Level {
    /// One.
    Low = -1,
    /// Another.
    High = 1,
}

/// A newtype.
#[derive(library::ColumnType, ::core::clone::Clone, ::core::default::Default)]
pub struct Email(::std::string::String);

/// A struct of columns.
#[derive(library::ColumnType, ::core::clone::Clone, ::core::default::Default)]
pub struct Address {
    /// A part.
    pub street: ::std::string::String,
    /// Another part.
    pub zip: ::core::option::Option<i64>,
}

fn check(_: &str) -> ::core::result::Result<(), &'static str> {
    ::core::result::Result::Ok(())
}

fn name() -> ::std::string::String {
    "n".to_owned()
}

fn main() {
    let user = <User as ::core::default::Default>::default();
    assert_eq!(user.name, "x");
    assert_eq!(user.kind, 3);
}
