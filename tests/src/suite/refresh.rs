//! Reading anew what is held, and forgetting that it was read.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { refresh:
    s24_refresh_all_is_one_statement,
    refresh_all_by_composite_and_text_keys,
    refresh_all_in_mixed_states_reads_none_when_one_cannot_be_read,
    refresh_all_with_rows_gone_reads_the_others_and_names_the_missing,
    refresh_loses_edits_and_flushes_nothing,
    refresh_in_a_savepoint_is_stale_after_it,
    refresh_of_many_stays_in_the_limit_of_a_statement,
    expire_makes_one_stale_and_loses_its_edits,
    expire_all_makes_all_stale_and_keeps_what_is_pending,
    s2_populate_existing_overwrites_edits,
    s64_a_missing_row_is_none_and_revives,
    a_touched_stale_entity_meets_its_row_column_by_column,
}

const BY_IDS: &str = "SELECT id, name, email, bio, age FROM users WHERE id IN (?, ?, ?, ?)";

fn loaded(db: &Db<Blog>, s: &mut Session<Blog>) -> Vec<Handle<User>> {
    let users = s.query::<User>().order_by(User::id).all().unwrap();
    db.sent();
    users
}

fn s24_refresh_all_is_one_statement(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b", "c"]);
    let mut s = db.session();
    let users = loaded(&db, &mut s);
    s.commit().unwrap();
    db.run("UPDATE users SET age = id * 10");
    s.refresh_all(&users).unwrap();
    assert_eq!(db.sent(), ["BEGIN", BY_IDS]);
    assert_eq!(users.iter().map(|&user| s[user].age).collect::<Vec<_>>(), [10, 20, 30]);
    assert_eq!(s.get(users[1]).unwrap(), Some(users[1]));
    assert!(db.sent().is_empty(), "what was read anew is not stale");
    s.refresh_all::<User>(&[]).unwrap();
    assert!(db.sent().is_empty());
}

fn refresh_all_by_composite_and_text_keys(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let (user, group) = (s.add(User::named("a")), s.add(Group::default()));
    let other = s.add(Group::default());
    let members = [group, other]
        .map(|group| s.add(Membership { user: user.into(), group: group.into(), role: "old".into() }));
    let countries = [s.add(Country::new("de", "old")), s.add(Country::new("fr", "old"))];
    s.commit().unwrap();
    db.sent();
    db.run("UPDATE memberships SET role = 'new' || group_id; UPDATE countries SET name = 'new'");
    s.refresh_all(&members).unwrap();
    s.refresh_all(&countries).unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN",
            "SELECT user_id, group_id, role FROM memberships WHERE ((user_id = ? AND group_id = ?) OR (user_id = ? AND group_id = ?))",
            "SELECT code, parent_id, name FROM countries WHERE code IN (?, ?)",
        ]
    );
    assert_eq!(members.map(|member| s[member].role.clone()), ["new1", "new2"]);
    assert_eq!(countries.map(|country| s[country].name.clone()), ["new", "new"]);
}

fn refresh_all_in_mixed_states_reads_none_when_one_cannot_be_read(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b"]);
    let mut s = db.session();
    let users = loaded(&db, &mut s);
    let pending = s.add(User::named("c"));
    let error = s.refresh_all(&[users[0], pending]).unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("flush first"), "{error}");
    s.delete(users[1]);
    let error = s.refresh_all(&[users[0], users[1]]).unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("marked deleted"), "{error}");
    assert!(db.sent().is_empty());
    assert!(s.is_active());
}

fn refresh_all_with_rows_gone_reads_the_others_and_names_the_missing(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b", "c"]);
    let mut s = db.session();
    let users = loaded(&db, &mut s);
    s.commit().unwrap();
    db.run("DELETE FROM users WHERE id = 2; UPDATE users SET age = 1");
    let error = s.refresh_all(&users).unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("key 2"), "{error}");
    assert_eq!(users.iter().map(|&user| s[user].age).collect::<Vec<_>>(), [1, 18, 1]);
    assert_eq!(s.state(users[1]), Some(State::Missing));
    assert!(s.is_active() && s.refresh(users[0]).is_ok());
}

fn refresh_loses_edits_and_flushes_nothing(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let user = loaded(&db, &mut s)[0];
    s[user].name = "edited".into();
    s.add(User::named("b"));
    s.refresh(user).unwrap();
    assert_eq!((s[user].name.as_str(), s.is_modified(user)), ("a", false));
    assert_eq!(db.sent().len(), 1);
    s.commit().unwrap();
    assert!(!db.sent().iter().any(|sql| sql.starts_with("UPDATE")));
}

fn refresh_in_a_savepoint_is_stale_after_it(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b"]);
    let mut s = db.session();
    let users = loaded(&db, &mut s);
    let savepoint = s.begin_nested().unwrap();
    s.execute("UPDATE users SET age = 99", params![]).unwrap();
    s.refresh(users[0]).unwrap();
    assert_eq!(s[users[0]].age, 99);
    savepoint.rollback(&mut s).unwrap();
    db.sent();
    s.get(users[1]).unwrap();
    assert!(db.sent().is_empty(), "what was not read in it is not stale");
    s.get(users[0]).unwrap();
    assert_eq!((db.sent().len(), s[users[0]].age), (1, 18));
}

fn refresh_of_many_stays_in_the_limit_of_a_statement(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let user = s.add(User::named("a"));
    let groups = s.add_all((0..450).map(|_| Group::default()));
    let member =
        |group: &Handle<Group>| Membership { user: user.into(), group: (*group).into(), role: "old".into() };
    let members = s.add_all(groups.iter().map(member));
    s.commit().unwrap();
    db.sent();
    s.refresh_all(&members).unwrap();
    assert_eq!(db.sent().len(), 1 + 3, "BEGIN, then 200 at a time");
    s.refresh_all(&groups).unwrap();
    assert_eq!(db.sent().len(), 1);
}

fn expire_makes_one_stale_and_loses_its_edits(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b"]);
    let mut s = db.session();
    let users = loaded(&db, &mut s);
    s[users[0]].name = "edited".into();
    s.expire(users[0]).unwrap();
    assert_eq!((s[users[0]].name.as_str(), db.sent().len()), ("a", 0));
    s.get(users[1]).unwrap();
    assert!(db.sent().is_empty());
    s.get(users[0]).unwrap();
    assert_eq!(db.sent().len(), 1);
    s.commit().unwrap();
    assert_eq!(db.sent(), ["COMMIT"]);
}

fn expire_all_makes_all_stale_and_keeps_what_is_pending(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b"]);
    let mut s = db.session();
    let users = loaded(&db, &mut s);
    s[users[0]].name = "edited".into();
    s.delete(users[1]);
    let pending = s.add(User::named("c"));
    s.expire_all();
    assert_eq!(s[users[0]].name, "a");
    assert_eq!((s.deleted::<User>(), s.new_entities::<User>()), (vec![users[1]], vec![pending]));
    s.no_autoflush(|s| s.get(users[0])).unwrap();
    assert_eq!(db.sent().len(), 1);
    s.commit().unwrap();
    let kinds: Vec<String> = db.sent().iter().map(|sql| sql.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["INSERT", "DELETE", "COMMIT"]);
}

fn s2_populate_existing_overwrites_edits(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.maker().autoflush(false).session();
    let user = loaded(&db, &mut s)[0];
    s.execute("UPDATE users SET name = 'raw'", params![]).unwrap();
    s.query::<User>().all().unwrap();
    assert_eq!(s[user].name, "a");
    assert_eq!(s.query::<User>().populate_existing().all().unwrap(), [user]);
    assert_eq!(s[user].name, "raw");
    s[user].name = "dirty".into();
    s.query::<User>().populate_existing().one().unwrap();
    assert_eq!((s[user].name.as_str(), s.is_modified(user)), ("raw", false));
    s[user].name = "kept".into();
    s.query::<User>().all().unwrap();
    assert_eq!(s[user].name, "kept", "the query after it overwrites nothing");
}

fn s64_a_missing_row_is_none_and_revives(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let user = loaded(&db, &mut s)[0];
    s.commit().unwrap();
    db.run("DELETE FROM users");
    assert!(s.refresh(user).unwrap_err().is_not_found());
    assert_eq!((s.get::<User>(1).unwrap(), s.state(user)), (None, Some(State::Missing)));
    assert_eq!(s[user].name, "a");
    s[user].age = 5;
    let error = s.commit().unwrap_err();
    assert!(error.is_stale() && error.to_string().contains("key 1"), "{error}");
    s.rollback().unwrap();
    db.run("INSERT INTO users VALUES (1, 'back', 'e', NULL, 3)");
    assert_eq!(s.query::<User>().all().unwrap(), [user]);
    assert_eq!((s.state(user), s[user].name.as_str()), (Some(State::Persistent), "back"));
}

fn a_touched_stale_entity_meets_its_row_column_by_column(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a"]);
    let mut s = db.session();
    let user = loaded(&db, &mut s)[0];
    s.commit().unwrap();
    db.sent();
    s[user].name = "mine".into();
    db.run("UPDATE users SET name = 'theirs', age = 77");
    s.no_autoflush(|s| s.get(user)).unwrap();
    assert_eq!((s[user].name.as_str(), s[user].age), ("mine", 77));
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["UPDATE users SET name = ? WHERE id = ?"]);
}
