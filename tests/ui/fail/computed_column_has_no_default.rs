use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db, default)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    #[column(computed = "length(text)", default = 3)]
    //~^ ERROR a computed column has no `default`: the database alone fills it in
    pub size: Generated<i64>,
}

fn main() {}
