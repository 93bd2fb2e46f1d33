use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
}

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    pub author: Id<User>,
    pub author_id: i64,
    //~^ ERROR two columns are named `author_id`: the fields `author` and `author_id`
    pub editor: Option<Id<User>>,
    #[column(name = "editor_id")]
    //~^ ERROR two columns are named `editor_id`: the fields `editor` and `other`
    pub other: i64,
}

fn main() {}
