use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    #[column(name = "text")]
    pub short: String,
    #[column(name = "Text")]
    //~^ ERROR two columns are named `Text`: the fields `short` and `long`
    pub long: String,
}

fn main() {}
