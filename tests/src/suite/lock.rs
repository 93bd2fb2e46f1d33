//! Locks of rows: the clauses, what a locking query reads anew, and what is refused.

use orm_core::expr::Lock;
use orm_core::prelude::*;

use super::join::blog;
use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { lock:
    a_lock_is_the_end_of_the_statement,
    a_lock_stands_in_a_subquery,
    a_locking_query_reads_anew_what_is_held,
    a_locking_query_refuses_what_was_changed,
    a_locking_query_joins_nothing_that_is_loaded_beside,
    a_locking_query_finds_no_row_in_the_identity_map,
    a_count_or_a_group_cannot_be_locked,
    a_database_without_locks_refuses_them,
}

fn a_lock_is_the_end_of_the_statement(lab: &Lab) {
    let db = lab.other();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let mut sql = |lock: Lock| {
        s.query::<User>().select(User::id).limit(1).with_for_update(lock).fetch().unwrap();
        db.sent().pop().unwrap()
    };
    let start = "SELECT id FROM users LIMIT 1";
    assert_eq!(sql(Lock::new()), format!("{start} FOR UPDATE"));
    assert_eq!(sql(Lock::new().read()), format!("{start} FOR SHARE"));
    assert_eq!(sql(Lock::new().key_share()), format!("{start} FOR NO KEY UPDATE"));
    assert_eq!(sql(Lock::new().read().key_share()), format!("{start} FOR KEY SHARE"));
    assert_eq!(sql(Lock::new().nowait()), format!("{start} FOR UPDATE NOWAIT"));
    assert_eq!(sql(Lock::new().nowait().skip_locked()), format!("{start} FOR UPDATE SKIP LOCKED"));

    let editor = alias!(User as editor);
    let query = s.query::<Post>().join(Post::author).left_join(Post::editor.alias(editor)).select(Post::id);
    query.with_for_update(Lock::new().of::<Post>().of_alias(editor).nowait()).fetch().unwrap();
    assert_eq!(
        db.sent().pop().unwrap(),
        "SELECT posts.id FROM posts JOIN users ON posts.author_id = users.id LEFT JOIN users AS editor ON posts.editor_id = editor.id \
         FOR UPDATE OF posts, editor NOWAIT"
    );
}

fn a_lock_stands_in_a_subquery(lab: &Lab) {
    let db = lab.other();
    db.store_users(&["ann", "bob"]);
    let mut s = db.session();
    let first = select::<User>()
        .order_by(User::id)
        .limit(1)
        .with_for_update(Lock::new().skip_locked())
        .select(User::id);
    let found = s.query::<User>().filter(User::id.in_(first)).one().unwrap();
    assert_eq!(s[found].name, "ann");
    assert!(db.sent().pop().unwrap().ends_with("LIMIT 1 FOR UPDATE SKIP LOCKED) LIMIT 2"));
}

/// A session that holds ann, whose row another one has changed since.
fn held(db: &Db<Blog>) -> (Session<Blog>, Handle<User>) {
    db.store_users(&["ann"]);
    let mut s = db.maker().autoflush(false).session();
    let ann = s.get_one::<User>(1).unwrap();
    s.execute("UPDATE users SET name = 'eve', age = 44 WHERE id = 1", params![]).unwrap();
    (s, ann)
}

fn a_locking_query_reads_anew_what_is_held(lab: &Lab) {
    let db = lab.other();
    let (mut s, ann) = held(&db);
    s.query::<User>().one().unwrap();
    assert_eq!(s[ann].name, "ann", "a query leaves what is fresh");
    s.query::<User>().with_for_update(Lock::new()).one().unwrap();
    assert_eq!((s[ann].name.as_str(), s[ann].age), ("eve", 44));
}

fn a_locking_query_refuses_what_was_changed(lab: &Lab) {
    let db = lab.other();
    let (mut s, ann) = held(&db);
    s[ann].age = 7;
    let error = s.query::<User>().with_for_update(Lock::new()).all().unwrap_err();
    assert!(error.is_misuse(), "{error}");
    assert!(error.to_string().contains("a `User` was changed and not flushed"), "{error}");
    assert_eq!((s[ann].name.as_str(), s[ann].age), ("ann", 7), "nothing is lost");
    s[ann].age = 18;
    s.query::<User>().with_for_update(Lock::new()).one().unwrap();
    assert_eq!(s[ann].age, 44, "what was touched and put back is no change");
}

fn a_locking_query_joins_nothing_that_is_loaded_beside(lab: &Lab) {
    let db = lab.other();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    s.add(Post::by(ann, "rust"));
    s.commit().unwrap();
    let mut s = db.session();
    db.sent();
    let post = s.query::<Post>().with(Post::author.joined()).with_for_update(Lock::new()).one().unwrap();
    assert!(s.loaded(post, Post::author));
    assert_eq!(
        db.sent(),
        [
            "BEGIN",
            "SELECT id, author_id, editor_id, title, views FROM posts LIMIT 2 FOR UPDATE",
            "SELECT id, name, email, bio, age FROM users WHERE id IN (?)"
        ]
    );
}

fn a_locking_query_finds_no_row_in_the_identity_map(lab: &Lab) {
    let db = lab.other();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    db.sent();
    let locked = s.query::<User>().filter(User::id.eq(1)).with_for_update(Lock::new()).one_or_none().unwrap();
    assert_eq!(locked, Some(ann));
    assert_eq!(db.sent().len(), 1, "S8: a row is locked by SQL, also where its entity is held");
}

fn a_count_or_a_group_cannot_be_locked(lab: &Lab) {
    let db = lab.other();
    let mut s = db.session();
    let locked = || select::<User>().with_for_update(Lock::new());
    let errors = [
        locked().count(&mut s).unwrap_err(),
        locked().exists(&mut s).unwrap_err(),
        locked().distinct().all(&mut s).unwrap_err(),
        locked().group_by(User::id).all(&mut s).unwrap_err(),
        locked().select(count(User::id)).fetch(&mut s).unwrap_err(),
        locked().union(locked()).all(&mut s).unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_misuse() && error.to_string().contains("cannot lock them"), "{error}");
    }
    assert!(db.sent().is_empty());
}

fn a_database_without_locks_refuses_them(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let locked = || select::<User>().filter(User::name.eq("ann")).with_for_update(Lock::new().skip_locked());
    let in_list = || User::id.in_(locked().select(User::id));
    let errors = [
        locked().all(&mut s).unwrap_err(),
        s.query::<Post>().join(Post::author).filter(in_list()).all().unwrap_err(),
        delete::<User>().filter(in_list()).execute(&mut s).unwrap_err(),
        update::<User>().set(User::age, 1).filter(in_list()).execute(&mut s).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("sqlite has no `FOR UPDATE` in a SELECT"), "{error}");
    }
    assert!(db.sent().is_empty(), "nothing was sent");
    assert_eq!(s.query::<User>().count().unwrap(), 3, "the session goes on");
}
