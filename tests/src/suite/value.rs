//! Values of every type on the way in and out, and what errors say of those that do not decode.

use chrono::NaiveDate;
use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { value:
    every_column_type_round_trips,
    extreme_integers_round_trip,
    an_integer_too_large_for_its_field_names_model_column_and_key,
    a_negative_integer_in_an_unsigned_field_is_a_value_error,
    an_unsigned_value_above_the_databases_integer_is_refused_before_sql,
    text_in_an_integer_column_names_model_column_and_key,
    a_float_in_an_integer_column_is_a_value_error,
    an_unknown_enum_value_names_it,
    a_bad_date_names_model_column_and_key,
    an_impossible_bool_is_a_value_error,
    null_in_a_not_null_field_names_model_column_and_key,
    bytes_that_are_no_text_are_a_value_error,
    a_bad_key_names_the_model,
    a_bad_key_names_each_of_its_columns,
    a_bad_row_leaves_the_session_usable,
    untracked_rows_name_what_does_not_decode_too,

}

/// A row of samples with the key 7, into which a value is then forced.
fn broken(lab: &Lab, assignment: &str) -> Db<Blog> {
    let db = lab.db();
    db.run(&format!(
        "CREATE TABLE loose AS SELECT * FROM samples; DROP TABLE samples; ALTER TABLE loose RENAME TO samples;
         INSERT INTO samples (id, small, count, wide, ratio, factor, text, bytes, mood, day, flag, score)
         VALUES (7, 1, 1, 1, 0.5, NULL, 't', x'00', 'Calm', '2024-02-29', 1, 0);
         UPDATE samples SET {assignment}"
    ));
    db
}

/// Reads the broken row in every way; each time it has to be a value error that names model, column and key.
fn assert_value_error(lab: &Lab, assignment: &str, words: &[&str]) {
    let db = broken(lab, assignment);
    let mut s = db.session();
    for error in [s.get::<Sample>(7).unwrap_err(), s.query::<Sample>().all().unwrap_err()] {
        assert!(error.is_value(), "{error:?}");
        let text = error.to_string();
        for word in words.iter().chain(&["Sample", "7"]) {
            assert!(text.contains(word), "`{word}` is not in: {text}");
        }
    }
}

fn every_column_type_round_trips(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let value = Sample {
        small: -3,
        count: 4,
        wide: 5,
        ratio: 0.1,
        factor: Some(1e300),
        text: "t".into(),
        bytes: vec![1, 2],
        mood: Mood::Cross,
        day: NaiveDate::from_ymd_opt(1999, 12, 31).unwrap(),
        flag: true,
        score: 9,
        ..Sample::default()
    };
    s.add(value.clone());
    s.commit().unwrap();
    s.close();
    let found = s.query::<Sample>().untracked().one().unwrap();
    assert_eq!(found, Sample { id: 1.into(), ..value });
    let tracked = s.get_one::<Sample>(1).unwrap();
    assert_eq!(s[tracked], found);
}

fn extreme_integers_round_trip(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let [least, most] = [
        Sample { small: i16::MIN, count: 0, wide: 0, ..Sample::default() },
        Sample {
            small: i16::MAX,
            count: u32::MAX,
            wide: i64::MAX as u64,
            score: i64::MAX,
            ..Sample::default()
        },
    ]
    .map(|sample| s.add(sample));
    let posts = [i64::MIN, i64::MAX].map(|views| Post { views, ..Post::by(1, "a") });
    s.add(User::named("ann"));
    s.flush().unwrap();
    s.add_all(posts);
    s.commit().unwrap();
    let (least, most) = (s.key(least).unwrap(), s.key(most).unwrap());
    s.close();
    let (least, most) = (s.get_one::<Sample>(least).unwrap(), s.get_one::<Sample>(most).unwrap());
    assert_eq!(s[least].small, i16::MIN);
    assert_eq!((s[most].small, s[most].count, s[most].score), (i16::MAX, u32::MAX, i64::MAX));
    assert_eq!(s[most].wide, i64::MAX as u64);
    let views: Vec<i64> =
        s.query::<Post>().untracked().all().unwrap().iter().map(|post| post.views).collect();
    assert_eq!(views, [i64::MIN, i64::MAX]);
}

fn an_integer_too_large_for_its_field_names_model_column_and_key(lab: &Lab) {
    assert_value_error(lab, "small = 32768", &["small", "i16"]);
    assert_value_error(lab, "small = -32769", &["small"]);
    assert_value_error(lab, "count = 4294967296", &["count"]);
}

fn a_negative_integer_in_an_unsigned_field_is_a_value_error(lab: &Lab) {
    assert_value_error(lab, "count = -1", &["count"]);
    assert_value_error(lab, "wide = -1", &["wide"]);
}

fn an_unsigned_value_above_the_databases_integer_is_refused_before_sql(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add(Sample { wide: u64::MAX, ..Sample::default() });
    let error = s.flush().unwrap_err();
    assert!(error.is_value(), "{error:?}");
    assert!(error.to_string().contains("Sample") && error.to_string().contains("wide"), "{error}");
    assert!(db.sent().iter().all(|sql| !sql.starts_with("INSERT")));
}

fn text_in_an_integer_column_names_model_column_and_key(lab: &Lab) {
    assert_value_error(lab, "score = 'ten'", &["score"]);
}

fn a_float_in_an_integer_column_is_a_value_error(lab: &Lab) {
    assert_value_error(lab, "score = 1.5", &["score"]);
}

fn an_unknown_enum_value_names_it(lab: &Lab) {
    assert_value_error(lab, "mood = 'Merry'", &["mood"]);
    assert_value_error(lab, "mood = 3", &["mood"]);
}

fn a_bad_date_names_model_column_and_key(lab: &Lab) {
    assert_value_error(lab, "day = '2024-02-30'", &["day"]);
    assert_value_error(lab, "day = 'soon'", &["day"]);
    assert_value_error(lab, "day = ''", &["day"]);
}

fn an_impossible_bool_is_a_value_error(lab: &Lab) {
    assert_value_error(lab, "flag = 2", &["flag"]);
    assert_value_error(lab, "flag = 'yes'", &["flag"]);
}

fn null_in_a_not_null_field_names_model_column_and_key(lab: &Lab) {
    for column in ["small", "ratio", "text", "bytes", "mood", "day", "flag"] {
        assert_value_error(lab, &format!("{column} = NULL"), &[column, "NULL"]);
    }
}

fn bytes_that_are_no_text_are_a_value_error(lab: &Lab) {
    assert_value_error(lab, "text = CAST(x'ff' AS TEXT)", &["text"]);
    assert_value_error(lab, "text = x'6162'", &["text"]);
}

fn a_bad_key_names_the_model(lab: &Lab) {
    let db = broken(lab, "id = 'key'");
    let mut s = db.session();
    let error = s.query::<Sample>().all().unwrap_err();
    assert!(error.is_value(), "{error:?}");
    assert!(error.to_string().contains("in Sample.id (column samples.id)"), "{error}");
}

fn a_bad_key_names_each_of_its_columns(lab: &Lab) {
    let db = lab.db();
    db.run(
        "DROP TABLE memberships; CREATE TABLE memberships (user_id, group_id, role);
         INSERT INTO memberships VALUES (1, 'two', 'admin')",
    );
    let error = db.session().query::<Membership>().all().unwrap_err();
    assert!(error.to_string().contains("memberships.group_id"), "{error}");
}

fn a_bad_row_leaves_the_session_usable(lab: &Lab) {
    let db = broken(lab, "score = 'ten'");
    let mut s = db.session();
    s.query::<Sample>().all().unwrap_err();
    assert_eq!(s.query::<Sample>().count().unwrap(), 1);
    s.add(User::named("ann"));
    s.commit().unwrap();
    s.execute("UPDATE samples SET score = 10", params![]).unwrap();
    let sample = s.get_one::<Sample>(7).unwrap();
    assert_eq!(s[sample].score, 10);
}

fn untracked_rows_name_what_does_not_decode_too(lab: &Lab) {
    let db = broken(lab, "score = 'ten'");
    let mut s = db.session();
    let error = s.query::<Sample>().untracked().all().unwrap_err();
    for word in ["Sample", "score", "7"] {
        assert!(error.to_string().contains(word), "`{word}` is not in: {error}");
    }
}
