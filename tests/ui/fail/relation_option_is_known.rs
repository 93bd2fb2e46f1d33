use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
#[relation(replies = many(Note::parent, ordr_by = Note::id))]
//~^ ERROR unknown option `ordr_by`; did you mean `order_by`?
#[relation(answers = many(Note::parent, order_by = Note::id, order_by = Note::id))]
//~^ ERROR duplicate option `order_by`
#[relation(echoes = many(Note::parent, order_by = 1 + 1))]
//~^ ERROR `order_by` takes columns: `Post::id`, `Post::id.desc()`, or several in parentheses
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    pub parent: Option<Id<Note>>,
}

fn main() {}
