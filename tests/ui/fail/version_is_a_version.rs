use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    #[column(version)]
    pub count: i64,
    //~^ ERROR `i64` cannot be a version
}

fn main() {}
