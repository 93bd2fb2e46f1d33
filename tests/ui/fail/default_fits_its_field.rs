use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db, default)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    #[column(default = "none")]
    //~^ ERROR this is no default for a field of type `i64`
    pub count: i64,
}

fn main() {}
