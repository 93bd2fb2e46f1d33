//! Scenarios of SQLAlchemy's own tests about identity, and about what a flush writes to rows, step by step.

use orm_core::expr::{literal, lower};
use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::{Blog, Country, Doc, User};
use models::*;

rules! { scenario_rows:
    s1_after_expunge_all_the_same_row_is_another_entity,
    s6_a_delete_that_is_taken_back_writes_nothing,
    s9_what_is_not_written_outlives_its_handles_and_evict_clean,
    s10_eleven_rows_of_six_shapes_keep_the_order_of_add,
    s10_thousands_of_rows_of_one_shape_are_one_step,
    s16_defaults_are_there_without_sql_and_on_update_comes_with_any_change,
    s16_a_foreign_key_alone_fires_on_update,
    s17_unset_takes_the_default_and_none_stores_null,
    s27_after_a_failed_flush_nothing_is_new,
    s55_what_leaves_a_column_to_the_database_is_deleted_and_inserted,
    s57_another_row_under_the_same_key_is_a_change,
    s58_two_changed_rows_are_two_updates_by_version,
    s58_deletes_ask_for_key_and_version,
    s63_a_key_taken_over_in_a_second_flush_goes_back_to_both,
    s64_a_row_deleted_in_the_same_transaction_is_back_after_rollback,
    s67_an_edit_of_an_expired_entity_outlives_the_refresh_of_the_rest,
    s68_refresh_is_one_select_and_drops_edits,
}

mod models {
    use orm_core::prelude::*;

    #[derive(DeclarativeBase)]
    pub(super) struct Store;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Store, table = "batches", default)]
    pub(super) struct Batch {
        #[column(primary_key)]
        pub id: Id<Batch>,
        pub data: String,
        #[column(server_default = "'srv'")]
        pub def: Generated<String>,
    }

    impl Batch {
        /// Without a key, or with one.
        pub(super) fn of(key: Option<i64>, data: &str) -> Self {
            Batch { id: key.map_or(Id::New, Id::Key), data: data.into(), def: Generated::Unset }
        }
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Store, table = "owners", default)]
    pub(super) struct Owner {
        #[column(primary_key)]
        pub id: Id<Owner>,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Store, table = "tasks", default)]
    pub(super) struct Task {
        #[column(primary_key)]
        pub id: Id<Task>,
        pub owner: Option<Id<Owner>>,
        #[column(default = "A", on_update = "B")]
        pub note: String,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Store, table = "blanks", default)]
    pub(super) struct Blank {
        #[column(primary_key)]
        pub id: Id<Blank>,
        pub a: Option<String>,
        #[column(default = "app")]
        pub b: String,
        #[column(server_default = "'srv'")]
        pub c: Generated<Option<String>>,
    }
}

fn store(lab: &Lab) -> (Db<Store>, Session<Store>) {
    let db: Db<Store> = lab.db_of();
    let session = db.session();
    (db, session)
}

fn s1_after_expunge_all_the_same_row_is_another_entity(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    let value = s[jack].clone();
    s.expunge_all();
    db.sent();
    let again = s.get_one::<User>(1).unwrap();
    assert_eq!(db.sent(), ["SELECT id, name, email, bio, age FROM users WHERE id = ?"]);
    assert_ne!(again, jack);
    assert_eq!((&s[again], s.find(jack)), (&value, None));
}

fn s6_a_delete_that_is_taken_back_writes_nothing(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s.delete(jack);
    s.delete(jack);
    assert_eq!(s.deleted::<User>(), [jack]);
    s.restore(jack).unwrap();
    assert_eq!((s.deleted::<User>(), s.state(jack)), (vec![], Some(State::Persistent)));
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["COMMIT"]);
    assert_eq!(db.rows::<(i64,)>("SELECT id FROM users"), [(1,)]);
}

fn s9_what_is_not_written_outlives_its_handles_and_evict_clean(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    for name in ["a", "b"] {
        s.add(User::named(name)); // nobody keeps the handle
    }
    s.evict_clean();
    s.commit().unwrap();
    assert_eq!(db.by_hand::<(i64,)>("SELECT count(*) FROM users"), [(2,)]);
    s.evict_clean();
    let ann = s.get_one::<User>(1).unwrap();
    s[ann].age = 40;
    s.evict_clean();
    assert_eq!(s.find(ann).map(|user| user.age), Some(40));
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["UPDATE users SET age = ? WHERE id = ?"]);
    s.evict_clean();
    assert_eq!(s.find(ann), None);
}

fn s10_eleven_rows_of_six_shapes_keep_the_order_of_add(lab: &Lab) {
    let (db, mut s) = store(lab);
    let plain = |key: i64| Batch::of(Some(key), &format!("t{key}"));
    let defined = |key: i64| Batch { def: format!("def{key}").into(), ..plain(key) };
    let mut rows = s.add_all([Batch::of(None, "t1"), Batch::of(None, "t2"), plain(3), plain(4), plain(5)]);
    rows.push(s.add(plain(6)));
    s.set(rows[5], Batch::data, lower(literal("T6".to_owned()))).unwrap();
    rows.extend(s.add_all([plain(7), plain(8), defined(9), defined(10), plain(11)]));
    s.flush().unwrap();
    let generated = "INSERT INTO batches (data) VALUES (?) RETURNING id, def";
    let keyed = "INSERT INTO batches (id, data) VALUES (?, ?) RETURNING def";
    let expression = "INSERT INTO batches (id, data) VALUES (?, LOWER(?)) RETURNING data, def";
    let whole = "INSERT INTO batches (id, data, def) VALUES (?, ?, ?)";
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            generated,
            generated,
            keyed,
            keyed,
            keyed,
            expression,
            keyed,
            keyed,
            whole,
            whole,
            keyed
        ]
    );
    let seen: Vec<_> = rows.iter().map(|&row| (s.key(row), s[row].data.as_str(), s[row].def.get())).collect();
    let row = |key: i64, data, def| (Some(key), data, def);
    let srv = "srv".to_owned();
    let (nine, ten) = ("def9".to_owned(), "def10".to_owned());
    assert_eq!(
        seen,
        [
            row(1, "t1", Some(&srv)),
            row(2, "t2", Some(&srv)),
            row(3, "t3", Some(&srv)),
            row(4, "t4", Some(&srv)),
            row(5, "t5", Some(&srv)),
            row(6, "t6", Some(&srv)),
            row(7, "t7", Some(&srv)),
            row(8, "t8", Some(&srv)),
            row(9, "t9", Some(&nine)),
            row(10, "t10", Some(&ten)),
            row(11, "t11", Some(&srv))
        ]
    );
    assert!(db.sent().is_empty(), "what the database filled in is known");
}

fn s10_thousands_of_rows_of_one_shape_are_one_step(lab: &Lab) {
    let (db, mut s) = store(lab);
    let rows = s.add_all((0..2_500).map(|number| Batch::of(None, &number.to_string())));
    assert_eq!(s.plan().unwrap().steps().len(), 1);
    s.flush().unwrap();
    let mut statements: Vec<_> = db.probe.take_steps().into_iter().filter_map(|step| step.id).collect();
    assert_eq!(statements.len(), 2_500);
    statements.dedup();
    assert_eq!(statements.len(), 1);
    assert!((1..).zip(&rows).all(|(key, &row)| s.key(row) == Some(key)));
}

fn s16_defaults_are_there_without_sql_and_on_update_comes_with_any_change(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    assert_eq!(s[doc].note, "made", "before the flush already");
    s.commit().unwrap();
    db.sent();
    assert_eq!(s[doc].note, "made");
    s[doc].title = "b".into();
    s.flush().unwrap();
    let update = "UPDATE docs SET title = ?, note = ?, version = ? WHERE id = ? AND version = ?";
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", update]);
    assert_eq!(s[doc].note, "edited");
    assert!(db.sent().is_empty());
}

fn s16_a_foreign_key_alone_fires_on_update(lab: &Lab) {
    let (db, mut s) = store(lab);
    let task = s.add(Task::default());
    s.commit().unwrap();
    db.sent();
    let owner = s.add(Owner::default());
    s[task].owner = owner.into();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "INSERT INTO owners DEFAULT VALUES",
            "UPDATE tasks SET owner_id = ?, note = ? WHERE id = ?",
            "COMMIT"
        ]
    );
    assert_eq!(db.rows::<(i64, String)>("SELECT owner_id, note FROM tasks"), [(1, "B".into())]);
}

fn s17_unset_takes_the_default_and_none_stores_null(lab: &Lab) {
    let (db, mut s) = store(lab);
    let rows = s.add_all([
        Blank::default(),
        Blank { a: None, ..Blank::default() },
        Blank { c: Generated::Value(None), ..Blank::default() },
    ]);
    s.flush().unwrap();
    let unset = "INSERT INTO blanks (a, b) VALUES (?, ?) RETURNING id, c";
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", unset, unset, "INSERT INTO blanks (a, b, c) VALUES (?, ?, ?)"]);
    assert_eq!(
        (&s[rows[0]].c, &s[rows[2]].c),
        (&Generated::Value(Some("srv".to_owned())), &Generated::Value(None))
    );
    s.commit().unwrap();
    db.sent();
    let row = |c: Option<&str>| (None::<String>, "app".to_owned(), c.map(str::to_owned));
    assert_eq!(
        db.rows::<(Option<String>, String, Option<String>)>("SELECT a, b, c FROM blanks ORDER BY id"),
        [row(Some("srv")), row(Some("srv")), row(None)]
    );
}

fn s27_after_a_failed_flush_nothing_is_new(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["old"]);
    let mut s = db.session();
    let added = s.add_all([2, 1].map(|id: i64| User { id: id.into(), ..User::named(&format!("u{id}")) }));
    let insert = "INSERT INTO users (id, name, email, bio, age) VALUES (?, ?, ?, ?, ?)";
    assert!(s.flush().unwrap_err().is_unique());
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", insert, insert, "ROLLBACK"], "at once");
    assert!(s.new_entities::<User>().is_empty());
    s.rollback().unwrap();
    assert!(db.sent().is_empty(), "there is nothing left to roll back");
    assert_eq!(s.query::<User>().count().unwrap(), 1);
    s.restore(added[0]).unwrap();
    s.commit().unwrap();
    assert_eq!(
        db.by_hand::<(i64, String)>("SELECT id, name FROM users"),
        [(1, "old".into()), (2, "u2".into())]
    );
}

fn s55_what_leaves_a_column_to_the_database_is_deleted_and_inserted(lab: &Lab) {
    let (db, mut s) = store(lab);
    let old = s.add(Batch { def: "old".into(), ..Batch::of(Some(1), "a") });
    s.commit().unwrap();
    s.delete(old);
    let new = s.add(Batch::of(Some(1), "b"));
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "DELETE FROM batches WHERE id = ?",
            "INSERT INTO batches (id, data) VALUES (?, ?) RETURNING def",
            "COMMIT"
        ]
    );
    assert_eq!((s.state(old), s[new].def.get()), (None, Some(&"srv".to_owned())));
    assert_eq!(db.rows::<(String, String)>("SELECT data, def FROM batches"), [("b".into(), "srv".into())]);
}

/// The database gives a new row the key of one that is gone: that it is another row is told by its slot, not by its number.
fn s57_another_row_under_the_same_key_is_a_change(lab: &Lab) {
    let (db, mut s) = store(lab);
    let owner = s.add(Owner::default());
    let task = s.add(Task { owner: owner.into(), ..Task::default() });
    s.commit().unwrap();
    s.get_one::<Task>(1).unwrap();
    // Someone clears the foreign key, and deletes the owner; this session has not heard of it.
    s.execute("UPDATE tasks SET owner_id = NULL", params![]).unwrap();
    s.execute("DELETE FROM owners", params![]).unwrap();
    s.expunge(owner).unwrap();
    let new = s.add(Owner::default());
    s[task].owner = new.into();
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "INSERT INTO owners DEFAULT VALUES",
            "UPDATE tasks SET owner_id = ?, note = ? WHERE id = ?",
            "COMMIT"
        ]
    );
    assert_eq!(s.key(new), Some(1), "the same number");
    assert_eq!(db.rows::<(i64,)>("SELECT owner_id FROM tasks"), [(1,)]);
}

/// Three documents, stored.
fn docs(db: &Db<Blog>) -> (Session<Blog>, Vec<Handle<Doc>>) {
    let mut s = db.session();
    let docs = s.add_all(["a", "b", "c"].map(Doc::titled));
    s.commit().unwrap();
    assert_eq!(db.by_hand::<(i64,)>("SELECT version FROM docs"), [(1,), (1,), (1,)]);
    (s, docs)
}

fn s58_two_changed_rows_are_two_updates_by_version(lab: &Lab) {
    let db = lab.db();
    let (mut s, docs) = docs(&db);
    s[docs[0]].title = "A".into();
    s[docs[2]].title = "C".into();
    s.commit().unwrap();
    let update = "UPDATE docs SET title = ?, note = ?, version = ? WHERE id = ? AND version = ?";
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", update, update, "COMMIT"]);
    assert_eq!(docs.iter().map(|&doc| s[doc].version.get()).collect::<Vec<_>>(), [2, 1, 2]);
    assert_eq!(
        db.rows::<(String, i64)>("SELECT title, version FROM docs ORDER BY id"),
        [("A".into(), 2), ("b".into(), 1), ("C".into(), 2)]
    );
}

fn s58_deletes_ask_for_key_and_version(lab: &Lab) {
    let db = lab.db();
    let (mut s, docs) = docs(&db);
    s.delete(docs[2]);
    s.delete(docs[0]);
    s.commit().unwrap();
    let delete = "DELETE FROM docs WHERE id = ? AND version = ?";
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", delete, delete, "COMMIT"]);
    assert_eq!(db.rows::<(i64,)>("SELECT id FROM docs"), [(2,)]);
}

fn s63_a_key_taken_over_in_a_second_flush_goes_back_to_both(lab: &Lab) {
    let db = lab.db();
    db.run("INSERT INTO countries VALUES ('u1', NULL, 'one'), ('u2', NULL, 'two')");
    let mut s = db.session();
    let (one, two) = (s.get_one::<Country>("u1").unwrap(), s.get_one::<Country>("u2").unwrap());
    s.delete(one);
    s.flush().unwrap();
    s[two].code = "u1".into();
    s.flush().unwrap();
    assert_eq!(s.get::<Country>("u1").unwrap(), Some(two));
    s.rollback().unwrap();
    assert_eq!((s.state(one), s.state(two)), (Some(State::Persistent), Some(State::Persistent)));
    assert_eq!((s.get::<Country>("u1").unwrap(), s.get::<Country>("u2").unwrap()), (Some(one), Some(two)));
    assert_eq!((s[one].name.as_str(), s[two].code.as_str()), ("one", "u2"));
}

fn s64_a_row_deleted_in_the_same_transaction_is_back_after_rollback(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s.execute("DELETE FROM users", params![]).unwrap();
    s.expire(jack).unwrap();
    assert_eq!(s[jack].name, "jack", "reading is no query");
    assert_eq!(s.get::<User>(1).unwrap(), None);
    assert_eq!(s.state(jack), Some(State::Missing));
    assert!(s.refresh(jack).unwrap_err().is_not_found());
    s.rollback().unwrap();
    assert_eq!(s.get::<User>(1).unwrap(), Some(jack));
    assert_eq!((s.state(jack), s[jack].name.as_str()), (Some(State::Persistent), "jack"));
    s[jack].age = 50;
    s.commit().unwrap();
    assert_eq!(db.by_hand::<(i64,)>("SELECT age FROM users"), [(50,)]);
}

fn s67_an_edit_of_an_expired_entity_outlives_the_refresh_of_the_rest(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack", "ed"]);
    let mut s = db.session();
    let (jack, ed) = (s.get_one::<User>(1).unwrap(), s.get_one::<User>(2).unwrap());
    s[jack].name = "lost".into();
    s.expire(jack).unwrap();
    s.execute("UPDATE users SET age = 77", params![]).unwrap();
    db.sent();
    s[jack].name = "kept".into();
    assert!(db.sent().is_empty());
    s.no_autoflush(|s| s.get_one::<User>(1)).unwrap();
    assert_eq!((s[jack].name.as_str(), s[jack].age, s[ed].age), ("kept", 77, 18));
    s.expire_all();
    s.get_one::<User>(2).unwrap();
    assert_eq!((s[jack].name.as_str(), s[ed].age), ("jack", 77));
    let pending = s.add(User::named("new"));
    assert!(s.expire(pending).unwrap_err().is_misuse());
}

fn s68_refresh_is_one_select_and_drops_edits(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s[jack].name = "edited".into();
    db.sent();
    s.refresh(jack).unwrap();
    assert_eq!(db.sent(), ["SELECT id, name, email, bio, age FROM users WHERE id IN (?)"]);
    assert_eq!((s[jack].name.as_str(), s.is_modified(jack)), ("jack", false));
    let pending = s.add(User::named("new"));
    assert!(s.refresh(pending).unwrap_err().is_misuse());
    let value = s.expunge(jack).unwrap();
    assert!(s.refresh(jack).unwrap_err().is_misuse());
    assert_eq!(value.name, "jack");
}
