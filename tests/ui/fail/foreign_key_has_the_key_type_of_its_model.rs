use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
}

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    pub author: Option<Id<User, String>>,
    //~^ ERROR `User` has no key of type `String`
}

fn main() {}
