//! Fields named by keywords: the column has the name without `r#`, the constant is written like the field.

#![allow(missing_docs)]

use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db, default, index(type, r#fn))]
#[relation(r#loop = many(Thing::r#super_))]
pub struct Thing {
    #[column(primary_key)]
    pub id: Id<Thing>,
    pub r#type: String,
    #[column(default = 7)]
    pub r#fn: i64,
    pub r#super_: Option<Id<Thing>>,
}

#[derive(ColumnEnum, Clone, Copy, PartialEq, Debug)]
#[allow(non_camel_case_types)]
pub enum Word {
    r#if,
    r#else,
}

fn main() {
    let _ = (Thing::r#type, Thing::r#fn, Thing::r#loop);
    let names: Vec<&str> = Thing::table().columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["id", "type", "fn", "super__id"]);
    assert_eq!(Thing::default().r#fn, 7);
}
