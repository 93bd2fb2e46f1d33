//! UPDATE of rows by their keys, from plain values.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { update_many:
    s69_rows_are_updated_by_their_keys,
    s69_only_the_named_columns_are_written,
    s69_what_is_held_is_read_anew,
    s69_a_version_is_checked_and_counted,
    a_row_that_is_not_there_is_stale_and_nothing_is_written,
    what_cannot_be_set_is_misuse_before_sql,
    composite_keys_and_ids_of_entities,
    update_many_in_a_savepoint_undoes_only_the_savepoint,
}

fn posts(lab: &Lab) -> (Db<Blog>, Session<Blog>) {
    let db = lab.db();
    db.store_users(&["ann", "bob"]);
    db.run("INSERT INTO posts VALUES (1, 1, NULL, 'a', 1), (2, 1, NULL, 'b', 2), (3, 1, NULL, 'c', 3)");
    let session = db.session();
    (db, session)
}

fn post(id: i64, title: &str, views: i64) -> Post {
    Post { id: id.into(), title: title.into(), views, ..Post::default() }
}

fn rows(db: &Db<Blog>) -> Vec<(String, i64)> {
    db.sent();
    db.rows("SELECT title, views FROM posts ORDER BY id")
}

fn s69_rows_are_updated_by_their_keys(lab: &Lab) {
    let (db, mut s) = posts(lab);
    let changed = s.update_many((Post::title, Post::views), [post(1, "x", 10), post(3, "z", 30)]);
    assert_eq!(changed.unwrap(), 2);
    let update = "UPDATE posts SET title = ?, views = ? WHERE id = ?";
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", update, update]);
    assert_eq!(s.new_entities::<Post>(), []);
    s.commit().unwrap();
    assert_eq!(rows(&db), [("x".into(), 10), ("b".into(), 2), ("z".into(), 30)]);
    assert_eq!(s.update_many(Post::title, []).unwrap(), 0);
    assert!(db.sent().is_empty());
}

fn s69_only_the_named_columns_are_written(lab: &Lab) {
    let (db, mut s) = posts(lab);
    // Its author is `Id::New`, which nobody looks at.
    s.update_many(Post::views, [post(1, "not this", 10)]).unwrap();
    s.commit().unwrap();
    assert_eq!(rows(&db)[0], ("a".into(), 10));
}

fn s69_what_is_held_is_read_anew(lab: &Lab) {
    let (db, mut s) = posts(lab);
    let held = s.query::<Post>().order_by(Post::id).all().unwrap();
    s[held[1]].title = "mine".into();
    s.update_many(Post::views, [post(1, "", 10)]).unwrap();
    db.sent();
    assert_eq!(s.get::<Post>(1).unwrap(), Some(held[0]));
    assert_eq!((s[held[0]].views, db.sent().len()), (10, 1));
    assert_eq!(s.get::<Post>(2).unwrap(), Some(held[1]));
    assert!(db.sent().is_empty(), "nothing happened to this one");
    s.commit().unwrap();
    assert_eq!(rows(&db)[1], ("mine".into(), 2));
}

fn s69_a_version_is_checked_and_counted(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    s.commit().unwrap();
    let read = s.to_owned(doc).unwrap();
    db.sent();
    s.update_many(Doc::title, [Doc { title: "b".into(), ..read.clone() }]).unwrap();
    assert_eq!(db.sent()[1], "UPDATE docs SET title = ?, version = ? WHERE id = ? AND version = ?");
    s.commit().unwrap();
    let error = s.update_many(Doc::title, [Doc { title: "c".into(), ..read }]).unwrap_err();
    assert!(error.is_stale() && error.to_string().contains("another version"), "{error}");
    s.rollback().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String, i64)>("SELECT title, version FROM docs"), [("b".into(), 2)]);
}

fn a_row_that_is_not_there_is_stale_and_nothing_is_written(lab: &Lab) {
    let (db, mut s) = posts(lab);
    let error = s.update_many(Post::views, [post(1, "", 10), post(8, "", 1), post(9, "", 1)]).unwrap_err();
    assert!(error.is_stale() && error.to_string().contains("`Post` with the keys 8, 9"), "{error}");
    assert!(s.query::<Post>().count().unwrap_err().is_stale(), "as after a flush that fails");
    s.rollback().unwrap();
    assert_eq!(rows(&db)[0], ("a".into(), 1));
}

fn what_cannot_be_set_is_misuse_before_sql(lab: &Lab) {
    let (db, mut s) = posts(lab);
    assert!(s.update_many(Post::id, [post(1, "", 1)]).unwrap_err().is_misuse());
    assert!(s.update_many(Doc::version, [Doc::default()]).unwrap_err().is_misuse());
    let error = s.update_many(Post::views, [Post::default()]).unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("without a key"), "{error}");
    assert!(db.sent().is_empty() && s.is_active());
}

fn composite_keys_and_ids_of_entities(lab: &Lab) {
    let (db, mut s) = posts(lab);
    db.run("INSERT INTO groups VALUES (1, 'g'); INSERT INTO memberships VALUES (1, 1, 'r'), (2, 1, 'r')");
    let (ann, bob) = (s.get_one::<User>(1).unwrap(), s.get_one::<User>(2).unwrap());
    let member =
        |user: Handle<User>, role: &str| Membership { user: user.into(), group: 1.into(), role: role.into() };
    s.update_many(Membership::role, [member(ann, "x"), member(bob, "y")]).unwrap();
    let new = s.add(User::named("new"));
    s.update_many(Post::author, [Post { author: new.into(), ..post(1, "", 0) }]).unwrap();
    s.commit().unwrap();
    db.sent();
    assert_eq!(
        db.rows::<(i64, String)>("SELECT user_id, role FROM memberships ORDER BY user_id"),
        [(1, "x".into()), (2, "y".into())]
    );
    assert_eq!(db.rows::<(i64,)>("SELECT author_id FROM posts WHERE id = 1"), [(3,)]);
}

fn update_many_in_a_savepoint_undoes_only_the_savepoint(lab: &Lab) {
    let (db, mut s) = posts(lab);
    s.update_many(Post::views, [post(1, "", 10)]).unwrap();
    let failed = s.nested(|s| s.update_many(Post::views, [post(2, "", 20), post(9, "", 1)]));
    assert!(failed.unwrap_err().is_stale());
    s.commit().unwrap();
    assert_eq!(rows(&db), [("a".into(), 10), ("b".into(), 2), ("c".into(), 3)]);
}
