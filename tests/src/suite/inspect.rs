//! What a session knows of its entities and of itself, and how it forgets them.

use orm_core::prelude::*;
use orm_core::value::Value;

use crate::fixture::Lab;
use crate::models::*;

rules! { inspect:
    new_dirty_and_deleted_list_what_a_flush_writes,
    s15_a_change_and_back_is_not_dirty,
    changes_of_every_kind,
    contains_is_about_this_session,
    s100_info_is_seeded_by_the_factory_and_copied,
    s100_what_one_session_is_given_leaves_the_factory_as_it_was,
    no_autoflush_ends_with_its_closure,
    s21_in_transaction_from_the_first_work_on,
    is_active_until_a_flush_fails,
    expunge_all_forgets_what_is_pending_too,
    evict_clean_keeps_what_is_to_be_written,
    evict_clean_writes_keys_into_ids_that_name_what_goes,
    evicted_rows_are_rolled_back_too,
    s9_a_long_import_does_not_grow,
}

fn new_dirty_and_deleted_list_what_a_flush_writes(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b", "c", "d"]);
    let mut s = db.session();
    let users = s.query::<User>().order_by(User::id).all().unwrap();
    s[users[2]].age = 1;
    s[users[0]].age = 1;
    s.delete(users[3]);
    s.delete(users[1]);
    let new = [s.add(User::named("x")), s.add(User::named("y"))];
    s.add(Group::default());
    assert_eq!(s.new_entities::<User>(), new);
    assert_eq!(s.dirty::<User>(), [users[0], users[2]]);
    assert_eq!(s.deleted::<User>(), [users[3], users[1]]);
    s.restore(users[3]).unwrap();
    s.delete(new[0]);
    assert_eq!((s.deleted::<User>(), s.new_entities::<User>()), (vec![users[1]], vec![new[1]]));
    s.flush().unwrap();
    assert_eq!((s.new_entities::<User>(), s.dirty::<User>(), s.deleted::<User>()), (vec![], vec![], vec![]));
}

fn s15_a_change_and_back_is_not_dirty(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    assert!(!s.is_modified(user));
    s[user].age = 99;
    assert!(s.is_modified(user) && s.dirty::<User>() == [user]);
    s[user].age = 18;
    assert!(!s.is_modified(user) && s.dirty::<User>().is_empty() && s.changes(user).is_empty());
}

fn changes_of_every_kind(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let user = s.get_one::<User>(1).unwrap();
    s[user].bio = Some("b".into());
    s[user].age = 20;
    let changes: Vec<_> =
        s.changes(user).into_iter().map(|change| (change.column, change.old, change.new)).collect();
    let text = |text: &'static str| Some(Value::Text(text.into()));
    assert_eq!(
        changes,
        [("bio", Some(Value::Null), text("b")), ("age", Some(Value::Int(18)), Some(Value::Int(20))),]
    );
    let post = s.add(Post::by(user, "t"));
    let changes: Vec<_> =
        s.changes(post).into_iter().map(|change| (change.column, change.old, change.new)).collect();
    assert_eq!(changes[0], ("author_id", None, Some(Value::Int(1))));
    assert!(s.is_modified(post) && changes.iter().all(|(_, old, _)| old.is_none()));
    s.delete(user);
    assert!(s.changes(user).is_empty() && !s.is_modified(user));
}

fn contains_is_about_this_session(lab: &Lab) {
    let db = lab.db();
    let (mut s, other) = (db.session(), db.session());
    let user = s.add(User::named("a"));
    assert!(s.contains(user) && !other.contains(user));
    s.flush().unwrap();
    s.delete(user);
    assert!(s.contains(user));
    s.flush().unwrap();
    assert!(!s.contains(user));
    s.rollback().unwrap();
    assert!(!s.contains(user), "withdrawn");
    s.restore(user).unwrap();
    assert!(s.contains(user));
    s.expunge(user).unwrap();
    assert!(!s.contains(user));
}

fn s100_info_is_seeded_by_the_factory_and_copied(lab: &Lab) {
    let db = lab.db();
    let maker = db.maker().info(7_u8).info("tenant".to_owned());
    let (mut one, mut two) = (maker.session(), maker.clone().session());
    *one.info_mut().get_mut::<u8>().unwrap() = 8;
    two.info_mut().insert(true);
    assert_eq!((one.info().get::<u8>(), two.info().get::<u8>()), (Some(&8), Some(&7)));
    assert_eq!((one.info().get::<bool>(), two.info().get::<bool>()), (None, Some(&true)));
    one.close();
    assert_eq!(one.info().get::<String>().map(String::as_str), Some("tenant"));
    assert_eq!(maker.session().info().get::<u8>(), Some(&7));
}

fn s100_what_one_session_is_given_leaves_the_factory_as_it_was(lab: &Lab) {
    let seen = |mut s: Session<Blog>| {
        s.add(User::named("a"));
        s.query::<User>().count().unwrap()
    };
    let maker = lab.db().maker().info(7_u8).info("tenant".to_owned());
    let other = maker.clone().autoflush(false).info(8_u8).session();
    assert_eq!(
        (other.info().get::<u8>(), other.info().get::<String>().unwrap().as_str()),
        (Some(&8), "tenant")
    );
    assert_eq!(seen(other), 0);
    let own = maker.session();
    assert_eq!(own.info().get::<u8>(), Some(&7));
    assert_eq!(seen(own), 1);
    // What the factory is told later counts for later sessions.
    let (before, maker) = (maker.session(), maker.autoflush(false));
    assert_eq!(seen(maker.session()), 0);
    assert_eq!(seen(before), 1);
}

fn no_autoflush_ends_with_its_closure(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add(User::named("a"));
    assert_eq!(s.no_autoflush(|s| s.query::<User>().count()).unwrap(), 0);
    let panicked =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| s.no_autoflush(|_| panic!("no"))));
    assert!(panicked.is_err());
    assert_eq!(s.query::<User>().count().unwrap(), 1);
}

fn s21_in_transaction_from_the_first_work_on(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.flush().unwrap();
    assert!(!s.in_transaction());
    s.add(User::named("a"));
    assert!(s.in_transaction() && !s.in_nested_transaction());
    let savepoint = s.begin_nested().unwrap();
    assert!(s.in_nested_transaction());
    savepoint.commit(&mut s).unwrap();
    assert!(s.in_transaction() && !s.in_nested_transaction());
    s.commit().unwrap();
    assert!(!s.in_transaction());
    s.query::<User>().count().unwrap();
    assert!(s.in_transaction());
    s.rollback().unwrap();
    assert!(!s.in_transaction());
}

fn is_active_until_a_flush_fails(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add_all([User::named("a"), User::named("a")]);
    assert!(s.is_active());
    s.flush().unwrap_err();
    assert!(!s.is_active() && s.in_transaction());
    s.rollback().unwrap();
    assert!(s.is_active() && !s.in_transaction());
}

fn expunge_all_forgets_what_is_pending_too(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b"]);
    let mut s = db.session();
    let users = s.query::<User>().all().unwrap();
    let flushed = s.add(User::named("c"));
    s.flush().unwrap();
    s[users[0]].age = 1;
    s.delete(users[1]);
    let pending = s.add(Post::by(users[0], "t"));
    s.expunge_all();
    assert!(users.iter().all(|&user| s.find(user).is_none()) && s.find(pending).is_none());
    db.sent();
    let again = s.get_one::<User>(1).unwrap();
    assert!(again != users[0] && s.find(flushed).is_none());
    s.commit().unwrap();
    assert_eq!(db.sent().len(), 2, "the SELECT and COMMIT");
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM users"), [(3,)]);
}

fn evict_clean_keeps_what_is_to_be_written(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["clean", "touched", "deleted"]);
    let mut s = db.session();
    let users = s.query::<User>().order_by(User::id).all().unwrap();
    s[users[1]].age = 1;
    s.delete(users[2]);
    let pending = s.add(User::named("pending"));
    s.evict_clean();
    assert_eq!(users.iter().map(|&user| s.find(user).is_some()).collect::<Vec<_>>(), [false, true, true]);
    assert!(s.find(pending).is_some());
    let again = s.get_one::<User>(1).unwrap();
    assert_ne!(again, users[0]);
    s.commit().unwrap();
    db.sent();
    let rows = db.rows::<(String, i64)>("SELECT name, age FROM users ORDER BY id");
    let row = |name: &str, age| (name.to_owned(), age);
    assert_eq!(rows, [row("clean", 18), row("touched", 1), row("pending", 18)]);
}

fn evict_clean_writes_keys_into_ids_that_name_what_goes(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b"]);
    let mut s = db.session();
    let users = s.query::<User>().order_by(User::id).all().unwrap();
    let post = s.add(Post::by(users[0], "old"));
    s.flush().unwrap();
    s[post].author = users[1].into();
    let pending = s.add(Post::by(users[0], "new"));
    s.evict_clean();
    assert_eq!((s[post].author, s[pending].author), (Id::Key(2), Id::Key(1)));
    s.commit().unwrap();
    db.sent();
    let rows = db.rows::<(String, i64)>("SELECT title, author_id FROM posts ORDER BY id");
    assert_eq!(rows, [("old".to_owned(), 2), ("new".to_owned(), 1)]);
}

fn evicted_rows_are_rolled_back_too(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b"]);
    let mut s = db.session();
    let users = s.query::<User>().order_by(User::id).all().unwrap();
    s[users[0]].name = "flushed".into();
    s[users[1]].name = "flushed".into();
    let born = s.add(User::named("born"));
    s.flush().unwrap();
    s[users[1]].name = "touched".into();
    s.delete(born);
    s.evict_clean();
    s.rollback().unwrap();
    assert!(s.find(users[0]).is_none());
    assert_eq!((s[users[1]].name.as_str(), s.state(born)), ("b", Some(State::Withdrawn)));
    assert_eq!(s[born].id, Id::New);
    let again = s.get_one::<User>(1).unwrap();
    assert_eq!(s[again].name, "a");
}

fn s9_a_long_import_does_not_grow(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let mut slots = std::collections::BTreeSet::new();
    for round in 0..50 {
        let users = s.add_all((0..100).map(|n| User::named(&format!("{round}.{n}"))));
        slots.extend(users.iter().map(|user| format!("{user:?}")));
        s.flush().unwrap();
        s.evict_clean();
    }
    assert_eq!(slots.len(), 100, "slots are used again");
    s.rollback().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 0);
}
