use orm_core::prelude::*;

#[derive(ColumnEnum, Clone)]
pub enum Plan {
    Free,
    Paid(i64),
    //~^ ERROR `Paid` holds values; a column enum has plain variants only
}

fn main() {}
