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
#[model(base = Db, table = notes)]
//~^ ERROR `table` takes a text: `table = ".."`
pub struct Note {
    #[column(primary_key = true)]
    //~^ ERROR `primary_key` stands alone, without a value
    pub id: Id<Note>,
    #[column(length = "5")]
    //~^ ERROR `length` takes a number: `length = 50`
    pub text: String,
    #[column(on_delete = casade)]
    //~^ ERROR `on_delete` knows no `casade`; did you mean `cascade`?
    pub author: Id<User>,
}

fn main() {}
