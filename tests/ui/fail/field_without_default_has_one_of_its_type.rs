use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(ColumnEnum, Clone)]
pub enum Plan {
    Free,
}

#[derive(Model, Clone)]
#[model(base = Db, default)]
pub struct Note {
    #[column(primary_key)]
    pub id: Id<Note>,
    pub plan: Plan,
    //~^ ERROR `Plan` has no default
}

fn main() {}
