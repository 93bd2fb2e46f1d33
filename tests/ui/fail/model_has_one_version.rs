use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    #[column(version)]
    pub first: Version,
    #[column(version)]
    //~^ ERROR `Note` has two versions; one is enough
    pub second: Version,
}

fn main() {}
