use orm_core::prelude::*;

#[derive(Clone)]
pub struct Color;

#[derive(ColumnType, Clone)]
pub struct Shade(Color);
//~^ ERROR `Color` is not a column type

fn main() {}
