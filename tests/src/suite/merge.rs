//! Taking over the values of a struct from elsewhere.

use orm_core::prelude::*;

use crate::fixture::Lab;
use crate::models::*;

rules! { merge:
    merge_copies_over_what_is_held_and_writes_net_changes,
    merge_loads_what_is_not_held,
    merge_without_a_row_or_a_key_adds,
    merge_onto_a_pending_entity_copies_over_it,
    merge_onto_a_marked_entity_is_misuse,
    s62_merge_checks_the_version_in_every_state,
    merge_leaves_unset_columns_alone,
    merge_takes_a_struct_of_another_session,
}

/// What is done to an entity.
type Act = fn(&mut Session<Blog>, Handle<Doc>);

fn merge_copies_over_what_is_held_and_writes_net_changes(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s[user].bio = Some("mine".into());
    let form = User { id: 1.into(), name: "b".into(), email: "a@x.org".into(), bio: None, age: 18 };
    db.sent();
    assert_eq!(s.merge(form.clone()).unwrap(), user);
    assert_eq!(s[user], form);
    assert_eq!(s.changes(user).iter().map(|change| change.column).collect::<Vec<_>>(), ["name"]);
    s.commit().unwrap();
    assert_eq!(db.sent(), ["UPDATE users SET name = ? WHERE id = ?", "COMMIT"]);
}

fn merge_loads_what_is_not_held(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let user = s.merge(User { id: 1.into(), age: 40, ..User::named("a") }).unwrap();
    s.commit().unwrap();
    let sent = db.sent();
    assert!(sent[1].starts_with("SELECT") && sent[2] == "UPDATE users SET age = ? WHERE id = ?", "{sent:?}");
    s[user].name = "stale and touched".into();
    db.run("UPDATE users SET age = 7");
    let merged = s.no_autoflush(|s| s.merge(User { id: 1.into(), age: 7, ..User::named("a") })).unwrap();
    assert_eq!((merged, s[user].name.as_str(), s.is_modified(user)), (user, "a", false));
}

fn merge_without_a_row_or_a_key_adds(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let keyed = s.merge(User { id: 7.into(), ..User::named("a") }).unwrap();
    let new = s.merge(User::named("b")).unwrap();
    assert_eq!(s.new_entities::<User>(), [keyed, new]);
    s.commit().unwrap();
    assert_eq!((s.key(keyed), s.key(new)), (Some(7), Some(8)));
    // A row that is gone, and an entity that was deleted, are added anew.
    s.delete(keyed);
    s.flush().unwrap();
    let again = s.merge(User { id: 7.into(), ..User::named("c") }).unwrap();
    assert_ne!(again, keyed);
    s.commit().unwrap();
    db.run("DELETE FROM users");
    assert_eq!(s.get(again).unwrap(), None);
    let third = s.merge(User { id: 7.into(), ..User::named("d") }).unwrap();
    assert_ne!(third, again);
    s.commit().unwrap();
    assert_eq!(s.get::<User>(7).unwrap(), Some(third));
}

fn merge_onto_a_pending_entity_copies_over_it(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let country = s.add(Country::new("de", "old"));
    assert_eq!(s.merge(Country::new("de", "new")).unwrap(), country);
    assert!(db.sent().is_empty());
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT name FROM countries"), [("new".to_owned(),)]);
}

fn merge_onto_a_marked_entity_is_misuse(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s.delete(user);
    let error = s.merge(User { id: 1.into(), ..User::named("b") }).unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("restore it"), "{error}");
    assert!(s.is_active() && s.deleted::<User>() == [user]);
}

fn s62_merge_checks_the_version_in_every_state(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("one"));
    s.commit().unwrap();
    let old = s.to_owned(doc).unwrap();
    s[doc].title = "two".into();
    s.commit().unwrap();
    let new = s.to_owned(doc).unwrap();
    let acts: [Act; 4] = [
        |s, doc| s.refresh(doc).unwrap(),
        |s, doc| s[doc].title = "touched".into(),
        |s, doc| s.expire(doc).unwrap(),
        |s, doc| drop(s.expunge(doc).unwrap()),
    ];
    for act in acts {
        let mut s = db.maker().autoflush(false).session();
        let doc = s.get_one::<Doc>(1).unwrap();
        act(&mut s, doc);
        let error = s.merge(old.clone()).unwrap_err();
        assert!(error.is_stale() && error.to_string().contains("version"), "{error}");
        let merged = s.merge(Doc { title: "three".into(), ..new.clone() }).unwrap();
        assert_eq!(s[merged].title, "three");
        s.flush().unwrap();
        assert_ne!(s[merged].version, new.version);
    }
    let error = s.merge(Doc { id: 1.into(), ..Doc::titled("no version") }).unwrap_err();
    assert!(error.is_stale(), "a version that was never read is another one: {error}");
}

fn merge_leaves_unset_columns_alone(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("one"));
    s.flush().unwrap();
    let form = Doc { title: "two".into(), plan: Generated::Unset, ..s.to_owned(doc).unwrap() };
    s.merge(form).unwrap();
    assert_eq!(s[doc].plan, Generated::Value("free".to_owned()));
}

fn merge_takes_a_struct_of_another_session(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let value = {
        let mut s = db.session();
        let user = s.get_one::<User>(1).unwrap();
        s[user].age = 50;
        s.expunge(user).unwrap()
    };
    let mut s = db.session();
    let user = s.merge(value).unwrap();
    s.commit().unwrap();
    db.sent();
    assert_eq!((s.key(user), db.rows::<(i64,)>("SELECT age FROM users")), (Some(1), vec![(50,)]));
}
