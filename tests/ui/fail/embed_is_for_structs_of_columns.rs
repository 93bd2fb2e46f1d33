use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    #[column(embed)]
    //~^ ERROR `embed` on `text`: its type is no struct of columns
    pub text: String,
}

fn main() {}
