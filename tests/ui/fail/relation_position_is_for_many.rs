use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
#[relation(first = one(Note::parent, position = Note::place))]
//~^ ERROR `position` is for `many`: the column is one of the rows that name this model
#[relation(replies = many(Note::parent, position = Note::place, order_by = Note::id))]
//~^ ERROR `position` is the order: leave out `order_by`
#[relation(answers = many(Note::parent, position = "place"))]
//~^ ERROR `position` takes a column: `Post::position`
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    pub parent: Option<Id<Note>>,
    pub place: i64,
}

fn main() {}
