//! Columns and keys of unusual shapes, through a session: what is written, and what comes back.

use orm_core::Select;
use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use models::*;

rules! { column:
    a_composite_foreign_key_spreads_over_its_columns,
    a_composite_foreign_key_to_a_new_row_is_inserted_after_it,
    a_nullable_composite_foreign_key_comes_and_goes,

    a_composite_foreign_key_can_be_null_in_a_query,
    a_composite_foreign_key_is_compared_column_by_column,
    half_a_composite_key_is_another_row,
    a_newtype_is_a_key,
    s14_a_change_inside_json_is_written,
    s14_json_there_and_back_is_no_change,
    an_embedded_struct_is_columns,

    an_embedded_struct_writes_only_what_changed,
    s19_a_computed_column_comes_back_with_insert_and_update,

    s19_a_computed_column_is_never_written,
    a_value_that_validation_refuses_is_found_before_sql,
    all_values_that_validation_refuses_are_named,
    a_key_that_is_never_reused,
    a_key_may_be_used_again_after_a_rollback,
    queries_reach_every_column,

    on_delete_cascade_takes_held_children_with_it,

    on_delete_set_null_clears_held_children,

    on_delete_restrict_is_a_foreign_key_error,
}

/// Models of shapes that the blog has not.
#[allow(clippy::identity_op)] // In what the derive writes for a struct of columns.
mod models {
    use orm_core::prelude::*;

    #[derive(DeclarativeBase)]
    pub(super) struct Works;

    /// A key of two natural columns.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Works, table = "bins")]
    pub(super) struct Bin {
        #[column(primary_key)]
        pub shelf: String,
        #[column(primary_key)]
        pub place: i32,
        pub holds: String,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Works, table = "parts")]
    pub(super) struct Part {
        #[column(primary_key)]
        pub code: Code,
        pub bin: Id<Bin, (String, i32)>,
        #[column(names("spare_shelf", "spare_place"))]
        pub spare: Option<Id<Bin, (String, i32)>>,
        pub facts: Json<serde_json::Value>,
    }

    #[derive(ColumnType, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub(super) struct Code(pub String);

    #[derive(ColumnType, Clone, Debug, Default, PartialEq)]
    pub(super) struct Size {
        pub width: i64,
        pub height: i64,
    }

    fn at_most_ten(name: &str) -> Result<(), String> {
        if name.len() > 10 { Err("is longer than ten".into()) } else { Ok(()) }
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Works, table = "plates", default)]
    pub(super) struct Plate {
        #[column(primary_key, never_reuse)]
        pub id: Id<Plate>,
        #[column(validate = at_most_ten)]
        pub name: String,
        #[column(embed)]
        pub size: Size,
        #[column(computed = "size_width * size_height")]
        pub area: Generated<i64>,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Works, table = "holes", default)]
    pub(super) struct Hole {
        #[column(primary_key)]
        pub id: Id<Hole>,
        #[column(on_delete = cascade)]
        pub plate: Option<Id<Plate>>,
        #[column(on_delete = set_null)]
        pub twin: Option<Id<Plate>>,
        #[column(on_delete = restrict)]
        pub guard: Option<Id<Plate>>,
    }
}

fn bin(shelf: &str, place: i32) -> Bin {
    Bin { shelf: shelf.into(), place, holds: "nuts".into() }
}

fn part(code: &str, bin: impl Into<Id<Bin, (String, i32)>>) -> Part {
    Part { code: Code(code.into()), bin: bin.into(), spare: None, facts: Json(serde_json::json!({"n": 1})) }
}

fn plate(name: &str, width: i64, height: i64) -> Plate {
    Plate { name: name.into(), size: Size { width, height }, ..Plate::default() }
}

fn works(lab: &Lab) -> Db<Works> {
    lab.db_of()
}

fn a_composite_foreign_key_spreads_over_its_columns(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    s.add(bin("a", 1));
    let nut = s.add(part("nut", ("a".to_owned(), 1)));
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "INSERT INTO bins (shelf, place, holds) VALUES (?, ?, ?)",
            "INSERT INTO parts (code, bin_shelf, bin_place, spare_shelf, spare_place, facts) VALUES (?, ?, ?, ?, ?, ?)",
            "COMMIT"
        ]
    );
    s.close();
    assert!(s.find(nut).is_none());
    let nut = s.query::<Part>().one().unwrap();
    assert_eq!(s[nut], part("nut", ("a".to_owned(), 1)));
    let found = s.get(s[nut].bin.clone()).unwrap().unwrap();
    assert_eq!(s[found], bin("a", 1));
}

fn a_composite_foreign_key_to_a_new_row_is_inserted_after_it(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    let nut = s.add(part("nut", Id::New));
    let first = s.add(bin("a", 1));
    s[nut].bin = first.into();
    s.commit().unwrap();
    assert!(db.sent()[1].starts_with("INSERT INTO bins"));
    assert_eq!(s[nut].bin, Id::Key(("a".to_owned(), 1)));
}

fn a_nullable_composite_foreign_key_comes_and_goes(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    let (first, second) = (s.add(bin("a", 1)), s.add(bin("a", 2)));
    let nut = s.add(part("nut", first));
    s.commit().unwrap();
    s[nut].spare = second.into();
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent()[1], "UPDATE parts SET spare_shelf = ?, spare_place = ? WHERE code = ?");
    assert_eq!(s.query::<Part>().filter(Part::spare.eq(second)).count().unwrap(), 1);
    assert_eq!(s.query::<Part>().filter(Part::spare.eq(first)).count().unwrap(), 0);
    s[nut].spare = None;
    s.commit().unwrap();
    s.get_one(nut).unwrap();
    assert_eq!(s[nut].spare, None);
}

fn a_composite_foreign_key_can_be_null_in_a_query(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    let first = s.add(bin("a", 1));
    let nut = s.add(part("nut", first));
    let bolt = s.add(Part { spare: first.into(), ..part("bolt", first) });
    s.commit().unwrap();
    assert_eq!(s.query::<Part>().filter(Part::spare.is_null()).all().unwrap(), [nut]);
    assert_eq!(s.query::<Part>().filter(Part::spare.is_not_null()).all().unwrap(), [bolt]);
}

fn a_composite_foreign_key_is_compared_column_by_column(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    let [a1, a2, b1] = [bin("a", 1), bin("a", 2), bin("b", 1)].map(|bin| s.add(bin));
    let parts = [("x", a1), ("y", a2), ("z", b1)].map(|(code, bin)| s.add(part(code, bin)));
    s.commit().unwrap();
    let mut find = |found: Select<Part>| found.order_by(Part::bin.desc()).all(&mut s).unwrap();
    let key = |shelf: &str, place| (shelf.to_owned(), place);
    assert_eq!(find(select().filter(Part::bin.in_([a1, b1]))), [parts[2], parts[0]]);
    assert_eq!(find(select().filter(Part::bin.in_([a2]))), [parts[1]]);
    assert_eq!(find(select().filter(!Part::bin.in_([key("a", 1), key("c", 1), key("a", 2)]))), [parts[2]]);
    assert_eq!(
        find(select().filter(Part::bin.in_((0..3).map(|place| key("a", place))))),
        [parts[1], parts[0]]
    );
    assert_eq!(find(select().filter(Part::bin.between(key("a", 2), key("b", 0)))), [parts[1]]);
    assert_eq!(find(select().filter(Part::bin.gt(a1))), [parts[2], parts[1]]);
    assert_eq!(s.query::<Part>().filter(Part::bin.in_([Part::bin])).count().unwrap(), 3);
}

fn half_a_composite_key_is_another_row(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    let bins = s.add_all([bin("a", 1), bin("a", 2), bin("b", 1)]);
    s.commit().unwrap();
    for (&handle, key) in bins.iter().zip([("a", 1), ("a", 2), ("b", 1)]) {
        assert_eq!(s.get::<Bin>((key.0.to_owned(), key.1)).unwrap(), Some(handle));
    }
    assert_eq!(s.get::<Bin>(("b".to_owned(), 2)).unwrap(), None);
    s[bins[1]].place = 3;
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["UPDATE bins SET place = ? WHERE shelf = ? AND place = ?", "COMMIT"]);
    assert_eq!(s.get::<Bin>(("a".to_owned(), 3)).unwrap(), Some(bins[1]));
}

fn a_newtype_is_a_key(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    let first = s.add(bin("a", 1));
    let nut = s.add(part("nut", first));
    s.commit().unwrap();
    assert_eq!(s.get::<Part>(Code("nut".into())).unwrap(), Some(nut));
    assert_eq!(s.get::<Part>(Code("bolt".into())).unwrap(), None);
}

fn s14_a_change_inside_json_is_written(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    let first = s.add(bin("a", 1));
    let nut = s.add(part("nut", first));
    s.commit().unwrap();
    s[nut].facts["n"] = 2.into();
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", "UPDATE parts SET facts = ? WHERE code = ?", "COMMIT"]);
    s.get_one(nut).unwrap();
    assert_eq!(*s[nut].facts, serde_json::json!({"n": 2}));
}

fn s14_json_there_and_back_is_no_change(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    let first = s.add(bin("a", 1));
    let nut = s.add(part("nut", first));
    s.commit().unwrap();
    s[nut].facts["n"] = 2.into();
    s[nut].facts["n"] = 1.into();
    db.sent();
    s.commit().unwrap();
    assert!(db.sent().is_empty());
}

fn an_embedded_struct_is_columns(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    s.add(plate("p", 2, 3));
    s.commit().unwrap();
    assert_eq!(
        db.sent()[1],
        "INSERT INTO plates (name, size_width, size_height) VALUES (?, ?, ?) RETURNING id, area"
    );
    let rows = db.rows::<(String, i64, i64)>("SELECT name, size_width, size_height FROM plates");
    assert_eq!(rows, [("p".into(), 2, 3)]);
}

fn an_embedded_struct_writes_only_what_changed(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    let plate = s.add(plate("p", 2, 3));
    s.commit().unwrap();
    s[plate].size = Size { width: 2, height: 5 };
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent()[1], "UPDATE plates SET size_height = ? WHERE id = ? RETURNING area");
    s.get_one(plate).unwrap();
    assert_eq!(s[plate].size, Size { width: 2, height: 5 });
}

fn s19_a_computed_column_comes_back_with_insert_and_update(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    let plate = s.add(plate("p", 2, 3));
    s.flush().unwrap();
    assert_eq!(s[plate].area, 6.into());
    s[plate].size.width = 10;
    s.flush().unwrap();
    assert_eq!(s[plate].area, 30.into());
    s.rollback().unwrap();
    assert_eq!((s[plate].area, s[plate].size.width), (Generated::Unset, 10));
}

fn s19_a_computed_column_is_never_written(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    let lie = s.add(Plate { area: 999.into(), ..plate("p", 2, 3) });
    s.commit().unwrap();
    assert_eq!(s[lie].area, 6.into());
    s[lie].area = 999.into();
    db.sent();
    s.commit().unwrap();
    assert!(db.sent().iter().all(|sql| !sql.contains("SET area")));
    s.get_one(lie).unwrap();
    assert_eq!(s[lie].area, 6.into());
}

fn a_value_that_validation_refuses_is_found_before_sql(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    s.add(plate("fine", 1, 1));
    s.add(plate("much too long", 1, 1));
    let error = s.flush().unwrap_err();
    assert!(error.is_value() && error.message().contains("Plate.name"), "{error:?}");
    assert!(error.message().contains("longer than ten"), "{error}");
    assert!(db.sent().is_empty());
    s.rollback().unwrap();
    let fine = s.add(plate("fine", 1, 1));
    s.commit().unwrap();
    s[fine].name = "not so fine any more".into();
    assert!(s.flush().unwrap_err().is_value());
}

fn all_values_that_validation_refuses_are_named(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    s.add_all([plate("much too long", 1, 1), plate("and this one too", 1, 1)]);
    let error = s.flush().unwrap_err();
    assert_eq!(error.message().matches("Plate.name").count(), 2, "{error}");
}

fn a_key_that_is_never_reused(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    let first = s.add(plate("a", 1, 1));
    s.commit().unwrap();
    s.delete(first);
    s.commit().unwrap();
    let second = s.add(plate("b", 1, 1));
    s.commit().unwrap();
    assert_eq!(s.key(second), Some(2));
}

fn a_key_may_be_used_again_after_a_rollback(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    let first = s.add(Hole::default());
    s.flush().unwrap();
    assert_eq!(s.key(first), Some(1));
    s.rollback().unwrap();
    let second = s.add(Hole::default());
    s.commit().unwrap();
    assert_eq!((s.key(first), s.key(second)), (None, Some(1)));
    assert_eq!(s.get::<Hole>(1).unwrap(), Some(second));
}

fn queries_reach_every_column(lab: &Lab) {
    let db = works(lab);
    let mut s = db.session();
    let p = s.add(plate("p", 2, 3));
    s.commit().unwrap();
    assert_eq!(s.query::<Plate>().filter(Plate::area.eq(6)).all().unwrap(), [p]);
    let first = s.add(bin("a", 1));
    let nut = s.add(part("nut", first));
    s.commit().unwrap();
    assert_eq!(s.query::<Part>().filter(Part::bin.eq(first)).all().unwrap(), [nut]);
    let key: Id<Bin, (String, i32)> = Id::Key(("a".to_owned(), 1));
    assert_eq!(s.query::<Part>().filter(Part::bin.eq(key)).all().unwrap(), [nut]);
}

/// A plate, and a hole that names it; both held.
fn holed(
    db: &Db<Works>,
    name: impl FnOnce(Handle<Plate>) -> Hole,
) -> (Session<Works>, Handle<Plate>, Handle<Hole>) {
    let mut s = db.session();
    let plate = s.add(plate("p", 1, 1));
    let hole = s.add(name(plate));
    s.commit().unwrap();
    s.get_one(plate).unwrap();
    s.get_one(hole).unwrap();
    (s, plate, hole)
}

fn on_delete_cascade_takes_held_children_with_it(lab: &Lab) {
    let db = works(lab);
    let (mut s, plate, hole) = holed(&db, |plate| Hole { plate: plate.into(), ..Hole::default() });
    s.delete(plate);
    s.flush().unwrap();
    assert_eq!(s.query::<Hole>().count().unwrap(), 0);
    assert_eq!(s.get::<Hole>(1).unwrap(), None);
    assert_eq!(s.state(hole), Some(State::DeletedFlushed));
    s.rollback().unwrap();
    assert_eq!(s.get::<Hole>(1).unwrap(), Some(hole));
}

fn on_delete_set_null_clears_held_children(lab: &Lab) {
    let db = works(lab);
    let (mut s, plate, hole) = holed(&db, |plate| Hole { twin: plate.into(), ..Hole::default() });
    s.delete(plate);
    s.flush().unwrap();
    assert_eq!(s[hole].twin, None);
    s.rollback().unwrap();
    assert_eq!(s[hole].twin, Some(Id::Key(1)));
}

fn on_delete_restrict_is_a_foreign_key_error(lab: &Lab) {
    let db = works(lab);
    let (mut s, plate, hole) = holed(&db, |plate| Hole { guard: plate.into(), ..Hole::default() });
    s.delete(plate);
    let error = s.flush().unwrap_err();
    assert!(error.is_foreign_key() && error.to_string().contains("plates"), "{error:?}");
    s.rollback().unwrap();
    // With its child it can go.
    s.delete(plate);
    s.delete(hole);
    s.commit().unwrap();
    assert_eq!(s.query::<Plate>().count().unwrap(), 0);
}
