use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db, index(txt))]
//~^ ERROR `Note` has no field `txt`; did you mean `text`?
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    pub text: String,
}

fn main() {}
