//! `in_`: lists of every length and type.

use orm_core::Select;
use orm_core::prelude::*;

use super::query::statement_ids;
use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { in_list:
    in_an_empty_list_is_nothing,
    in_lists_of_one_and_of_several,
    in_takes_a_thousand_values,
    in_a_list_longer_than_a_statement_can_bind,
    in_long_lists_of_any_length_are_one_statement,
    in_a_long_list_finds_what_a_short_one_finds,
    in_a_long_list_goes_by_the_collation_and_type_of_the_column,
    in_a_long_list_of_handles,
    in_a_list_of_floats_that_is_too_long_says_how_many_fit,
    not_in_is_the_rest,
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

/// The keys that a statement finds.
fn keys(s: &mut Session<Blog>, statement: Select<User>) -> Vec<i64> {
    let users = statement.order_by(User::id).all(s).unwrap();
    users.into_iter().map(|user| s.key(user).unwrap()).collect()
}

fn in_an_empty_list_is_nothing(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(keys(&mut s, select().filter(User::id.in_([] as [i64; 0]))), [] as [i64; 0]);
    assert_eq!(keys(&mut s, select().filter(!User::id.in_([] as [i64; 0]))), [1, 2, 3, 4, 5]);
    assert_eq!(keys(&mut s, select().filter(!User::bio.in_([] as [&str; 0]))), [1, 2, 3, 4, 5]);
}

fn in_lists_of_one_and_of_several(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(keys(&mut s, select().filter(User::name.in_(["eve"]))), [5]);
    assert_eq!(keys(&mut s, select().filter(User::name.in_(["eve", "ann", "zoe"]))), [1, 5]);
    assert_eq!(keys(&mut s, select().filter(User::age.in_(vec![20, 20, 30]))), [2, 3]);
}

fn in_takes_a_thousand_values(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(keys(&mut s, select().filter(User::id.in_(3..1_003))), [3, 4, 5]);
}

fn in_a_list_longer_than_a_statement_can_bind(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(select::<User>().filter(User::id.in_(3..100_003)).count(&mut s).unwrap(), 3);
    assert_eq!(select::<User>().filter(!User::id.in_(3..100_003)).count(&mut s).unwrap(), 2);
}

fn in_long_lists_of_any_length_are_one_statement(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    for length in [40, 1_000, 40_000] {
        assert_eq!(keys(&mut s, select().filter(User::id.in_(3..3 + length))), [3, 4, 5]);
    }
    assert_eq!(statement_ids(&db).len(), 1);
}

fn in_a_long_list_finds_what_a_short_one_finds(lab: &Lab) {
    let db = lab.db();
    let odd = [
        "",
        "'",
        "\"",
        "\\",
        "\\u0041",
        "a\nb\t\u{1}",
        "ä😀\u{2028}",
        "1",
        "1.0",
        "null",
        "[1]",
        "\u{7f}",
        "a\0b",
    ];
    db.store_users(&odd);
    let mut s = db.session();
    for (index, text) in odd.iter().enumerate() {
        let filler = (0..40).map(|number| format!("{number} or so"));
        let list = filler.chain([(*text).to_owned()]);
        assert_eq!(keys(&mut s, select().filter(User::name.in_(list))), [index as i64 + 1], "{text:?}");
    }
    let extremes = [i64::MIN, i64::MIN + 1, -1, 0, (1 << 53) + 1, i64::MAX];
    s.add_all(extremes.map(|views| Post { views, ..Post::by(1, "") }));
    for views in extremes {
        let found = s.query::<Post>().filter(Post::views.in_((100..140).chain([views]))).all().unwrap();
        assert_eq!(found.into_iter().map(|post| s[post].views).collect::<Vec<_>>(), [views]);
    }
}

fn in_a_long_list_goes_by_the_collation_and_type_of_the_column(lab: &Lab) {
    let db = lab.db();
    // What a database of others may have made of the columns.
    db.run(
        "DROP TABLE users; CREATE TABLE users (id TEXT PRIMARY KEY, name TEXT COLLATE NOCASE, email NUMERIC, bio, age VARCHAR);
         INSERT INTO users VALUES ('1', 'ann', '1.50', '7', '10'), ('2', 'BOB', '2', '8', '20')",
    );
    let mut s = db.session();
    for fill in [0, 40] {
        let texts =
            |found: &str| (0..fill).map(|n| format!("x{n}")).chain([found.to_owned()]).collect::<Vec<_>>();
        let numbers = (100..100 + fill).chain([20]);
        let mut count = |found: Select<User>| found.count(&mut s).unwrap();
        assert_eq!(count(select().filter(User::name.in_(texts("bob")))), 1, "{fill}");
        assert_eq!(count(select().filter(User::email.in_(texts("1.5")))), 1, "{fill}");
        assert_eq!(count(select().filter(User::bio.in_(texts("8")))), 1, "{fill}");
        assert_eq!(count(select().filter(User::age.in_(numbers))), 1, "{fill}");
        assert_eq!(
            count(select().filter(User::id.in_((100..100 + i64::from(fill)).chain([2])))),
            1,
            "{fill}"
        );
    }
}

fn in_a_long_list_of_handles(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let users = s.add_all((0..50).map(|number| User::named(&number.to_string())));
    let posts = s.add_all([users[0], users[49]].map(|user| Post::by(user, "")));
    s.flush().unwrap();
    assert_eq!(s.query::<Post>().filter(Post::author.in_(users)).all().unwrap(), posts);
}

fn in_a_list_of_floats_that_is_too_long_says_how_many_fit(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add_all((0..3).map(|number| Sample { ratio: f64::from(number), ..Sample::default() }));
    let list = |length: i32| (0..length).map(f64::from);
    for length in [40, 17_000, 32_766] {
        assert_eq!(s.query::<Sample>().filter(Sample::ratio.in_(list(length))).count().unwrap(), 3);
    }
    let error = s.query::<Sample>().filter(Sample::ratio.in_(list(32_767))).count().unwrap_err();
    assert!(error.is_unsupported() && error.to_string().contains("32766"), "{error:?}");
}

fn not_in_is_the_rest(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(keys(&mut s, select().filter(!User::age.in_([10, 20]))), [3, 4, 5]);
}
