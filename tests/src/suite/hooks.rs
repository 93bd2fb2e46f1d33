//! Session events: what runs when, what a hook may do, and what its error undoes.

use std::sync::{Arc, Mutex};

use orm_core::Error;
use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::{Blog, Group, User};

rules! { hooks:
    s112_events_of_add_and_commit_come_in_order,
    s112_events_of_delete_and_commit_come_in_order,
    s112_events_of_rollback_come_in_order,
    s112_before_flush_adds_changes_and_deletes_in_the_same_flush,
    s112_a_before_flush_hook_that_always_adds_is_an_error_after_100_rounds,
    s112_flush_inside_a_flush_is_misuse,
    s112_after_flush_edits_belong_to_the_next_flush,
    s112_a_commit_flushes_what_after_flush_added,
    s112_an_after_flush_hook_that_always_adds_is_an_error_after_100_flushes,
    a_hook_of_a_flush_does_not_autoflush,
    an_error_of_any_hook_aborts_and_restores,
    an_error_of_after_begin_ends_the_transaction,
    hooks_run_only_when_there_is_something_to_look_at,
    a_plan_runs_no_hook,
    a_hook_of_one_session_is_of_that_session_only,
    a_hook_of_a_factory_is_of_the_sessions_made_after_it,
    statements_are_seen_before_and_after,
    a_statement_that_a_hook_refuses_is_not_sent,
    no_hook_ends_the_transaction_that_called_it,
    an_after_commit_hook_works_in_a_new_transaction,
    a_failed_transaction_closure_tells_after_rollback,
    a_hook_that_panics_gives_the_session_back,
    close_keeps_the_hooks_of_a_session,
}

/// What happened, in order.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// A factory whose every event is noted.
    fn of(&self, db: &Db<Blog>) -> SessionMaker<Blog> {
        let note = |what: &'static str| {
            let diary = self.clone();
            move |_: &mut Session<Blog>| diary.note(what)
        };
        let noted = |what: &'static str| {
            let note = note(what);
            move |s: &mut Session<Blog>| {
                note(s);
                Ok(())
            }
        };
        let (before, after) = (self.clone(), self.clone());
        let verb = |sql: &str| sql.split(' ').next().unwrap().to_owned();
        db.maker()
            .before_flush(noted("before_flush"))
            .after_flush(noted("after_flush"))
            .before_commit(noted("before_commit"))
            .after_commit(note("after_commit"))
            .after_rollback(note("after_rollback"))
            .after_begin(noted("after_begin"))
            .before_execute(move |statement| {
                before.note(format!("before {}", verb(statement.sql)));
                Ok(())
            })
            .after_execute(move |statement, rows| {
                after.note(format!("after {} x{}", verb(statement.sql), rows.unwrap_or(0)))
            })
    }
}

fn no() -> Error {
    Error::misuse("the hook says no")
}

fn s112_events_of_add_and_commit_come_in_order(lab: &Lab) {
    let (db, diary) = (lab.db(), Diary::default());
    let mut s = diary.of(&db).session();
    s.add(User::named("a"));
    s.commit().unwrap();
    assert_eq!(
        diary.take(),
        [
            "before_commit",
            "before_flush",
            "after_begin",
            "before INSERT",
            "after INSERT x1",
            "after_flush",
            "after_commit"
        ]
    );
}

fn s112_events_of_delete_and_commit_come_in_order(lab: &Lab) {
    let (db, diary) = (lab.db(), Diary::default());
    db.store_users(&["a"]);
    let mut s = diary.of(&db).session();
    let user = s.get_one::<User>(1).unwrap();
    assert_eq!(diary.take(), ["after_begin", "before SELECT", "after SELECT x1"]);
    s.delete(user);
    s.commit().unwrap();
    assert_eq!(
        diary.take(),
        ["before_commit", "before_flush", "before DELETE", "after DELETE x1", "after_flush", "after_commit"]
    );
}

fn s112_events_of_rollback_come_in_order(lab: &Lab) {
    let (db, diary) = (lab.db(), Diary::default());
    let mut s = diary.of(&db).session();
    let user = s.add(User::named("a"));
    s.flush().unwrap();
    diary.take();
    s.after_rollback(move |s| assert_eq!(s.state(user), Some(State::Withdrawn)));
    s.rollback().unwrap();
    assert_eq!(diary.take(), ["after_rollback"]);
}

fn s112_before_flush_adds_changes_and_deletes_in_the_same_flush(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["changed", "deleted"]);
    let mut s = db.session();
    let [changed, deleted] = [1, 2].map(|key| s.get_one::<User>(key).unwrap());
    db.sent();
    s.before_flush(move |s| {
        if s.state(deleted) == Some(State::Persistent) {
            s.add(Group { name: "of a hook".into(), ..Group::default() });
            s[changed].age = 99;
            s.delete(deleted);
        }
        Ok(())
    });
    s.add(User::named("added"));
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            r#"INSERT INTO "groups" (name) VALUES (?)"#,
            "UPDATE users SET age = ? WHERE id = ?",
            "INSERT INTO users (name, email, bio, age) VALUES (?, ?, ?, ?)",
            "DELETE FROM users WHERE id = ?",
            "COMMIT"
        ]
    );
    let users: Vec<(i64, String, i64)> = db.rows("SELECT id, name, age FROM users ORDER BY id");
    assert_eq!(users, [(1, "changed".to_owned(), 99), (3, "added".to_owned(), 18)]);
    assert_eq!(db.rows::<(String,)>("SELECT name FROM groups"), [("of a hook".to_owned(),)]);
}

fn s112_a_before_flush_hook_that_always_adds_is_an_error_after_100_rounds(lab: &Lab) {
    let (db, diary) = (lab.db(), Diary::default());
    let mut s = db.session();
    let noting = diary.clone();
    s.before_flush(move |s| {
        noting.note("round");
        s.add(Group::default());
        Ok(())
    });
    let user = s.add(User::named("a"));
    let error = s.commit().unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("100 times"), "{error}");
    assert_eq!((diary.take().len(), db.sent()), (100, vec![]));
    assert_eq!(s.state(user), Some(State::Withdrawn));
}

fn s112_flush_inside_a_flush_is_misuse(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.before_flush(|s| s.flush());
    let user = s.add(User::named("a"));
    let error = s.flush().unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("`before_flush` hook"), "{error}");
    assert_eq!((s.state(user), db.sent()), (Some(State::Withdrawn), vec![]));
}

fn s112_after_flush_edits_belong_to_the_next_flush(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let user = s.add(User::named("a"));
    s.after_flush(move |s| {
        s[user].age = 77;
        Ok(())
    });
    s.flush().unwrap();
    assert_eq!(db.sent().len(), 2);
    assert_eq!(s.plan().unwrap().to_string(), "1 update users set age where id = 1");
    s.rollback().unwrap();
    assert_eq!(s[user].age, 77); // as it was added, and changed before it was written
}

fn s112_a_commit_flushes_what_after_flush_added(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.after_flush(|s| {
        if s.query::<Group>().count()? == 0 {
            s.add(Group { name: "later".into(), ..Group::default() });
        }
        Ok(())
    });
    s.add(User::named("a"));
    s.commit().unwrap();
    let sent = db.sent();
    assert_eq!(sent.iter().filter(|sql| sql.starts_with("INSERT")).count(), 2, "{sent:?}");
    assert_eq!(db.rows::<(String,)>("SELECT name FROM groups"), [("later".to_owned(),)]);
}

fn s112_an_after_flush_hook_that_always_adds_is_an_error_after_100_flushes(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.after_flush(|s| {
        s.add(Group::default());
        Ok(())
    });
    s.add(User::named("a"));
    let error = s.commit().unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("100 times"), "{error}");
    assert_eq!(db.sent().last().unwrap(), "ROLLBACK");
    s.rollback().unwrap();
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM groups"), [(0,)]);
}

fn a_hook_of_a_flush_does_not_autoflush(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.before_flush(|s| {
        assert_eq!(s.query::<User>().count()?, 0);
        Ok(())
    });
    s.add(User::named("a"));
    s.flush().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 1);
}

fn an_error_of_any_hook_aborts_and_restores(lab: &Lab) {
    let set: [fn(&mut Session<Blog>); 4] = [
        |s| s.before_flush(|_| Err(no())),
        |s| s.after_flush(|_| Err(no())),
        |s| s.before_commit(|_| Err(no())),
        |s| s.after_begin(|_| Err(no())),
    ];
    for hook in set {
        let db = lab.db();
        db.store_users(&["a"]);
        let mut s = db.session();
        let user = s.get_one::<User>(1).unwrap();
        s.rollback().unwrap();
        hook(&mut s);
        s[user].age = 99;
        let added = s.add(User::named("b"));
        let error = s.commit().unwrap_err();
        assert!(error.to_string().contains("the hook says no"), "{error}");
        assert!(s.commit().unwrap_err().to_string().contains("rollback()"));
        s.rollback().unwrap();
        assert_eq!((s[user].age, s.state(added), s.key(added)), (18, Some(State::Withdrawn), None));
        db.sent();
        assert_eq!(db.rows::<(i64, i64)>("SELECT id, age FROM users"), [(1, 18)]);
    }
}

fn an_error_of_after_begin_ends_the_transaction(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.after_begin(|_| Err(no()));
    assert!(s.query::<User>().count().unwrap_err().to_string().contains("`after_begin` hook"));
    assert_eq!(db.sent(), ["BEGIN", "ROLLBACK"]);
}

fn hooks_run_only_when_there_is_something_to_look_at(lab: &Lab) {
    let (db, diary) = (lab.db(), Diary::default());
    let mut s = diary.of(&db).session();
    let user = s.add(User::named("a"));
    s.commit().unwrap();
    diary.take();
    s.flush().unwrap();
    assert_eq!(diary.take(), Vec::<String>::new());
    s[user].age = 18; // no net change: looked at, nothing written
    s.flush().unwrap();
    assert_eq!(diary.take(), ["before_flush"]);
}

fn a_plan_runs_no_hook(lab: &Lab) {
    let (db, diary) = (lab.db(), Diary::default());
    let mut s = diary.of(&db).session();
    s.add(User::named("a"));
    s.plan().unwrap();
    assert_eq!(diary.take(), Vec::<String>::new());
}

fn a_hook_of_one_session_is_of_that_session_only(lab: &Lab) {
    let (db, diary) = (lab.db(), Diary::default());
    let factory = diary.of(&db);
    let (mut first, mut second) = (factory.session(), factory.session());
    let noting = diary.clone();
    first.before_commit(move |_| {
        noting.note("of the first");
        Ok(())
    });
    first.commit().unwrap();
    assert_eq!(diary.take(), ["before_commit", "of the first", "after_commit"]);
    second.commit().unwrap();
    factory.session().commit().unwrap();
    assert_eq!(diary.take(), ["before_commit", "after_commit", "before_commit", "after_commit"]);
}

fn a_hook_of_a_factory_is_of_the_sessions_made_after_it(lab: &Lab) {
    let (db, diary) = (lab.db(), Diary::default());
    let plain = db.maker();
    let mut s = plain.session();
    let noting = diary.clone();
    let hooked = plain.clone().after_commit(move |_| noting.note("hooked"));
    s.commit().unwrap();
    plain.session().commit().unwrap();
    assert_eq!(diary.take(), Vec::<String>::new());
    hooked.session().commit().unwrap();
    assert_eq!(diary.take(), ["hooked"]);
}

fn statements_are_seen_before_and_after(lab: &Lab) {
    let (db, diary) = (lab.db(), Diary::default());
    let mut s = db.session();
    let (before, after) = (diary.clone(), diary.clone());
    s.before_execute(move |statement| {
        before.note(format!("{} {}", statement.sql, statement.values.len()));
        Ok(())
    });
    s.after_execute(move |_, rows| {
        after.note(rows.map_or_else(|error| format!("{:?}", error.kind()), |n| n.to_string()))
    });
    s.add_all(["a", "b"].map(|name| Group { name: name.into(), ..Group::default() }));
    assert_eq!(s.query::<Group>().all().unwrap().len(), 2);
    s.execute("UPDATE groups SET name = ?", params!["c"]).unwrap();
    s.execute("UPDATE nowhere SET name = 1", params![]).unwrap_err();
    let insert = r#"INSERT INTO "groups" (name) VALUES (?) 1"#;
    assert_eq!(
        diary.take(),
        [
            insert,
            "1",
            insert,
            "1",
            r#"SELECT id, name FROM "groups" 0"#,
            "2",
            "UPDATE groups SET name = ? 1",
            "2",
            "UPDATE nowhere SET name = 1 0",
            "Schema"
        ]
    );
}

fn a_statement_that_a_hook_refuses_is_not_sent(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.before_execute(|statement| if statement.sql.starts_with("DELETE") { Err(no()) } else { Ok(()) });
    let user = s.add(User::named("a"));
    s.flush().unwrap();
    s.delete(user);
    let error = s.flush().unwrap_err();
    assert!(error.to_string().contains("`before_execute` hook"), "{error}");
    assert!(!db.sent().iter().any(|sql| sql.starts_with("DELETE")));
    s.rollback().unwrap();
    assert_eq!(s.state(user), Some(State::Withdrawn));
}

type Call = fn(&mut Session<Blog>) -> orm_core::Result<()>;

fn closed(s: &mut Session<Blog>) -> orm_core::Result<()> {
    s.close();
    Ok(())
}

fn no_hook_ends_the_transaction_that_called_it(lab: &Lab) {
    let calls: [Call; 4] = [|s| s.commit(), |s| s.rollback(), closed, |s| s.nested(Session::flush)];
    for (number, call) in calls.into_iter().enumerate() {
        let db = lab.db();
        let mut s = db.session();
        s.before_flush(call);
        let user = s.add(User::named("a"));
        let error = s.flush().unwrap_err();
        assert!(error.is_misuse(), "{number}: {error}");
        assert_eq!((s.state(user), db.sent()), (Some(State::Withdrawn), vec![]), "{number}");
    }
}

fn an_after_commit_hook_works_in_a_new_transaction(lab: &Lab) {
    let (db, diary) = (lab.db(), Diary::default());
    let mut s = db.session();
    let noting = diary.clone();
    s.after_commit(move |s| {
        noting.note(format!("{:?}", s.query::<User>().count()));
        noting.note(format!("{:?}", s.commit().map_err(|error| error.kind())));
    });
    s.add(User::named("a"));
    s.commit().unwrap();
    assert_eq!(diary.take(), ["Ok(1)", "Err(Misuse)"]);
    assert_eq!(db.sent()[2..], ["COMMIT", "BEGIN", "SELECT COUNT(*) FROM users"]);
}

fn a_failed_transaction_closure_tells_after_rollback(lab: &Lab) {
    let (db, diary) = (lab.db(), Diary::default());
    let factory = diary.of(&db);
    factory.transaction(|_| Err::<(), _>(no())).unwrap_err();
    assert_eq!(diary.take(), ["after_rollback"]);
    factory
        .transaction(|s| {
            s.add_all(["a", "a"].map(User::named));
            Ok(())
        })
        .unwrap_err();
    assert_eq!(diary.take().last().unwrap(), "after_rollback");
}

fn a_hook_that_panics_gives_the_session_back(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.before_flush(|s| if s.plan()?.to_string().contains("groups") { panic!("in a hook") } else { Ok(()) });
    let user = s.add(User::named("a"));
    let group = s.add(Group::default());
    assert_eq!(crate::fixture::panic_text(|| s.flush().unwrap()), "in a hook");
    assert_eq!((s.state(user), s[user].name.as_str()), (Some(State::Pending), "a"));
    s.delete(group);
    s.commit().unwrap();
    assert_eq!(s.key(user), Some(1));
}

fn close_keeps_the_hooks_of_a_session(lab: &Lab) {
    let (db, diary) = (lab.db(), Diary::default());
    let mut s = db.session();
    let noting = diary.clone();
    s.after_commit(move |_| noting.note("committed"));
    s.close();
    s.commit().unwrap();
    assert_eq!(diary.take(), ["committed"]);
}
