use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub enum Note {
    //~^ ERROR `Note` cannot be a model: it is an enum; derive `ColumnEnum` to store it in a column
    Short,
}

fn main() {}
