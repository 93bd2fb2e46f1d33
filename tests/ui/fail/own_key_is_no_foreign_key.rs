use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key, on_delete = cascade)]
    //~^ ERROR `on_delete` on `id`: it is the key of its own model, and no foreign key
    pub id: Id<Note>,
    #[column(by = session)]
    //~^ ERROR `by` says who carries out `on_delete`, which is missing
    pub parent: Option<Id<Note>>,
    #[column(never_reuse)]
    //~^ ERROR `never_reuse` is for a primary key that the database generates
    pub count: i64,
}

pub type TagId = Id<Tag>;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Tag {
    #[column(primary_key, on_delete = cascade)]
    //~^ ERROR `on_delete` on `id`: it is the key of its own model, and no foreign key
    pub id: TagId,
}

fn main() {}
