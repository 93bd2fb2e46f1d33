use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
#[relation(parts = many(Part::item, position = Part::name))]
//~^ ERROR a `String` holds no place in a list
pub struct Item {
    #[column(primary_key)]
    pub id: Id<Item>,
}

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Part {
    #[column(primary_key)]
    pub id: Id<Part>,
    pub item: Id<Item>,
    pub name: String,
}

fn main() {}
