//! Columns of other crates' types: what goes into SQLite comes back, compares and sorts, and SQLite's functions read it.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use orm_core::prelude::*;
use orm_sqlite::Sqlite;
use rust_decimal::Decimal;
use uuid::Uuid;

#[derive(DeclarativeBase)]
struct TypesDb;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = TypesDb, table = "entries", default)]
struct Entry {
    #[column(primary_key)]
    id: Uuid,
    day: NaiveDate,
    clock: NaiveTime,
    local: NaiveDateTime,
    #[column(unique)]
    point: DateTime<Utc>,
    tags: Json<BTreeMap<String, Vec<f64>>>,
    extra: Option<Json<serde_json::Value>>,
    price: Decimal,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = TypesDb, table = "times")]
struct Times {
    #[column(primary_key)]
    day: time::Date,
    clock: Option<time::Time>,
    local: time::PrimitiveDateTime,
    point: time::OffsetDateTime,
}

fn sessions() -> SessionMaker<TypesDb> {
    let engine = Engine::<TypesDb>::builder(Sqlite::memory()).build().unwrap();
    engine.create_all().unwrap();
    assert_eq!(engine.metadata().verify(&engine).unwrap(), []);
    SessionMaker::new(engine)
}

fn entry(number: u32) -> Entry {
    let point = DateTime::from_timestamp(1_700_000_000 + i64::from(number), number * 500_000).unwrap();
    Entry {
        id: Uuid::from_u128(u128::from(number) << 64 | 0xabc),
        day: point.date_naive(),
        clock: point.time(),
        local: point.naive_utc(),
        point,
        tags: Json([(format!("a'{number}"), vec![0.1 + 0.2, f64::from(number)])].into()),
        extra: number.is_multiple_of(2).then_some(Json(serde_json::Value::Null)),
        price: Decimal::new(i64::from(number) * 110, 2),
    }
}

#[test]
fn what_is_stored_comes_back() {
    let sessions = sessions();
    let entries: Vec<Entry> = (0..50).map(entry).collect();
    let mut s = sessions.session();
    s.add_all(entries.clone());
    s.commit().unwrap();
    let found: Vec<Entry> =
        sessions.session().query::<Entry>().order_by(Entry::point).untracked().all().unwrap();
    assert_eq!(found, entries);
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let sessions = sessions();
    let mut s = sessions.session();
    let handle = s.add(entry(4));
    s.commit().unwrap();
    s[handle].price = Decimal::new(44, 1);
    s[handle].tags = Json(entry(4).tags.0);
    assert_eq!(s.plan().unwrap().to_string(), "");
    s[handle].tags.insert("b".to_owned(), Vec::new());
    assert_eq!(
        s.plan().unwrap().to_string(),
        "1 update entries set tags where id = 00000000-0000-0004-0000-000000000abc"
    );
}

#[test]
fn values_are_compared_as_they_are_stored() {
    let sessions = sessions();
    let mut s = sessions.session();
    s.add_all((0..50).map(entry));
    s.commit().unwrap();
    let middle = entry(20);
    assert_eq!(s.query::<Entry>().filter(Entry::point.lt(middle.point)).count().unwrap(), 20);
    assert_eq!(s.query::<Entry>().filter(Entry::local.ge(middle.local)).count().unwrap(), 30);
    assert_eq!(s.query::<Entry>().filter(Entry::price.eq(Decimal::new(2200, 2))).count().unwrap(), 1);
    assert_eq!(s.query::<Entry>().filter(Entry::extra.is_null()).count().unwrap(), 25);
    assert!(s.get::<Entry>(middle.id).unwrap().is_some());
}

#[test]
fn the_functions_of_sqlite_read_the_texts() {
    let sessions = sessions();
    let mut s = sessions.session();
    s.add(entry(7));
    s.commit().unwrap();
    let sql = "SELECT strftime('%s', point), strftime('%s', local), date(day), json_array_length(tags, '$.\"a''7\"'), typeof(price) FROM entries";
    let rows: Vec<(String, String, String, i64, String)> = s.sql(sql, params![]).unwrap().fetch().unwrap();
    let expected =
        ("1700000007".to_owned(), "1700000007".to_owned(), "2023-11-14".to_owned(), 2, "text".to_owned());
    assert_eq!(rows, [expected]);
}

#[test]
fn the_types_of_time_come_back() {
    let sessions = sessions();
    let local = time::macros::datetime!(2024-05-06 12:34:56.000_001);
    let times = Times {
        day: local.date(),
        clock: None,
        local,
        point: local.assume_offset(time::macros::offset!(+2)),
    };
    let mut s = sessions.session();
    s.add(times.clone());
    s.commit().unwrap();
    let mut s = sessions.session();
    let found = s.get_one::<Times>(times.day).unwrap();
    assert_eq!(s[found], times);
}

#[test]
fn a_bad_date_is_an_error_that_names_model_column_and_key() {
    let sessions = sessions();
    let mut s = sessions.session();
    s.add(entry(1));
    s.commit().unwrap();
    s.execute("UPDATE entries SET day = 'soon'", params![]).unwrap();
    s.commit().unwrap();
    let error = sessions.session().query::<Entry>().all().unwrap_err();
    let message = error.to_string();
    assert!(error.is_value() && message.contains("YYYY-MM-DD") && !message.contains("soon"), "{message}");
    assert!(message.contains("Entry") && message.contains("day"), "{message}");
}
