//! When a transaction is on the wire, what undoes it, and what is left in memory.

use orm_core::driver::BeginMode;
use orm_core::prelude::*;

use crate::fixture::{Db, Lab, panic_text};
use crate::models::*;

rules! { transaction:
    s21_a_connection_is_taken_by_the_first_statement_and_given_back_by_commit,
    s21_a_first_write_begins_immediate,
    s21_a_first_read_begins_deferred,
    s21_the_factory_can_choose_how_to_begin,
    s21_a_flush_without_changes_takes_no_connection,
    s21_an_identity_hit_takes_no_connection,
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
    s23_after_commit_entities_are_stale_but_readable,
    s23_without_expire_on_commit_nothing_is_read_anew,
    a_touched_stale_entity_keeps_its_edit_and_takes_other_columns,
    drop_rolls_back,
    transaction_commits_on_ok,
    transaction_rolls_back_on_err,
    transaction_rolls_back_on_panic,
    try_transaction_takes_any_error,

    nested_rolls_back_on_panic,
    close_rolls_back_and_forgets,
    an_autoflush_that_fails_poisons_too,
    autoflush_runs_before_queries_get_misses_and_raw_sql,
    without_autoflush_queries_do_not_see_pending_rows,
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

fn s21_a_connection_is_taken_by_the_first_statement_and_given_back_by_commit(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.flush().unwrap();
    s.add(User::named("ann"));
    assert_eq!((in_use(&db), db.sent().len()), (0, 0));
    s.flush().unwrap();
    assert_eq!((in_use(&db), db.sent()), (1, vec!["BEGIN IMMEDIATE".into(), INSERT_USER.into()]));
    s.commit().unwrap();
    assert_eq!((in_use(&db), db.sent()), (0, vec!["COMMIT".into()]));
    s.commit().unwrap();
    assert_eq!((in_use(&db), db.sent().len()), (0, 0));
}

fn s21_a_first_write_begins_immediate(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.execute("DELETE FROM users", params![]).unwrap();
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", "DELETE FROM users"]);
}

fn s21_a_first_read_begins_deferred(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.query::<User>().count().unwrap();
    s.add(User::named("ann"));
    s.commit().unwrap();
    assert_eq!(db.sent(), ["BEGIN", "SELECT COUNT(*) FROM users", INSERT_USER, "COMMIT"]);
}

fn s21_the_factory_can_choose_how_to_begin(lab: &Lab) {
    let db = lab.db();
    for (mode, words) in [
        (BeginMode::Deferred, "BEGIN"),
        (BeginMode::Immediate, "BEGIN IMMEDIATE"),
        (BeginMode::Exclusive, "BEGIN EXCLUSIVE"),
    ] {
        let mut s = db.maker().begin(mode).session();
        s.get::<User>(1).unwrap();
        assert_eq!(db.sent()[0], words);
        s.rollback().unwrap();
        s.add(User::named(words));
        db.sent();
        s.commit().unwrap();
        assert_eq!(db.sent()[0], words);
    }
}

fn s21_a_flush_without_changes_takes_no_connection(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s.commit().unwrap();
    db.sent();
    s[jack].age = 18;
    s.flush().unwrap();
    s.commit().unwrap();
    assert_eq!((in_use(&db), db.sent().len()), (0, 0));
}

fn s21_an_identity_hit_takes_no_connection(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.maker().expire_on_commit(false).session();
    let jack = s.get_one::<User>(1).unwrap();
    s.commit().unwrap();
    db.sent();
    assert_eq!(s.get::<User>(1).unwrap(), Some(jack));
    assert_eq!((in_use(&db), db.sent().len()), (0, 0));
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

fn s23_after_commit_entities_are_stale_but_readable(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b"]);
    let mut s = db.session();
    let users = s.query::<User>().order_by(User::id).all().unwrap();
    s.commit().unwrap();
    db.run("UPDATE users SET name = name || '!'");
    db.sent();
    assert_eq!((s[users[0]].name.as_str(), s[users[1]].name.as_str()), ("a", "b"));
    assert!(db.sent().is_empty());
    s.query::<User>().all().unwrap();
    assert_eq!((s[users[0]].name.as_str(), s[users[1]].name.as_str()), ("a!", "b!"));
    assert_eq!(db.sent().len(), 2);
}

fn s23_without_expire_on_commit_nothing_is_read_anew(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.maker().expire_on_commit(false).session();
    let jack = s.get_one::<User>(1).unwrap();
    s.commit().unwrap();
    db.run("UPDATE users SET name = 'jill'");
    s.get_one::<User>(1).unwrap();
    s.query::<User>().all().unwrap();
    assert_eq!(s[jack].name, "jack");
}

fn a_touched_stale_entity_keeps_its_edit_and_takes_other_columns(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.maker().autoflush(false).session();
    let jack = s.get_one::<User>(1).unwrap();
    s.commit().unwrap();
    db.run("UPDATE users SET name = 'jill', age = 50");
    s[jack].age = 60;
    s.query::<User>().all().unwrap();
    assert_eq!((s[jack].name.as_str(), s[jack].age), ("jill", 60));
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["UPDATE users SET age = ? WHERE id = ?", "COMMIT"]);
}

fn drop_rolls_back(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add(User::named("ann"));
    s.flush().unwrap();
    drop(s);
    assert_eq!(in_use(&db), 0);
    assert!(names(&db).is_empty());
}

fn transaction_commits_on_ok(lab: &Lab) {
    let db = lab.db();
    let key = db
        .maker()
        .transaction(|s| {
            let ann = s.add(User::named("ann"));
            s.flush()?;
            Ok(s.key(ann))
        })
        .unwrap();
    assert_eq!(key, Some(1));
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", INSERT_USER, "COMMIT"]);
    assert_eq!(names(&db), ["ann"]);
}

fn transaction_rolls_back_on_err(lab: &Lab) {
    let db = lab.db();
    let error = db
        .maker()
        .transaction(|s| {
            s.add(User::named("ann"));
            s.flush()?;
            s.get_one::<User>(99)
        })
        .unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(in_use(&db), 0);
    assert!(names(&db).is_empty());
}

fn transaction_rolls_back_on_panic(lab: &Lab) {
    let db = lab.db();
    let text = panic_text(|| {
        let _ = db.maker().transaction::<()>(|s| {
            s.add(User::named("ann"));
            s.flush()?;
            panic!("of the closure");
        });
    });
    assert_eq!(text, "of the closure");
    assert_eq!(in_use(&db), 0);
    assert!(names(&db).is_empty());
}

#[derive(Debug)]
enum Own {
    Orm(Error),
    Mine,
}

impl From<Error> for Own {
    fn from(error: Error) -> Self {
        Own::Orm(error)
    }
}

fn try_transaction_takes_any_error(lab: &Lab) {
    let db = lab.db();
    let mine: Result<(), Own> = db.maker().try_transaction(|s| {
        s.add(User::named("ann"));
        s.flush()?;
        Err(Own::Mine)
    });
    assert!(matches!(mine, Err(Own::Mine)));
    let orm: Result<(), Own> = db.maker().try_transaction(|s| {
        s.get_one::<User>(1)?;
        Ok(())
    });
    assert!(matches!(orm, Err(Own::Orm(error)) if error.is_not_found()));
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

fn close_rolls_back_and_forgets(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    s.flush().unwrap();
    s.close();
    assert_eq!((in_use(&db), s.state(ann)), (0, None));
    assert!(s.find(ann).is_none());
    assert_eq!(s.query::<User>().count().unwrap(), 0);
    drop(s);
    assert!(names(&db).is_empty());
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

fn autoflush_runs_before_queries_get_misses_and_raw_sql(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let asks: [fn(&mut Session<Blog>); 6] = [
        |s| drop(s.query::<User>().all().unwrap()),
        |s| drop(s.query::<User>().untracked().all().unwrap()),
        |s| assert!(s.query::<Post>().count().unwrap() == 0),
        |s| assert!(s.get::<User>(999).unwrap().is_none()),
        |s| drop(s.sql("SELECT 1", params![]).unwrap().fetch::<(i64,)>().unwrap()),
        |s| assert!(s.execute("DELETE FROM posts", params![]).unwrap() == 0),
    ];
    for (number, ask) in asks.into_iter().enumerate() {
        s.add(User::named(&number.to_string()));
        db.sent();
        ask(&mut s);
        let sent = db.sent();
        let insert = sent.iter().position(|sql| sql == INSERT_USER);
        assert_eq!(insert, Some(sent.len() - 2), "{number}: {sent:?}");
    }
}

fn without_autoflush_queries_do_not_see_pending_rows(lab: &Lab) {
    let db = lab.db();
    let mut s = db.maker().autoflush(false).session();
    s.add(User::named("ann"));
    assert_eq!(s.query::<User>().count().unwrap(), 0);
    assert_eq!(s.get::<User>(1).unwrap(), None);
    s.commit().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 1);
}
