//! One row, one entity, one handle; and what a handle is worth elsewhere.

use orm_core::prelude::*;

use crate::fixture::{Lab, panic_text};
use crate::models::*;

rules! { identity:
    s1_one_row_is_one_entity,
    s1_a_query_meets_the_entity_that_was_added,
    s1_a_new_identity_after_close,
    s2_rows_never_overwrite_what_is_loaded,
    s2_an_edit_survives_a_query,
    s7_add_never_upserts,
    s8_get_of_what_is_missing,
    s8_get_takes_keys_ids_and_handles,
    s8_get_by_composite_and_text_keys,
    s8_get_of_no_row_is_misuse,
    get_flushes_first_and_then_hits,
    get_of_what_is_marked_deleted_is_none,
    get_after_commit_reads_anew_and_keeps_the_handle,
    get_of_a_row_deleted_elsewhere_is_none_and_values_stay,
    s4_a_handle_of_another_session_is_recognised,
    s4_an_id_of_another_session_is_found_before_sql,
    s4_a_session_that_ended_gives_its_number_to_no_other,
    a_handle_of_an_expunged_entity_is_recognised,
    a_slot_that_moved_on_is_never_another_entity,
    a_handle_of_a_deleted_and_committed_entity_is_gone,
    a_deleted_entity_is_readable_until_the_commit,
    expunge_of_a_persistent_entity_keeps_its_row,
    expunge_of_a_pending_entity_inserts_nothing,
    expunge_of_a_pending_entity_that_others_name_is_misuse,
    s114_to_owned_outlives_the_session,
    find_mut_is_a_touch,
    index_mut_of_a_dead_handle_panics_with_words,
}

fn s1_one_row_is_one_entity(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack", "ed"]);
    let mut s = db.session();
    let first = s.get::<User>(1).unwrap().unwrap();
    assert_eq!(db.sent(), ["BEGIN", "SELECT id, name, email, bio, age FROM users WHERE id = ?"]);
    let again = s.get::<User>(1).unwrap().unwrap();
    assert!(db.sent().is_empty());
    let queried = s.query::<User>().filter(User::name.eq("jack")).one().unwrap();
    assert_eq!(db.sent().len(), 1);
    assert_eq!((first, first), (again, queried));
    assert_ne!(first, s.get_one::<User>(2).unwrap());
    assert_eq!(s[first].name, "jack");
}

fn s1_a_query_meets_the_entity_that_was_added(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let added = s.add(User::named("ann"));
    assert_eq!(s.query::<User>().one().unwrap(), added);
    s.commit().unwrap();
    assert_eq!(s.query::<User>().one().unwrap(), added);
}

fn s1_a_new_identity_after_close(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let old = s.get_one::<User>(1).unwrap();
    s.close();
    assert!(s.find(old).is_none());
    let new = s.get_one::<User>(1).unwrap();
    assert_ne!(old, new);
    assert_eq!(s[new].name, "jack");
}

fn s2_rows_never_overwrite_what_is_loaded(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s.execute("UPDATE users SET name = ? WHERE id = ?", params!["jill", 1]).unwrap();
    assert_eq!(s.query::<User>().all().unwrap(), [jack]);
    assert_eq!(s[jack].name, "jack");
    let rows: Vec<User> = s.query::<User>().untracked().all().unwrap();
    assert_eq!(rows[0].name, "jill");
}

fn s2_an_edit_survives_a_query(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.maker().autoflush(false).session();
    let jack = s.get_one::<User>(1).unwrap();
    s[jack].name = "dirty".into();
    assert_eq!(s.query::<User>().all().unwrap(), [jack]);
    assert_eq!(s[jack].name, "dirty");
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT name FROM users"), [("dirty".to_owned(),)]);
}

fn s7_add_never_upserts(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    s.add(User { id: 1.into(), ..User::named("other") });
    let error = s.flush().unwrap_err();
    assert!(error.is_unique(), "{error:?}");
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "INSERT INTO users (id, name, email, bio, age) VALUES (?, ?, ?, ?, ?)",
            "ROLLBACK"
        ]
    );
    assert_eq!(db.rows::<(String,)>("SELECT name FROM users"), [("jack".to_owned(),)]);
}

fn s8_get_of_what_is_missing(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    assert_eq!(s.get::<User>(7).unwrap(), None);
    let error = s.get_one::<User>(7).unwrap_err();
    assert!(error.is_not_found() && error.to_string() == "no `User` with key 7", "{error}");
    assert!(error.message().contains("User") && error.message().contains('7'), "{error}");
}

fn s8_get_takes_keys_ids_and_handles(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    let post = s.add(Post::by(ann, "a"));
    s.commit().unwrap();
    let key = s.key(ann).unwrap();
    s.get_one(ann).unwrap();
    db.sent();
    assert_eq!(s.get::<User>(key).unwrap(), Some(ann));
    assert_eq!(s.get(Id::<User>::Key(key)).unwrap(), Some(ann));
    assert_eq!(s.get(Id::<User>::Of(ann)).unwrap(), Some(ann));
    assert_eq!(s.get(ann).unwrap(), Some(ann));
    assert_eq!(s.get(s[post].author).unwrap(), Some(ann));
    assert!(db.sent().is_empty());
}

fn s8_get_by_composite_and_text_keys(lab: &Lab) {
    let db = lab.db();
    db.run(
        "INSERT INTO users VALUES (1, 'a', 'a', NULL, 1); INSERT INTO groups VALUES (2, 'g');
         INSERT INTO memberships VALUES (1, 2, 'admin'); INSERT INTO countries VALUES ('de', NULL, 'Germany');",
    );
    let mut s = db.session();
    let member = s.get_one::<Membership>((1, 2)).unwrap();
    assert_eq!(
        db.sent()[1],
        "SELECT user_id, group_id, role FROM memberships WHERE user_id = ? AND group_id = ?"
    );
    assert_eq!(s[member].role, "admin");
    assert_eq!(s.get::<Membership>((1, 2)).unwrap(), Some(member));
    assert!(db.sent().is_empty());
    assert_eq!(s.get::<Membership>((2, 1)).unwrap(), None);
    let germany = s.get_one::<Country>("de").unwrap();
    assert_eq!(s.get::<Country>("de".to_owned()).unwrap(), Some(germany));
    assert_eq!(s.get::<Country>("DE").unwrap(), None);
}

fn s8_get_of_no_row_is_misuse(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let error = s.get(Id::<User>::New).unwrap_err();
    assert!(error.is_misuse());
    assert!(error.message().contains("User"), "{error}");
    assert!(db.sent().is_empty());
}

fn get_flushes_first_and_then_hits(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let germany = s.add(Country::new("de", "Germany"));
    assert_eq!(s.get::<Country>("de").unwrap(), Some(germany));
    assert_eq!(
        db.sent(),
        ["BEGIN IMMEDIATE", "INSERT INTO countries (code, parent_id, name) VALUES (?, ?, ?)"]
    );
}

fn get_of_what_is_marked_deleted_is_none(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s.delete(jack);
    assert_eq!(s.get::<User>(1).unwrap(), None);
    assert_eq!(s.get(jack).unwrap(), None);
    s.flush().unwrap();
    assert_eq!(s.get::<User>(1).unwrap(), None);
}

fn get_after_commit_reads_anew_and_keeps_the_handle(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s.commit().unwrap();
    db.run("UPDATE users SET name = 'jill'");
    assert_eq!(s[jack].name, "jack");
    assert_eq!(s.get::<User>(1).unwrap(), Some(jack));
    assert_eq!(s[jack].name, "jill");
    assert_eq!(db.sent().len(), 2);
}

fn get_of_a_row_deleted_elsewhere_is_none_and_values_stay(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s.commit().unwrap();
    db.run("DELETE FROM users");
    assert_eq!(s.get::<User>(1).unwrap(), None);
    assert_eq!(s.state(jack), Some(State::Missing));
    assert_eq!(s[jack].name, "jack");
    s[jack].name = "gone".into();
    let error = s.flush().unwrap_err();
    assert!(error.is_stale(), "{error:?}");
    assert!(error.message().contains("User") && error.message().contains('1'), "{error}");
}

fn s4_a_handle_of_another_session_is_recognised(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let (mut a, mut b) = (db.session(), db.session());
    let jack = a.get_one::<User>(1).unwrap();
    a.commit().unwrap();
    let own = b.get_one::<User>(1).unwrap();
    db.sent();
    assert!(b.find(jack).is_none() && b.find_mut(jack).is_none());
    assert_eq!(b.state(jack), None);
    assert!(b.get(jack).unwrap_err().is_misuse());
    assert!(b.to_owned(jack).unwrap_err().is_misuse());
    assert!(b.expunge(jack).unwrap_err().is_misuse());
    assert_eq!(b.key(jack), None);
    assert!(panic_text(|| drop(b[jack].name.clone())).contains("belongs to another session"));
    b.delete(jack);
    assert!(b.flush().unwrap_err().is_misuse());
    b.rollback().unwrap();
    assert_eq!(b[own].name, "jack");
    assert_eq!(a[jack].name, "jack");
}

fn s4_an_id_of_another_session_is_found_before_sql(lab: &Lab) {
    let db = lab.db();
    let (mut a, mut b) = (db.session(), db.session());
    let ann = a.add(User::named("ann"));
    b.add(User::named("bob"));
    b.add(Post::by(ann, "of a stranger"));
    let error = b.flush().unwrap_err();
    assert!(error.is_misuse());
    assert_eq!(error.message(), "`Post.author` of Post#0 names User#0, which belongs to another session");
    assert!(db.sent().is_empty());
}

fn s4_a_session_that_ended_gives_its_number_to_no_other(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let old = s.add(User::named("old"));
    s.close();
    let reused = s.add(User::named("new"));
    assert!(reused != old && s.find(old).is_none(), "the same slot, in the session that was closed");
    drop(s);
    for _ in 0..3 {
        let mut s = db.session();
        let new = s.add(User::named("new"));
        assert!(new != old && new != reused && s.find(old).is_none() && s.find(reused).is_none());
        s.add(Post::by(old, "of one that is no more"));
        assert!(s.flush().unwrap_err().is_misuse());
    }
}

fn a_handle_of_an_expunged_entity_is_recognised(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s.expunge(jack).unwrap();
    db.sent();
    assert!(s.find(jack).is_none() && s.find_mut(jack).is_none());
    assert_eq!((s.state(jack), s.key(jack)), (None, None));
    assert!(s.get(jack).unwrap_err().is_misuse());
    assert!(s.to_owned(jack).unwrap_err().is_misuse());
    assert!(s.expunge(jack).unwrap_err().is_misuse());
    assert!(panic_text(|| drop(s[jack].name.clone())).contains("gone from this session"));
    s.add(Post::by(jack, "x"));
    assert!(s.flush().unwrap_err().is_misuse());
    assert!(db.sent().iter().all(|sql| !sql.starts_with("INSERT")));
}

fn a_slot_that_moved_on_is_never_another_entity(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let old = s.add(User::named("old"));
    s.expunge(old).unwrap();
    let new = s.add_all(["a", "b", "c"].map(User::named));
    assert!(!new.contains(&old));
    assert!(s.find(old).is_none());
    s.delete(old);
    assert!(s.flush().unwrap_err().is_misuse());
}

fn a_handle_of_a_deleted_and_committed_entity_is_gone(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    for expire in [true, false] {
        let mut s = db.maker().expire_on_commit(expire).session();
        let ann = s.add(User::named("ann"));
        s.commit().unwrap();
        s.delete(ann);
        s.commit().unwrap();
        assert_eq!(s.state(ann), None);
        assert!(s.find(ann).is_none());
        assert!(panic_text(|| drop(s[ann].name.clone())).contains("gone from this session"));
    }
}

fn a_deleted_entity_is_readable_until_the_commit(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s.delete(jack);
    assert_eq!((s.state(jack), s[jack].name.as_str()), (Some(State::Deleted), "jack"));
    s.flush().unwrap();
    assert_eq!(s.state(jack), Some(State::DeletedFlushed));
    assert_eq!(s[jack].name, "jack");
    s[jack].name = "late".into();
    db.sent();
    s.flush().unwrap();
    assert!(db.sent().is_empty());
}

fn expunge_of_a_persistent_entity_keeps_its_row(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s[jack].name = "edited".into();
    let value = s.expunge(jack).unwrap();
    assert_eq!((value.name.as_str(), value.id), ("edited", Id::Key(1)));
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["COMMIT"]);
    let again = s.get_one::<User>(1).unwrap();
    assert_ne!(again, jack);
    assert_eq!(s[again].name, "jack");
}

fn expunge_of_a_pending_entity_inserts_nothing(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    let value = s.expunge(ann).unwrap();
    assert_eq!(value, User::named("ann"));
    s.commit().unwrap();
    assert!(db.sent().is_empty());
}

fn expunge_of_a_pending_entity_that_others_name_is_misuse(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    let post = s.add(Post::by(ann, "a"));
    let error = s.expunge(ann).unwrap_err();
    assert!(error.is_misuse());
    assert!(error.message().contains("User") && error.message().contains("Post"), "{error}");
    s.expunge(post).unwrap();
    s.expunge(ann).unwrap();
    s.commit().unwrap();
    assert!(db.sent().is_empty());
}

fn s114_to_owned_outlives_the_session(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    let post = s.add(Post { editor: ann.into(), ..Post::by(ann, "a") });
    s.commit().unwrap();
    let owned = s.to_owned(post).unwrap();
    s.close();
    drop(s);
    assert_eq!((owned.id, owned.author), (Id::Key(1), Id::Key(1)));
    assert_eq!((owned.editor, owned.title.as_str()), (Some(Id::Key(1)), "a"));
}

fn find_mut_is_a_touch(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s.find_mut(jack).unwrap().age = 40;
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["UPDATE users SET age = ? WHERE id = ?"]);
}

fn index_mut_of_a_dead_handle_panics_with_words(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    s.expunge(ann).unwrap();
    let text = panic_text(|| s[ann].age = 1);
    assert!(
        text.contains("User") && text.contains("gone from this session") && text.contains("find"),
        "{text}"
    );
}
