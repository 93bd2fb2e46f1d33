use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db, unique(title), index(text, text))]
//~^ ERROR `Note` has no field `title`; it has `text`, `count`
//~| ERROR `text` stands twice in `index`
#[relation(text = many(Note::author))]
//~^ ERROR `text` is a field already; a relation needs a name of its own
pub struct Note {
    //~^ ERROR `Note` has no primary key
    pub text: String,
    #[column(default = 1)]
    //~^ ERROR `default` on a column needs `default` on the model
    pub count: i64,
}

fn main() {}
