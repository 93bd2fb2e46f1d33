use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(Model, Clone)]
#[model(base = Db)]
#[relation(groups = many_through(Membership::user, Membership::group))]
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
}

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Group {
    #[column(primary_key)]
    pub id: Id<Group>,
}

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Membership {
    #[column(primary_key)]
    pub user: Id<User>,
    #[column(primary_key)]
    pub group: Id<Group>,
    pub role: String,
}

fn link(s: &mut Session<Db>, user: Handle<User>, group: Handle<Group>) {
    let _ = s.link(user, User::groups, group);
    //~^ ERROR `link` cannot make a `Membership`: it has no default
}

fn main() {}
