//! Generated, natural, newtype and composite keys; foreign keys to each, nullable and to the model itself.

#![allow(missing_docs)]

use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(ColumnType, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Country {
    #[column(primary_key)]
    pub code: Code,
    pub parent: Option<Id<Self, Code>>,
    pub union: Option<Id<Country, Code>>,
}

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Town {
    #[column(primary_key)]
    pub id: Id<Town>,
    pub country: Id<Country, Code>,
}

#[derive(Model, Clone)]
#[model(base = Db)]
#[relation(visits = many(Visit::twinning))]
pub struct Twinning {
    #[column(primary_key)]
    pub first: Id<Town>,
    #[column(primary_key)]
    pub second: Id<Town>,
    #[column(primary_key)]
    pub since: i32,
}

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Visit {
    #[column(primary_key)]
    pub id: Id<Visit>,
    pub twinning: Id<Twinning, (i64, i64, i32)>,
    #[column(names("a", "b", "c"))]
    pub other: Option<Id<Twinning, (i64, i64, i32)>>,
}

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Passport {
    #[column(primary_key)]
    pub town: Id<Town>,
}

fn is_key<M: Model<Key = K>, K>() {}

fn main() {
    is_key::<Country, Code>();
    is_key::<Town, i64>();
    is_key::<Twinning, (i64, i64, i32)>();
    is_key::<Passport, i64>();
}
