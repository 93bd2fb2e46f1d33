//! Generated, natural and composite keys, and keys that change.

use orm_core::prelude::*;

use crate::fixture::Lab;
use crate::models::*;

rules! { key:
    a_composite_key_takes_the_keys_of_new_rows,
    a_composite_key_is_updated_and_deleted_by_both_columns,
    a_natural_key_round_trips_with_its_self_reference,
    a_natural_key_can_change,
    after_a_key_change_the_new_key_is_known_and_the_old_is_not,
    setting_a_generated_key_to_new_is_misuse,
    a_generated_key_can_be_given,
}

const INSERT_USER: &str = "INSERT INTO users (name, email, bio, age) VALUES (?, ?, ?, ?)";

fn a_composite_key_takes_the_keys_of_new_rows(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let member = s.add(Membership::default());
    let group = s.add(Group { name: "g".into(), ..Group::default() });
    let user = s.add(User::named("ann"));
    s[member] = Membership { user: user.into(), group: group.into(), role: "admin".into() };
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "INSERT INTO \"groups\" (name) VALUES (?)",
            INSERT_USER,
            "INSERT INTO memberships (user_id, group_id, role) VALUES (?, ?, ?)",
            "COMMIT"
        ]
    );
    assert_eq!(s.key(member), Some((1, 1)));
    assert_eq!(s.get::<Membership>((1, 1)).unwrap(), Some(member));
    s.commit().unwrap();
    db.sent();
    assert_eq!(
        db.rows::<(i64, i64, String)>("SELECT user_id, group_id, role FROM memberships"),
        [(1, 1, "admin".into())]
    );
}

fn a_composite_key_is_updated_and_deleted_by_both_columns(lab: &Lab) {
    let db = lab.db();
    db.run(
        "INSERT INTO users VALUES (1, 'a', 'a', NULL, 1); INSERT INTO groups VALUES (1, 'g'), (2, 'h');
         INSERT INTO memberships VALUES (1, 1, 'x'), (1, 2, 'y')",
    );
    let mut s = db.session();
    let member = s.get_one::<Membership>((1, 2)).unwrap();
    s[member].role = "z".into();
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["UPDATE memberships SET role = ? WHERE user_id = ? AND group_id = ?", "COMMIT"]);
    s.delete(member);
    s.commit().unwrap();
    assert_eq!(db.sent()[1], "DELETE FROM memberships WHERE user_id = ? AND group_id = ?");
    assert_eq!(db.rows::<(i64, String)>("SELECT group_id, role FROM memberships"), [(1, "x".into())]);
}

fn a_natural_key_round_trips_with_its_self_reference(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let scotland = s.add(Country { parent: Some("gb".into()), ..Country::new("sco", "Scotland") });
    let britain = s.add(Country::new("gb", "Britain"));
    let wales = s.add(Country { parent: britain.into(), ..Country::new("wal", "Wales") });
    s.commit().unwrap();
    let insert = "INSERT INTO countries (code, parent_id, name) VALUES (?, ?, ?)";
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", insert, insert, insert, "COMMIT"]);
    assert_eq!(s[wales].parent, Some(Id::Key("gb".to_owned())));
    assert_eq!(s.get(s[scotland].parent.clone().unwrap()).unwrap(), Some(britain));
    s.commit().unwrap();
    db.sent();
    assert_eq!(
        db.rows::<(String, Option<String>)>("SELECT code, parent_id FROM countries ORDER BY code"),
        [("gb".into(), None), ("sco".into(), Some("gb".into())), ("wal".into(), Some("gb".into()))]
    );
}

fn a_natural_key_can_change(lab: &Lab) {
    let db = lab.db();
    db.run("INSERT INTO countries VALUES ('de', NULL, 'Germany')");
    let mut s = db.session();
    let germany = s.get_one::<Country>("de").unwrap();
    s[germany].code = "DE".into();
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["UPDATE countries SET code = ? WHERE code = ?", "COMMIT"]);
    assert_eq!(
        db.rows::<(String, String)>("SELECT code, name FROM countries"),
        [("DE".into(), "Germany".into())]
    );
}

fn after_a_key_change_the_new_key_is_known_and_the_old_is_not(lab: &Lab) {
    let db = lab.db();
    db.run("INSERT INTO countries VALUES ('de', NULL, 'Germany')");
    let mut s = db.session();
    let germany = s.get_one::<Country>("de").unwrap();
    s[germany].code = "DE".into();
    s.flush().unwrap();
    db.sent();
    assert_eq!(s.get::<Country>("DE").unwrap(), Some(germany));
    assert!(db.sent().is_empty());
    assert_eq!(s.get::<Country>("de").unwrap(), None);
    s.rollback().unwrap();
    assert_eq!(s[germany].code, "de");
    assert_eq!(s.get::<Country>("de").unwrap(), Some(germany));
    assert_eq!(s.get::<Country>("DE").unwrap(), None);
}

fn setting_a_generated_key_to_new_is_misuse(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s[jack].id = Id::New;
    db.sent();
    let error = s.flush().unwrap_err();
    assert!(error.is_misuse(), "{error:?}");
    assert!(db.sent().iter().all(|sql| sql == "ROLLBACK"));
}

fn a_generated_key_can_be_given(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let given = s.add(User { id: 100.into(), ..User::named("given") });
    let next = s.add(User::named("next"));
    s.commit().unwrap();
    assert_eq!((s.key(given), s.key(next)), (Some(100), Some(101)));
}
