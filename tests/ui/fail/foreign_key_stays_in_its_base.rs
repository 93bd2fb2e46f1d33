use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
}

#[derive(DeclarativeBase)]
pub struct OtherDb;

#[derive(Model, Clone)]
#[model(base = OtherDb)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    pub author: Id<User>,
    //~^ ERROR `User` is not a model of `OtherDb`
}

fn main() {}
