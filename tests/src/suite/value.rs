//! Values that are odd, wrong or hostile, on the way in and out; and what errors say of them.

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
    odd_texts_round_trip,
    odd_texts_are_keys_too,
    a_megabyte_of_text_round_trips,
    a_megabyte_of_text_is_no_part_of_an_error,
    bytes_round_trip,
    floats_round_trip_by_bits,
    nan_is_refused_where_it_would_become_null,
    nan_and_back_is_no_change,
    a_negative_zero_is_a_change_of_bits,
    infinities_round_trip,
    a_unique_violation_names_table_and_columns,
    a_composite_key_violation_names_all_its_columns,
    a_foreign_key_violation_names_table_and_columns,
    a_delete_that_others_forbid_is_a_foreign_key_error,
    a_not_null_violation_names_table_and_column,
    a_check_violation_says_which_check,

    the_constraint_of_a_violation_has_its_table,
    the_constraint_of_a_changed_foreign_key_has_its_columns,
    a_violation_names_the_row_by_its_key,
    the_row_of_many_that_violates_is_the_one_named,
    a_violation_in_a_table_of_odd_names_names_it,
    bound_values_are_hidden_in_errors,
    bound_values_are_shown_when_asked_for,
    a_broken_statement_names_model_and_sql,
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

/// Texts that break what builds SQL by hand or stops at NUL.
const ODD: [&str; 12] = [
    "",
    "'",
    "\"",
    "''; DROP TABLE users; --",
    "\\",
    "%_",
    "a\0b",
    "\0",
    "\u{1F980}\u{200D}\u{1F4BB}",
    "e\u{301}",
    "\r\n\t",
    "?1 :name @x $y",
];

fn odd_texts_round_trip(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add_all(ODD.map(|text| Sample { text: text.into(), ..Sample::default() }));
    s.commit().unwrap();
    s.close();
    let found = s.query::<Sample>().order_by(Sample::id).untracked().all().unwrap();
    assert_eq!(found.iter().map(|sample| sample.text.as_str()).collect::<Vec<_>>(), ODD);
    for (key, text) in (1..).zip(ODD) {
        let found = s.query::<Sample>().filter(Sample::text.eq(text)).one().unwrap();
        assert_eq!(s.key(found), Some(key), "{text:?}");
    }
}

fn odd_texts_are_keys_too(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let countries = s.add_all(ODD.map(|text| Country::new(text, text)));
    s.commit().unwrap();
    for (&country, text) in countries.iter().zip(ODD) {
        assert_eq!(s.get::<Country>(text).unwrap(), Some(country), "{text:?}");
        s[country].name.push('!');
    }
    s.commit().unwrap();
    s.close();
    for text in ODD {
        let country = s.get_one::<Country>(text).unwrap();
        assert_eq!(s[country].name, format!("{text}!"));
        s.delete(country);
    }
    s.commit().unwrap();
    assert_eq!(s.query::<Country>().count().unwrap(), 0);
}

fn a_megabyte_of_text_round_trips(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let text: String = "\u{1F980}'\"\0 ".chars().cycle().take(1 << 20).collect();
    let sample = s.add(Sample { text: text.clone(), bytes: text.clone().into_bytes(), ..Sample::default() });
    s.commit().unwrap();
    assert_eq!(s.get_one(sample).unwrap(), sample);
    assert!(s[sample].text == text && s[sample].bytes == text.as_bytes());
    assert_eq!(s.query::<Sample>().filter(Sample::text.eq(&text)).count().unwrap(), 1);
    s[sample].text.push('x');
    s.commit().unwrap();
    db.sent();
    let length = text.chars().count() as i64 + 1;
    let stored = db.rows::<(String,)>("SELECT text FROM samples");
    assert_eq!(stored[0].0.chars().count() as i64, length);
}

fn a_megabyte_of_text_is_no_part_of_an_error(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add_all([0, 1].map(|_| User { email: "x".repeat(1 << 20), ..User::named("a") }));
    let error = s.flush().unwrap_err();
    assert!(error.is_unique() && error.to_string().len() < 1_000 && format!("{error:?}").len() < 1_000);
}

fn bytes_round_trip(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let all: Vec<u8> = (0..=255).collect();
    let samples = s.add_all([vec![], all.clone()].map(|bytes| Sample { bytes, ..Sample::default() }));
    s.commit().unwrap();
    s.get_one(samples[0]).unwrap();
    s.get_one(samples[1]).unwrap();
    assert_eq!((&s[samples[0]].bytes, &s[samples[1]].bytes), (&vec![], &all));
}

fn floats_round_trip_by_bits(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ratios = [0.1, f64::MIN_POSITIVE, f64::MAX, 5e-324, 1.0 / 3.0, 1e15, 9007199254740993.0];
    s.add_all(ratios.map(|ratio| Sample { ratio, ..Sample::default() }));
    s.commit().unwrap();
    s.close();
    let found = s.query::<Sample>().order_by(Sample::id).untracked().all().unwrap();
    for (sample, ratio) in found.iter().zip(ratios) {
        assert_eq!(sample.ratio.to_bits(), ratio.to_bits(), "{ratio}");
    }
}

fn nan_is_refused_where_it_would_become_null(lab: &Lab) {
    // SQLite stores NaN as NULL: kept or refused, but never another value without a word.
    for sample in [
        Sample { ratio: f64::NAN, ..Sample::default() },
        Sample { factor: Some(f64::NAN), ..Sample::default() },
    ] {
        let db = lab.db();
        let mut s = db.session();
        let handle = s.add(sample);
        match s.commit() {
            Err(error) => assert!(error.is_value() && error.to_string().contains("NaN"), "{error:?}"),
            Ok(()) => {
                s.get_one(handle).unwrap();
                assert!(s[handle].ratio.is_nan() || s[handle].factor.is_some_and(f64::is_nan));
            }
        }
    }
}

fn nan_and_back_is_no_change(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let sample = s.add(Sample::default());
    s.commit().unwrap();
    s[sample].ratio = f64::NAN;
    s[sample].ratio = 0.0;
    db.sent();
    s.flush().unwrap();
    assert!(db.sent().is_empty());
}

fn a_negative_zero_is_a_change_of_bits(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let sample = s.add(Sample::default());
    s.commit().unwrap();
    s[sample].ratio = -0.0;
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent()[1], "UPDATE samples SET ratio = ? WHERE id = ?");
    // What comes back is the database's affair: SQLite stores it as 0.
    s.get_one(sample).unwrap();
    assert_eq!(s[sample].ratio, 0.0);
}

fn infinities_round_trip(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let sample = s.add(Sample { ratio: f64::INFINITY, factor: Some(f64::NEG_INFINITY), ..Sample::default() });
    s.commit().unwrap();
    s.get_one(sample).unwrap();
    assert_eq!((s[sample].ratio, s[sample].factor), (f64::INFINITY, Some(f64::NEG_INFINITY)));
}

/// What an error says of the constraint.
fn constraint(error: &Error) -> (&str, Vec<&str>) {
    let constraint = error.constraint().unwrap_or_else(|| panic!("{error:?} names no constraint"));
    let columns = constraint.columns.iter().map(String::as_str).collect();
    (constraint.table.as_deref().unwrap_or_default(), columns)
}

fn a_unique_violation_names_table_and_columns(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add_all([User::named("ann"), User::named("ann")]);
    let error = s.flush().unwrap_err();
    assert!(error.is_unique());
    assert_eq!(constraint(&error), ("users", vec!["email"]));
    assert!(error.message().contains("users.email"), "{error}");
    assert!(error.to_string().contains("`User`"), "{error}");
    assert!(error.statement().is_some_and(|sql| sql.starts_with("INSERT INTO users")));
}

fn a_composite_key_violation_names_all_its_columns(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let (user, group) = (s.add(User::named("a")), s.add(Group::default()));
    let member = Membership { user: user.into(), group: group.into(), role: "x".into() };
    s.add_all([member.clone(), member]);
    let error = s.flush().unwrap_err();
    assert!(error.is_unique(), "{error:?}");
    assert_eq!(constraint(&error), ("memberships", vec!["user_id", "group_id"]));
}

fn a_foreign_key_violation_names_table_and_columns(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add(Post::by(77, "of nobody"));
    let error = s.flush().unwrap_err();
    assert!(error.is_foreign_key(), "{error:?}");
    assert!(error.to_string().contains("author_id") && error.to_string().contains("users"), "{error}");
}

fn a_delete_that_others_forbid_is_a_foreign_key_error(lab: &Lab) {
    let db = lab.db();
    db.run(
        "INSERT INTO users VALUES (1, 'a', 'a', NULL, 1); INSERT INTO posts VALUES (1, 1, NULL, 't', 0);
         INSERT INTO comments VALUES (1, 1, 'c')",
    );
    let mut s = db.session();
    let post = s.get_one::<Post>(1).unwrap();
    s.delete(post);
    let error = s.flush().unwrap_err();
    assert!(error.is_foreign_key(), "{error:?}");
    assert!(error.to_string().contains("posts"), "{error}");
    s.rollback().unwrap();
    assert_eq!(s.state(post), Some(State::Persistent));
}

fn a_not_null_violation_names_table_and_column(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let error = s.execute("INSERT INTO groups (name) VALUES (NULL)", params![]).unwrap_err();
    assert!(error.is_not_null(), "{error:?}");
    assert_eq!(constraint(&error), ("groups", vec!["name"]));
}

fn a_check_violation_says_which_check(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add(Sample { score: -1, ..Sample::default() });
    let error = s.flush().unwrap_err();
    assert!(error.is_check(), "{error:?}");
    assert!(error.to_string().contains("samples"), "{error}");
    s.rollback().unwrap();
    let error = s
        .execute(
            "INSERT INTO samples (small, count, wide, ratio, text, bytes, mood, day, flag, score)
             VALUES (1, 1, 1, 1, '', x'', 'Merry', '2024-01-01', 1, 1)",
            params![],
        )
        .unwrap_err();
    assert!(error.is_check(), "{error:?}");
    assert!(error.to_string().contains("mood"), "{error}");
}

fn the_constraint_of_a_violation_has_its_table(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add(Post::by(77, "of nobody"));
    let foreign_key = s.flush().unwrap_err();
    s.rollback().unwrap();
    s.add(Sample { score: -1, ..Sample::default() });
    let check = s.flush().unwrap_err();
    assert_eq!(constraint(&foreign_key), ("posts", vec!["author_id", "editor_id"]));
    assert_eq!(constraint(&check), ("samples", vec![]));
    assert_eq!(check.constraint().and_then(|check| check.name.as_deref()), Some("ck_samples_1"));
}

fn the_constraint_of_a_changed_foreign_key_has_its_columns(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    let post = s.add(Post::by(ann, "hers"));
    s.commit().unwrap();
    s[post].editor = Some(77.into());
    assert_eq!(constraint(&s.flush().unwrap_err()), ("posts", vec!["editor_id"]));
    s.rollback().unwrap();
    // Whose key still names the row, SQLite does not tell.
    db.run("INSERT INTO comments VALUES (1, 1, 'c')");
    s.delete(post);
    let error = s.flush().unwrap_err();
    assert_eq!((error.is_foreign_key(), constraint(&error)), (true, ("", vec![])));
}

fn a_violation_names_the_row_by_its_key(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    let posts = s.add_all((0..3).map(|_| Post::by(ann, "hers")));
    s.commit().unwrap();
    s[posts[0]].views = 1;
    s[posts[1]].editor = Some(77.into());
    let changed = s.flush().unwrap_err().to_string();
    assert!(changed.contains("in the row with key 2, while updating `Post`"), "{changed}");
    s.rollback().unwrap();
    db.run("INSERT INTO comments VALUES (1, 3, 'c')");
    s.delete(posts[2]);
    let deleted = s.flush().unwrap_err().to_string();
    assert!(deleted.contains("in the row with key 3, while deleting `Post`"), "{deleted}");
    s.rollback().unwrap();
    s.add(Membership { user: ann.into(), group: 8.into(), role: String::new() });
    let inserted = s.flush().unwrap_err().to_string();
    assert!(inserted.contains("in the row with key (1, 8), while inserting `Membership`"), "{inserted}");
    s.rollback().unwrap();
    s.add(Post::by(78, "of nobody"));
    let new = s.flush().unwrap_err().to_string();
    assert!(new.contains("in a new row, while inserting `Post`"), "{new}");
}

fn the_row_of_many_that_violates_is_the_one_named(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add_all((0..100).map(|number| Country::new(&format!("c{number:03}"), "")));
    s.add(Country { parent: Some(Id::Key("nowhere".to_owned())), ..Country::new("odd", "") });
    let error = s.flush().unwrap_err();
    assert!(error.is_foreign_key() && error.to_string().contains("in the row with key \"odd\""), "{error}");
    s.rollback().unwrap();
    db.run("INSERT INTO countries VALUES ('c070', NULL, 'taken')");
    s.add_all((0..100).map(|number| Country::new(&format!("c{number:03}"), "")));
    let error = s.flush().unwrap_err();
    assert!(error.is_unique() && error.to_string().contains("in the row with key \"c070\""), "{error}");
}

fn a_violation_in_a_table_of_odd_names_names_it(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add_all([1, 1].map(|key: i64| Odd { id: key.into(), ..Odd::default() }));
    let error = s.flush().unwrap_err();
    assert!(error.is_unique(), "{error:?}");
    assert_eq!(constraint(&error), ("select \"x\"; DROP TABLE users; --", vec!["order"]));
    s.rollback().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 0);
}

/// An error of each kind that has a secret near it.
fn errors_near(s: &mut Session<Blog>, secret: &'static str) -> Vec<Error> {
    let mut errors = Vec::new();
    s.add_all([0, 1].map(|_| User::named(secret)));
    errors.push(s.flush().unwrap_err());
    errors.push(s.query::<User>().all().unwrap_err());
    s.rollback().unwrap();
    errors.push(s.execute("INSERT INTO groups (id, name) VALUES (?, NULL)", params![secret]).unwrap_err());
    errors.push(s.sql("SELECT ?", params![secret]).unwrap().fetch::<(i64,)>().unwrap_err());
    s.execute("INSERT INTO countries VALUES ('a', NULL, ?)", params![secret]).unwrap();
    errors
}

fn bound_values_are_hidden_in_errors(lab: &Lab) {
    let db = lab.db();
    for error in errors_near(&mut db.session(), "hunter2") {
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(!format!("{error} {error:?} {source}").contains("hunter2"), "{error}");
    }
}

fn bound_values_are_shown_when_asked_for(lab: &Lab) {
    let engine = Engine::<Blog>::builder(crate::probe::Probe::default().watch(lab.0.fresh()))
        .show_values(true)
        .build()
        .unwrap();
    engine.create_all().unwrap();
    let mut s = engine.session();
    s.add_all([0, 1].map(|_| User::named("hunter2")));
    assert!(s.flush().unwrap_err().to_string().contains("hunter2"));
}

fn a_broken_statement_names_model_and_sql(lab: &Lab) {
    let db = lab.db();
    db.run("ALTER TABLE \"groups\" RENAME TO clans");
    let mut s = db.session();
    let error = s.get::<Group>(1).unwrap_err();
    assert!(error.is_schema(), "{error:?}");
    assert!(error.to_string().contains("groups"), "{error}");
    s.add(Group::default());
    let error = s.flush().unwrap_err();
    assert!(error.is_schema() && error.to_string().contains("Group"), "{error:?}");
}
