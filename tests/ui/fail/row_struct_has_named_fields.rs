// Rows become structs with named fields, each by a column of its own.

use orm_core::prelude::*;

#[derive(FromRow)]
struct Pair(i64, i64);
//~^ ERROR rows become structs with named fields; a tuple needs no derive

#[derive(FromRow)]
enum Either {
    //~^ ERROR rows become structs with named fields
    One,
}

#[derive(FromRow)]
struct Of<T> {
    //~^ ERROR `Of` cannot be made from a row: it has generics
    one: T,
}

#[derive(FromRow)]
struct Twice {
    name: String,
    #[column(name = "name")]
    title: String,
    //~^ ERROR two fields take the column `name`: `name` and `title`
    #[column(nmae = "x")]
    //~^ ERROR unknown attribute `nmae`; did you mean `name`?
    both: (i64, i64),
    //~^ ERROR `both` is a tuple, whose parts have no names
}

fn main() {}
