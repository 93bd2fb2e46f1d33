use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    #[column(unique)]
    #[column(length = 5, unique)]
    //~^ ERROR duplicate attribute `unique`
    pub text: String,
}

fn main() {}
