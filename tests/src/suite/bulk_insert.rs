//! INSERT of plain values, and upserts: no entities, no hooks, few statements, and what is loaded keeps in step.

use orm_core::prelude::*;

use crate::fixture::Lab;
use crate::models::*;

rules! { bulk_insert:
    s69_insert_many_sends_chunks_and_makes_no_entities,
    s69_insert_many_gives_keys_in_order,
    s69_insert_many_leaves_out_what_the_database_fills_in,
    insert_many_flushes_first_and_names_entities,
    insert_many_of_nothing_sends_nothing,
    insert_many_of_natural_and_composite_keys,
    insert_many_counts_versions_from_one,
    insert_many_leaves_no_part_of_it_when_it_fails,
    insert_many_in_a_savepoint_undoes_only_the_savepoint,
    rows_of_insert_many_are_rolled_back,
    upsert_does_nothing_where_a_row_is_there,
    upsert_updates_the_named_columns_only,
    upsert_makes_loaded_entities_stale,
    upsert_gives_the_entities_of_its_rows,
    upsert_keeps_what_the_session_has_not_written,
    upsert_counts_the_version_up,
    upsert_by_a_composite_key,
    upsert_is_undone_by_rollback_in_memory_too,
    upsert_is_undone_by_a_savepoint_in_memory_too,
    relations_see_rows_of_insert_many_and_of_upserts,
    an_unknown_conflict_target_is_an_error,
}

fn users(count: usize) -> Vec<User> {
    (0..count).map(|number| User::named(&format!("user {number}"))).collect()
}

const INSERT: &str = "INSERT INTO users (name, email, bio, age) VALUES ";

fn s69_insert_many_sends_chunks_and_makes_no_entities(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    assert_eq!(s.insert_many(users(203)).unwrap(), 203);
    let sent = db.sent();
    let chunk = format!("{INSERT}{}", ["(?, ?, ?, ?)"; 100].join(", "));
    let single = format!("{INSERT}(?, ?, ?, ?)");
    assert_eq!(sent[1..], [chunk.clone(), chunk, single.clone(), single.clone(), single]);
    assert!(s.plan().unwrap().is_empty());
    s.commit().unwrap();
    db.sent();
    let rows = "SELECT count(*), count(DISTINCT name), min(age) FROM users";
    assert_eq!(db.rows::<(i64, i64, i64)>(rows), [(203, 203, 18)]);
}

fn s69_insert_many_gives_keys_in_order(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let mut values = users(4);
    values[2].id = Id::Key(70);
    assert_eq!(s.insert_many_keys(values).unwrap(), [1, 2, 70, 71]);
    for (key, name) in [(1, "user 0"), (2, "user 1"), (70, "user 2"), (71, "user 3")] {
        let user = s.get_one::<User>(key).unwrap();
        assert_eq!(s[user].name, name);
    }
}

fn s69_insert_many_leaves_out_what_the_database_fills_in(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let gold = Doc { plan: "gold".into(), ..Doc::titled("c") };
    s.insert_many([Doc::titled("a"), Doc::titled("b"), gold]).unwrap();
    s.commit().unwrap();
    db.sent();
    let plans = db.rows::<(String,)>("SELECT plan FROM docs ORDER BY id");
    assert_eq!(plans, ["free", "free", "gold"].map(|plan| (plan.to_owned(),)));
}

fn insert_many_flushes_first_and_names_entities(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let alice = s.add(User::named("alice"));
    assert_eq!(s.insert_many(["a", "b"].map(|title| Post::by(alice, title))).unwrap(), 2);
    assert_eq!(s.key(alice), Some(1));
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT author_id FROM posts"), [(1,), (1,)]);
}

fn insert_many_of_nothing_sends_nothing(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    assert_eq!(s.insert_many(Vec::<User>::new()).unwrap(), 0);
    assert_eq!(db.sent(), Vec::<String>::new());
}

fn insert_many_of_natural_and_composite_keys(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let user = s.add(User::named("a"));
    let groups = s.add_all(["x", "y"].map(|name| Group { name: name.into(), ..Group::default() }));
    let member = |&group| Membership { user: user.into(), group: Id::Of(group), role: String::new() };
    assert_eq!(s.insert_many_keys(groups.iter().map(member)).unwrap(), [(1, 1), (1, 2)]);
}

fn insert_many_counts_versions_from_one(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.insert_many([Doc::titled("a")]).unwrap();
    let doc = s.query::<Doc>().one().unwrap();
    assert_eq!(s[doc].version.get(), 1);
}

fn insert_many_leaves_no_part_of_it_when_it_fails(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let pending = s.add(User::named("pending"));
    let mut values = users(150);
    values.push(User::named("user 3"));
    let error = s.insert_many(values).unwrap_err();
    assert!(error.is_unique() && error.to_string().contains("while inserting `User`s"), "{error}");
    assert!(s.commit().is_err());
    s.rollback().unwrap();
    assert_eq!((s.state(pending), s.key(pending)), (Some(State::Withdrawn), None));
    assert_eq!(s.query::<User>().count().unwrap(), 0);
}

fn insert_many_in_a_savepoint_undoes_only_the_savepoint(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.insert_many(users(2)).unwrap();
    s.nested(|s| s.insert_many([User::named("user 5"), User::named("user 1")])).unwrap_err();
    s.insert_many([User::named("last")]).unwrap();
    s.commit().unwrap();
    db.sent();
    let names = db.rows::<(String,)>("SELECT name FROM users ORDER BY id");
    assert_eq!(names, ["user 0", "user 1", "last"].map(|name| (name.to_owned(),)));
}

fn rows_of_insert_many_are_rolled_back(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.insert_many(users(3)).unwrap();
    s.rollback().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 0);
}

/// Like one of `store_users`, but of another age.
fn of_age(name: &str, age: i32) -> User {
    User { age, bio: Some("new".into()), ..User::named(name) }
}

fn upsert_does_nothing_where_a_row_is_there(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let upsert = insert::<User>().values([of_age("a", 99), of_age("b", 99)]);
    assert_eq!(upsert.clone().on_conflict_do_nothing().execute(&mut s).unwrap(), 1);
    assert_eq!(upsert.on_conflict_of_do_nothing(User::email).execute(&mut s).unwrap(), 0);
    let sent = db.sent();
    assert_eq!(sent[1], format!("{INSERT}(?, ?, ?, ?) ON CONFLICT DO NOTHING"));
    assert!(sent[3].ends_with("ON CONFLICT (email) DO NOTHING"), "{sent:?}");
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String, i64)>("SELECT name, age FROM users"), [("a".into(), 18), ("b".into(), 99)]);
}

fn upsert_updates_the_named_columns_only(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let upsert = insert().values([of_age("a", 99), of_age("b", 77)]);
    let upsert = upsert.on_conflict_do_update(User::email, (User::age, User::name));
    assert_eq!(upsert.execute(&mut s).unwrap(), 2);
    let update = "ON CONFLICT (email) DO UPDATE SET name = excluded.name, age = excluded.age";
    assert!(db.sent()[1].ends_with(update));
    s.commit().unwrap();
    db.sent();
    let rows = db.rows::<(i64, Option<String>, i64)>("SELECT id, bio, age FROM users ORDER BY id");
    assert_eq!(rows, [(1, None, 99), (2, Some("new".into()), 77)]);
}

fn upsert_makes_loaded_entities_stale(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let a = s.get_one::<User>(1).unwrap();
    insert().values([of_age("a", 99)]).on_conflict_do_update(User::email, User::age).execute(&mut s).unwrap();
    assert_eq!((s.get_one::<User>(1).unwrap(), s[a].age), (a, 99));
}

fn upsert_gives_the_entities_of_its_rows(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let a = s.get_one::<User>(1).unwrap();
    let upsert =
        insert().values([of_age("b", 77), of_age("a", 99)]).on_conflict_do_update(User::email, User::age);
    let found = upsert.all(&mut s).unwrap();
    assert_eq!((found.len(), found[1], s[a].age), (2, a, 99));
    assert_eq!((s[found[0]].name.as_str(), s.key(found[0])), ("b", Some(2)));
    assert!(s.plan().unwrap().is_empty());
}

fn upsert_keeps_what_the_session_has_not_written(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let a = s.get_one::<User>(1).unwrap();
    s[a].name = "changed".into();
    let upsert = insert().values([of_age("a", 99)]).on_conflict_do_update(User::email, User::age);
    s.no_autoflush(|s| upsert.all(s)).unwrap();
    assert_eq!((s[a].name.as_str(), s[a].age), ("changed", 99));
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String, i64)>("SELECT name, age FROM users"), [("changed".to_owned(), 99)]);
}

fn upsert_counts_the_version_up(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc { id: Id::Key(1), ..Doc::titled("a") });
    s.commit().unwrap();
    let again = Doc { id: Id::Key(1), ..Doc::titled("b") };
    insert().values([again]).on_conflict_do_update(Doc::id, Doc::title).all(&mut s).unwrap();
    assert_eq!((s[doc].title.as_str(), s[doc].version.get()), ("b", 2));
    s[doc].title = "c".into();
    s.commit().unwrap();
}

fn upsert_by_a_composite_key(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let (user, group) = (s.add(User::named("a")), s.add(Group::default()));
    let member = |role: &str| Membership { user: user.into(), group: group.into(), role: role.into() };
    for role in ["reader", "writer"] {
        let upsert = insert().values([member(role)]);
        let upsert = upsert.on_conflict_do_update((Membership::user, Membership::group), Membership::role);
        upsert.execute(&mut s).unwrap();
    }
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT role FROM memberships"), [("writer".to_owned(),)]);
}

fn upsert_is_undone_by_rollback_in_memory_too(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let a = s.get_one::<User>(1).unwrap();
    let upsert =
        insert().values([of_age("b", 77), of_age("a", 99)]).on_conflict_do_update(User::email, User::age);
    let found = upsert.all(&mut s).unwrap();
    s.rollback().unwrap();
    assert_eq!((s.get::<User>(1).unwrap(), s[a].age), (Some(a), 18));
    assert_eq!(s.get::<User>(2).unwrap(), None);
    assert_eq!(s.state(found[0]), Some(State::Missing));
}

fn upsert_is_undone_by_a_savepoint_in_memory_too(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let a = s.get_one::<User>(1).unwrap();
    let upsert = insert().values([of_age("a", 99)]).on_conflict_do_update(User::email, User::age);
    let undone = s.nested(|s| {
        assert_eq!(upsert.all(s)?, [a]);
        Err::<(), _>(Error::misuse("no"))
    });
    assert!(undone.is_err());
    assert_eq!((s.get_one::<User>(1).unwrap(), s[a].age), (a, 18));
}

fn relations_see_rows_of_insert_many_and_of_upserts(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let users = s.add_all(["a", "b"].map(User::named));
    s.add(Post { id: Id::Key(1), ..Post::by(users[0], "old") });
    s.commit().unwrap();
    let titles = |s: &mut Session<Blog>, user| -> Vec<String> {
        s.related(user, User::posts).unwrap().into_iter().map(|post| s[post].title.clone()).collect()
    };
    assert_eq!((titles(&mut s, users[0]), titles(&mut s, users[1])), (vec!["old".to_owned()], vec![]));
    s.insert_many([Post::by(users[1], "new")]).unwrap();
    assert_eq!(titles(&mut s, users[1]), ["new"]);
    let moved = Post { id: Id::Key(1), ..Post::by(users[1], "moved") };
    insert()
        .values([moved])
        .on_conflict_do_update(Post::id, (Post::author, Post::title))
        .execute(&mut s)
        .unwrap();
    assert_eq!(titles(&mut s, users[0]), Vec::<String>::new());
    assert_eq!(titles(&mut s, users[1]), ["moved", "new"]);
}

fn an_unknown_conflict_target_is_an_error(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let upsert = insert().values([of_age("a", 99)]).on_conflict_do_update(User::name, User::age);
    assert!(upsert.execute(&mut s).is_err());
    s.rollback().unwrap();
    s.insert_many(users(1)).unwrap();
}
