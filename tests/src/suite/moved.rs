//! Rows that go from one parent to another, and links that cannot be cut.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { moved:
    s20_an_orphan_goes_to_another_parent_while_its_old_one_is_deleted,
    s43_a_child_in_mid_move_is_not_deleted_by_a_load,
    s45_a_foreign_key_in_the_key_cannot_be_cut_by_deleting_its_parent,
    s66_a_query_by_a_new_entity_finds_it_by_its_key,
}

#[derive(DeclarativeBase)]
struct Yard;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Yard, table = "boxes", default)]
#[relation(things = many(Thing::place, order_by = Thing::id))]
struct Crate {
    #[column(primary_key)]
    id: Id<Crate>,
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Yard, table = "things", default)]
struct Thing {
    #[column(primary_key)]
    id: Id<Thing>,
    #[column(orphan = delete)]
    place: Option<Id<Crate>>,
}

fn yard(lab: &Lab) -> (Db<Yard>, Session<Yard>, Handle<Thing>) {
    let db: Db<Yard> = lab.db_of();
    db.run("INSERT INTO boxes VALUES (1, 'a'), (2, 'b'); INSERT INTO things VALUES (1, 1)");
    let mut s = db.session();
    let thing = s.get_one::<Thing>(1).unwrap();
    db.sent();
    (db, s, thing)
}

fn s20_an_orphan_goes_to_another_parent_while_its_old_one_is_deleted(lab: &Lab) {
    let (db, mut s, thing) = yard(lab);
    let (old, new) = (s.get_one::<Crate>(1).unwrap(), s.get_one::<Crate>(2).unwrap());
    s[thing].place = None;
    s[thing].place = new.into();
    s.delete(old);
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        ["UPDATE things SET place_id = ? WHERE id = ?", "DELETE FROM boxes WHERE id = ?", "COMMIT"]
    );
    assert_eq!(db.rows::<(i64, i64)>("SELECT id, place_id FROM things"), [(1, 2)]);
}

fn s43_a_child_in_mid_move_is_not_deleted_by_a_load(lab: &Lab) {
    let (db, mut s, thing) = yard(lab);
    let new = s.get_one::<Crate>(2).unwrap();
    s[thing].place = None;
    db.sent();
    assert_eq!(s.related(new, Crate::things).unwrap(), []);
    let sent = db.sent();
    let is_load = |sql: &String| sql.starts_with("SELECT") && sql.contains("FROM things");
    assert!(sent.len() == 1 && sent.iter().all(is_load), "it loads, and never flushes: {sent:?}");
    s[thing].place = new.into();
    assert_eq!(s.related(new, Crate::things).unwrap(), [thing]);
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64, i64)>("SELECT id, place_id FROM things"), [(1, 2)]);
}

fn s45_a_foreign_key_in_the_key_cannot_be_cut_by_deleting_its_parent(lab: &Lab) {
    let db = lab.db();
    db.run(
        "INSERT INTO users (id, name, email, age) VALUES (1, 'a', 'a', 1);
         INSERT INTO groups VALUES (1, 'g'); INSERT INTO memberships VALUES (1, 1, 'r')",
    );
    let mut s = db.session();
    let membership = s.get_one::<Membership>((1, 1)).unwrap();
    s[membership].user = Id::New;
    let error = s.flush().unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("Membership"), "{error}");
    s.rollback().unwrap();
    let user = s.get_one::<User>(1).unwrap();
    s.delete(user);
    let error = s.commit().unwrap_err();
    assert!(error.is_foreign_key() && error.to_string().contains("Membership.user"), "{error}");
    s.rollback().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64, i64)>("SELECT user_id, group_id FROM memberships"), [(1, 1)]);
}

fn s66_a_query_by_a_new_entity_finds_it_by_its_key(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    let post = s.add(Post::by(ann, "new"));
    let of_ann = select::<Post>().filter(Post::author.eq(ann));
    assert_eq!(s.query::<Post>().filter(Post::author.eq(ann)).all().unwrap(), [post]);
    assert_eq!(of_ann.all(&mut s).unwrap(), [post], "built before the key was known, bound after");
}
