//! The rule of a model looks at the whole of it.

use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db, validate = not_empty)]
//~^ ERROR mismatched types
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
    pub name: String,
}

fn not_empty(name: &String) -> Result<(), &'static str> {
    if name.is_empty() { Err("is empty") } else { Ok(()) }
}

fn main() {}
