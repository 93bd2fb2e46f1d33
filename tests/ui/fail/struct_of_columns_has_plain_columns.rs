use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
}

#[derive(Clone)]
pub struct Color;

#[derive(ColumnType, Clone)]
pub struct Address {
    pub street: String,
    pub color: Color,
    //~^ ERROR `Color` is not a column type
    pub owner: Id<User>,
    //~^ ERROR an id cannot be part of a struct of columns
}

fn main() {}
