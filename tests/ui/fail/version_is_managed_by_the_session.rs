use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    #[column(version, on_update = Version::default)]
    //~^ ERROR a version is managed by the session, and by nothing else
    pub version: Version,
}

fn main() {}
