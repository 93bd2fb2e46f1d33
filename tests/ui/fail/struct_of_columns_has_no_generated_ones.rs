use orm_core::prelude::*;

#[derive(ColumnType, Clone)]
pub struct Address {
    pub street: Generated<String>,
    //~^ ERROR `street` is `Generated`; a struct of columns has plain columns only
}

fn main() {}
