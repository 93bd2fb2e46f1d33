use orm_core::prelude::*;

#[derive(ColumnEnum, Clone)]
#[column(integer)]
pub enum Plan {
    Free = 1,
    Paid,
    //~^ ERROR `Paid` needs a number: `Paid = 1`; or reordering the enum would change what is stored
}

fn main() {}
