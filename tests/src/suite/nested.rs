//! Savepoints by `nested`: what they keep, and what they undo.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab, panic_text};
use crate::models::*;

rules! { nested:
    s29_a_failed_savepoint_undoes_only_itself,
    s29_a_savepoint_undoes_edits_inside_it,
    s29_a_savepoint_that_is_kept_is_committed,
    nested_flushes_first,
    nested_twice_undoes_only_the_inner_one,
    nested_in_a_fresh_session_begins_the_transaction,
    a_swallowed_flush_error_fails_its_savepoint,
    deletes_in_a_savepoint_are_undone,
    s33_commit_inside_a_savepoint_commits_all,
    s33_rollback_inside_a_savepoint_undoes_all,
    nested_rolls_back_on_panic,
}

const INSERT_USER: &str = "INSERT INTO users (name, email, bio, age) VALUES (?, ?, ?, ?)";

fn names(db: &Db<Blog>) -> Vec<String> {
    db.sent();
    let rows = db.rows::<(String,)>("SELECT name FROM users ORDER BY id");
    rows.into_iter().map(|(name,)| name).collect()
}

fn in_use(db: &Db<Blog>) -> u32 {
    db.engine.pool_status().checked_out
}

fn s29_a_failed_savepoint_undoes_only_itself(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ed = s.add(User::named("ed"));
    let mut wendy = None;
    let done = s.nested(|s| {
        wendy = Some(s.add(User::named("wendy")));
        s.add(User::named("ed"));
        s.flush()
    });
    assert!(done.unwrap_err().is_unique());
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            INSERT_USER,
            "SAVEPOINT s1",
            INSERT_USER,
            INSERT_USER,
            "ROLLBACK TO s1",
            "RELEASE s1"
        ]
    );
    assert_eq!((s.state(ed), s.key(ed)), (Some(State::Persistent), Some(1)));
    assert_eq!(s.state(wendy.unwrap()), Some(State::Withdrawn));
    s.commit().unwrap();
    assert_eq!(names(&db), ["ed"]);
}

fn s29_a_savepoint_undoes_edits_inside_it(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ed = s.add(User::named("ed"));
    s[ed].age = 30;
    let done: Result<(), Error> = s.nested(|s| {
        s[ed].name = "edward".into();
        s.flush()?;
        s[ed].age = 99;
        Err(Error::misuse("changed my mind"))
    });
    assert_eq!(done.unwrap_err().message(), "changed my mind");
    assert_eq!((s[ed].name.as_str(), s[ed].age), ("ed", 30));
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String, i64)>("SELECT name, age FROM users"), [("ed".into(), 30)]);
}

fn s29_a_savepoint_that_is_kept_is_committed(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ed = s.add(User::named("ed"));
    let jack = s
        .nested(|s| {
            s[ed].age = 40;
            Ok(s.add(User::named("jack")))
        })
        .unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            INSERT_USER,
            "SAVEPOINT s1",
            "UPDATE users SET age = ? WHERE id = ?",
            INSERT_USER,
            "RELEASE s1"
        ]
    );
    assert_eq!(s.key(jack), Some(2));
    s.rollback().unwrap();
    assert_eq!((s.state(ed), s.state(jack)), (Some(State::Withdrawn), Some(State::Withdrawn)));
    assert!(names(&db).is_empty());
}

fn nested_flushes_first(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s[jack].name = "before".into();
    let _ = s.nested(|s| {
        s[jack].name = "inside".into();
        Err::<(), _>(Error::misuse("no"))
    });
    assert_eq!(s[jack].name, "before");
    s.commit().unwrap();
    assert_eq!(names(&db), ["before"]);
}

fn nested_twice_undoes_only_the_inner_one(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.nested(|s| {
        let outer = s.add(User::named("outer"));
        let inner = s.nested(|s| {
            s[outer].age = 77;
            s.add(User::named("inner"));
            s.flush()?;
            Err::<(), _>(Error::misuse("no"))
        });
        assert!(inner.is_err());
        assert_eq!(s[outer].age, 18);
        s.add(User::named("after"));
        Ok(())
    })
    .unwrap();
    s.commit().unwrap();
    let words: Vec<_> = db.sent().into_iter().filter(|sql| !sql.contains("users")).collect();
    assert_eq!(
        words,
        [
            "BEGIN IMMEDIATE",
            "SAVEPOINT s1",
            "SAVEPOINT s2",
            "ROLLBACK TO s2",
            "RELEASE s2",
            "RELEASE s1",
            "COMMIT"
        ]
    );
    assert_eq!(names(&db), ["outer", "after"]);
}

fn nested_in_a_fresh_session_begins_the_transaction(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.nested(|s| {
        s.add(User::named("ann"));
        Ok(())
    })
    .unwrap();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", "SAVEPOINT s1", INSERT_USER, "RELEASE s1", "COMMIT"]);
}

fn a_swallowed_flush_error_fails_its_savepoint(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add(User::named("ed"));
    let done = s.nested(|s| {
        s.add(User::named("ed"));
        s.flush().ok();
        assert!(s.query::<User>().count().is_err());
        Ok("swallowed")
    });
    let error = done.unwrap_err();
    assert!(error.is_unique(), "the savepoint is to return the error of its flush, not {error:?}");
    s.commit().unwrap();
    assert_eq!(names(&db), ["ed"]);
}

fn deletes_in_a_savepoint_are_undone(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b"]);
    let mut s = db.session();
    let (a, b) = (s.get_one::<User>(1).unwrap(), s.get_one::<User>(2).unwrap());
    s.delete(a);
    let _ = s.nested(|s| {
        assert_eq!(s.state(a), Some(State::DeletedFlushed));
        s.delete(b);
        s.flush()?;
        Err::<(), _>(Error::misuse("no"))
    });
    assert_eq!((s.state(a), s.state(b)), (Some(State::DeletedFlushed), Some(State::Persistent)));
    s.commit().unwrap();
    assert_eq!(names(&db), ["b"]);
}

fn s33_commit_inside_a_savepoint_commits_all(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add(User::named("outer"));
    s.nested(|s| {
        s.add(User::named("inner"));
        s.commit()
    })
    .unwrap();
    assert_eq!(in_use(&db), 0);
    assert_eq!(names(&db), ["outer", "inner"]);
}

fn s33_rollback_inside_a_savepoint_undoes_all(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let outer = s.add(User::named("outer"));
    s.nested(|s| {
        s.add(User::named("inner"));
        s.rollback()
    })
    .unwrap();
    assert_eq!((in_use(&db), s.state(outer)), (0, Some(State::Withdrawn)));
    s.commit().unwrap();
    assert!(names(&db).is_empty());
}

fn nested_rolls_back_on_panic(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let outer = s.add(User::named("outer"));
    panic_text(|| {
        let _ = s.nested::<()>(|s| {
            s[outer].age = 99;
            s.add(User::named("inner"));
            s.flush()?;
            panic!("inside");
        });
    });
    // A panic ends the savepoint as an error does.
    assert_eq!(s[outer].age, 18);
    s.commit().unwrap();
    assert_eq!(names(&db), ["outer"]);
}
