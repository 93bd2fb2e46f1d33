use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    pub text: String,
    #[column(name = "text")]
    //~^ ERROR two columns are named `text`: the fields `text` and `long`
    pub long: String,
}

fn main() {}
