use orm_core::prelude::*;

#[derive(ColumnEnum, Clone)]
#[column(rename_all = "lowercase")]
pub enum Plan {
    Free,
    #[column(rename = "free")]
    Gratis,
    //~^ ERROR `Free` and `Gratis` are both stored as "free"
}

fn main() {}
