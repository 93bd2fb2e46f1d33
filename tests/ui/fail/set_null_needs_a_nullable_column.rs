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
    #[column(on_delete = set_null)]
    //~^ ERROR `set_null` on `author`: its column is NOT NULL; make its type `Option<Id<..>>`
    pub author: Id<User>,
    #[column(on_delete = set_null)]
    pub editor: Option<Id<User>>,
}

fn main() {}
