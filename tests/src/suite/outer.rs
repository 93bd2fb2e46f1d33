//! Sessions that join an outer transaction.

use orm_core::prelude::*;

use crate::fixture::Lab;
use crate::models::*;

rules! { outer:
    s35_a_commit_releases_a_savepoint_and_the_outer_rollback_discards_all,
    s35_a_rollback_of_the_session_leaves_the_outer_alive,
    s35_an_outer_commit_keeps_what_sessions_committed,
    s35_a_failed_flush_undoes_its_savepoint_only,
    s35_savepoints_of_a_session_nest_inside_its_own,
    s35_a_session_that_is_in_it_holds_its_end_up,
    s35_dropping_it_discards_all,
    s35_connections_and_scopes_join_as_well,
}

const INSERT: &str = "INSERT INTO users (name, email, bio, age) VALUES (?, ?, ?, ?)";

fn s35_a_commit_releases_a_savepoint_and_the_outer_rollback_discards_all(lab: &Lab) {
    let db = lab.db();
    let outer = db.engine.begin_outer().unwrap();
    let maker = SessionMaker::new(outer.engine().clone());
    let mut s = maker.session();
    let ann = s.add(User::named("ann"));
    s.commit().unwrap();
    assert_eq!(db.sent(), ["BEGIN", "SAVEPOINT joined", INSERT, "RELEASE joined"]);
    assert_eq!(s[ann].id, Id::Key(1));
    drop(s);
    assert_eq!(maker.session().query::<User>().count().unwrap(), 1);
    outer.rollback().unwrap();
    assert_eq!(db.sent().last().unwrap(), "ROLLBACK");
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM users"), [(0,)]);
}

fn s35_a_rollback_of_the_session_leaves_the_outer_alive(lab: &Lab) {
    let db = lab.db();
    let outer = db.engine.begin_outer().unwrap();
    let mut s = outer.engine().session();
    s.add(User::named("ann"));
    s.commit().unwrap();
    s.add(User::named("bob"));
    s.flush().unwrap();
    db.sent();
    s.rollback().unwrap();
    assert_eq!(db.sent(), ["ROLLBACK TO joined", "RELEASE joined"]);
    assert_eq!(s.query::<User>().count().unwrap(), 1);
    s.close();
    outer.rollback().unwrap();
}

fn s35_an_outer_commit_keeps_what_sessions_committed(lab: &Lab) {
    let db = lab.db();
    let outer = db.engine.begin_outer().unwrap();
    let mut s = outer.engine().session();
    s.add(User::named("ann"));
    s.commit().unwrap();
    s.add(User::named("bob"));
    s.flush().unwrap();
    drop(s);
    outer.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT name FROM users"), [("ann".into(),)]);
}

fn s35_a_failed_flush_undoes_its_savepoint_only(lab: &Lab) {
    let db = lab.db();
    let outer = db.engine.begin_outer().unwrap();
    let mut s = outer.engine().session();
    s.add(User::named("ann"));
    s.commit().unwrap();
    let again = s.add(User::named("ann"));
    assert!(s.flush().unwrap_err().is_unique());
    assert!(s.query::<User>().count().unwrap_err().is_unique());
    s.rollback().unwrap();
    assert_eq!((s.state(again), s.query::<User>().count().unwrap()), (Some(State::Withdrawn), 1));
    s.close();
    outer.rollback().unwrap();
}

fn s35_savepoints_of_a_session_nest_inside_its_own(lab: &Lab) {
    let db = lab.db();
    let outer = db.engine.begin_outer().unwrap();
    let mut s = outer.engine().session();
    s.add(User::named("ann"));
    let undone = s.nested(|s| {
        s.add(User::named("bob"));
        s.flush()?;
        Err::<(), _>(Error::misuse("undo it"))
    });
    undone.unwrap_err();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN",
            "SAVEPOINT joined",
            INSERT,
            "SAVEPOINT s1",
            INSERT,
            "ROLLBACK TO s1",
            "RELEASE s1",
            "RELEASE joined"
        ]
    );
    drop(s);
    outer.rollback().unwrap();
}

fn s35_a_session_that_is_in_it_holds_its_end_up(lab: &Lab) {
    let db = lab.db();
    let outer = db.engine.begin_outer().unwrap();
    let mut s = outer.engine().session();
    s.query::<User>().count().unwrap();
    let error = outer.rollback().unwrap_err();
    assert!(
        error.is_misuse() && error.to_string().contains("a session is in the outer transaction"),
        "{error}"
    );
    drop(s);
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM users"), [(0,)]);
}

fn s35_dropping_it_discards_all(lab: &Lab) {
    let db = lab.db();
    let outer = db.engine.begin_outer().unwrap();
    let mut s = outer.engine().session();
    s.add(User::named("ann"));
    s.commit().unwrap();
    drop(outer);
    db.sent();
    // Its sessions have nothing to work on, and none of them begins a transaction of its own.
    s.add(User::named("bob"));
    assert!(s.flush().unwrap_err().is_misuse());
    assert!(db.sent().iter().all(|sql| sql != "BEGIN" && !sql.contains("SAVEPOINT")));
}

fn s35_connections_and_scopes_join_as_well(lab: &Lab) {
    let db = lab.db();
    let outer = db.engine.begin_outer().unwrap();
    let scope = ScopedSession::new(SessionMaker::new(outer.engine().clone()));
    scope
        .with(|s| {
            s.add(User::named("ann"));
            s.commit()
        })
        .unwrap();
    scope.remove();
    outer.engine().begin(|connection| connection.run_script("UPDATE users SET age = 99")).unwrap();
    let users: Vec<User> = outer.engine().session().query::<User>().untracked().all().unwrap();
    assert_eq!(users[0].age, 99);
    outer.rollback().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM users"), [(0,)]);
}
