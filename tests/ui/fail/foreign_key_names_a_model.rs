use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Clone)]
pub struct Author;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    pub author: Id<Author>,
    //~^ ERROR Id<Author>` is not a column type
}

fn main() {}
