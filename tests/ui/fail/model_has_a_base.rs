use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
pub struct Note {
    //~^ ERROR a model needs its base: `#[model(base = ..)]`
    #[column(primary_key)]
    pub id: Id<Note>,
    pub line: Id<Line>,
}

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Line {
    #[column(primary_key)]
    pub id: Id<Line>,
    pub note: Id<Note>,
}

fn main() {}
