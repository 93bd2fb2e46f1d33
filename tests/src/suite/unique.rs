//! Values of unique columns, and keys, that one row gives up and another takes in the same flush.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use models::*;

rules! { unique:
    s54_a_deleted_row_gives_its_value_to_a_new_one,
    s54_a_renamed_row_gives_its_value_to_a_new_one,
    s54_a_one_to_one_child_is_replaced,
    s54_two_rows_swap_a_unique_value,
    s54_two_rows_swap_a_nullable_value_over_null,
    s54_two_rows_swap_half_of_a_unique_pair,
    s54_three_rows_hand_a_value_round,
    s54_a_chain_is_updated_from_its_free_end,
    s54_a_swap_that_cannot_be_parked_is_misuse_before_sql,
    s54_values_that_a_collation_takes_for_equal_are_handed_over,
    a_row_that_is_left_before_its_value_is_taken_is_deleted_in_between,
    a_swap_counts_a_version_once,
    a_swap_is_undone_by_rollback,
    deletes_and_inserts_that_share_no_value_keep_the_order_of_groups,
    s63_keys_move_along_a_chain,
    s63_a_key_goes_from_a_deleted_row_to_a_renamed_one,
    s55_a_deleted_row_is_updated_to_one_added_with_its_key,
    a_replaced_row_with_the_same_values_is_not_written,
    a_replaced_row_counts_its_version,
    a_row_that_others_hang_on_is_deleted_and_inserted,
    the_plan_names_what_is_parked,
}

/// Models with unique columns of every kind.
mod models {
    use orm_core::prelude::*;

    #[derive(DeclarativeBase)]
    pub(super) struct Hotel;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Hotel, table = "rooms", default)]
    pub(super) struct Room {
        #[column(primary_key)]
        pub id: Id<Room>,
        /// Cannot be NULL, so a free value stands in.
        #[column(unique)]
        pub door: String,
        /// NULL stands in.
        #[column(unique)]
        pub guest: Option<String>,
        #[column(unique, check = "floor > 0")]
        pub floor: i64,
    }

    /// One to one.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Hotel, table = "safes", default)]
    pub(super) struct Safe {
        #[column(primary_key)]
        pub id: Id<Safe>,
        #[column(unique)]
        pub room: Id<Room>,
        pub code: String,
    }

    /// A unique pair, and a collation.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Hotel, table = "meals", default, unique(day, seat))]
    pub(super) struct Meal {
        #[column(primary_key)]
        pub id: Id<Meal>,
        pub day: i64,
        pub seat: i64,
        #[column(unique, collate = "NOCASE")]
        pub dish: String,
        #[column(version)]
        pub version: Version,
    }

    /// A composite natural key.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Hotel, table = "shelves")]
    pub(super) struct Shelf {
        #[column(primary_key)]
        pub rack: i64,
        #[column(primary_key)]
        pub level: i64,
        pub holds: String,
        #[column(version)]
        pub version: Version,
    }

    /// A natural key that others hang on.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Hotel, table = "floors")]
    pub(super) struct Floor {
        #[column(primary_key)]
        pub name: String,
        pub colour: String,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Hotel, table = "lamps", default)]
    pub(super) struct Lamp {
        #[column(primary_key)]
        pub id: Id<Lamp>,
        #[column(on_delete = cascade)]
        pub floor: Option<Id<Floor, String>>,
    }
}

fn hotel(lab: &Lab) -> (Db<Hotel>, Session<Hotel>) {
    let db: Db<Hotel> = lab.db_of();
    db.run(
        "INSERT INTO rooms VALUES (1, 'a', 'ann', 1), (2, 'b', 'bob', 2), (3, 'c', NULL, 3);
         INSERT INTO safes VALUES (1, 1, 'x'), (2, 2, 'y');
         INSERT INTO meals VALUES (1, 1, 1, 'Soup', 1), (2, 1, 2, 'Fish', 1);
         INSERT INTO shelves VALUES (1, 1, 'nuts', 1), (1, 2, 'bolts', 1);
         INSERT INTO floors VALUES ('attic', 'red')",
    );
    let session = db.session();
    (db, session)
}

fn doors(db: &Db<Hotel>) -> Vec<String> {
    db.rows::<(String,)>("SELECT door FROM rooms ORDER BY id").into_iter().map(|(door,)| door).collect()
}

fn s54_a_deleted_row_gives_its_value_to_a_new_one(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let old = s.get_one::<Room>(3).unwrap();
    s.add(Room { door: "c".into(), floor: 9, ..Room::default() });
    s.delete(old);
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "DELETE FROM rooms WHERE id = ?",
            "INSERT INTO rooms (door, guest, floor) VALUES (?, ?, ?)",
            "COMMIT"
        ]
    );
    assert_eq!(doors(&db), ["a", "b", "c"]);
}

fn s54_a_renamed_row_gives_its_value_to_a_new_one(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let old = s.get_one::<Room>(3).unwrap();
    let new = s.add(Room { door: "c".into(), floor: 9, ..Room::default() });
    s[old].door = "z".into();
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "UPDATE rooms SET door = ? WHERE id = ?",
            "INSERT INTO rooms (door, guest, floor) VALUES (?, ?, ?)",
            "COMMIT"
        ]
    );
    assert_eq!(s.key(new), Some(4));
    assert_eq!(doors(&db), ["a", "b", "z", "c"]);
}

fn s54_a_one_to_one_child_is_replaced(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let (room, old) = (s.get_one::<Room>(1).unwrap(), s.get_one::<Safe>(1).unwrap());
    s.delete(old);
    let new = s.add(Safe { room: room.into(), code: "new".into(), ..Safe::default() });
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        ["DELETE FROM safes WHERE id = ?", "INSERT INTO safes (room_id, code) VALUES (?, ?)", "COMMIT"]
    );
    assert_eq!(s[new].room, Id::Key(1));
    let rows = db.rows::<(i64, String)>("SELECT room_id, code FROM safes ORDER BY room_id");
    assert_eq!(rows, [(1, "new".into()), (2, "y".into())]);
}

fn s54_two_rows_swap_a_unique_value(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let (a, b) = (s.get_one::<Room>(1).unwrap(), s.get_one::<Room>(2).unwrap());
    s[a].door = "b".into();
    s[b].door = "a".into();
    db.sent();
    s.commit().unwrap();
    let update = "UPDATE rooms SET door = ? WHERE id = ?";
    assert_eq!(db.sent(), [update, update, update, "COMMIT"]);
    assert_eq!((s[a].door.as_str(), s[b].door.as_str()), ("b", "a"));
    assert_eq!(doors(&db), ["b", "a", "c"]);
    s.flush().unwrap();
    assert!(db.sent().is_empty());
}

fn s54_two_rows_swap_a_nullable_value_over_null(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let (a, b) = (s.get_one::<Room>(1).unwrap(), s.get_one::<Room>(2).unwrap());
    s[a].guest = Some("bob".into());
    s[b].guest = Some("ann".into());
    let plan = s.plan().unwrap().to_string();
    assert!(plan.contains("update rooms set guest = null where id = 1"), "{plan}");
    s.commit().unwrap();
    db.sent();
    let rows = db.rows::<(Option<String>,)>("SELECT guest FROM rooms ORDER BY id");
    assert_eq!(rows, [(Some("bob".into()),), (Some("ann".into()),), (None,)]);
}

fn s54_two_rows_swap_half_of_a_unique_pair(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let (soup, fish) = (s.get_one::<Meal>(1).unwrap(), s.get_one::<Meal>(2).unwrap());
    s[soup].seat = 2;
    s[fish].seat = 1;
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64, i64)>("SELECT id, seat FROM meals ORDER BY id"), [(1, 2), (2, 1)]);
}

fn s54_three_rows_hand_a_value_round(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let rooms = [1, 2, 3].map(|id| s.get_one::<Room>(id).unwrap());
    for (room, door) in rooms.into_iter().zip(["b", "c", "a"]) {
        s[room].door = door.into();
    }
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent().len(), 5);
    assert_eq!(doors(&db), ["b", "c", "a"]);
}

fn s54_a_chain_is_updated_from_its_free_end(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let rooms = [1, 2, 3].map(|id| s.get_one::<Room>(id).unwrap());
    for (room, door) in rooms.into_iter().zip(["b", "c", "d"]) {
        s[room].door = door.into();
    }
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent().len(), 4);
    assert_eq!(doors(&db), ["b", "c", "d"]);
}

fn s54_a_swap_that_cannot_be_parked_is_misuse_before_sql(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let (a, b) = (s.get_one::<Room>(1).unwrap(), s.get_one::<Room>(2).unwrap());
    s[a].floor = 2;
    s[b].floor = 1;
    db.sent();
    let error = s.flush().unwrap_err();
    assert!(error.is_misuse(), "{error:?}");
    for name in ["rooms.floor", "`Room` with key 1", "`Room` with key 2"] {
        assert!(error.message().contains(name), "{name} is not in: {error}");
    }
    assert_eq!(db.sent(), ["ROLLBACK"]);
    assert_eq!((s[a].floor, s[b].floor), (1, 2));
}

fn s54_values_that_a_collation_takes_for_equal_are_handed_over(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let (soup, fish) = (s.get_one::<Meal>(1).unwrap(), s.get_one::<Meal>(2).unwrap());
    s[soup].dish = "FISH".into();
    s[fish].dish = "soup".into();
    s.commit().unwrap();
    s.delete(soup);
    s.add(Meal { day: 2, dish: "fish".into(), ..Meal::default() });
    s.commit().unwrap();
    db.sent();
    assert_eq!(
        db.rows::<(i64, String)>("SELECT id, dish FROM meals ORDER BY id"),
        [(2, "soup".into()), (3, "fish".into())]
    );
}

fn a_row_that_is_left_before_its_value_is_taken_is_deleted_in_between(lab: &Lab) {
    // The safe moves from the room that goes to the one that takes its door: neither can come first until the door is parked.
    let (db, mut s) = hotel(lab);
    let (old, safe) = (s.get_one::<Room>(1).unwrap(), s.get_one::<Safe>(1).unwrap());
    let new = s.add(Room { door: "a".into(), floor: 9, ..Room::default() });
    s[safe].room = new.into();
    s.delete(old);
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "UPDATE rooms SET door = ? WHERE id = ?",
            "INSERT INTO rooms (door, guest, floor) VALUES (?, ?, ?)",
            "UPDATE safes SET room_id = ? WHERE id = ?",
            "DELETE FROM rooms WHERE id = ?",
            "COMMIT"
        ]
    );
    let rows =
        db.rows::<(String,)>("SELECT door FROM rooms JOIN safes ON room_id = rooms.id WHERE code = 'x'");
    assert_eq!(rows, [("a".into(),)]);
}

fn a_swap_counts_a_version_once(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let (soup, fish) = (s.get_one::<Meal>(1).unwrap(), s.get_one::<Meal>(2).unwrap());
    s[soup].dish = "Fish".into();
    s[fish].dish = "Soup".into();
    s.commit().unwrap();
    assert_eq!((s[soup].version.get(), s[fish].version.get()), (2, 2));
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT version FROM meals"), [(2,), (2,)]);
}

fn a_swap_is_undone_by_rollback(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let (a, b) = (s.get_one::<Room>(1).unwrap(), s.get_one::<Room>(2).unwrap());
    s[a].door = "b".into();
    s[b].door = "a".into();
    s.flush().unwrap();
    s.rollback().unwrap();
    assert_eq!((s[a].door.as_str(), s[b].door.as_str()), ("a", "b"));
    db.sent();
    assert_eq!(doors(&db), ["a", "b", "c"]);
}

fn deletes_and_inserts_that_share_no_value_keep_the_order_of_groups(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let old = s.get_one::<Room>(3).unwrap();
    s.delete(old);
    s.add(Room { door: "d".into(), floor: 9, ..Room::default() });
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "INSERT INTO rooms (door, guest, floor) VALUES (?, ?, ?)",
            "DELETE FROM rooms WHERE id = ?",
            "COMMIT"
        ]
    );
}

fn shelves(db: &Db<Hotel>) -> Vec<(i64, i64, String)> {
    db.rows("SELECT rack, level, holds FROM shelves ORDER BY holds")
}

fn s63_keys_move_along_a_chain(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let nuts = s.get_one::<Shelf>((1, 1)).unwrap();
    let bolts = s.get_one::<Shelf>((1, 2)).unwrap();
    s[nuts].level = 3;
    s[bolts].level = 1;
    s.commit().unwrap();
    assert_eq!((s.key(nuts), s.key(bolts)), (Some((1, 3)), Some((1, 1))));
    db.sent();
    assert_eq!(shelves(&db), [(1, 1, "bolts".into()), (1, 3, "nuts".into())]);
    // And back: the other one goes first now.
    s[nuts].level = 1;
    s[bolts].level = 2;
    s.commit().unwrap();
    assert_eq!(s.get::<Shelf>((1, 1)).unwrap(), Some(nuts));
    assert_eq!(s.get::<Shelf>((1, 2)).unwrap(), Some(bolts));
    assert_eq!(s.get::<Shelf>((1, 3)).unwrap(), None);
    s.rollback().unwrap();
    db.sent();
    assert_eq!(shelves(&db), [(1, 2, "bolts".into()), (1, 1, "nuts".into())]);
}

fn s63_a_key_goes_from_a_deleted_row_to_a_renamed_one(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let nuts = s.get_one::<Shelf>((1, 1)).unwrap();
    let bolts = s.get_one::<Shelf>((1, 2)).unwrap();
    s.delete(nuts);
    s[bolts].level = 1;
    db.sent();
    s.flush().unwrap();
    assert_eq!(
        db.sent(),
        [
            "DELETE FROM shelves WHERE rack = ? AND level = ? AND version = ?",
            "UPDATE shelves SET level = ?, version = ? WHERE rack = ? AND level = ? AND version = ?"
        ]
    );
    assert_eq!(s.get::<Shelf>((1, 1)).unwrap(), Some(bolts));
    s.rollback().unwrap();
    assert_eq!(s.get::<Shelf>((1, 1)).unwrap(), Some(nuts));
    assert_eq!(s.get::<Shelf>((1, 2)).unwrap(), Some(bolts));
}

fn s55_a_deleted_row_is_updated_to_one_added_with_its_key(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let old = s.get_one::<Room>(1).unwrap();
    s.delete(old);
    let new = s.add(Room { door: "new".into(), guest: None, floor: 1, id: 1.into() });
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["UPDATE rooms SET door = ?, guest = ? WHERE id = ?"]);
    assert_eq!((s.state(old), s.state(new)), (Some(State::DeletedFlushed), Some(State::Persistent)));
    assert_eq!(s.get::<Room>(1).unwrap(), Some(new));
    s.rollback().unwrap();
    assert_eq!((s.state(old), s.state(new)), (Some(State::Persistent), Some(State::Withdrawn)));
    assert_eq!(s.get::<Room>(1).unwrap(), Some(old));
    assert_eq!(s[old].door, "a");
}

fn a_replaced_row_with_the_same_values_is_not_written(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let old = s.get_one::<Room>(1).unwrap();
    let same = s[old].clone();
    s.delete(old);
    let new = s.add(same);
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["COMMIT"]);
    assert_eq!(s.get::<Room>(1).unwrap(), Some(new));
}

fn a_replaced_row_counts_its_version(lab: &Lab) {
    let (db, mut s) = hotel(lab);
    let old = s.get_one::<Shelf>((1, 1)).unwrap();
    s.delete(old);
    let new = s.add(Shelf { rack: 1, level: 1, holds: "nails".into(), version: Version::default() });
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        ["UPDATE shelves SET holds = ?, version = ? WHERE rack = ? AND level = ? AND version = ?", "COMMIT"]
    );
    assert_eq!(s[new].version.get(), 2);
    assert_eq!(
        db.rows::<(String, i64)>("SELECT holds, version FROM shelves WHERE level = 1"),
        [("nails".into(), 2)]
    );
}

fn a_row_that_others_hang_on_is_deleted_and_inserted(lab: &Lab) {
    // An UPDATE would spare the lamps, which go with their floor.
    let (db, mut s) = hotel(lab);
    db.run("INSERT INTO lamps VALUES (1, 'attic')");
    let old = s.get_one::<Floor>("attic").unwrap();
    s.delete(old);
    s.add(Floor { name: "attic".into(), colour: "blue".into() });
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        ["DELETE FROM floors WHERE name = ?", "INSERT INTO floors (name, colour) VALUES (?, ?)", "COMMIT"]
    );
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM lamps"), [(0,)]);
}

fn the_plan_names_what_is_parked(lab: &Lab) {
    let (_db, mut s) = hotel(lab);
    let (a, b) = (s.get_one::<Room>(1).unwrap(), s.get_one::<Room>(2).unwrap());
    s[a].door = "b".into();
    s[b].door = "a".into();
    assert_eq!(
        s.plan().unwrap().to_string(),
        "1 update rooms set door = a free value where id = 1   (until another row has taken its value)\n\
         2 update rooms set door where id in [2, 1]"
    );
}
