//! What the error of a violated constraint says: table, columns, row, and no value unless it is asked for.

use orm_core::prelude::*;

use crate::fixture::Lab;
use crate::models::*;

rules! { violation:
    a_unique_violation_names_table_and_columns,
    a_composite_key_violation_names_all_its_columns,
    a_foreign_key_violation_names_table_and_columns,
    a_foreign_key_violation_names_no_row_that_the_session_holds,
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
    let keys = "(its foreign keys: posts.author_id -> users; posts.editor_id -> users)";
    assert!(error.to_string().contains(keys), "{error}");
    assert!(
        error.to_string().contains("a new row, whose `Post.author` names the `User` with key 77, while"),
        "{error}"
    );
}

fn a_foreign_key_violation_names_no_row_that_the_session_holds(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    s.add(Post { editor: Some(Id::Key(77)), ..Post::by(1, "of ann") });
    let words = s.flush().unwrap_err().to_string();
    assert!(
        words.contains("`Post.editor` names the `User` with key 77") && !words.contains("Post.author"),
        "{words}"
    );
    s.rollback().unwrap();
    let post = s.add(Post::by(ann, "of ann"));
    s.flush().unwrap();
    s[post].editor = Some(Id::Key(78));
    let words = s.flush().unwrap_err().to_string();
    assert!(words.contains("key 1, whose `Post.editor` names the `User` with key 78,"), "{words}");
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
    assert!(error.to_string().contains("(named by: comments.post_id -> posts)"), "{error}");
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
    let place =
        "in the row with key 2, whose `Post.editor` names the `User` with key 77, while updating `Post`";
    assert!(changed.contains(place), "{changed}");
    s.rollback().unwrap();
    db.run("INSERT INTO comments VALUES (1, 3, 'c')");
    s.delete(posts[2]);
    let deleted = s.flush().unwrap_err().to_string();
    assert!(deleted.contains("in the row with key 3, while deleting `Post`"), "{deleted}");
    s.rollback().unwrap();
    s.add(Membership { user: ann.into(), group: 8.into(), role: String::new() });
    let inserted = s.flush().unwrap_err().to_string();
    let place =
        "in the row with key (1, 8), whose `Membership.group` names the `Group` with key 8, while inserting";
    assert!(inserted.contains(place), "{inserted}");
    s.rollback().unwrap();
    s.add(Post::by(78, "of nobody"));
    let new = s.flush().unwrap_err().to_string();
    assert!(new.contains("in a new row, whose `Post.author` names the `User` with key 78"), "{new}");
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
