//! Savepoints as values, one inside the other, and what is stale after them.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { savepoint:
    s29_a_savepoint_value_is_undone_by_itself,
    a_savepoint_value_is_kept_by_commit,
    ending_one_ends_those_inside_it,
    a_forgotten_savepoint_is_kept_by_commit_and_undone_by_rollback,
    an_ended_savepoint_is_misuse,
    a_savepoint_of_another_session_is_misuse,
    s33_commit_and_rollback_act_on_the_outermost,
    a_savepoint_that_failed_is_rolled_back_and_work_goes_on,
    an_outer_savepoint_is_rolled_back_after_an_inner_failed,
    commit_of_a_failed_savepoint_tells_the_first_error,
    a_closure_that_ends_its_savepoint_opens_no_hole,
    what_was_loaded_before_dml_in_a_savepoint_is_not_stale_after_it,
    what_was_loaded_after_dml_in_a_savepoint_is_stale_after_it,
    what_was_expired_in_a_savepoint_is_stale_after_it,
    a_kept_inner_savepoint_is_undone_with_the_outer_one,
    deep_savepoints_are_undone_to_any_depth,
    s30_what_was_deleted_in_a_savepoint_comes_back_with_it,
    s31_a_savepoint_that_is_undone_leaves_the_others_as_they_are,
    s32_a_savepoint_flushes_what_came_before_it,
    added_after_a_failure_and_undone_with_the_savepoint,
}

fn db_of_three(lab: &Lab) -> (Db<Blog>, Session<Blog>, Vec<Handle<User>>) {
    let db = lab.db();
    db.store_users(&["a", "b", "c"]);
    let mut s = db.session();
    let users = s.query::<User>().order_by(User::id).all().unwrap();
    db.sent();
    (db, s, users)
}

fn s29_a_savepoint_value_is_undone_by_itself(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ed = s.add(User::named("ed"));
    let savepoint = s.begin_nested().unwrap();
    assert!(savepoint.is_active(&s));
    let wendy = s.add(User::named("wendy"));
    s[ed].name = "edward".into();
    s.flush().unwrap();
    db.sent();
    savepoint.rollback(&mut s).unwrap();
    assert_eq!(db.sent(), ["ROLLBACK TO s1", "RELEASE s1"]);
    assert!(!savepoint.is_active(&s) && !s.in_nested_transaction());
    assert_eq!((s[ed].name.as_str(), s.state(wendy)), ("ed", Some(State::Withdrawn)));
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT name FROM users"), [("ed".to_owned(),)]);
}

fn a_savepoint_value_is_kept_by_commit(lab: &Lab) {
    let (db, mut s, users) = db_of_three(lab);
    let savepoint = s.begin_nested().unwrap();
    s[users[0]].age = 1;
    savepoint.commit(&mut s).unwrap();
    assert_eq!(db.sent(), ["SAVEPOINT s1", "UPDATE users SET age = ? WHERE id = ?", "RELEASE s1"]);
    s.rollback().unwrap();
    assert_eq!(s[users[0]].age, 18);
}

fn ending_one_ends_those_inside_it(lab: &Lab) {
    let (db, mut s, users) = db_of_three(lab);
    let outer = s.begin_nested().unwrap();
    s[users[0]].age = 1;
    let inner = s.begin_nested().unwrap();
    s[users[0]].age = 2;
    outer.rollback(&mut s).unwrap();
    assert!(!outer.is_active(&s) && !inner.is_active(&s));
    assert_eq!((s[users[0]].age, s.is_modified(users[0])), (18, false));
    let outer = s.begin_nested().unwrap();
    let inner = s.begin_nested().unwrap();
    s[users[0]].age = 3;
    outer.commit(&mut s).unwrap();
    assert!(!inner.is_active(&s) && !s.in_nested_transaction());
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT age FROM users WHERE id = 1"), [(3,)]);
}

fn a_forgotten_savepoint_is_kept_by_commit_and_undone_by_rollback(lab: &Lab) {
    let (_db, mut s, users) = db_of_three(lab);
    let _ = s.begin_nested().unwrap();
    s[users[0]].age = 1;
    s.rollback().unwrap();
    assert_eq!(s[users[0]].age, 18);
    let _ = s.begin_nested().unwrap();
    s[users[0]].age = 2;
    s.commit().unwrap();
    s.refresh(users[0]).unwrap();
    assert_eq!(s[users[0]].age, 2);
}

fn an_ended_savepoint_is_misuse(lab: &Lab) {
    let (db, mut s, users) = db_of_three(lab);
    let first = s.begin_nested().unwrap();
    first.commit(&mut s).unwrap();
    let second = s.begin_nested().unwrap();
    db.sent();
    for ended in [first.commit(&mut s), first.rollback(&mut s)] {
        let error = ended.unwrap_err();
        assert!(error.is_misuse() && error.to_string().contains("has ended"), "{error}");
    }
    assert!(db.sent().is_empty() && second.is_active(&s) && s.is_active());
    s[users[0]].age = 1;
    s.commit().unwrap();
    assert!(second.rollback(&mut s).unwrap_err().is_misuse());
}

fn a_savepoint_of_another_session_is_misuse(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let savepoint = s.begin_nested().unwrap();
    // Another session, with a savepoint that has the same number.
    let other_db = lab.db();
    let mut other = other_db.session();
    let theirs = other.begin_nested().unwrap();
    assert!(savepoint.rollback(&mut other).unwrap_err().is_misuse());
    assert!(theirs.is_active(&other) && savepoint.is_active(&s) && !savepoint.is_active(&other));
}

fn s33_commit_and_rollback_act_on_the_outermost(lab: &Lab) {
    let (db, mut s, users) = db_of_three(lab);
    let savepoint = s.begin_nested().unwrap();
    s[users[0]].age = 1;
    s.commit().unwrap();
    assert!(!savepoint.is_active(&s) && !s.in_transaction());
    let savepoint = s.begin_nested().unwrap();
    s[users[0]].age = 2;
    s.flush().unwrap();
    s.rollback().unwrap();
    assert!(!savepoint.is_active(&s) && !s.in_transaction());
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT age FROM users WHERE id = 1"), [(1,)]);
}

fn a_savepoint_that_failed_is_rolled_back_and_work_goes_on(lab: &Lab) {
    let (db, mut s, users) = db_of_three(lab);
    s[users[0]].age = 1;
    let savepoint = s.begin_nested().unwrap();
    let twin = s.add(User::named("a"));
    let error = s.flush().unwrap_err();
    assert!(error.is_unique());
    let again = s.query::<User>().count().unwrap_err();
    assert!(again.is_unique() && again.to_string().contains("rollback"), "{again}");
    db.sent();
    savepoint.rollback(&mut s).unwrap();
    assert_eq!(db.sent(), ["RELEASE s1"], "the failed flush has rolled it back");
    s[twin].email = "other".into();
    s.restore(twin).unwrap();
    s.commit().unwrap();
    db.sent();
    let rows = db.rows::<(i64, i64)>("SELECT count(*), min(age) FROM users");
    assert_eq!(rows, [(4, 1)]);
}

fn an_outer_savepoint_is_rolled_back_after_an_inner_failed(lab: &Lab) {
    let (db, mut s, users) = db_of_three(lab);
    let outer = s.begin_nested().unwrap();
    s[users[0]].age = 1;
    let _inner = s.begin_nested().unwrap();
    s.add(User::named("a"));
    s.flush().unwrap_err();
    outer.rollback(&mut s).unwrap();
    assert_eq!((s[users[0]].age, s.is_active()), (18, true));
    s[users[1]].age = 5;
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT age FROM users ORDER BY id"), [(18,), (5,), (18,)]);
}

fn commit_of_a_failed_savepoint_tells_the_first_error(lab: &Lab) {
    let (_db, mut s, _users) = db_of_three(lab);
    let savepoint = s.begin_nested().unwrap();
    s.add(User::named("a"));
    s.flush().unwrap_err();
    assert!(savepoint.commit(&mut s).unwrap_err().is_unique());
    assert!(savepoint.is_active(&s), "it is ended by a rollback");
    savepoint.rollback(&mut s).unwrap();
    s.commit().unwrap();
}

fn a_closure_that_ends_its_savepoint_opens_no_hole(lab: &Lab) {
    let (db, mut s, users) = db_of_three(lab);
    let outer = s.begin_nested().unwrap();
    let mut left_open = None;
    s.nested(|s| {
        outer.commit(s)?;
        left_open = Some(s.begin_nested()?);
        s[users[0]].age = 1;
        Ok(())
    })
    .unwrap();
    assert!(left_open.unwrap().is_active(&s), "the closure's own savepoint is another one");
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT age FROM users WHERE id = 1"), [(1,)]);
}

fn what_was_loaded_before_dml_in_a_savepoint_is_not_stale_after_it(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b", "c"]);
    let mut s = db.session();
    let first = s.get_one::<User>(1).unwrap();
    let savepoint = s.begin_nested().unwrap();
    let second = s.get_one::<User>(2).unwrap();
    s[first].age = 1;
    s.flush().unwrap();
    savepoint.rollback(&mut s).unwrap();
    db.sent();
    s.get(first).unwrap();
    s.get(second).unwrap();
    assert!(db.sent().is_empty());
}

fn what_was_loaded_after_dml_in_a_savepoint_is_stale_after_it(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b", "c"]);
    type Write = fn(&mut Session<Blog>);
    let writes: [Write; 3] = [
        |s| {
            s.execute("UPDATE users SET age = 99", params![]).unwrap();
        },
        |s| {
            drop(
                s.sql("UPDATE users SET age = 99 RETURNING id", params![])
                    .unwrap()
                    .fetch::<(i64,)>()
                    .unwrap(),
            )
        },
        |s| {
            s.add(User::named("x"));
            s.flush().unwrap();
            s.nested(|s| s.execute("UPDATE users SET age = 99", params![])).unwrap();
        },
    ];
    for write in writes {
        let mut s = db.session();
        let first = s.get_one::<User>(1).unwrap();
        let savepoint = s.begin_nested().unwrap();
        write(&mut s);
        let second = s.get_one::<User>(2).unwrap();
        assert_eq!(s[second].age, 99);
        savepoint.rollback(&mut s).unwrap();
        db.sent();
        s.get(first).unwrap();
        assert!(db.sent().is_empty());
        s.get(second).unwrap();
        assert_eq!((db.sent().len(), s[second].age), (1, 18));
    }
}

fn what_was_expired_in_a_savepoint_is_stale_after_it(lab: &Lab) {
    let (db, mut s, users) = db_of_three(lab);
    let savepoint = s.begin_nested().unwrap();
    s.expire(users[0]).unwrap();
    savepoint.rollback(&mut s).unwrap();
    db.sent();
    s.get(users[1]).unwrap();
    assert!(db.sent().is_empty());
    s.get(users[0]).unwrap();
    assert_eq!(db.sent().len(), 1);
    let savepoint = s.begin_nested().unwrap();
    s.expire_all();
    savepoint.rollback(&mut s).unwrap();
    db.sent();
    s.get(users[1]).unwrap();
    assert_eq!(db.sent().len(), 1);
}

fn a_kept_inner_savepoint_is_undone_with_the_outer_one(lab: &Lab) {
    let (_db, mut s, users) = db_of_three(lab);
    let outer = s.begin_nested().unwrap();
    let born = s
        .nested(|s| {
            s[users[0]].age = 1;
            s.delete(users[1]);
            Ok(s.add(User::named("born")))
        })
        .unwrap();
    s[users[0]].age = 2;
    s.flush().unwrap();
    outer.rollback(&mut s).unwrap();
    assert_eq!((s[users[0]].age, s.state(users[1])), (18, Some(State::Persistent)));
    assert_eq!((s.state(born), s[born].id), (Some(State::Withdrawn), Id::New));
    assert_eq!(s.query::<User>().count().unwrap(), 3);
}

fn deep_savepoints_are_undone_to_any_depth(lab: &Lab) {
    for depth in 0..6 {
        let (_db, mut s, users) = db_of_three(lab);
        let mut open = Vec::new();
        for age in 0..6 {
            open.push(s.begin_nested().unwrap());
            s[users[0]].age = age;
            s.add(User::named(&format!("of {age}")));
            s.flush().unwrap();
        }
        open[depth].rollback(&mut s).unwrap();
        let expected = if depth == 0 { 18 } else { i32::try_from(depth).unwrap() - 1 };
        assert_eq!(s[users[0]].age, expected);
        assert_eq!(s.query::<User>().count().unwrap(), 3 + depth as u64);
        assert!(open.iter().enumerate().all(|(at, savepoint)| savepoint.is_active(&s) == (at < depth)));
        s.refresh(users[0]).unwrap();
        assert_eq!(s[users[0]].age, expected);
    }
}

fn added_after_a_failure_and_undone_with_the_savepoint(lab: &Lab) {
    let (db, mut s, users) = db_of_three(lab);
    let savepoint = s.begin_nested().unwrap();
    s.add(User::named("a"));
    s.flush().unwrap_err();
    let late = s.add(User::named("late"));
    s[users[0]].age = 1;
    savepoint.rollback(&mut s).unwrap();
    assert_eq!((s.state(late), s[users[0]].age), (Some(State::Withdrawn), 18));
    s.add(User::named("a"));
    s.flush().unwrap_err();
    let late = s.add(User::named("late"));
    s[users[0]].age = 1;
    s.rollback().unwrap();
    assert_eq!((s.state(late), s[users[0]].age), (Some(State::Withdrawn), 18));
    db.sent();
}

fn s30_what_was_deleted_in_a_savepoint_comes_back_with_it(lab: &Lab) {
    let (db, mut s, users) = db_of_three(lab);
    let savepoint = s.begin_nested().unwrap();
    s.delete(users[1]);
    s.flush().unwrap();
    assert_eq!(s.state(users[1]), Some(State::DeletedFlushed));
    savepoint.rollback(&mut s).unwrap();
    assert_eq!((s.state(users[1]), s[users[1]].name.as_str()), (Some(State::Persistent), "b"));
    db.sent();
    assert_eq!(s.get::<User>(2).unwrap(), Some(users[1]));
    s[users[1]].age = 30;
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT age FROM users WHERE id = 2"), [(30,)]);
}

fn s31_a_savepoint_that_is_undone_leaves_the_others_as_they_are(lab: &Lab) {
    let (db, mut s, users) = db_of_three(lab);
    let savepoint = s.begin_nested().unwrap();
    s[users[0]].age = 1;
    s.flush().unwrap();
    savepoint.rollback(&mut s).unwrap();
    db.sent();
    for (user, key) in users.iter().zip([1, 2, 3]) {
        assert_eq!(s.get::<User>(key).unwrap(), Some(*user));
    }
    assert!(db.sent().is_empty(), "what was loaded before the savepoint is still what the row holds");
    assert_eq!(s[users[0]].age, 18);
}

fn s32_a_savepoint_flushes_what_came_before_it(lab: &Lab) {
    let (db, mut s, users) = db_of_three(lab);
    s[users[0]].age = 1;
    let savepoint = s.begin_nested().unwrap();
    assert_eq!(db.sent(), ["UPDATE users SET age = ? WHERE id = ?", "SAVEPOINT s1"]);
    s[users[0]].age = 2;
    savepoint.rollback(&mut s).unwrap();
    assert_eq!(s[users[0]].age, 1, "an edit from before the savepoint is not undone with it");
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT age FROM users WHERE id = 1"), [(1,)]);
}
