//! How transactions begin, what a failed one tells, and trying again.

use std::time::Duration;

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { begin:
    s22_a_second_begin_is_misuse,
    s22_without_autobegin_nothing_begins_by_itself,
    begin_with_chooses_how,
    s27_the_error_tells_what_was_undone,
    the_error_of_a_savepoint_tells_what_the_savepoint_undid,
    the_error_of_a_commit_tells_what_was_undone,
    what_was_undone_can_be_done_again,
    s28_a_lost_connection_leaves_the_outcome_unknown,
    retry_runs_the_closure_again_in_a_clean_session,
    retry_gives_up_with_the_last_error,
    retry_repeats_busy_only,
    retry_after_a_snapshot_that_was_too_old,
    a_long_reading_transaction_is_told_by_its_age,
}

fn s22_a_second_begin_is_misuse(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.begin().unwrap();
    assert!(s.in_transaction() && db.sent().is_empty());
    assert!(s.begin().unwrap_err().is_misuse());
    s.commit().unwrap();
    s.begin().unwrap();
    s.rollback().unwrap();
    s.add(User::named("a"));
    let error = s.begin_with(BeginMode::Immediate).unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("already"), "{error}");
    assert!(s.is_active());
    s.commit().unwrap();
}

fn s22_without_autobegin_nothing_begins_by_itself(lab: &Lab) {
    let db = lab.db();
    let mut s = db.maker().autobegin(false).session();
    let user = s.add(User::named("a"));
    let refused = [
        s.execute("DELETE FROM users", params![]).map(drop),
        s.query::<User>().count().map(drop),
        s.get::<User>(1).map(drop),
        s.flush(),
        s.commit(),
        s.begin_nested().map(drop),
    ];
    for refused in refused {
        let error = refused.unwrap_err();
        assert!(error.is_misuse() && error.to_string().contains("autobegin"), "{error}");
    }
    assert!(db.sent().is_empty() && s.is_active());
    s.begin().unwrap();
    s.commit().unwrap();
    assert_eq!(s.key(user), Some(1));
    assert!(s.query::<User>().count().unwrap_err().is_misuse(), "and again after the commit");
    s.rollback().unwrap();
    s.begin().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 1);
}

fn begin_with_chooses_how(lab: &Lab) {
    let db = lab.db();
    let mut s = db.maker().begin(BeginMode::Immediate).session();
    s.begin_with(BeginMode::Exclusive).unwrap();
    s.query::<User>().count().unwrap();
    assert_eq!(db.sent()[0], "BEGIN EXCLUSIVE");
    s.commit().unwrap();
    s.begin().unwrap();
    s.query::<User>().count().unwrap();
    assert_eq!(db.sent()[1], "BEGIN IMMEDIATE", "the choice was for one transaction");
}

/// User 1 edited and flushed, user 2 edited, user 3 marked, one added; then something that fails.
fn work_that_fails(s: &mut Session<Blog>) -> [Handle<User>; 4] {
    let users = s.query::<User>().order_by(User::id).all().unwrap();
    s[users[0]].age = 1;
    s.flush().unwrap();
    s[users[0]].bio = Some("x".into());
    s[users[1]].email = "a@x.org".into();
    s.delete(users[2]);
    [users[0], users[1], users[2], s.add(User::named("new"))]
}

fn told(error: &Error, handles: [Handle<User>; 4]) -> Vec<String> {
    let one = |undone: &orm_core::Undone| {
        let place = handles.iter().position(|&handle| undone.handle::<User>() == Some(handle)).unwrap();
        let columns: Vec<&str> = undone.changes().iter().map(|change| change.column).collect();
        format!("{place} {:?} {:?} {}", undone.state(), undone.key(), columns.join(","))
    };
    let mut told: Vec<String> = error.undone().iter().map(one).collect();
    told.sort();
    told
}

const ALL: [&str; 4] = [
    "0 Persistent Some(\"1\") bio,age",
    "1 Persistent Some(\"2\") email",
    "2 Deleted Some(\"3\") ",
    "3 Pending None ",
];

fn s27_the_error_tells_what_was_undone(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b", "c"]);
    let mut s = db.session();
    let handles = work_that_fails(&mut s);
    let error = s.flush().unwrap_err();
    assert!(error.is_unique());
    assert_eq!(told(&error, handles), ALL);
    let edit = error.undone().iter().find(|undone| undone.handle() == Some(handles[0])).unwrap();
    let age = &edit.changes()[1];
    assert_eq!(format!("{:?} {:?}", age.old, age.new), "Some(18) Some(1)");
    let again = s.flush().unwrap_err();
    assert_eq!(told(&again, handles), ALL, "the error that is told again tells it, too");
    assert_eq!((s[handles[3]].name.as_str(), s.state(handles[3])), ("new", Some(State::Withdrawn)));
}

fn the_error_of_a_savepoint_tells_what_the_savepoint_undid(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b", "c"]);
    let mut s = db.session();
    let mut handles = None;
    s.add(Group::default());
    let error = s
        .nested(|s| {
            handles = Some(work_that_fails(s));
            s.flush()
        })
        .unwrap_err();
    assert_eq!(told(&error, handles.unwrap()), ALL);
    s.commit().unwrap();
    assert_eq!(db.rows_after::<(i64,)>("SELECT count(*) FROM groups"), [(1,)]);
}

fn the_error_of_a_commit_tells_what_was_undone(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b", "c"]);
    let mut s = db.session();
    let handles = work_that_fails(&mut s);
    s[handles[1]].email = "free".into();
    db.probe.fail_next("COMMIT", Error::foreign_key("deferred"));
    let error = s.commit().unwrap_err();
    assert!(error.is_foreign_key() && !error.outcome_unknown());
    assert_eq!(told(&error, handles), ALL);
    assert!(!s.is_active());
    s.rollback().unwrap();
    assert_eq!((s[handles[0]].age, s.state(handles[2])), (18, Some(State::Persistent)));
}

fn what_was_undone_can_be_done_again(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b", "c"]);
    let mut s = db.session();
    let handles = work_that_fails(&mut s);
    let error = s.flush().unwrap_err();
    s.rollback().unwrap();
    for undone in error.undone() {
        let handle = undone.handle::<User>().unwrap();
        match undone.state() {
            State::Pending => s.restore(handle).unwrap(),
            State::Deleted => s.delete(handle),
            _ if handle == handles[0] => s[handle].age = 1,
            _ => s[handle].email = "free".into(),
        }
    }
    s.commit().unwrap();
    let rows = db.rows_after::<(String, i64)>("SELECT email, age FROM users ORDER BY id");
    let row = |email: &str, age| (email.to_owned(), age);
    assert_eq!(rows, [row("a@x.org", 1), row("free", 18), row("new@x.org", 18)]);
}

fn s28_a_lost_connection_leaves_the_outcome_unknown(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let user = s.add(User::named("a"));
    db.probe.fail_next("COMMIT", Error::disconnected("gone"));
    let error = s.commit().unwrap_err();
    assert!(error.is_disconnected() && error.outcome_unknown());
    assert_eq!(s.state(user), Some(State::Withdrawn));
    assert!(s.commit().unwrap_err().outcome_unknown());
    s.rollback().unwrap();
    s.restore(user).unwrap();
    s.commit().unwrap();
    assert_eq!(s.key(user), Some(1));
}

fn retry_runs_the_closure_again_in_a_clean_session(lab: &Lab) {
    let db = lab.db();
    db.probe.fail_next("INSERT", Error::busy("locked"));
    let mut runs = 0;
    let name = db.maker().transaction_with_retry(3, |s| {
        runs += 1;
        assert!(s.new_entities::<User>().is_empty());
        assert_eq!(s.query::<User>().count()?, 0);
        let user = s.add(User::named(&format!("run {runs}")));
        s.flush()?;
        Ok(s[user].name.clone())
    });
    assert_eq!((name.unwrap(), runs), ("run 2".to_owned(), 2));
    let begins: Vec<String> = db.sent().into_iter().filter(|sql| sql.starts_with("BEGIN")).collect();
    assert_eq!(begins, ["BEGIN", "BEGIN IMMEDIATE"]);
    assert_eq!(db.rows::<(String,)>("SELECT name FROM users"), [("run 2".to_owned(),)]);
}

fn retry_gives_up_with_the_last_error(lab: &Lab) {
    let db = lab.db();
    let mut runs = 0;
    let error = db
        .maker()
        .transaction_with_retry::<()>(3, |_| {
            runs += 1;
            Err(Error::busy(format!("run {runs}")))
        })
        .unwrap_err();
    assert_eq!((error.message(), runs), ("run 3", 3));
}

fn retry_repeats_busy_only(lab: &Lab) {
    let db = lab.db();
    let mut runs = 0;
    let error = db
        .maker()
        .transaction_with_retry::<()>(3, |_| {
            runs += 1;
            Err(Error::stale("changed"))
        })
        .unwrap_err();
    assert!(error.is_stale() && runs == 1);
}

fn retry_after_a_snapshot_that_was_too_old(lab: &Lab) {
    let db = lab.shared();
    db.store_users(&["a"]);
    let mut runs = 0;
    db.maker()
        .transaction_with_retry(2, |s| {
            runs += 1;
            let user = s.get_one::<User>(1)?;
            if runs == 1 {
                // Someone else commits between the read and the write.
                db.maker().transaction(|other| {
                    let theirs = other.get_one::<User>(1)?;
                    other[theirs].age += 10;
                    Ok(())
                })?;
            }
            s[user].age += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(runs, 2);
    assert_eq!(db.rows_after::<(i64,)>("SELECT age FROM users"), [(29,)], "nothing was lost");
}

fn a_long_reading_transaction_is_told_by_its_age(lab: &Lab) {
    let db = lab.db();
    let read = |s: &mut Session<Blog>| assert_eq!(s.query::<User>().count().unwrap(), 0);
    let write = |s: &mut Session<Blog>| {
        s.execute("DELETE FROM users", params![]).unwrap();
    };
    let maker = db.maker().warn_after(Duration::ZERO);
    assert_eq!(warnings(|| read(&mut maker.session())), 1, "also when it is dropped");
    let ended = |end: fn(&mut Session<Blog>)| {
        let mut s = maker.session();
        read(&mut s);
        end(&mut s);
    };
    assert_eq!(warnings(|| ended(|s| s.commit().unwrap())), 1);
    assert_eq!(warnings(|| ended(|s| s.rollback().unwrap())), 1);
    assert_eq!(warnings(|| write(&mut maker.session())), 0);
    assert_eq!(warnings(|| read(&mut db.maker().warn_after(None).session())), 0);
    assert_eq!(warnings(|| read(&mut db.session())), 0);
}

/// How many warnings of sessions work logs.
fn warnings(work: impl FnOnce()) -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

    struct Count(std::sync::Arc<AtomicUsize>);

    impl<S: tracing::Subscriber> Layer<S> for Count {
        fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
            let metadata = event.metadata();
            let is_ours = metadata.target() == "orm::session" && *metadata.level() == tracing::Level::WARN;
            self.0.fetch_add(usize::from(is_ours), Ordering::Relaxed);
        }
    }

    let count = std::sync::Arc::new(AtomicUsize::new(0));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(Count(count.clone())), work);
    count.load(Ordering::Relaxed)
}

impl Db<Blog> {
    /// The rows of a query, whatever was sent before.
    fn rows_after<T: FromRow>(&self, sql: &'static str) -> Vec<T> {
        self.sent();
        self.rows(sql)
    }
}
