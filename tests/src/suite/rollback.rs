//! What a rollback or a failed flush undoes, in the database and in memory.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { rollback:
    s26_rollback_restores_what_was_flushed,
    s26_rollback_restores_what_was_not_flushed,
    s26_a_rolled_back_row_can_be_added_again,
    s26_rollback_restores_children_and_their_keys,
    rollback_marks_everything_stale,
    s27_a_failed_flush_poisons_the_session_until_rollback,
    s27_reads_of_memory_work_while_poisoned,
    s27_after_rollback_the_same_work_succeeds,
    s27_a_failed_flush_undoes_what_it_had_sent,
    s27_a_fault_at_any_statement_leaves_nothing,
    an_error_that_ends_the_transaction_undoes_all_frames,
    s28_a_deferred_constraint_fails_the_commit,
    s28_after_it_the_session_works_again,
    a_busy_commit_can_be_called_again,
    an_autoflush_that_fails_poisons_too,
}

const INSERT_USER: &str = "INSERT INTO users (name, email, bio, age) VALUES (?, ?, ?, ?)";

fn names(db: &Db<Blog>) -> Vec<String> {
    db.sent();
    let rows = db.rows::<(String,)>("SELECT name FROM users ORDER BY id");
    rows.into_iter().map(|(name,)| name).collect()
}

/// User 1 changed, user 2 deleted, a third added.
fn three_changes(s: &mut Session<Blog>) -> [Handle<User>; 3] {
    let (u1, u2) = (s.get_one::<User>(1).unwrap(), s.get_one::<User>(2).unwrap());
    s[u1].name = "changed".into();
    s.delete(u2);
    let u3 = s.add(User::named("u3"));
    [u1, u2, u3]
}

fn s26_rollback_restores_what_was_flushed(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["u1", "u2"]);
    let mut s = db.session();
    let [u1, u2, u3] = three_changes(&mut s);
    s.flush().unwrap();
    assert_eq!(s.key(u3), Some(3));
    db.sent();
    s.rollback().unwrap();
    assert_eq!(db.sent(), ["ROLLBACK"]);
    assert_eq!((s[u1].name.as_str(), s.state(u1)), ("u1", Some(State::Persistent)));
    assert_eq!((s[u2].name.as_str(), s.state(u2)), ("u2", Some(State::Persistent)));
    assert_eq!((s[u3].name.as_str(), s.state(u3)), ("u3", Some(State::Withdrawn)));
    assert_eq!((s[u3].id, s.key(u3)), (Id::New, None));
    assert!(s.plan().unwrap().is_empty());
    assert_eq!(s.get::<User>(2).unwrap(), Some(u2));
    assert_eq!(s.get::<User>(3).unwrap(), None);
    drop(s);
    assert_eq!(names(&db), ["u1", "u2"]);
}

fn s26_rollback_restores_what_was_not_flushed(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["u1", "u2"]);
    let mut s = db.session();
    let [u1, u2, u3] = three_changes(&mut s);
    db.sent();
    s.rollback().unwrap();
    assert_eq!(db.sent(), ["ROLLBACK"]);
    assert_eq!((s[u1].name.as_str(), s.state(u2)), ("u1", Some(State::Persistent)));
    assert_eq!((s[u3].name.as_str(), s.state(u3)), ("u3", Some(State::Withdrawn)));
    s.commit().unwrap();
    assert!(db.sent().is_empty());
    assert_eq!(names(&db), ["u1", "u2"]);
}

fn s26_a_rolled_back_row_can_be_added_again(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["u1", "u2"]);
    let mut s = db.session();
    let [_, _, u3] = three_changes(&mut s);
    s.flush().unwrap();
    s.rollback().unwrap();
    let value = s.to_owned(u3).unwrap();
    let again = s.add(value);
    s.commit().unwrap();
    assert_eq!(s.key(again), Some(3));
    assert_eq!(names(&db), ["u1", "u2", "u3"]);
}

fn s26_rollback_restores_children_and_their_keys(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["u1"]);
    let mut s = db.session();
    let post = s.add(Post::by(1, "kept"));
    s.commit().unwrap();
    let new = s.add(User::named("new"));
    s[post].author = new.into();
    let child = s.add(Post::by(new, "child"));
    s.flush().unwrap();
    assert_eq!(s[child].author, Id::Key(2));
    s.rollback().unwrap();
    assert_eq!(s[post].author, Id::Key(1));
    assert_eq!(s[child].title, "child");
    assert_eq!((s.key(child), s.key(new)), (None, None));
}

fn rollback_marks_everything_stale(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.maker().expire_on_commit(false).session();
    let jack = s.get_one::<User>(1).unwrap();
    s.rollback().unwrap();
    db.run("UPDATE users SET name = 'jill'");
    assert_eq!(s[jack].name, "jack");
    s.get_one::<User>(1).unwrap();
    assert_eq!(s[jack].name, "jill");
}

/// A session whose flush has failed, on a key that is there.
fn poisoned(db: &Db<Blog>) -> (Session<Blog>, [Handle<User>; 2]) {
    db.store_users(&["old"]);
    let mut s = db.session();
    let fine = s.add(User { id: 2.into(), ..User::named("fine") });
    let twice = s.add(User { id: 1.into(), ..User::named("twice") });
    assert!(s.flush().unwrap_err().is_unique());
    (s, [fine, twice])
}

fn s27_a_failed_flush_poisons_the_session_until_rollback(lab: &Lab) {
    let db = lab.db();
    let (mut s, _) = poisoned(&db);
    assert_eq!(db.sent().last().map(String::as_str), Some("ROLLBACK"));
    let errors = [
        s.flush().unwrap_err(),
        s.commit().unwrap_err(),
        s.query::<User>().all().unwrap_err(),
        s.query::<User>().count().unwrap_err(),
        s.get::<User>(1).unwrap_err(),
        s.execute("DELETE FROM users", params![]).unwrap_err(),
        s.sql("SELECT 1", params![]).unwrap().fetch::<(i64,)>().unwrap_err(),
        s.nested(|_| Ok(())).unwrap_err(),
    ];
    for error in errors {
        assert!(error.to_string().contains("users.id must be unique"), "{error}");
        assert!(error.to_string().contains("rollback"), "{error}");
    }
    assert!(db.sent().is_empty());
    s.rollback().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 1);
}

fn s27_reads_of_memory_work_while_poisoned(lab: &Lab) {
    let db = lab.db();
    let (s, [fine, twice]) = poisoned(&db);
    assert_eq!((s[fine].name.as_str(), s[twice].name.as_str()), ("fine", "twice"));
    assert_eq!((s.state(fine), s.state(twice)), (Some(State::Withdrawn), Some(State::Withdrawn)));
}

fn s27_after_rollback_the_same_work_succeeds(lab: &Lab) {
    let db = lab.db();
    let (mut s, [fine, twice]) = poisoned(&db);
    s.rollback().unwrap();
    let again = s.to_owned(fine).unwrap();
    s.add(again);
    let mut other = s.to_owned(twice).unwrap();
    other.id = Id::New;
    s.add(other);
    s.commit().unwrap();
    assert_eq!(names(&db), ["old", "fine", "twice"]);
}

fn s27_a_failed_flush_undoes_what_it_had_sent(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["u1", "u2"]);
    let mut s = db.session();
    let [u1, u2, u3] = three_changes(&mut s);
    let bad = s.add(Post::by(77, "of nobody"));
    let error = s.commit().unwrap_err();
    assert!(error.is_foreign_key(), "{error:?}");
    s.rollback().unwrap();
    assert_eq!((s[u1].name.as_str(), s.state(u2)), ("u1", Some(State::Persistent)));
    assert_eq!((s.state(u3), s.state(bad)), (Some(State::Withdrawn), Some(State::Withdrawn)));
    assert_eq!((s.key(u3), s[u3].id), (None, Id::New));
    drop(s);
    assert_eq!(names(&db), ["u1", "u2"]);
}

fn s27_a_fault_at_any_statement_leaves_nothing(lab: &Lab) {
    // BEGIN, three rows, COMMIT: whichever fails, nothing is stored and the same work succeeds afterwards.
    for nth in 1..=5 {
        let db = lab.db();
        let mut s = db.session();
        let work = |s: &mut Session<Blog>| {
            let ann = s.add(User::named("ann"));
            s.add_all([Post::by(ann, "a"), Post::by(ann, "b")]);
            s.commit()
        };
        db.probe.fail_nth(nth, Error::database("a fault"));
        let error = work(&mut s).unwrap_err();
        assert!(error.is_database(), "{nth}: {error:?}");
        assert!(s.query::<User>().count().is_err(), "{nth}");
        s.rollback().unwrap();
        assert_eq!(s.query::<User>().count().unwrap(), 0, "{nth}");
        work(&mut s).unwrap();
        db.sent();
        assert_eq!(db.rows::<(i64, i64)>("SELECT author_id, id FROM posts"), [(1, 1), (1, 2)], "{nth}");
    }
}

fn an_error_that_ends_the_transaction_undoes_all_frames(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let outer = s.add(User::named("outer"));
    let error = s
        .nested(|s| {
            s.add(User::named("inner"));
            db.probe.end_transaction_at("INSERT", Error::full("the disk is full"));
            s.flush()
        })
        .unwrap_err();
    assert!(error.is_full(), "{error:?}");
    assert_eq!(s.state(outer), Some(State::Withdrawn));
    db.sent();
    assert!(s.query::<User>().count().is_err());
    assert!(s.commit().is_err());
    assert!(db.sent().is_empty(), "a statement was sent outside of a transaction");
    s.rollback().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 0);
}

/// A table whose foreign key is looked at when the transaction commits.
const DEFERRED: &str = "CREATE TABLE notes (id INTEGER PRIMARY KEY,
     user_id INTEGER NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED)";

fn s28_a_deferred_constraint_fails_the_commit(lab: &Lab) {
    let db = lab.db();
    db.run(DEFERRED);
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    s.execute("INSERT INTO notes (user_id) VALUES (77)", params![]).unwrap();
    db.sent();
    let error = s.commit().unwrap_err();
    assert!(error.is_foreign_key(), "{error:?}");
    assert_eq!(db.sent(), ["COMMIT", "ROLLBACK"]);
    assert_eq!((s.state(ann), s.key(ann)), (Some(State::Withdrawn), None));
    assert!(s.query::<User>().all().unwrap_err().to_string().contains("foreign key"));
    assert!(db.sent().is_empty());
}

fn s28_after_it_the_session_works_again(lab: &Lab) {
    let db = lab.db();
    db.run(DEFERRED);
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    s.execute("INSERT INTO notes (user_id) VALUES (77)", params![]).unwrap();
    s.commit().unwrap_err();
    s.rollback().unwrap();
    let ann = s.to_owned(ann).unwrap();
    s.add(ann);
    s.execute("INSERT INTO notes (user_id) VALUES (1)", params![]).unwrap();
    s.commit().unwrap();
    assert_eq!(names(&db), ["ann"]);
    assert_eq!(db.rows::<(i64,)>("SELECT user_id FROM notes"), [(1,)]);
}

fn a_busy_commit_can_be_called_again(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    db.probe.fail_next("COMMIT", Error::busy("locked"));
    assert!(s.commit().unwrap_err().is_busy());
    assert_eq!(s.state(ann), Some(State::Persistent));
    s.commit().unwrap();
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", INSERT_USER, "COMMIT", "COMMIT"]);
    assert_eq!(names(&db), ["ann"]);
}

fn an_autoflush_that_fails_poisons_too(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ed"]);
    let mut s = db.session();
    s.add(User::named("ed"));
    assert!(s.query::<User>().all().unwrap_err().is_unique());
    assert!(s.query::<User>().all().unwrap_err().to_string().contains("users.email"));
    s.rollback().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 1);
}
