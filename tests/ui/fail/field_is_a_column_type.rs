use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Clone, PartialEq)]
pub struct Color;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    pub color: Color,
    //~^ ERROR `Color` is not a column type
}

pub fn uses(note: &Note) -> &Color {
    let _ = Note::id;
    &note.color
}

fn main() {}
