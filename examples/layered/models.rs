//! The tables.

use orm_core::prelude::*;

use crate::db::ServiceDb;

/// Someone who writes.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = ServiceDb, table = "users", default)]
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
    #[column(length = 50)]
    pub name: String,
    #[column(length = 100, unique)]
    pub email: String,
}

/// What someone wrote.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = ServiceDb, table = "posts", default)]
pub struct Post {
    #[column(primary_key)]
    pub id: Id<Post>,
    #[column(index)]
    pub author: Id<User>,
    pub title: String,
}
