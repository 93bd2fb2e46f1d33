//! A model that says that it has hooks has some.

use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db, hooks)]
//~^ ERROR `User` has no hooks
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
}

fn main() {}
