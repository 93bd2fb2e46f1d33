//! SQL of the user's own: what its rows become, and how values are bound.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { raw:
    a_scalar_is_the_one_column,
    tuples_take_columns_by_position,
    a_struct_takes_columns_by_name,
    a_struct_passes_over_columns_that_it_does_not_take,
    a_struct_that_misses_a_column_is_refused_before_the_statement_runs,
    a_struct_is_refused_two_columns_of_its_name,
    a_value_that_does_not_fit_names_struct_and_column,
    a_model_is_a_struct_by_the_names_of_its_columns,
    a_handle_is_the_entity_of_the_row,
    entities_keep_what_was_changed_in_memory,
    relations_of_entities_are_loaded_for_all_at_once,
    models_and_values_stand_in_one_tuple,
    a_struct_holds_models_and_structs,
    values_are_bound_by_name,
    a_wrong_number_of_values_is_refused_before_anything_is_sent,
    a_wrong_name_of_a_value_is_refused_before_anything_is_sent,
    a_text_built_at_run_time_needs_its_own_word,
    the_ends_say_how_many_rows_they_want,
    rows_come_one_by_one,
    a_statement_sees_what_was_added,
    a_statement_that_writes_may_return_rows,
}

#[derive(FromRow, Debug, PartialEq)]
struct Stats {
    name: String,
    posts: i64,
    #[column(name = "average")]
    mean: Option<f64>,
}

fn blog(lab: &Lab) -> Db<Blog> {
    let db = lab.db();
    db.store_users(&["ann", "bob"]);
    db.run(
        "INSERT INTO posts (author_id, title, views) VALUES (1, 'one', 10);
         INSERT INTO posts (author_id, title, views) VALUES (1, 'two', 20)",
    );
    db
}

const STATS: &str = "SELECT avg(views) AS average, count(posts.id) AS posts, name, email \
    FROM users LEFT JOIN posts ON author_id = users.id GROUP BY users.id ORDER BY users.id";

fn a_scalar_is_the_one_column(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let names: Vec<String> = s.sql("SELECT name FROM users ORDER BY id", params![]).unwrap().fetch().unwrap();
    assert_eq!(names, ["ann", "bob"]);
    let count = s.sql("SELECT count(*) FROM users", params![]).unwrap().one::<i64>().unwrap();
    assert_eq!(count, 2);
    let id: Id<User> = s.sql("SELECT max(author_id) FROM posts", params![]).unwrap().one().unwrap();
    assert_eq!(id, Id::Key(1));
    let error = s.sql("SELECT 1, 2", params![]).unwrap().one::<i64>().unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("returns 2 columns"), "{error}");
}

fn tuples_take_columns_by_position(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let sql = "SELECT id, editor_id, title FROM posts WHERE id = 1";
    let row: (Id<Post>, Option<Id<User>>, String) = s.sql(sql, params![]).unwrap().one().unwrap();
    assert_eq!(row, (Id::Key(1), None, "one".into()));
}

fn a_struct_takes_columns_by_name(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let stats: Vec<Stats> = s.sql(STATS, params![]).unwrap().fetch().unwrap();
    let ann = Stats { name: "ann".into(), posts: 2, mean: Some(15.0) };
    assert_eq!(stats, [ann, Stats { name: "bob".into(), posts: 0, mean: None }]);
}

fn a_struct_passes_over_columns_that_it_does_not_take(lab: &Lab) {
    #[derive(FromRow)]
    struct Title {
        title: String,
    }
    let db = blog(lab);
    let mut s = db.session();
    let sql = "SELECT * FROM posts ORDER BY id";
    let titles: Vec<Title> = s.sql(sql, params![]).unwrap().fetch().unwrap();
    assert_eq!(titles.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["one", "two"]);
}

fn a_struct_that_misses_a_column_is_refused_before_the_statement_runs(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let sql = "DELETE FROM posts RETURNING title AS name, views";
    let error = s.sql(sql, params![]).unwrap().fetch::<Stats>().unwrap_err();
    assert!(error.is_schema(), "{error:?}");
    assert_eq!(
        error.message(),
        "a `Stats` takes a column `posts`, and the statement returns `name`, `views`: add it, or name it so by AS"
    );
    assert_eq!(s.query::<Post>().count().unwrap(), 2);
    // Also where no row comes.
    let none = s.sql("SELECT name FROM users WHERE id = 9", params![]).unwrap().first::<Stats>();
    assert!(none.unwrap_err().is_schema());
}

fn a_struct_is_refused_two_columns_of_its_name(lab: &Lab) {
    let db = blog(lab);
    let sql = "SELECT 1 AS posts, 2 AS posts, 'x' AS name, 0.5 AS average";
    let error = db.session().sql(sql, params![]).unwrap().fetch::<Stats>().unwrap_err();
    assert!(error.is_schema() && error.message().contains("two of that name"), "{error:?}");
}

fn a_value_that_does_not_fit_names_struct_and_column(lab: &Lab) {
    let db = blog(lab);
    let sql = "SELECT 'many' AS posts, 'x' AS name, 0.5 AS average";
    let error = db.session().sql(sql, params![]).unwrap().fetch::<Stats>().unwrap_err();
    assert!(error.is_value(), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("`Stats`") && text.contains("posts"), "{text}");
}

fn a_model_is_a_struct_by_the_names_of_its_columns(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let sql = "SELECT age, bio, email, name, id FROM users WHERE id = 2";
    let bob: User = s.sql(sql, params![]).unwrap().one().unwrap();
    assert_eq!(bob, User { id: Id::Key(2), ..User::named("bob") });
    let error = s.sql("SELECT id, name FROM users", params![]).unwrap().fetch::<User>().unwrap_err();
    assert!(error.is_schema() && error.message().contains("`User` takes a column `email`"), "{error}");
}

fn a_handle_is_the_entity_of_the_row(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    let found: Vec<Handle<User>> =
        s.sql("SELECT * FROM users ORDER BY id", params![]).unwrap().fetch().unwrap();
    assert_eq!(found[0], ann);
    s[found[1]].age = 60;
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<i64>("SELECT age FROM users ORDER BY id"), [18, 60]);
}

fn entities_keep_what_was_changed_in_memory(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.maker().autoflush(false).session();
    let ann = s.get_one::<User>(1).unwrap();
    s[ann].age = 70;
    let found: Handle<User> = s.sql("SELECT * FROM users WHERE id = ?", params![1]).unwrap().one().unwrap();
    assert_eq!((found, s[found].age), (ann, 70));
}

fn relations_of_entities_are_loaded_for_all_at_once(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let found: Vec<Handle<User>> = s.sql("SELECT * FROM users", params![]).unwrap().fetch().unwrap();
    let counts: Vec<usize> = found.iter().map(|user| s.related(*user, User::posts).unwrap().len()).collect();
    assert_eq!(counts, [2, 0]);
    assert_eq!(db.sent().len(), 3);
}

fn models_and_values_stand_in_one_tuple(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let sql =
        "SELECT users.*, posts.*, views * 2 FROM posts JOIN users ON users.id = author_id ORDER BY posts.id";
    let rows: Vec<(Handle<User>, Post, i64)> = s.sql(sql, params![]).unwrap().fetch().unwrap();
    assert_eq!(s[rows[1].0].name, "ann");
    assert_eq!((rows[1].1.id, rows[1].1.title.as_str(), rows[1].2), (Id::Key(2), "two", 40));
}

fn a_struct_holds_models_and_structs(lab: &Lab) {
    #[derive(FromRow)]
    struct Views {
        least: i64,
        most: i64,
    }
    #[derive(FromRow)]
    struct Report {
        author: Handle<User>,
        views: Views,
    }
    let db = blog(lab);
    let mut s = db.session();
    let sql = "SELECT max(views) AS most, users.*, min(views) AS least FROM users JOIN posts ON users.id = author_id";
    let report: Report = s.sql(sql, params![]).unwrap().one().unwrap();
    assert_eq!(s[report.author].name, "ann");
    assert_eq!((report.views.least, report.views.most), (10, 20));
}

fn values_are_bound_by_name(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let sql = "SELECT id FROM users WHERE name = :name OR email = :mail OR ':x' = :name -- :y";
    let ids: Vec<i64> = s.sql(sql, params! { mail: "bob@x.org", name: "ann" }).unwrap().fetch().unwrap();
    assert_eq!(ids, [1, 2]);
    let changed = s.execute("UPDATE users SET age = :age WHERE age < :age", params! { age: 44 }).unwrap();
    assert_eq!(changed, 2);
}

fn a_wrong_number_of_values_is_refused_before_anything_is_sent(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    for (sql, wanted) in [("SELECT ?, ?", 2), ("SELECT ?1, ?2, ?1", 2), ("SELECT '?'", 0)] {
        let error = s.sql(sql, params![1]).unwrap_err();
        assert!(error.is_misuse(), "{error:?}");
        assert_eq!(error.message(), format!("the statement takes {wanted} values, and 1 were given"));
    }
    assert!(s.execute("DELETE FROM users WHERE id = ?", params![]).unwrap_err().is_misuse());
    assert_eq!(db.sent(), [""; 0]);
}

fn a_wrong_name_of_a_value_is_refused_before_anything_is_sent(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let error = s.sql("SELECT :a, :b", params! { a: 1 }).unwrap_err();
    assert_eq!(error.message(), "the statement takes a value `b`, and given were `a`");
    let error = s.sql("SELECT :a", params! { a: 1, b: 2 }).unwrap_err();
    assert_eq!(error.message(), "a value `b` was given, and the statement has no `:b`");
    let error = s.sql("SELECT :a", params![1]).unwrap_err();
    assert!(error.message().contains("by name: `params! { a: .. }`"), "{error}");
    let error = s.sql("SELECT ?", params! { a: 1 }).unwrap_err();
    assert!(error.message().contains("by position"), "{error}");
    assert_eq!(db.sent(), [""; 0]);
}

fn a_text_built_at_run_time_needs_its_own_word(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    for (table, rows) in [("users", 2), ("posts", 2), ("comments", 0)] {
        let sql = format!("SELECT count(*) FROM {table} WHERE id > :least");
        let count: i64 = s.sql_unchecked(sql, params! { least: 0 }).unwrap().one().unwrap();
        assert_eq!(count, rows);
    }
    assert_eq!(s.sql_unchecked("DELETE FROM posts WHERE id = ?", params![1]).unwrap().execute().unwrap(), 1);
}

fn the_ends_say_how_many_rows_they_want(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let sql = "SELECT id FROM users WHERE id > ? ORDER BY id";
    let mut ids = |least: i64| s.sql(sql, params![least]).unwrap().first::<i64>().unwrap();
    assert_eq!((ids(0), ids(1), ids(2)), (Some(1), Some(2), None));
    assert_eq!(s.sql(sql, params![0]).unwrap().all::<i64>().unwrap(), [1, 2]);
    assert_eq!(s.sql(sql, params![2]).unwrap().one_or_none::<i64>().unwrap(), None);
    assert!(s.sql(sql, params![0]).unwrap().one_or_none::<i64>().unwrap_err().is_multiple_found());
    assert!(s.sql(sql, params![2]).unwrap().one::<i64>().unwrap_err().is_not_found());
}

fn rows_come_one_by_one(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let stream = s.sql(STATS, params![]).unwrap().stream::<Stats>().unwrap();
    assert_eq!(stream.map(|row| row.unwrap().posts).collect::<Vec<_>>(), [2, 0]);
    let titles = s.query::<Post>().order_by(Post::id).select((Post::title, Post::views)).stream().unwrap();
    let titles: Vec<(String, i64)> = titles.map(Result::unwrap).collect();
    assert_eq!(titles, [("one".to_owned(), 10), ("two".to_owned(), 20)]);
    assert!(s.sql("SELECT 1", params![]).unwrap().stream::<Stats>().unwrap_err().is_schema());
}

fn a_statement_sees_what_was_added(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    let found: Handle<User> = s.sql("SELECT * FROM users", params![]).unwrap().one().unwrap();
    assert_eq!(found, ann);
}

fn a_statement_that_writes_may_return_rows(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let sql = "UPDATE posts SET views = views + 1 RETURNING id, views";
    let first: Option<(i64, i64)> = s.sql(sql, params![]).unwrap().first().unwrap();
    assert_eq!(first, Some((1, 11)));
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<i64>("SELECT views FROM posts ORDER BY id"), [11, 21]);
}
