//! Hooks that the derive does not know of would never run.

use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
}

impl Hooks for User {}
//~^ ERROR the hooks of `User` would never run

fn main() {}
