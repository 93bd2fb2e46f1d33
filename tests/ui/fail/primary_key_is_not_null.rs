use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    //~^ ERROR `primary_key` on `id`: its type allows NULL, and a key never is NULL
    pub id: Option<i64>,
}

fn main() {}
