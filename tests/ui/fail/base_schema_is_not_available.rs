use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(DeclarativeBase)]
#[base(schema = "schema.sql")]
//~^ ERROR `schema` is not available yet: models are held against each other only
pub struct OtherDb;

fn main() {}
