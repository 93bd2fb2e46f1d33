//! `columns = ..` leaves the names of the columns to the model's own functions, and relations find their way through it.

#![allow(missing_docs)]

use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db, columns = UserColumns)]
#[relation(posts = many(PostColumns::author))]
#[relation(groups = many_through(MemberColumns::user, MemberColumns::group))]
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
    name: String,
}

impl User {
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[derive(Model, Clone)]
#[model(base = Db, columns = PostColumns)]
pub struct Post {
    #[column(primary_key)]
    pub id: Id<Post>,
    pub author: Id<User>,
}

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Group {
    #[column(primary_key)]
    pub id: Id<Group>,
}

#[derive(Model, Clone)]
#[model(base = Db, columns = MemberColumns)]
pub struct Member {
    #[column(primary_key)]
    pub user: Id<User>,
    #[column(primary_key)]
    pub group: Id<Group>,
}

fn main() {
    let _: orm_core::Many<User, Post> = UserColumns::posts;
    let _: orm_core::Many<User, Group, orm_core::Through<Member>> = UserColumns::groups;
    let _ = UserColumns::name;
}
