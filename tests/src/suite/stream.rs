//! Rows that come one by one.

use std::sync::{Arc, Mutex};

use orm_core::prelude::*;

use crate::fixture::Lab;
use crate::models::*;

rules! { stream:
    a_stream_gives_every_row_in_order_by_one_statement,
    a_stream_flushes_first_and_binds_its_values,
    a_stream_that_is_left_early_gives_its_statement_back,
    a_stream_ends_with_the_row_that_does_not_decode,
    a_stream_asked_again_at_its_end_gives_nothing,
    a_fault_before_the_first_row_is_an_error_of_the_call,
    hooks_see_how_many_rows_a_stream_gave,
}

const SELECT: &str = "SELECT id, name, email, bio, age FROM users ORDER BY id";

fn names(stream: impl Iterator<Item = Result<User, Error>>) -> Vec<String> {
    stream.map(|user| user.unwrap().name).collect()
}

fn a_stream_gives_every_row_in_order_by_one_statement(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann", "bob", "cid"]);
    let mut s = db.session();
    assert_eq!(
        names(s.query::<User>().order_by(User::id).untracked().stream().unwrap()),
        ["ann", "bob", "cid"]
    );
    s.commit().unwrap();
    assert_eq!(db.sent(), ["BEGIN", SELECT, "COMMIT"]);
}

fn a_stream_flushes_first_and_binds_its_values(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add_all(["ann", "bob"].map(User::named));
    let name = String::from("bob");
    let query = s.query::<User>().filter(User::name.eq(&name)).untracked();
    drop(name);
    assert_eq!(names(query.stream().unwrap()), ["bob"]);
}

fn a_stream_that_is_left_early_gives_its_statement_back(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann", "bob", "cid"]);
    let mut s = db.session();
    for _ in 0..2 {
        let first = s.query::<User>().order_by(User::id).untracked().stream().unwrap().next();
        assert_eq!(first.unwrap().unwrap().name, "ann");
    }
    let ann = s.get_one::<User>(1).unwrap();
    s[ann].age = 50;
    s.commit().unwrap();
    assert_eq!(s.query::<User>().filter(User::age.eq(50)).count().unwrap(), 1);
}

fn a_stream_ends_with_the_row_that_does_not_decode(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann", "bob", "cid"]);
    db.run("UPDATE users SET age = 99999999999 WHERE id = 2");
    let mut s = db.session();
    let mut stream = s.query::<User>().order_by(User::id).untracked().stream().unwrap();
    assert_eq!(stream.next().unwrap().unwrap().name, "ann");
    let error = stream.next().unwrap().unwrap_err();
    assert!(error.is_value() && error.to_string().contains("key 2"), "{error}");
    assert!(stream.next().is_none());
    drop(stream);
    assert_eq!(s.query::<User>().count().unwrap(), 3);
}

fn a_stream_asked_again_at_its_end_gives_nothing(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let mut stream = s.query::<User>().untracked().stream().unwrap();
    assert!(stream.next().is_some());
    assert!(stream.next().is_none());
    assert!(stream.next().is_none());
}

fn a_fault_before_the_first_row_is_an_error_of_the_call(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let bob = s.add(User::named("bob"));
    s.flush().unwrap();
    db.probe.end_transaction_at("SELECT", Error::database("the disk is on fire"));
    let error = s.query::<User>().untracked().stream().unwrap_err();
    assert!(error.to_string().contains("on fire"));
    // The transaction ended with it: what was added in it is taken back, and nothing is sent before `rollback`.
    assert!(s.query::<User>().count().unwrap_err().to_string().contains("on fire"));
    assert_eq!(s.state(bob), Some(State::Withdrawn));
    s.rollback().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 1);
}

fn hooks_see_how_many_rows_a_stream_gave(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann", "bob", "cid"]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut s = db.session();
    let notes = Arc::clone(&seen);
    s.after_execute(move |execution, done| {
        notes.lock().unwrap().push((execution.sql.to_owned(), done.unwrap_or(0)));
    });
    let two = s.query::<User>().order_by(User::id).untracked().stream().unwrap().take(2).count();
    assert_eq!(two, 2);
    assert_eq!(*seen.lock().unwrap(), [(SELECT.to_owned(), 2)]);
}
