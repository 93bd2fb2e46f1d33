use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    #[column(on_delete = cascade)]
    //~^ ERROR `on_delete` on `text`: it is no foreign key; that would be an `Id<..>`
    pub text: String,
    #[column(on_key_update = cascade)]
    //~^ ERROR `on_key_update` on `count`: it is no foreign key; that would be an `Id<..>`
    pub count: i64,
}

fn main() {}
