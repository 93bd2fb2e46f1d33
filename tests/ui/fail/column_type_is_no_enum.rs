use orm_core::prelude::*;

#[derive(ColumnType, Clone)]
pub enum Plan {
    //~^ ERROR `Plan` is an enum; derive `ColumnEnum` to store it
    Free,
}

fn main() {}
