//! Rows that name a row whose key changes.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use models::*;

rules! { rename:
    s53_held_rows_follow_where_the_database_carries_the_key_on,
    s53_held_rows_are_updated_where_it_does_not,
    s53_rows_that_are_not_held_follow_in_the_database,
    s53_a_key_made_of_foreign_keys_follows_and_is_found,
    s53_a_follower_that_changes_itself_is_written_first,
    s53_a_new_row_that_names_the_old_key_gets_the_new_one,
    s53_a_new_row_that_names_the_entity_gets_the_new_key,
    s53_a_rollback_puts_keys_and_followers_back,
    s53_a_savepoint_puts_keys_and_followers_back,
    s53_a_row_that_names_itself_gets_another_key,
    s53_a_row_gets_another_key_and_names_itself_by_it,
    s53_a_row_of_two_columns_that_names_itself_gets_another_key,
    s53_a_row_may_leave_the_one_that_is_renamed,
    s53_a_row_may_leave_the_one_that_is_renamed_for_one_that_takes_its_key,
    s53_a_row_that_names_a_renamed_one_may_be_deleted,
    two_rows_that_swap_keys_are_told_how_to,
    a_renamed_row_leaves_its_key_to_a_new_one,
    a_follower_under_a_new_key_can_be_deleted,
}

/// Natural keys that others name.
mod models {
    use orm_core::prelude::*;

    #[derive(DeclarativeBase)]
    pub(super) struct Post;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Post, table = "people")]
    pub(super) struct Person {
        #[column(primary_key)]
        pub name: String,
        pub age: i64,
    }

    /// The database carries a new key on.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Post, table = "addresses", default)]
    pub(super) struct Address {
        #[column(primary_key)]
        pub id: Id<Address>,
        #[column(on_key_update = cascade)]
        pub person: Option<Id<Person, String>>,
        pub street: String,
        #[column(version)]
        pub version: Version,
    }

    /// It does not.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Post, table = "letters", default)]
    pub(super) struct Letter {
        #[column(primary_key)]
        pub id: Id<Letter>,
        pub to: Option<Id<Person, String>>,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Post, table = "clubs")]
    pub(super) struct Club {
        #[column(primary_key)]
        pub name: String,
    }

    /// It may name itself.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Post, table = "towns")]
    pub(super) struct Town {
        #[column(primary_key)]
        pub name: String,
        pub capital: Option<Id<Town, String>>,
    }

    /// So may this, by two columns.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Post, table = "streets")]
    pub(super) struct Street {
        #[column(primary_key)]
        pub town: String,
        #[column(primary_key)]
        pub number: i64,
        #[column(names("main_town", "main_number"))]
        pub main: Option<Id<Street, (String, i64)>>,
    }

    /// A key of two natural keys.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Post, table = "members")]
    pub(super) struct Member {
        #[column(primary_key, on_key_update = cascade)]
        pub person: Id<Person, String>,
        #[column(primary_key, on_key_update = cascade)]
        pub club: Id<Club, String>,
        pub rank: i64,
    }
}

fn post(lab: &Lab) -> (Db<Post>, Session<Post>) {
    let db: Db<Post> = lab.db_of();
    db.run(
        "INSERT INTO people VALUES ('jack', 1), ('zoe', 2);
         INSERT INTO addresses VALUES (1, 'jack', 'a', 1), (2, 'jack', 'b', 1);
         INSERT INTO clubs VALUES ('chess');
         INSERT INTO members VALUES ('jack', 'chess', 1)",
    );
    let session = db.session();
    (db, session)
}

const RENAME: &str = "UPDATE people SET name = ? WHERE name = ?";

fn named(name: &str) -> Id<Person, String> {
    name.into()
}

fn s53_held_rows_follow_where_the_database_carries_the_key_on(lab: &Lab) {
    let (db, mut s) = post(lab);
    let (jack, address) = (s.get_one::<Person>("jack").unwrap(), s.get_one::<Address>(1).unwrap());
    s[jack].name = "ed".into();
    assert_eq!(s.get::<Person>("jack").unwrap(), Some(jack));
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), [RENAME]);
    assert_eq!(s.get::<Person>("ed").unwrap(), Some(jack));
    assert_eq!(s[address].person, Some(named("ed")));
    assert!(db.sent().is_empty());
    s.flush().unwrap();
    assert!(db.sent().is_empty());
    assert_eq!(s.get::<Person>("jack").unwrap(), None);
}

fn s53_held_rows_are_updated_where_it_does_not(lab: &Lab) {
    let (db, mut s) = post(lab);
    db.run("INSERT INTO letters VALUES (1, 'jack'), (2, 'jack')");
    let jack = s.get_one::<Person>("jack").unwrap();
    let letters = s.query::<Letter>().all().unwrap();
    s[jack].name = "ed".into();
    db.sent();
    s.commit().unwrap();
    let update = "UPDATE letters SET to_id = ? WHERE id = ?";
    assert_eq!(db.sent(), ["PRAGMA defer_foreign_keys = ON", RENAME, update, update, "COMMIT"]);
    assert_eq!(s[letters[0]].to, Some(named("ed")));
    assert_eq!(db.rows::<(String,)>("SELECT to_id FROM letters"), [("ed".into(),), ("ed".into(),)]);
}

fn s53_rows_that_are_not_held_follow_in_the_database(lab: &Lab) {
    let (db, mut s) = post(lab);
    let jack = s.get_one::<Person>("jack").unwrap();
    s[jack].name = "ed".into();
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT person_id FROM addresses"), [("ed".into(),), ("ed".into(),)]);
}

fn s53_a_key_made_of_foreign_keys_follows_and_is_found(lab: &Lab) {
    let (db, mut s) = post(lab);
    let jack = s.get_one::<Person>("jack").unwrap();
    let member = s.get_one::<Member>(("jack".to_owned(), "chess".to_owned())).unwrap();
    s[jack].name = "ed".into();
    s.flush().unwrap();
    assert_eq!(s.key(member), Some(("ed".into(), "chess".into())));
    db.sent();
    assert_eq!(s.get::<Member>(("ed".to_owned(), "chess".to_owned())).unwrap(), Some(member));
    assert!(db.sent().is_empty());
    s[member].rank = 9;
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String, i64)>("SELECT person_id, rank FROM members"), [("ed".into(), 9)]);
}

fn s53_a_follower_that_changes_itself_is_written_first(lab: &Lab) {
    let (db, mut s) = post(lab);
    let jack = s.get_one::<Person>("jack").unwrap();
    let member = s.get_one::<Member>(("jack".to_owned(), "chess".to_owned())).unwrap();
    let address = s.get_one::<Address>(1).unwrap();
    s[jack].name = "ed".into();
    s[member].rank = 7;
    s[address].street = "c".into();
    s.commit().unwrap();
    assert_eq!((s[address].version.get(), &s[address].person), (2, &Some(named("ed"))));
    db.sent();
    assert_eq!(db.rows::<(String, i64)>("SELECT person_id, rank FROM members"), [("ed".into(), 7)]);
    assert_eq!(
        db.rows::<(String, String, i64)>("SELECT person_id, street, version FROM addresses WHERE id = 1"),
        [("ed".into(), "c".into(), 2)]
    );
}

fn s53_a_new_row_that_names_the_old_key_gets_the_new_one(lab: &Lab) {
    let (db, mut s) = post(lab);
    let jack = s.get_one::<Person>("jack").unwrap();
    let letter = s.add(Letter { to: Some(named("jack")), ..Letter::default() });
    s[jack].name = "ed".into();
    s.commit().unwrap();
    assert_eq!(s[letter].to, Some(named("ed")));
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT to_id FROM letters"), [("ed".into(),)]);
}

fn s53_a_new_row_that_names_the_entity_gets_the_new_key(lab: &Lab) {
    let (db, mut s) = post(lab);
    let jack = s.get_one::<Person>("jack").unwrap();
    let letter = s.add(Letter { to: jack.into(), ..Letter::default() });
    s[jack].name = "ed".into();
    s.commit().unwrap();
    assert_eq!(s[letter].to, Some(named("ed")));
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT to_id FROM letters"), [("ed".into(),)]);
}

fn s53_a_rollback_puts_keys_and_followers_back(lab: &Lab) {
    let (db, mut s) = post(lab);
    db.run("INSERT INTO letters VALUES (1, 'jack')");
    let jack = s.get_one::<Person>("jack").unwrap();
    let member = s.get_one::<Member>(("jack".to_owned(), "chess".to_owned())).unwrap();
    let (address, letter) = (s.get_one::<Address>(1).unwrap(), s.get_one::<Letter>(1).unwrap());
    s[jack].name = "ed".into();
    s.flush().unwrap();
    s.rollback().unwrap();
    assert_eq!(s[jack].name, "jack");
    assert_eq!((&s[address].person, &s[letter].to), (&Some(named("jack")), &Some(named("jack"))));
    assert_eq!(s.key(member), Some(("jack".into(), "chess".into())));
    assert_eq!(s[member].person, named("jack"));
    assert_eq!(s.get::<Person>("jack").unwrap(), Some(jack));
    assert_eq!(s.get::<Member>(("jack".to_owned(), "chess".to_owned())).unwrap(), Some(member));
}

fn s53_a_savepoint_puts_keys_and_followers_back(lab: &Lab) {
    let (_db, mut s) = post(lab);
    let (jack, address) = (s.get_one::<Person>("jack").unwrap(), s.get_one::<Address>(1).unwrap());
    s[address].street = "first".into();
    let undone = s.nested(|s| {
        s[jack].name = "ed".into();
        s.flush()?;
        assert_eq!(s[address].person, Some(named("ed")));
        Err::<(), _>(Error::misuse("undo it"))
    });
    undone.unwrap_err();
    assert_eq!((&s[address].person, s[address].street.as_str()), (&Some(named("jack")), "first"));
    assert_eq!(s.get::<Person>("jack").unwrap(), Some(jack));
    s.commit().unwrap();
}

fn a_renamed_row_leaves_its_key_to_a_new_one(lab: &Lab) {
    let (db, mut s) = post(lab);
    let zoe = s.get_one::<Person>("zoe").unwrap();
    s[zoe].name = "zoey".into();
    let new = s.add(Person { name: "zoe".into(), age: 5 });
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), [RENAME, "INSERT INTO people (name, age) VALUES (?, ?)", "COMMIT"]);
    assert_eq!(s.get::<Person>("zoe").unwrap(), Some(new));
    assert_eq!(s.get::<Person>("zoey").unwrap(), Some(zoe));
}

fn a_follower_under_a_new_key_can_be_deleted(lab: &Lab) {
    let (db, mut s) = post(lab);
    let jack = s.get_one::<Person>("jack").unwrap();
    let member = s.get_one::<Member>(("jack".to_owned(), "chess".to_owned())).unwrap();
    s[jack].name = "ed".into();
    s.delete(member);
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM members"), [(0,)]);
}

fn s53_a_row_that_names_itself_gets_another_key(lab: &Lab) {
    let (db, mut s) = post(lab);
    db.run("INSERT INTO towns VALUES ('rome', 'rome'), ('milan', 'rome')");
    let (rome, milan) = (s.get_one::<Town>("rome").unwrap(), s.get_one::<Town>("milan").unwrap());
    s[rome].name = "roma".into();
    db.sent();
    s.flush().unwrap();
    assert_eq!(
        db.sent(),
        [
            "PRAGMA defer_foreign_keys = ON",
            "UPDATE towns SET name = ?, capital_id = ? WHERE name = ?",
            "UPDATE towns SET capital_id = ? WHERE name = ?"
        ]
    );
    assert_eq!((&s[rome].capital, &s[milan].capital), (&Some("roma".into()), &Some("roma".into())));
    s.rollback().unwrap();
    assert_eq!((s[rome].name.as_str(), &s[rome].capital), ("rome", &Some("rome".into())));
    s.delete(milan);
    s.flush().unwrap();
    s[rome].name = "roma".into();
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["UPDATE towns SET name = ?, capital_id = ? WHERE name = ?", "COMMIT"]);
    assert_eq!(db.rows::<(String, String)>("SELECT * FROM towns"), [("roma".into(), "roma".into())]);
}

fn s53_a_row_gets_another_key_and_names_itself_by_it(lab: &Lab) {
    for by_handle in [true, false] {
        let (db, mut s) = post(lab);
        db.run("INSERT INTO towns VALUES ('rome', NULL)");
        let rome = s.get_one::<Town>("rome").unwrap();
        s[rome].name = "roma".into();
        s[rome].capital = if by_handle { rome.into() } else { Some("roma".into()) };
        db.sent();
        s.commit().unwrap();
        assert_eq!(db.sent(), ["UPDATE towns SET name = ?, capital_id = ? WHERE name = ?", "COMMIT"]);
        assert_eq!(s[rome].capital, Some("roma".into()));
        assert_eq!(db.rows::<(String, String)>("SELECT * FROM towns"), [("roma".into(), "roma".into())]);
    }
}

fn s53_a_row_of_two_columns_that_names_itself_gets_another_key(lab: &Lab) {
    let (db, mut s) = post(lab);
    db.run("INSERT INTO streets VALUES ('rome', 1, 'rome', 1)");
    let main = s.get_one::<Street>(("rome".to_owned(), 1)).unwrap();
    s[main].number = 2;
    s.commit().unwrap();
    assert_eq!(s[main].main, Some(("rome".to_owned(), 2).into()));
    db.sent();
    assert_eq!(
        db.rows::<(i64, String, i64)>("SELECT number, main_town, main_number FROM streets"),
        [(2, "rome".into(), 2)]
    );
}

fn s53_a_row_may_leave_the_one_that_is_renamed(lab: &Lab) {
    let (db, mut s) = post(lab);
    db.run("INSERT INTO letters VALUES (1, 'jack'), (2, 'jack')");
    let (jack, zoe) = (s.get_one::<Person>("jack").unwrap(), s.get_one::<Person>("zoe").unwrap());
    let letters = s.query::<Letter>().order_by(Letter::id).all().unwrap();
    s[jack].name = "ed".into();
    s[letters[0]].to = zoe.into();
    s[letters[1]].to = None;
    db.sent();
    s.commit().unwrap();
    let update = "UPDATE letters SET to_id = ? WHERE id = ?";
    assert_eq!(db.sent(), ["PRAGMA defer_foreign_keys = ON", RENAME, update, update, "COMMIT"]);
    assert_eq!(
        db.rows::<(Option<String>,)>("SELECT to_id FROM letters ORDER BY id"),
        [(Some("zoe".into()),), (None,)]
    );
}

fn s53_a_row_may_leave_the_one_that_is_renamed_for_one_that_takes_its_key(lab: &Lab) {
    let (db, mut s) = post(lab);
    db.run("INSERT INTO letters VALUES (1, 'jack')");
    let (jack, letter) = (s.get_one::<Person>("jack").unwrap(), s.get_one::<Letter>(1).unwrap());
    s[jack].name = "ed".into();
    let new = s.add(Person { name: "jack".into(), age: 3 });
    s[letter].to = new.into();
    s.commit().unwrap();
    assert_eq!(s.related(letter, Letter::to).unwrap(), Some(new));
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT to_id FROM letters"), [("jack".into(),)]);
}

fn s53_a_row_that_names_a_renamed_one_may_be_deleted(lab: &Lab) {
    let (db, mut s) = post(lab);
    db.run("INSERT INTO letters VALUES (1, 'jack')");
    let (jack, letter) = (s.get_one::<Person>("jack").unwrap(), s.get_one::<Letter>(1).unwrap());
    s[jack].name = "ed".into();
    s.delete(letter);
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM letters"), [(0,)]);
}

/// As in SQLAlchemy, whose flush the database refuses.
fn two_rows_that_swap_keys_are_told_how_to(lab: &Lab) {
    let (db, mut s) = post(lab);
    let (jack, zoe) = (s.get_one::<Person>("jack").unwrap(), s.get_one::<Person>("zoe").unwrap());
    s[jack].name = "zoe".into();
    s[zoe].name = "jack".into();
    db.sent();
    let error = s.flush().unwrap_err();
    assert!(error.is_misuse(), "{error:?}");
    for part in ["people.name", "\"jack\"", "\"zoe\"", "in a flush of its own first"] {
        assert!(error.to_string().contains(part), "{part} is not in: {error}");
    }
    assert_eq!(db.sent(), ["ROLLBACK"]);
    s.rollback().unwrap();
    s[jack].name = "aside".into();
    s.flush().unwrap();
    s[zoe].name = "jack".into();
    s.flush().unwrap();
    s[jack].name = "zoe".into();
    s.commit().unwrap();
    db.sent();
    assert_eq!(
        db.rows::<(String, i64)>("SELECT name, age FROM people ORDER BY age"),
        [("zoe".into(), 1), ("jack".into(), 2)]
    );
}
