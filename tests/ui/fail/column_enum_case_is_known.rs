use orm_core::prelude::*;

#[derive(ColumnEnum, Clone)]
#[column(rename_all = "snakecase")]
//~^ ERROR `rename_all` knows no `snakecase`; did you mean `snake_case`?
pub enum Plan {
    Free,
}

fn main() {}
