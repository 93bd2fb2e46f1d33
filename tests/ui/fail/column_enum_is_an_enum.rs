use orm_core::prelude::*;

#[derive(ColumnEnum, Clone)]
pub struct Plan(String);
//~^ ERROR `Plan` is no enum; derive `ColumnType` for a newtype

fn main() {}
