//! SQL expressions, columns that are written although they did not change, and writes that compare.

use orm_core::prelude::*;

use crate::fixture::Lab;
use crate::models::*;

rules! { assign:
    s13_an_expression_is_written_and_taken_back,
    s13_an_expression_in_an_insert,
    s13_arithmetic_counts_in_the_database,
    an_expression_counts_the_version,
    an_expression_and_a_value_in_one_update,
    an_expression_is_dropped_by_what_loses_edits,
    an_expression_is_undone_with_its_transaction,
    touch_writes_a_column_that_did_not_change,
    set_and_touch_refuse_what_a_program_does_not_write,
    s58_compare_finds_a_row_that_someone_else_changed,
    compare_looks_at_the_changed_columns_only,
    compare_takes_null_for_a_value,
}

/// What is done to an entity.
type Act = fn(&mut Session<Blog>, Handle<User>);

fn s13_an_expression_is_written_and_taken_back(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s.execute("UPDATE users SET email = 'theirs'", params![]).unwrap();
    db.sent();
    s.set(user, User::name, User::email).unwrap();
    assert_eq!((s[user].name.as_str(), s.is_modified(user)), ("a", true));
    let changes = s.changes(user);
    assert_eq!((changes.len(), changes[0].column, &changes[0].new), (1, "name", &None));
    assert_eq!(s.dirty::<User>(), [user]);
    s.flush().unwrap();
    assert_eq!(db.sent(), ["UPDATE users SET name = email WHERE id = ? RETURNING name"]);
    assert_eq!((s[user].name.as_str(), s.is_modified(user)), ("theirs", false));
    s.flush().unwrap();
    assert!(db.sent().is_empty());
}

fn s13_an_expression_in_an_insert(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let first = s.add(User::named("a"));
    let user = s.add(User::named("b"));
    s.set(user, User::name, "from sql").unwrap();
    s.flush().unwrap();
    let sent = db.sent();
    assert!(sent.last().unwrap().ends_with("RETURNING id, name"), "{sent:?}");
    assert_eq!((s[user].name.as_str(), s.key(first), s.key(user)), ("from sql", Some(1), Some(2)));
    s.commit().unwrap();
    assert_eq!(s.get::<User>(2).unwrap(), Some(user));
}

fn s13_arithmetic_counts_in_the_database(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    db.run("INSERT INTO posts (author_id, title, views) VALUES (1, 'one', 1)");
    let mut s = db.session();
    let post = s.get_one::<Post>(1).unwrap();
    s.execute("UPDATE posts SET views = 41", params![]).unwrap();
    db.sent();
    s.set(post, Post::views, Post::views + 1).unwrap();
    assert_eq!(s[post].views, 1, "nothing is known before the flush");
    s.flush().unwrap();
    assert_eq!(db.sent(), ["UPDATE posts SET views = views + ? WHERE id = ? RETURNING views"]);
    assert_eq!(s[post].views, 42);
    s.rollback().unwrap();
    assert!(db.sent().iter().all(|sql| sql == "ROLLBACK"), "memory goes back without SQL");
    assert_eq!(s[post].views, 1);
    s.set(post, Post::views, Post::views * 10 + 5).unwrap();
    s.commit().unwrap();
    assert_eq!(s[post].views, 15);
    assert_eq!(db.sent()[1], "UPDATE posts SET views = (views * ?) + ? WHERE id = ? RETURNING views");
    assert_eq!(db.rows::<(i64,)>("SELECT views FROM posts"), [(15,)]);
}

fn an_expression_counts_the_version(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("one"));
    s.flush().unwrap();
    let before = s[doc].version;
    db.sent();
    s.set(doc, Doc::title, Doc::note).unwrap();
    s.flush().unwrap();
    assert_eq!(
        db.sent(),
        ["UPDATE docs SET title = note, note = ?, version = ? WHERE id = ? AND version = ? RETURNING title"]
    );
    assert_ne!(s[doc].version, before);
    s[doc].title = "two".into();
    s.flush().unwrap();
}

fn an_expression_and_a_value_in_one_update(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b"]);
    let mut s = db.session();
    let users = s.query::<User>().order_by(User::id).all().unwrap();
    users.iter().for_each(|&user| s[user].age = 9);
    s.set(users[1], User::name, User::email).unwrap();
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "UPDATE users SET age = ? WHERE id = ?",
            "UPDATE users SET name = email, age = ? WHERE id = ? RETURNING name",
            "COMMIT",
        ]
    );
    let rows = db.rows::<(String, i64)>("SELECT name, age FROM users ORDER BY id");
    assert_eq!(rows, [("a".to_owned(), 9), ("b@x.org".to_owned(), 9)]);
}

fn an_expression_is_dropped_by_what_loses_edits(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let acts: [Act; 5] = [
        |s, user| s.refresh(user).unwrap(),
        |s, user| s.expire(user).unwrap(),
        |s, _| s.expire_all(),
        |s, _| s.rollback().unwrap(),
        |s, user| drop(s.expunge(user).unwrap()),
    ];
    for act in acts {
        let mut s = db.session();
        let user = s.get_one::<User>(1).unwrap();
        s.set(user, User::name, User::email).unwrap();
        act(&mut s, user);
        assert!(!s.is_modified(user));
        db.sent();
        s.commit().unwrap();
        assert!(db.sent().iter().all(|sql| sql == "COMMIT"));
    }
}

fn an_expression_is_undone_with_its_transaction(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s.set(user, User::name, User::email).unwrap();
    s.flush().unwrap();
    assert_eq!(s[user].name, "a@x.org");
    s.rollback().unwrap();
    assert_eq!(s[user].name, "a");
}

fn touch_writes_a_column_that_did_not_change(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("one"));
    s.flush().unwrap();
    db.sent();
    s.touch(doc, Doc::title).unwrap();
    assert!(s.is_modified(doc));
    s.flush().unwrap();
    assert_eq!(
        db.sent(),
        ["UPDATE docs SET title = ?, note = ?, version = ? WHERE id = ? AND version = ?"],
        "with the column that each UPDATE sets"
    );
    s.flush().unwrap();
    assert!(db.sent().is_empty());
}

fn set_and_touch_refuse_what_a_program_does_not_write(lab: &Lab) {
    let db = lab.db();
    let (mut s, mut other) = (db.session(), db.session());
    let doc = s.add(Doc::titled("one"));
    for refused in [s.touch(doc, Doc::id), s.touch(doc, Doc::version), other.touch(doc, Doc::title)] {
        assert!(refused.unwrap_err().is_misuse());
    }
    s.delete(doc);
    let error = s.set(doc, Doc::title, "x").unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("Doc.title"), "{error}");
}

fn s58_compare_finds_a_row_that_someone_else_changed(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.maker().stale_writes(StaleWrites::Compare).session();
    let user = s.get_one::<User>(1).unwrap();
    s.execute("UPDATE users SET age = 50", params![]).unwrap();
    db.sent();
    s[user].age = 19;
    let error = s.flush().unwrap_err();
    assert_eq!(db.sent()[0], "UPDATE users SET age = ? WHERE id = ? AND age IS NOT DISTINCT FROM ?");
    assert!(error.is_stale() && error.to_string().contains("key 1"), "{error}");
    s.rollback().unwrap();
    s.get(user).unwrap();
    s[user].age = 19;
    s.commit().unwrap();
}

fn compare_looks_at_the_changed_columns_only(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.maker().stale_writes(StaleWrites::Compare).session();
    let user = s.get_one::<User>(1).unwrap();
    s.execute("UPDATE users SET name = 'theirs'", params![]).unwrap();
    s[user].age = 19;
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String, i64)>("SELECT name, age FROM users"), [("theirs".to_owned(), 19)]);
}

fn compare_takes_null_for_a_value(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.maker().stale_writes(StaleWrites::Compare).session();
    let user = s.get_one::<User>(1).unwrap();
    for bio in [Some("one".to_owned()), None, Some("two".to_owned())] {
        s[user].bio = bio;
        s.flush().unwrap();
    }
    s.execute("UPDATE users SET bio = NULL", params![]).unwrap();
    s[user].bio = Some("three".into());
    assert!(s.flush().unwrap_err().is_stale());
}
