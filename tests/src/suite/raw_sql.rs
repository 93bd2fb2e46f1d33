//! SQL of the program's own in a session: its values, its columns, its errors.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { raw_sql:
    raw_sql_binds_its_values,
    raw_sql_counts_its_columns,
    raw_sql_ends_say_how_many_rows_there_are,
    raw_sql_returns_every_column_type,
    execute_counts_the_rows,
    sql_errors_name_what_is_missing,
    values_cannot_become_sql,
}

/// Users 1 to 5 of ages 10 to 50, of which the odd ones have a bio.
fn five(lab: &Lab) -> Db<Blog> {
    let db = lab.db();
    db.run(
        "INSERT INTO users (name, email, bio, age) VALUES ('ann', '1', 'a', 10), ('bob', '2', NULL, 20), ('cid', '3', 'c', 30),
         ('dan', '4', NULL, 40), ('eve', '5', 'e', 50)",
    );
    db
}

fn raw_sql_binds_its_values(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    let rows: Vec<(i64, String)> = s
        .sql("SELECT id, name FROM users WHERE name LIKE ? AND age < ? ORDER BY id", params!["%n", 30])
        .unwrap()
        .fetch()
        .unwrap();
    assert_eq!(rows, [(1, "ann".to_owned())]);
    let none: Option<(i64,)> = s
        .sql("SELECT id FROM users WHERE bio IS ? AND age = ?", params![None::<String>, 999])
        .unwrap()
        .first()
        .unwrap();
    assert_eq!(none, None);
}

fn raw_sql_counts_its_columns(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    let error = s.sql("SELECT id, name FROM users", params![]).unwrap().fetch::<(i64,)>().unwrap_err();
    assert!(error.is_misuse(), "{error:?}");
    assert!(error.message().contains('2') && error.message().contains('1'), "{error}");
    let error = s.sql("SELECT name AS it FROM users", params![]).unwrap().fetch::<(i64,)>().unwrap_err();
    assert!(error.is_value() && error.to_string().contains("it"), "{error:?}");
}

fn raw_sql_ends_say_how_many_rows_there_are(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    let one: (i64,) = s.sql("SELECT count(*) FROM users", params![]).unwrap().one().unwrap();
    assert_eq!(one, (5,));
    let none = s.sql("SELECT id FROM users WHERE id = 9", params![]).unwrap().one::<(i64,)>();
    assert!(none.unwrap_err().is_not_found());
    let many = s.sql("SELECT id FROM users", params![]).unwrap().one::<(i64,)>();
    assert!(many.unwrap_err().is_multiple_found());
}

fn raw_sql_returns_every_column_type(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let row: (i64, f64, String, Vec<u8>, Option<i32>, bool, Mood) =
        s.sql("SELECT 1, 2.5, 'x', x'00ff', NULL, ?, 'Cross'", params![true]).unwrap().one().unwrap();
    assert_eq!(row, (1, 2.5, "x".into(), vec![0, 255], None, true, Mood::Cross));
}

fn execute_counts_the_rows(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(s.execute("UPDATE users SET age = age + ? WHERE age > 20", params![1]).unwrap(), 3);
    assert_eq!(s.execute("DELETE FROM users WHERE age > 900", params![]).unwrap(), 0);
    s.rollback().unwrap();
    assert_eq!(select::<User>().filter(User::age.eq(50)).count(&mut s).unwrap(), 1);
}

fn sql_errors_name_what_is_missing(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    let error = s.sql("SELECT no_such FROM users", params![]).unwrap().fetch::<(i64,)>().unwrap_err();
    assert!(error.is_schema() && error.message().contains("no_such"), "{error:?}");
    assert!(error.to_string().contains("SELECT no_such FROM users"), "{error}");
    let error = s.execute("SELEC 1", params![]).unwrap_err();
    assert!(error.to_string().contains("SELEC"), "{error}");
    // An error of a query undoes nothing.
    s.add(User::named("still here"));
    s.commit().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 6);
}

fn values_cannot_become_sql(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    for text in ["' OR 1 = 1 --", "'; DROP TABLE users; --", "\" OR \"\" = \"", "?"] {
        assert!(!select::<User>().filter(User::name.eq(text)).exists(&mut s).unwrap());
        assert!(!select::<User>().filter(User::name.in_([text])).exists(&mut s).unwrap());
        assert!(!select::<User>().filter(User::name.contains(text)).exists(&mut s).unwrap());
        assert_eq!(s.execute("DELETE FROM users WHERE name = ?", params![text]).unwrap(), 0);
    }
    assert_eq!(s.query::<User>().count().unwrap(), 5);
}
