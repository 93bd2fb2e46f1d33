use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    #[column(primary_key, deferred)]
    //~^ ERROR `deferred` on `first`: a primary key cannot have it
    pub first: i64,
    #[column(primary_key, version)]
    //~^ ERROR `version` on `second`: a primary key cannot have it
    pub second: Version,
    #[column(primary_key, computed = "1")]
    //~^ ERROR `computed` on `third`: a primary key cannot have it
    pub third: i64,
    #[column(primary_key, on_update = 1)]
    //~^ ERROR `on_update` on `fourth`: a primary key cannot have it
    pub fourth: i64,
    #[column(primary_key, embed)]
    //~^ ERROR `embed` on `fifth`: a primary key cannot have it
    pub fifth: Point,
}

#[derive(ColumnType, Clone)]
pub struct Point {
    pub x: i64,
}

fn main() {}
