use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note<T> {
    //~^ ERROR `Note` cannot be a model: it has generics, and a table holds one type of row
    #[column(primary_key)]
    pub id: i64,
    pub text: T,
}

fn main() {}
