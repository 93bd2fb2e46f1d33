use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: f64,
    //~^ ERROR `f64` cannot be a primary key
    //~| ERROR `f64` cannot be a primary key
}

fn main() {}
