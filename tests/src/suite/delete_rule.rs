//! What hangs on a deleted row.

use orm_core::prelude::*;

use crate::fixture::Lab;
use crate::models::*;

rules! { delete_rule:
    delete_of_a_pending_entity_takes_it_back,
    s6_delete_twice_is_one_delete,

    a_deleted_parent_under_cascade_takes_its_pending_children,
}

fn delete_of_a_pending_entity_takes_it_back(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    s.delete(ann);
    assert_eq!(s.state(ann), Some(State::Withdrawn));
    s.commit().unwrap();
    assert!(db.sent().is_empty());
    assert_eq!(s[ann].name, "ann");
}

fn s6_delete_twice_is_one_delete(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s.delete(jack);
    s.delete(jack);
    db.sent();
    s.flush().unwrap();
    s.delete(jack);
    s.flush().unwrap();
    assert_eq!(db.sent(), ["DELETE FROM users WHERE id = ?"]);
}

fn a_deleted_parent_under_cascade_takes_its_pending_children(lab: &Lab) {
    // SESSION.md 3.8: a pending child of a deleted parent is withdrawn under cascade, NULL under set_null, else an error.
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    let post = s.add(Post::by(jack, "late"));
    s.delete(jack);
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["DELETE FROM users WHERE id = ?", "COMMIT"]);
    assert_eq!(s.state(post), Some(State::Withdrawn));
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM posts"), [(0,)]);
}
