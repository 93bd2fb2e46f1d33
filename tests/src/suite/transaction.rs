//! When a transaction is on the wire, how it ends, and what a commit leaves in memory.

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
    s23_after_commit_entities_are_stale_but_readable,
    s23_without_expire_on_commit_nothing_is_read_anew,
    a_touched_stale_entity_keeps_its_edit_and_takes_other_columns,
    drop_rolls_back,
    transaction_commits_on_ok,
    transaction_rolls_back_on_err,
    transaction_rolls_back_on_panic,
    try_transaction_takes_any_error,
    close_rolls_back_and_forgets,
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
