//! What an INSERT and an UPDATE write.

use orm_core::prelude::*;

use crate::fixture::Lab;
use crate::models::*;

rules! { flush:
    s15_a_changed_column_is_the_only_one_written,
    s15_the_same_value_writes_nothing,
    s15_there_and_back_writes_nothing,
    s15_assigning_an_equal_struct_writes_nothing,
    a_flush_twice_has_nothing_to_do,
    an_untouched_session_sends_nothing,
    s11_updates_are_grouped_by_columns_and_ordered_by_key,
    updates_of_a_table_use_one_statement_for_each_set_of_columns,
    setting_a_foreign_key_to_an_entity_is_no_change_when_it_is_the_same,
    a_nullable_foreign_key_comes_and_goes,
    s18_a_server_default_comes_back_with_the_insert,
    s17_a_given_value_takes_the_place_of_the_server_default,
    generated_unset_on_an_update_means_unchanged,
    s17_none_is_stored_as_null,
    s16_on_update_fires_with_an_update_and_only_then,
    s16_an_explicit_value_wins_over_on_update,
    raw_identifiers_keywords_and_quotes_round_trip,
}

fn s15_a_changed_column_is_the_only_one_written(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s[jack].bio = Some("sailor".into());
    s[jack].age = 40;
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["UPDATE users SET bio = ?, age = ? WHERE id = ?", "COMMIT"]);
    assert_eq!(
        db.rows::<(String, Option<String>, i64)>("SELECT name, bio, age FROM users"),
        [("jack".into(), Some("sailor".into()), 40)]
    );
}

fn s15_the_same_value_writes_nothing(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s[jack].name = "jack".into();
    s[jack].age = 18;
    db.sent();
    s.flush().unwrap();
    assert!(db.sent().is_empty());
}

fn s15_there_and_back_writes_nothing(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s[jack].name = "zzz".into();
    s[jack].name = "jack".into();
    db.sent();
    s.flush().unwrap();
    assert!(db.sent().is_empty());
    // Flushed in between, it is two changes.
    s[jack].name = "zzz".into();
    s.flush().unwrap();
    s[jack].name = "jack".into();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["UPDATE users SET name = ? WHERE id = ?"; 2]);
}

fn s15_assigning_an_equal_struct_writes_nothing(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    let copy = s[jack].clone();
    s[jack] = copy;
    db.sent();
    s.flush().unwrap();
    assert!(db.sent().is_empty());
    s[jack] = User { id: 1.into(), age: 50, ..User::named("jack") };
    s.flush().unwrap();
    assert_eq!(db.sent(), ["UPDATE users SET age = ? WHERE id = ?"]);
}

fn a_flush_twice_has_nothing_to_do(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    let post = s.add(Post::by(ann, "a"));
    s.flush().unwrap();
    db.sent();
    s.flush().unwrap();
    s[post].views = 7;
    s.flush().unwrap();
    assert_eq!(db.sent().len(), 1);
    s.flush().unwrap();
    assert!(s.plan().unwrap().is_empty());
    assert!(db.sent().is_empty());
}

fn an_untouched_session_sends_nothing(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.flush().unwrap();
    s.commit().unwrap();
    s.rollback().unwrap();
    drop(s);
    assert!(db.sent().is_empty());
    assert_eq!(db.engine.pool_status().checked_out, 0);
}

fn s11_updates_are_grouped_by_columns_and_ordered_by_key(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b", "c", "d"]);
    let mut s = db.session();
    let users = s.query::<User>().order_by(User::id.desc()).all().unwrap();
    let [d, c, b, a] = users[..] else { panic!("four users") };
    s[d].age = 1;
    s[c].name = "C".into();
    s[b].age = 2;
    s[a].name = "A".into();
    db.sent();
    s.commit().unwrap();
    let (by_name, by_age) =
        ("UPDATE users SET name = ? WHERE id = ?", "UPDATE users SET age = ? WHERE id = ?");
    let sent = db.sent();
    assert!(
        sent == [by_name, by_name, by_age, by_age, "COMMIT"]
            || sent == [by_age, by_age, by_name, by_name, "COMMIT"],
        "{sent:?}"
    );
    assert_eq!(
        db.rows::<(String, i64)>("SELECT name, age FROM users ORDER BY id"),
        [("A".into(), 18), ("b".into(), 2), ("C".into(), 18), ("d".into(), 1)]
    );
}

fn updates_of_a_table_use_one_statement_for_each_set_of_columns(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a", "b", "c"]);
    let mut s = db.session();
    for round in 1..=2 {
        for user in s.query::<User>().all().unwrap() {
            s[user].age += round;
        }
        s.commit().unwrap();
    }
    let steps = db.probe.take_steps();
    let mut updates: Vec<_> =
        steps.iter().filter(|step| step.sql.starts_with("UPDATE")).map(|step| step.id).collect();
    assert_eq!(updates.len(), 6);
    updates.dedup();
    assert_eq!(updates.len(), 1);
}

fn setting_a_foreign_key_to_an_entity_is_no_change_when_it_is_the_same(lab: &Lab) {
    let db = lab.db();
    db.run("INSERT INTO users VALUES (1, 'a', 'a', NULL, 1); INSERT INTO posts VALUES (1, 1, NULL, 't', 0)");
    let mut s = db.session();
    let (user, post) = (s.get_one::<User>(1).unwrap(), s.get_one::<Post>(1).unwrap());
    s[post].author = user.into();
    db.sent();
    s.flush().unwrap();
    assert!(db.sent().is_empty());
    assert_eq!(s[post].author, Id::Key(1));
}

fn a_nullable_foreign_key_comes_and_goes(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let post = s.add(Post::by(1, "a"));
    s.commit().unwrap();
    assert_eq!(s[post].editor, None);
    s[post].editor = Some(1.into());
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(Option<i64>,)>("SELECT editor_id FROM posts"), [(Some(1),)]);
    s[post].editor = None;
    s.commit().unwrap();
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", "UPDATE posts SET editor_id = ? WHERE id = ?", "COMMIT"]);
    assert_eq!(db.rows::<(Option<i64>,)>("SELECT editor_id FROM posts"), [(None,)]);
}

fn s18_a_server_default_comes_back_with_the_insert(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    s.flush().unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "INSERT INTO docs (title, note, version) VALUES (?, ?, ?) RETURNING id, \"plan\""
        ]
    );
    assert_eq!((s[doc].plan.clone(), s[doc].id), ("free".into(), Id::Key(1)));
    assert_eq!(s[doc].note, "made");
    assert!(db.sent().is_empty());
    s.flush().unwrap();
    assert!(db.sent().is_empty());
}

fn s17_a_given_value_takes_the_place_of_the_server_default(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add(Doc { plan: "gold".into(), ..Doc::titled("a") });
    s.commit().unwrap();
    assert_eq!(db.sent()[1], "INSERT INTO docs (title, \"plan\", note, version) VALUES (?, ?, ?, ?)");
    assert_eq!(db.rows::<(String,)>("SELECT plan FROM docs"), [("gold".into(),)]);
}

fn generated_unset_on_an_update_means_unchanged(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    s.commit().unwrap();
    s[doc].plan = Generated::Unset;
    s[doc].title = "b".into();
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent()[1], "UPDATE docs SET title = ?, note = ?, version = ? WHERE id = ? AND version = ?");
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String, String)>("SELECT title, plan FROM docs"), [("b".into(), "free".into())]);
    s[doc].plan = "gold".into();
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String, String)>("SELECT title, plan FROM docs"), [("b".into(), "gold".into())]);
}

fn s17_none_is_stored_as_null(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User { bio: Some("x".into()), ..User::named("ann") });
    s.commit().unwrap();
    s[ann].bio = None;
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(Option<String>,)>("SELECT bio FROM users"), [(None,)]);
}

fn s16_on_update_fires_with_an_update_and_only_then(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    s.commit().unwrap();
    assert_eq!(s[doc].note, "made");
    s[doc].title = "a".into();
    s.commit().unwrap();
    assert_eq!(s[doc].note, "made");
    s[doc].title = "b".into();
    s.commit().unwrap();
    assert_eq!(s[doc].note, "edited");
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT note FROM docs"), [("edited".into(),)]);
}

fn s16_an_explicit_value_wins_over_on_update(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    s.commit().unwrap();
    s[doc].title = "b".into();
    s[doc].note = "by hand".into();
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT note FROM docs"), [("by hand".into(),)]);
}

fn raw_identifiers_keywords_and_quotes_round_trip(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let value = Odd {
        r#type: "t".into(),
        group: Some(3),
        quoted: "'; DROP TABLE users; --".into(),
        dotted: 4,
        ..Odd::default()
    };
    let odd = s.add(value.clone());
    s.commit().unwrap();
    assert_eq!(
        db.sent()[1],
        r#"INSERT INTO "select ""x""; DROP TABLE users; --" (type, "group", "it""s a 'name'", "A.b") VALUES (?, ?, ?, ?)"#
    );
    s[odd].group = None;
    s[odd].quoted.push('"');
    s.commit().unwrap();
    assert_eq!(
        db.sent()[1],
        r#"UPDATE "select ""x""; DROP TABLE users; --" SET "group" = ?, "it""s a 'name'" = ? WHERE "order" = ?"#
    );
    let found = s
        .query::<Odd>()
        .filter(Odd::r#type.eq("t"))
        .filter(Odd::group.is_null())
        .order_by((Odd::quoted, Odd::dotted.desc()))
        .untracked()
        .one()
        .unwrap();
    assert_eq!(found, Odd { id: 1.into(), group: None, quoted: format!("{}\"", value.quoted), ..value });
    assert_eq!(s.query::<User>().count().unwrap(), 0);
    s.delete(odd);
    s.commit().unwrap();
    assert_eq!(s.query::<Odd>().count().unwrap(), 0);
}
