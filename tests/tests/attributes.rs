//! What the attributes of models and columns do to a database, seen from a program.

#![deny(missing_docs, unsafe_code, warnings)]
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use orm_core::prelude::*;
use orm_sqlite::Sqlite;

/// The base; its models are tables that use every attribute.
#[derive(DeclarativeBase)]
pub struct Db;

/// A key that is not written as `Id<Place>`.
pub type PlaceId = Id<Place>;

/// Has a natural key that others follow.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Db, table = "countries", comment = "it's \"one\"; --", check = "length(code) = 2")]
pub struct Country {
    /// Two letters.
    #[column(primary_key, length = 2, comment = "it's a code; --")]
    pub code: String,
    /// Names differ, whatever their case.
    #[column(unique, collate = "NOCASE")]
    pub name: String,
}

/// Names a country.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Db, table = "places", columns = PlaceColumns, unique(country, name), index(people))]
pub struct Place {
    /// Its key, by another name.
    #[column(primary_key, never_reuse)]
    pub id: PlaceId,
    /// Where it lies.
    #[column(on_key_update = cascade, on_delete = cascade)]
    pub country: Id<Country, String>,
    /// What it is called.
    #[column(name = "called")]
    pub name: String,
    /// How many live there.
    #[column(check = "people >= 0")]
    pub people: i64,
    /// By the database.
    #[column(computed = "upper(called)", index)]
    pub loud: Generated<String>,
    /// Too long for every SELECT.
    #[column(deferred)]
    pub text: Generated<Option<String>>,
}

impl Place {
    /// A method of a column's name, which `columns = ..` is for.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn engine() -> Engine<Db> {
    let engine = Engine::<Db>::builder(Sqlite::memory()).build().unwrap();
    engine.create_all().unwrap();
    engine
}

fn country(code: &str, name: &str) -> Country {
    Country { code: code.into(), name: name.into() }
}

fn place(country: &str, name: &str, people: i64) -> Place {
    let country = Id::Key(country.to_owned());
    Place { id: Id::New, country, name: name.into(), people, loud: Generated::Unset, text: Generated::Unset }
}

/// A session in which France and its capital are stored.
fn france() -> (Session<Db>, Handle<Place>) {
    let mut s = SessionMaker::new(engine()).session();
    s.add(country("fr", "France"));
    let paris = s.add(place("fr", "Paris", 2));
    s.commit().unwrap();
    (s, paris)
}

#[test]
fn every_attribute_passes_verify() {
    let engine = engine();
    assert_eq!(engine.metadata().verify(&engine).unwrap(), []);
}

#[test]
fn a_key_by_a_type_alias_is_generated_and_named_after_its_field() {
    let (mut s, paris) = france();
    assert_eq!(s[paris].id, Id::Key(1));
    assert_eq!(s.get(s[paris].id).unwrap(), Some(paris));
    let ids: Vec<(i64,)> = s.sql("SELECT id FROM places", params![]).unwrap().fetch().unwrap();
    assert_eq!(ids, [(1,)]);
    assert!(Place::table().foreign_keys.iter().all(|key| key.field == "country"));
    // It is a plain column, as a key that is written `Id<Place>` is.
    let _: orm_core::expr::Column<Place, PlaceId> = PlaceColumns::id;
}

/// The key of a visit, by another name.
pub type VisitKey = Id<Place>;

/// Its key is another model's, and only the compiler can see that.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Db, table = "visits")]
pub struct Visit {
    /// Its own, by that name.
    #[column(primary_key, on_delete = cascade)]
    pub place: VisitKey,
    /// Not the default name of `place`, which is a foreign key.
    pub place_ids: i64,
    /// Where the visitor came from.
    pub from: Option<VisitKey>,
}

#[test]
fn a_foreign_key_by_a_type_alias_is_one_also_where_it_is_the_key() {
    let _: orm_core::expr::Column<Visit, Id<Place>, orm_core::expr::Fk> = Visit::place;
    let names: Vec<&str> = Visit::table().columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["place_id", "place_ids", "from_id"]);
    let (mut s, paris) = france();
    let visit = s.add(Visit { place: paris.into(), place_ids: 0, from: Some(paris.into()) });
    s.commit().unwrap();
    assert_eq!(s.related(visit, Visit::place).unwrap(), paris);
    let found = s.query::<Visit>().join(Visit::place).filter(PlaceColumns::people.eq(2)).one().unwrap();
    assert_eq!(found, visit);
}

#[test]
fn a_collation_counts_in_queries_and_in_uniqueness() {
    let (mut s, _) = france();
    assert!(s.query::<Country>().filter(Country::name.eq("FRANCE")).exists().unwrap());
    s.add(country("fx", "fRANCE"));
    let error = s.flush().unwrap_err();
    assert!(error.is_unique() && error.to_string().contains("countries.name"), "{error}");
}

#[test]
fn checks_of_columns_and_of_tables_are_kept_by_the_database() {
    let (mut s, paris) = france();
    s[paris].people = -1;
    let error = s.flush().unwrap_err();
    assert!(error.is_check() && error.to_string().contains("ck_places_people"), "{error}");
    s.rollback().unwrap();
    s.add(country("fra", "Francia"));
    let error = s.flush().unwrap_err();
    assert!(error.is_check() && error.to_string().contains("ck_countries"), "{error}");
}

#[test]
fn a_set_of_fields_is_unique_by_their_columns() {
    let (mut s, _) = france();
    s.add(place("fr", "Paris", 1));
    let error = s.flush().unwrap_err();
    assert!(error.is_unique(), "{error:?}");
    let named = error.constraint().map(|constraint| constraint.columns.clone());
    assert_eq!(named.unwrap(), ["country_id", "called"]);
}

#[test]
fn a_changed_key_is_followed_by_the_database() {
    let (mut s, _) = france();
    s.execute("UPDATE countries SET code = 'gl'", params![]).unwrap();
    let codes: Vec<(String,)> = s.sql("SELECT country_id FROM places", params![]).unwrap().fetch().unwrap();
    assert_eq!(codes, [("gl".to_owned(),)]);
}

#[test]
fn columns_stand_on_the_type_that_the_model_names() {
    let (mut s, paris) = france();
    let found = s.query::<Place>().filter(PlaceColumns::name.eq("Paris")).one().unwrap();
    assert_eq!((found, s[found].name()), (paris, "Paris"));
    assert_eq!(s[found].loud.get().map(String::as_str), Some("PARIS"));
}

#[test]
fn s78_a_deferred_column_is_loaded_when_it_is_asked_for() {
    let (mut s, paris) = france();
    s[paris].text = Some("long".to_owned()).into();
    s.commit().unwrap();
    s.expunge_all();
    let paris = s.query::<Place>().one().unwrap();
    assert_eq!(s[paris].text, Generated::Unset);
    s.undefer(paris, PlaceColumns::text).unwrap();
    assert_eq!(s[paris].text, Some("long".to_owned()).into());
    assert!(!s.is_modified(paris));
    assert_eq!(s.query::<Place>().untracked().one().unwrap().text, Generated::Unset);
}

#[test]
fn s78_setting_a_deferred_column_without_loading_it_writes_only_it() {
    let (mut s, paris) = france();
    s.commit().unwrap();
    s.expunge_all();
    let paris_again = s.query::<Place>().one().unwrap();
    assert!(s.find(paris).is_none());
    s[paris_again].text = Some("new".to_owned()).into();
    assert_eq!(s.plan().unwrap().to_string(), "1 update places set text where id = 1");
    // What the program set is not overwritten, but it is compared with what the row has.
    s.undefer(paris_again, PlaceColumns::text).unwrap();
    assert_eq!(s[paris_again].text, Some("new".to_owned()).into());
    s.commit().unwrap();
    let rows: Vec<(Option<String>,)> = s.sql("SELECT text FROM places", params![]).unwrap().fetch().unwrap();
    assert_eq!(rows, [(Some("new".to_owned()),)]);
}

#[test]
fn s78_a_deferred_column_of_what_has_no_row_is_misuse() {
    let (mut s, paris) = france();
    s.delete(paris);
    s.flush().unwrap();
    assert!(s.undefer(paris, PlaceColumns::text).unwrap_err().is_misuse());
}

/// What is kept in another file.
#[derive(DeclarativeBase)]
pub struct ArchiveDb;

/// In a schema, which in SQLite is an attached database.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = ArchiveDb, schema = "archive", table = "letters", default, index(text))]
pub struct Letter {
    /// Its key.
    #[column(primary_key)]
    pub id: Id<Letter>,
    /// What it says.
    pub text: String,
}

#[test]
fn a_table_lives_in_its_schema() {
    let engine = Engine::<ArchiveDb>::builder(Sqlite::memory()).build().unwrap();
    assert!(engine.create_all().unwrap_err().to_string().contains("archive"), "nothing is attached yet");
    engine.connect().unwrap().run_script("ATTACH ':memory:' AS archive").unwrap();
    engine.create_all().unwrap();
    assert_eq!(engine.metadata().verify(&engine).unwrap(), []);
    let mut s = SessionMaker::new(engine).session();
    let letter = s.add(Letter { text: "dear".into(), ..Default::default() });
    s.commit().unwrap();
    s[letter].text.push_str(" you");
    s.commit().unwrap();
    let sql = "SELECT text FROM archive.letters";
    let texts: Vec<(String,)> = s.sql(sql, params![]).unwrap().fetch().unwrap();
    assert_eq!(texts, [("dear you".to_owned(),)]);
    assert_eq!(s.query::<Letter>().filter(Letter::text.eq("dear you")).count().unwrap(), 1);
}

/// A model of many columns, written by a macro as programs do.
macro_rules! wide {
    ($($field:ident)*) => {
        /// Its fields stand for a table that grew.
        #[derive(Model, Clone, Debug, PartialEq)]
        #[model(base = Db, table = "wide", default)]
        pub struct Wide {
            /// Its key.
            #[column(primary_key)]
            pub id: Id<Wide>,
            $(
                /// One of many.
                #[column(default = 7)]
                pub $field: i64,
            )*
        }
    };
}

wide! {
    a00 a01 a02 a03 a04 a05 a06 a07 a08 a09 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a20 a21 a22 a23 a24 a25 a26 a27 a28 a29
    b00 b01 b02 b03 b04 b05 b06 b07 b08 b09 b10 b11 b12 b13 b14 b15 b16 b17 b18 b19 b20 b21 b22 b23 b24 b25 b26 b27 b28 b29
    c00 c01 c02 c03 c04 c05 c06 c07 c08 c09 c10 c11 c12 c13 c14 c15 c16 c17 c18 c19 c20 c21 c22 c23 c24 c25 c26 c27 c28 c29
    d00 d01 d02 d03 d04 d05 d06 d07 d08 d09 d10 d11 d12 d13 d14 d15 d16 d17 d18 d19 d20 d21 d22 d23 d24 d25 d26 d27 d28 d29
    e00 e01 e02 e03 e04 e05 e06 e07 e08 e09 e10 e11 e12 e13 e14 e15 e16 e17 e18 e19 e20 e21 e22 e23 e24 e25 e26 e27 e28 e29
    f00 f01 f02 f03 f04 f05 f06 f07 f08 f09 f10 f11 f12 f13 f14 f15 f16 f17 f18 f19 f20 f21 f22 f23 f24 f25 f26 f27 f28 f29
    g00 g01 g02 g03 g04 g05 g06 g07 g08 g09 g10 g11 g12 g13 g14 g15 g16 g17 g18 g19 g20 g21 g22 g23 g24 g25 g26 g27 g28 g29
    h00 h01 h02 h03 h04 h05 h06 h07 h08 h09 h10 h11 h12 h13 h14 h15 h16 h17 h18 h19 h20 h21 h22 h23 h24 h25 h26 h27 h28 h29
}

#[test]
fn a_model_of_hundreds_of_columns_writes_only_the_last_that_changed() {
    let mut s = SessionMaker::new(engine()).session();
    let wide = s.add(Wide::default());
    s.commit().unwrap();
    s[wide].h29 = 8;
    assert_eq!(s.plan().unwrap().to_string(), "1 update wide set h29 where id = 1");
    s.commit().unwrap();
    let found = s.query::<Wide>().filter(Wide::h29.eq(8)).untracked().one().unwrap();
    assert_eq!((found.a00, found.h28, found.h29), (7, 7, 8));
}
