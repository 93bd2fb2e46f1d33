use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    //~^ ERROR `Note` has no primary key; mark a field with `#[column(primary_key)]`
    pub text: String,
}

// The model is one for the rest of the program, so that nothing else is reported.
fn takes<M: Model>(_: M) {}

pub fn uses(note: Note) {
    let _ = Note::text;
    takes(note);
}

fn main() {}
