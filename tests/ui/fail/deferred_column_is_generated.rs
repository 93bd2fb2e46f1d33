use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Page {
    #[column(primary_key)]
    pub id: Id<Page>,
    #[column(deferred)]
    //~^ ERROR `deferred` on `body`: its value is not there until it is loaded
    pub body: String,
    #[column(deferred)]
    pub notes: Generated<Option<String>>,
}

fn main() {}
