//! Texts, bytes and floats that are odd: they come back as they were, or are refused.

use orm_core::prelude::*;

use crate::fixture::Lab;
use crate::models::*;

rules! { odd_value:
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
