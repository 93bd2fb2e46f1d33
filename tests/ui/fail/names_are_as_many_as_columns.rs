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
#[model(base = Db)]
pub struct Share {
    #[column(primary_key)]
    pub note: Id<User>,
    #[column(primary_key)]
    pub rank: i64,
}

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    #[column(names("a", "b", "c"))]
    //~^ ERROR `names` on `first` has 3 names, and the field another number of columns
    pub first: Id<Share, (i64, i64)>,
    #[column(name = "d")]
    //~^ ERROR `name` on `second`: it has several columns; name them all by `names(..)`
    pub second: Id<Share, (i64, i64)>,
}

fn main() {}
