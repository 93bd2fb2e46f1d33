use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(DeclarativeBase)]
pub struct OtherDb {
    //~^ ERROR a declarative base is a struct without fields: `pub struct UsersDb;`
    pub name: String,
}

fn main() {}
