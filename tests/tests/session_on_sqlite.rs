//! What a session makes of the faults of a SQLite file.

#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use orm_core::prelude::*;
use orm_sqlite::Sqlite;
use orm_tests::models::{Blog, User};
use tempfile::TempDir;

fn file(folder: &TempDir) -> Sqlite {
    Sqlite::file(folder.path().join("blog.db")).busy_timeout(Duration::from_millis(20))
}

fn engine(driver: Sqlite) -> Engine<Blog> {
    let engine = Engine::builder(driver).build().unwrap();
    engine.create_all().unwrap();
    engine
}

fn fat(name: &str) -> User {
    User { bio: Some("x".repeat(1 << 20)), ..User::named(name) }
}

#[test]
fn a_full_disk_fails_the_flush_and_rollback_makes_the_session_work_again() {
    let folder = tempfile::tempdir().unwrap();
    engine(file(&folder));
    let small = file(&folder).pragma("max_page_count", 200).unwrap();
    let engine = Engine::<Blog>::builder(small).build().unwrap();
    let mut s = engine.session();
    let thin = s.add(User::named("thin"));
    s.add(fat("fat"));
    let error = s.commit().unwrap_err();
    assert!(error.is_full(), "{error:?}");
    assert!(s.query::<User>().count().is_err());
    s.rollback().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 0);
    let thin = s.to_owned(thin).unwrap();
    s.add(thin);
    s.commit().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 1);
}

#[test]
fn a_full_disk_in_a_savepoint_never_sends_a_statement_outside_of_a_transaction() {
    let folder = tempfile::tempdir().unwrap();
    engine(file(&folder));
    let small = file(&folder).pragma("max_page_count", 200).unwrap();
    let engine = Engine::<Blog>::builder(small).build().unwrap();
    let mut s = engine.session();
    s.add(User::named("outer"));
    let error = s
        .nested(|s| {
            s.add(fat("fat"));
            s.flush()
        })
        .unwrap_err();
    assert!(error.is_full(), "{error:?}");
    // Whether SQLite ended the transaction or not, what is committed now is all of the outer work or nothing.
    let committed = s.commit().is_ok();
    s.rollback().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), u64::from(committed));
}

/// What ends a transaction from within: a trigger that raises, and a constraint that says so.
const ENDS: [&str; 2] = [
    "CREATE TRIGGER guard BEFORE INSERT ON users WHEN NEW.name = 'bad' BEGIN SELECT RAISE(ROLLBACK, 'no such name'); END",
    "CREATE TABLE names (name TEXT UNIQUE ON CONFLICT ROLLBACK);
     INSERT INTO names VALUES ('bad');
     CREATE TRIGGER guard AFTER INSERT ON users BEGIN INSERT INTO names VALUES (NEW.name); END",
];

#[test]
fn an_error_that_ends_the_transaction_undoes_all_of_it_in_memory_too() {
    for (script, is_nested) in ENDS.into_iter().flat_map(|script| [(script, false), (script, true)]) {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(file(&folder));
        let mut s = engine.session();
        let ann = s.add(User::named("ann"));
        s.commit().unwrap();
        engine.checkout().unwrap().run_script(script).unwrap();
        s[ann].age = 99;
        let outer = s.add(User::named("outer"));
        let mut bad = None;
        let mut work = |s: &mut Session<Blog>| {
            bad = Some(s.add(User::named("bad")));
            s.flush()
        };
        let error = if is_nested { s.nested(work) } else { work(&mut s) }.unwrap_err();
        assert!(error.constraint().is_some() || error.to_string().contains("no such name"), "{error:?}");
        assert_eq!((s[ann].age, s.state(outer)), (18, Some(State::Withdrawn)));
        // Nothing is sent outside of a transaction of the session's own.
        s.add(User::named("late"));
        assert!(s.flush().is_err() && s.commit().is_err());
        s.rollback().unwrap();
        assert_eq!(s.query::<User>().count().unwrap(), 1);
        assert_eq!((s.state(bad.unwrap()), s[outer].id), (Some(State::Withdrawn), Id::New));
        s.restore(outer).unwrap();
        s[ann].age = 30;
        s.commit().unwrap();
        let rows = s.query::<User>().order_by(User::id).select((User::name, User::age)).fetch().unwrap();
        assert_eq!(rows, [("ann".to_owned(), 30), ("outer".to_owned(), 18)]);
    }
}

#[test]
fn a_locked_file_is_busy_and_the_work_succeeds_when_the_lock_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(file(&folder));
    let (mut holder, mut s) = (engine.session(), engine.session());
    holder.add(User::named("holder"));
    holder.flush().unwrap();
    let ann = s.add(User::named("ann"));
    let error = s.commit().unwrap_err();
    assert!(error.is_busy(), "{error:?}");
    holder.commit().unwrap();
    s.rollback().unwrap();
    let ann = s.to_owned(ann).unwrap();
    s.add(ann);
    s.commit().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 2);
}

#[test]
fn a_snapshot_that_is_too_old_to_write_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(file(&folder));
    let (mut a, mut b) = (engine.session(), engine.session());
    assert_eq!(b.query::<User>().count().unwrap(), 0);
    a.add(User::named("a"));
    a.commit().unwrap();
    b.add(User::named("b"));
    let error = b.commit().unwrap_err();
    assert!(error.is_busy(), "{error:?}");
    b.rollback().unwrap();
    b.add(User::named("b"));
    b.commit().unwrap();
    assert_eq!(b.query::<User>().count().unwrap(), 2);
}

#[test]
fn a_file_opened_for_reading_can_be_read_and_not_flushed() {
    let folder = tempfile::tempdir().unwrap();
    engine(file(&folder)).session().add(User::named("lost"));
    let engine = Engine::<Blog>::builder(file(&folder).read_only()).build().unwrap();
    let mut s = engine.session();
    assert_eq!(s.query::<User>().count().unwrap(), 0);
    s.add(User::named("ann"));
    let error = s.flush().unwrap_err();
    assert!(error.is_read_only(), "{error:?}");
    s.rollback().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 0);
}

#[test]
fn what_is_committed_is_there_for_another_engine() {
    let folder = tempfile::tempdir().unwrap();
    let first = engine(file(&folder));
    let mut s = first.session();
    s.add(User::named("ann"));
    s.commit().unwrap();
    s.add(User::named("lost"));
    s.flush().unwrap();
    drop(s);
    drop(first);
    let mut s = engine(file(&folder)).session();
    let names: Vec<String> =
        s.query::<User>().untracked().all().unwrap().into_iter().map(|u| u.name).collect();
    assert_eq!(names, ["ann"]);
}

#[test]
fn a_missing_table_is_a_schema_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::<Blog>::builder(file(&folder)).build().unwrap();
    let mut s = engine.session();
    let error = s.query::<User>().all().unwrap_err();
    assert!(error.is_schema() && error.message().contains("users"), "{error:?}");
    s.add(User::named("ann"));
    assert!(s.flush().unwrap_err().is_schema());
    s.rollback().unwrap();
    engine.create_all().unwrap();
    s.add(User::named("ann"));
    s.commit().unwrap();
}

#[test]
fn a_plan_is_told_as_text() {
    use orm_tests::models::Post;
    let engine = engine(Sqlite::memory());
    let mut s = engine.session();
    let ann = s.add(User::named("ann"));
    let plan = s.query::<User>().filter(User::email.eq("x")).explain().unwrap();
    assert_eq!(plan, "SEARCH users USING INDEX sqlite_autoindex_users_1 (email=?)\n");
    // What is named in it is flushed first; a step of a step is indented.
    let posts = select::<Post>().filter(Post::author.eq(ann));
    let plan = select::<Post>().filter(Post::id.in_(posts.select(Post::id))).explain(&mut s).unwrap();
    assert!(plan.contains("SEARCH posts") && plan.contains("\n  S"), "{plan}");
    let plan = s.sql("SELECT * FROM users ORDER BY bio", params![]).unwrap().explain().unwrap();
    assert_eq!(plan, "SCAN users\nUSE TEMP B-TREE FOR ORDER BY\n");
    assert!(s.sql("SELECT * FROM nowhere", params![]).unwrap().explain().unwrap_err().is_schema());
}
