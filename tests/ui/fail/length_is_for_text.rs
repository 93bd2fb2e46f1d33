use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    #[column(length = 5)]
    //~^ ERROR `length` on `count`: its type holds no text
    pub count: i64,
    #[column(collate = "NOCASE")]
    //~^ ERROR `collate` on `size`: its type holds no text
    pub size: i64,
    #[column(length = 5, collate = "NOCASE")]
    pub text: Option<String>,
}

fn main() {}
