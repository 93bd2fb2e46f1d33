use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    #[column(computed = "length(text)")]
    //~^ ERROR `computed` on `size`: the database fills it in; make its type `Generated<..>`
    pub size: i64,
    #[column(computed = "length(text)")]
    pub letters: Generated<i64>,
}

fn main() {}
