use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db, tabel = "notes")]
//~^ ERROR unknown attribute `tabel`; did you mean `table`?
pub struct Note {
    #[column(primary_kye)]
    //~^ ERROR unknown attribute `primary_kye`; did you mean `primary_key`?
    pub id: Id<Note>,
}

fn main() {}
