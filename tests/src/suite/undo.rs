//! What memory is after something was undone, in the cases that are easy to get wrong.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { undo:
    rollback_goes_back_to_the_last_commit,
    rollback_after_several_flushes_goes_back_to_the_first_values,
    rollback_of_edits_flushed_and_not_flushed,
    a_kept_savepoint_is_undone_with_its_transaction,
    a_failed_savepoint_keeps_what_its_transaction_flushed_before,
    two_savepoints_in_a_row_are_undone_each_by_itself,
    a_failed_insert_leaves_version_key_and_generated_as_they_were,
    a_failed_update_leaves_the_version_as_it_was,
    a_key_that_another_took_comes_back,
    an_entity_deleted_after_an_edit_comes_back_with_its_old_values,
    an_entity_expunged_before_the_rollback_stays_gone,
    a_slot_reused_before_the_rollback_is_not_overwritten,
    an_unset_link_names_its_entity_again_after_rollback,
    a_row_born_and_deleted_in_one_transaction,
    a_swallowed_flush_error_fails_the_transaction,
    rollback_twice_is_rollback_once,
    an_id_of_a_withdrawn_entity_is_misuse_before_sql,
    an_entity_withdrawn_by_a_savepoint_can_be_added_again_in_the_transaction,
    work_after_a_failed_savepoint_is_kept,

    s58_assigning_a_whole_struct_does_not_set_the_version,
    a_versioned_delete_after_an_edit_asks_for_the_loaded_version,
    a_touched_entity_whose_row_has_another_version_is_stale,

    s56_a_pending_key_that_a_held_entity_has_is_a_unique_error_before_sql,

    an_entity_added_with_the_key_of_a_deleted_one_takes_its_row,
    a_missing_entity_revives_when_its_row_is_met_again,
    delete_of_a_missing_entity_is_nothing,
}

fn titles(db: &Db<Blog>) -> Vec<(String, i64)> {
    db.sent();
    db.rows("SELECT title, version FROM docs ORDER BY id")
}

fn rollback_goes_back_to_the_last_commit(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s[user].name = "committed".into();
    s.commit().unwrap();
    s[user].name = "flushed".into();
    s.flush().unwrap();
    s[user].name = "typed".into();
    s.rollback().unwrap();
    assert_eq!(s[user].name, "committed");
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT name FROM users"), [("committed".into(),)]);
}

fn rollback_after_several_flushes_goes_back_to_the_first_values(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    for name in ["a", "b", "c"] {
        s[user].name = name.into();
        s.flush().unwrap();
    }
    s.rollback().unwrap();
    assert_eq!(s[user].name, "first");
}

fn rollback_of_edits_flushed_and_not_flushed(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first", "second"]);
    let mut s = db.session();
    let (a, b) = (s.get_one::<User>(1).unwrap(), s.get_one::<User>(2).unwrap());
    s[a].name = "flushed".into();
    s.flush().unwrap();
    s[b].name = "not flushed".into();
    s[a].age = 99;
    s.rollback().unwrap();
    assert_eq!((s[a].name.as_str(), s[a].age, s[b].name.as_str()), ("first", 18, "second"));
    assert!(s.plan().unwrap().is_empty());
}

fn a_kept_savepoint_is_undone_with_its_transaction(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s[user].name = "outer".into();
    s.nested(|s| {
        s[user].name = "inner".into();
        s.nested(|s| {
            s[user].name = "innermost".into();
            Ok(())
        })
    })
    .unwrap();
    assert_eq!(s[user].name, "innermost");
    s.rollback().unwrap();
    assert_eq!(s[user].name, "first");
}

fn a_failed_savepoint_keeps_what_its_transaction_flushed_before(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s[user].name = "outer".into();
    s.flush().unwrap();
    let _ = s.nested(|s| {
        s[user].name = "inner".into();
        s.flush()?;
        Err::<(), _>(Error::misuse("no"))
    });
    assert_eq!(s[user].name, "outer");
    s.get_one::<User>(1).unwrap();
    assert_eq!(s[user].name, "outer");
    s.rollback().unwrap();
    assert_eq!(s[user].name, "first");
}

fn two_savepoints_in_a_row_are_undone_each_by_itself(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s.nested(|s| {
        s[user].name = "kept".into();
        Ok(())
    })
    .unwrap();
    let _ = s.nested(|s| {
        s[user].name = "undone".into();
        s.flush()?;
        Err::<(), _>(Error::misuse("no"))
    });
    assert_eq!(s[user].name, "kept");
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT name FROM users"), [("kept".into(),)]);
}

fn a_failed_insert_leaves_version_key_and_generated_as_they_were(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    s.add(Post::by(77, "of nobody"));
    s.flush().unwrap_err();
    assert_eq!((s[doc].version.get(), s[doc].id, s[doc].plan.clone()), (0, Id::New, Generated::Unset));
    s.rollback().unwrap();
    let value = s.to_owned(doc).unwrap();
    let again = s.add(value);
    s.commit().unwrap();
    assert_eq!((s[again].version.get(), s[again].plan.clone()), (1, "free".into()));
}

fn a_failed_update_leaves_the_version_as_it_was(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    s.commit().unwrap();
    s[doc].title = "b".into();
    s.add(Post::by(77, "of nobody"));
    s.flush().unwrap_err();
    s.rollback().unwrap();
    assert_eq!((s[doc].title.as_str(), s[doc].note.as_str(), s[doc].version.get()), ("a", "made", 1));
    s[doc].title = "b".into();
    s.commit().unwrap();
    assert_eq!(titles(&db), [("b".into(), 2)]);
}

fn a_key_that_another_took_comes_back(lab: &Lab) {
    let db = lab.db();
    db.run("INSERT INTO countries VALUES ('de', NULL, 'Germany')");
    let mut s = db.session();
    let germany = s.get_one::<Country>("de").unwrap();
    s[germany].code = "DE".into();
    s.flush().unwrap();
    let other = s.add(Country::new("de", "Another"));
    s.flush().unwrap();
    assert_eq!(s.get::<Country>("de").unwrap(), Some(other));
    s.rollback().unwrap();
    assert_eq!((s.key(germany), s.key(other)), (Some("de".into()), None));
    assert_eq!(s.get::<Country>("de").unwrap(), Some(germany));
    assert_eq!((s[germany].name.as_str(), s[other].name.as_str()), ("Germany", "Another"));
}

fn an_entity_deleted_after_an_edit_comes_back_with_its_old_values(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first"]);
    for flush in [false, true] {
        let mut s = db.session();
        let user = s.get_one::<User>(1).unwrap();
        s[user].name = "edited".into();
        s.delete(user);
        if flush {
            s.flush().unwrap();
        }
        s.rollback().unwrap();
        assert_eq!((s[user].name.as_str(), s.state(user)), ("first", Some(State::Persistent)), "{flush}");
    }
}

fn an_entity_expunged_before_the_rollback_stays_gone(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s[user].name = "edited".into();
    s.flush().unwrap();
    assert_eq!(s.expunge(user).unwrap().name, "edited");
    s.rollback().unwrap();
    assert_eq!(s.state(user), None);
    let again = s.get_one::<User>(1).unwrap();
    assert_eq!((s[again].name.as_str(), again == user), ("first", false));
}

fn a_slot_reused_before_the_rollback_is_not_overwritten(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s[user].name = "edited".into();
    s.flush().unwrap();
    s.expunge(user).unwrap();
    let tenants = s.add_all(["a", "b"].map(User::named));
    s.flush().unwrap();
    s[tenants[0]].age = 5;
    s.flush().unwrap();
    s.rollback().unwrap();
    let states = [s.state(tenants[0]), s.state(tenants[1])];
    assert_eq!(states, [Some(State::Withdrawn); 2]);
    assert_eq!((s[tenants[0]].name.as_str(), s[tenants[1]].name.as_str()), ("a", "b"));
    assert_eq!(s.query::<User>().count().unwrap(), 1);
}

fn an_unset_link_names_its_entity_again_after_rollback(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    let post = s.add(Post::by(ann, "a"));
    s.flush().unwrap();
    assert_eq!(s[post].author, Id::Key(1));
    s.rollback().unwrap();
    // A key that was learned in the transaction means nothing any more: another row may get it.
    assert_eq!(s[post].author, Id::Of(ann));
}

fn a_row_born_and_deleted_in_one_transaction(lab: &Lab) {
    let db = lab.db();
    for commit in [true, false] {
        let mut s = db.session();
        let ann = s.add(User::named("ann"));
        s.flush().unwrap();
        s.delete(ann);
        s.flush().unwrap();
        assert_eq!(s.state(ann), Some(State::DeletedFlushed));
        if commit {
            s.commit().unwrap();
            assert_eq!(s.state(ann), None);
        } else {
            s.rollback().unwrap();
            assert_eq!((s.state(ann), s.key(ann)), (Some(State::Withdrawn), None));
        }
        assert_eq!(s.query::<User>().count().unwrap(), 0);
    }
}

fn a_swallowed_flush_error_fails_the_transaction(lab: &Lab) {
    let db = lab.db();
    let done = db.maker().transaction(|s| {
        s.add_all(["ann", "ann"].map(User::named));
        s.flush().ok();
        Ok(())
    });
    assert!(done.is_err());
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM users"), [(0,)]);
}

fn rollback_twice_is_rollback_once(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s[user].name = "edited".into();
    s.flush().unwrap();
    db.sent();
    s.rollback().unwrap();
    s.rollback().unwrap();
    assert_eq!(db.sent(), ["ROLLBACK"]);
    assert_eq!(s[user].name, "first");
}

fn an_id_of_a_withdrawn_entity_is_misuse_before_sql(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    s.rollback().unwrap();
    s.add(Post::by(ann, "a"));
    let error = s.flush().unwrap_err();
    assert!(error.is_misuse() && error.message().contains("Post.author"), "{error:?}");
    assert!(db.sent().is_empty());
}

fn an_entity_withdrawn_by_a_savepoint_can_be_added_again_in_the_transaction(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let mut ann = None;
    let _ = s.nested(|s| {
        ann = Some(s.add(User::named("ann")));
        s.flush()?;
        Err::<(), _>(Error::misuse("no"))
    });
    let value = s.to_owned(ann.unwrap()).unwrap();
    assert_eq!(value.id, Id::New);
    let again = s.add(value);
    s.commit().unwrap();
    assert_eq!(s.key(again), Some(1));
}

fn work_after_a_failed_savepoint_is_kept(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    let failed = s.nested(|s| {
        s[user].name = "inner".into();
        s.add(Post::by(77, "of nobody"));
        s.flush()
    });
    assert!(failed.unwrap_err().is_foreign_key());
    assert_eq!(s[user].name, "first");
    s[user].age = 30;
    s.add(Post::by(user, "after"));
    s.commit().unwrap();
    db.sent();
    assert_eq!(
        db.rows::<(String, i64, String)>(
            "SELECT u.name, u.age, p.title FROM users u JOIN posts p ON p.author_id = u.id"
        ),
        [("first".into(), 30, "after".into())]
    );
}

fn s58_assigning_a_whole_struct_does_not_set_the_version(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    s.commit().unwrap();
    s[doc].title = "b".into();
    s.commit().unwrap();
    s[doc] = Doc { id: s[doc].id, ..Doc::titled("c") };
    s.commit().unwrap();
    assert_eq!(s[doc].version.get(), 3);
    assert_eq!(titles(&db), [("c".into(), 3)]);
}

fn a_versioned_delete_after_an_edit_asks_for_the_loaded_version(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    s.commit().unwrap();
    s[doc].title = "b".into();
    s.delete(doc);
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", "DELETE FROM docs WHERE id = ? AND version = ?", "COMMIT"]);
    assert!(titles(&db).is_empty());
}

fn a_touched_entity_whose_row_has_another_version_is_stale(lab: &Lab) {
    let db = lab.db();
    let mut s = db.maker().autoflush(false).session();
    let doc = s.add(Doc::titled("a"));
    s.commit().unwrap();
    db.run("UPDATE docs SET note = 'elsewhere', version = 2");
    s[doc].title = "mine".into();
    s.query::<Doc>().all().unwrap();
    assert_eq!((s[doc].title.as_str(), s[doc].note.as_str(), s[doc].version.get()), ("mine", "made", 1));
    assert!(s.commit().unwrap_err().is_stale());
    s.rollback().unwrap();
    assert_eq!(titles(&db), [("a".into(), 2)]);
}

fn s56_a_pending_key_that_a_held_entity_has_is_a_unique_error_before_sql(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s.commit().unwrap();
    db.sent();
    let twice = s.add(User { id: 1.into(), ..User::named("twice") });
    let error = s.flush().unwrap_err();
    assert!(error.is_unique(), "{error:?}");
    assert!(db.sent().is_empty());
    s.rollback().unwrap();
    assert_eq!(s.get::<User>(1).unwrap(), Some(user));
    assert_eq!(s.state(twice), Some(State::Withdrawn));
}

fn an_entity_added_with_the_key_of_a_deleted_one_takes_its_row(lab: &Lab) {
    let db = lab.db();
    db.run("INSERT INTO countries VALUES ('de', NULL, 'Germany')");
    let mut s = db.session();
    let old = s.get_one::<Country>("de").unwrap();
    s.delete(old);
    let new = s.add(Country::new("de", "Deutschland"));
    s.commit().unwrap();
    assert_eq!(s.get::<Country>("de").unwrap(), Some(new));
    assert_eq!(s.state(old), None);
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT name FROM countries"), [("Deutschland".into(),)]);
}

fn a_missing_entity_revives_when_its_row_is_met_again(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s.commit().unwrap();
    db.run("UPDATE users SET id = 2");
    assert_eq!(s.get::<User>(1).unwrap(), None);
    assert_eq!(s.state(user), Some(State::Missing));
    s.commit().unwrap();
    db.run("UPDATE users SET id = 1, name = 'back'");
    assert_eq!(s.query::<User>().all().unwrap(), [user]);
    assert_eq!((s.state(user), s[user].name.as_str()), (Some(State::Persistent), "back"));
}

fn delete_of_a_missing_entity_is_nothing(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s.commit().unwrap();
    db.run("DELETE FROM users");
    assert_eq!(s.get::<User>(1).unwrap(), None);
    s.delete(user);
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["COMMIT"]);
}
