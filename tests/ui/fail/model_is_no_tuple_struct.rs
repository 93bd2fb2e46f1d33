use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note(i64, String);
//~^ ERROR `Note` cannot be a model: its columns are named after fields, and it has no named fields

fn main() {}
