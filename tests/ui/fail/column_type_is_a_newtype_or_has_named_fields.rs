use orm_core::prelude::*;

#[derive(ColumnType, Clone)]
pub struct Point(f64, f64);
//~^ ERROR a column type is a newtype, `struct Email(String);`, or a struct of columns with named fields

fn main() {}
