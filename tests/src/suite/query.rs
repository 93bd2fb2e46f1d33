//! What queries find, and what they send.

use orm_core::prelude::*;
use orm_core::{Select, Tracked};

use crate::fixture::{Db, Lab, seeded};
use crate::models::*;

rules! { query:
    each_comparison_finds_its_rows,
    comparisons_take_columns_on_both_sides,
    null_is_found_by_is_null_only,
    a_foreign_key_compares_with_keys_ids_and_handles,
    a_foreign_key_of_a_pending_entity_is_flushed_first,
    like_knows_wildcards,
    contains_starts_and_ends_take_wildcards_as_they_are,
    between_includes_both_ends,
    and_or_not_nest_as_they_are_written,
    filters_add_up,
    order_by_goes_by_all_its_parts,
    limit_and_offset_cut,
    an_offset_needs_no_limit,
    any_limit_is_a_limit,
    s79_first_is_none_without_a_row,
    s79_one_says_which,
    s79_one_or_none_refuses_two,
    a_key_is_that_of_several_rows_of_a_join,
    a_key_is_that_of_several_rows_of_a_subquery,
    count_and_exists_return_no_rows,
    count_sees_limit_and_offset,
    untracked_rows_are_no_entities,
    untracked_sees_what_was_flushed,
    a_query_meets_edits_in_memory,
    s110_queries_of_one_shape_are_one_statement,
    s110_pages_of_one_query_are_one_statement,
    queries_of_another_shape_are_another_statement,
    a_statement_is_a_value_for_any_session,
    a_query_is_one_type_however_it_is_built,
    contains_of_a_nul_is_no_wildcard,
    a_text_with_a_nul_is_found_where_it_is,
    a_pattern_with_a_nul_is_refused,
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

fn each_comparison_finds_its_rows(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    let all = select::<User>;
    assert_eq!(keys(&mut s, all().filter(User::age.eq(30))), [3]);
    assert_eq!(keys(&mut s, all().filter(User::age.ne(30))), [1, 2, 4, 5]);
    assert_eq!(keys(&mut s, all().filter(User::age.lt(30))), [1, 2]);
    assert_eq!(keys(&mut s, all().filter(User::age.le(30))), [1, 2, 3]);
    assert_eq!(keys(&mut s, all().filter(User::age.gt(30))), [4, 5]);
    assert_eq!(keys(&mut s, all().filter(User::age.ge(30))), [3, 4, 5]);
    assert_eq!(keys(&mut s, all().filter(User::name.eq("bob"))), [2]);
    assert_eq!(keys(&mut s, all().filter(User::name.gt(String::from("cid")))), [4, 5]);
    assert_eq!(keys(&mut s, all().filter(User::bio.eq("c"))), [3]);
    assert_eq!(keys(&mut s, all().filter(User::id.eq(4))), [4]);
}

fn comparisons_take_columns_on_both_sides(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    s.execute("UPDATE users SET name = email WHERE id < 3", params![]).unwrap();
    assert_eq!(keys(&mut s, select().filter(User::name.eq(User::email))), [1, 2]);
    assert_eq!(keys(&mut s, select().filter(User::bio.eq(User::name))), [] as [i64; 0]);
}

fn null_is_found_by_is_null_only(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(keys(&mut s, select().filter(User::bio.is_null())), [2, 4]);
    assert_eq!(keys(&mut s, select().filter(User::bio.is_not_null())), [1, 3, 5]);
    assert_eq!(keys(&mut s, select().filter(User::bio.ne("a"))), [3, 5]);
    assert_eq!(keys(&mut s, select().filter(!User::bio.is_null())), [1, 3, 5]);
}

fn a_foreign_key_compares_with_keys_ids_and_handles(lab: &Lab) {
    let db = five(lab);
    db.run("INSERT INTO posts VALUES (1, 1, NULL, 'a', 0), (2, 2, 1, 'b', 0)");
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    let by_key = s.query::<Post>().filter(Post::author.eq(1)).all().unwrap();
    assert_eq!(by_key.len(), 1);
    assert_eq!(s.query::<Post>().filter(Post::author.eq(ann)).all().unwrap(), by_key);
    assert_eq!(s.query::<Post>().filter(Post::author.eq(Id::<User>::Key(1))).all().unwrap(), by_key);
    assert_eq!(s.query::<Post>().filter(Post::author.in_([ann])).all().unwrap(), by_key);
    let edited = s.query::<Post>().filter(Post::editor.eq(ann)).one().unwrap();
    assert_eq!(s[edited].title, "b");
    assert_eq!(s.query::<Post>().filter(Post::editor.is_null()).all().unwrap(), by_key);
}

fn a_foreign_key_of_a_pending_entity_is_flushed_first(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    let new = s.add(User::named("new"));
    let post = s.add(Post::by(new, "a"));
    assert_eq!(s.query::<Post>().filter(Post::author.eq(new)).all().unwrap(), [post]);
}

fn like_knows_wildcards(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(keys(&mut s, select().filter(User::name.like("%n"))), [1, 4]);
    assert_eq!(keys(&mut s, select().filter(User::name.like("_o_"))), [2]);
    assert_eq!(keys(&mut s, select().filter(User::bio.like("%"))), [1, 3, 5]);
    assert_eq!(keys(&mut s, select().filter(!User::name.like("%n"))), [2, 3, 5]);
}

fn contains_starts_and_ends_take_wildcards_as_they_are(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["100%", "1000", "a_b", "axb", r"c\d", "cd", "it's"]);
    let mut s = db.session();
    assert_eq!(keys(&mut s, select().filter(User::name.contains("0%"))), [1]);
    assert_eq!(keys(&mut s, select().filter(User::name.ends_with("%"))), [1]);
    assert_eq!(keys(&mut s, select().filter(User::name.starts_with("a_"))), [3]);
    assert_eq!(keys(&mut s, select().filter(User::name.contains(r"\"))), [5]);
    assert_eq!(keys(&mut s, select().filter(User::name.contains("'"))), [7]);
    assert_eq!(keys(&mut s, select().filter(User::name.like(r"100\%"))), [1]);
    assert_eq!(keys(&mut s, select().filter(User::name.contains(""))).len(), 7);
}

fn between_includes_both_ends(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(keys(&mut s, select().filter(User::age.between(20, 40))), [2, 3, 4]);
    assert_eq!(keys(&mut s, select().filter(User::age.between(40, 20))), [] as [i64; 0]);
    assert_eq!(keys(&mut s, select().filter(!User::age.between(20, 40))), [1, 5]);
}

fn and_or_not_nest_as_they_are_written(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    let young = || User::age.lt(25);
    let quiet = || User::bio.is_null();
    assert_eq!(keys(&mut s, select().filter(young().and(quiet()))), [2]);
    assert_eq!(keys(&mut s, select().filter(young().or(quiet()))), [1, 2, 4]);
    assert_eq!(keys(&mut s, select().filter((!young()).or(quiet()))), [2, 3, 4, 5]);
    assert_eq!(keys(&mut s, select().filter(!young().or(quiet()))), [3, 5]);
    let eve = || User::name.eq("eve");
    assert_eq!(keys(&mut s, select().filter(eve().or(young()).and(quiet()))), [2]);
    assert_eq!(keys(&mut s, select().filter(eve().or(young().and(quiet())))), [2, 5]);
    assert_eq!(keys(&mut s, select().filter(!!eve())), [5]);
}

fn filters_add_up(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    let found = select().filter(User::age.gt(10).or(User::age.lt(0))).filter(User::bio.is_not_null());
    assert_eq!(keys(&mut s, found), [3, 5]);
}

fn order_by_goes_by_all_its_parts(lab: &Lab) {
    let db = lab.db();
    db.run("INSERT INTO users (name, email, bio, age) VALUES ('b', '1', 'x', 1), ('a', '2', 'x', 1), ('c', '3', 'y', 1)");
    let mut s = db.session();
    let names = |s: &mut Session<Blog>, statement: Select<User>| {
        let users: Vec<User> = statement.untracked().all(s).unwrap();
        users.into_iter().map(|user| user.name).collect::<String>()
    };
    assert_eq!(names(&mut s, select().order_by(User::name)), "abc");
    assert_eq!(names(&mut s, select().order_by(User::name.desc())), "cba");
    assert_eq!(names(&mut s, select().order_by((User::bio.desc(), User::name.asc()))), "cab");
    assert_eq!(names(&mut s, select().order_by(User::bio).order_by(User::name.desc())), "bac");
}

fn limit_and_offset_cut(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(keys(&mut s, select().limit(2)), [1, 2]);
    assert_eq!(keys(&mut s, select().limit(2).offset(3)), [4, 5]);
    assert_eq!(keys(&mut s, select().limit(2).offset(4)), [5]);
    assert_eq!(keys(&mut s, select().limit(0)), [] as [i64; 0]);
}

fn an_offset_needs_no_limit(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(keys(&mut s, select().offset(3)), [4, 5]);
}

fn any_limit_is_a_limit(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(keys(&mut s, select().limit(u64::MAX)).len(), 5);
    assert_eq!(keys(&mut s, select().limit(1).offset(u64::MAX)).len(), 0);
}

fn s79_first_is_none_without_a_row(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(s.query::<User>().filter(User::age.gt(99)).first().unwrap(), None);
    let first = s.query::<User>().order_by(User::age.desc()).first().unwrap().unwrap();
    assert_eq!(s[first].name, "eve");
    assert_eq!(s.query::<User>().limit(0).first().unwrap(), None);
}

fn s79_one_says_which(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    let one = s.query::<User>().filter(User::name.eq("dan")).one().unwrap();
    assert_eq!(s[one].age, 40);
    let none = s.query::<User>().filter(User::name.eq("zoe")).one().unwrap_err();
    assert!(none.is_not_found() && none.message().contains("User"), "{none}");
    let many = s.query::<User>().filter(User::age.gt(10)).one().unwrap_err();
    assert!(many.is_multiple_found() && many.message().contains("User"), "{many}");
}

fn s79_one_or_none_refuses_two(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(s.query::<User>().filter(User::age.eq(99)).one_or_none().unwrap(), None);
    assert!(s.query::<User>().filter(User::age.eq(10)).one_or_none().unwrap().is_some());
    assert!(s.query::<User>().one_or_none().unwrap_err().is_multiple_found());
}

fn a_key_is_that_of_several_rows_of_a_join(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let posts = s.query::<User>().join(User::posts).filter(User::id.eq(1)).select(Post::title);
    assert_eq!(posts.fetch().unwrap().len(), 2);
}

fn a_key_is_that_of_several_rows_of_a_subquery(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let twice = alias!(User as twice);
    let union = select::<User>().union_all(select::<User>()).subquery(twice);
    let found = union.select().filter(twice.col(User::id).eq(1)).untracked().all(&mut s).unwrap();
    assert_eq!(found.len(), 2);
}

fn count_and_exists_return_no_rows(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    let old = || select::<User>().filter(User::age.ge(40));
    assert_eq!((old().count(&mut s).unwrap(), old().exists(&mut s).unwrap()), (2, true));
    let ancient = || select::<User>().filter(User::age.ge(400));
    assert_eq!((ancient().count(&mut s).unwrap(), ancient().exists(&mut s).unwrap()), (0, false));
    let sent = db.sent();
    assert_eq!(sent[1], "SELECT COUNT(*) FROM users WHERE age >= ?");
    assert!(sent[2].starts_with("SELECT EXISTS"), "{sent:?}");
    assert_eq!(sent.len(), 5);
}

fn count_sees_limit_and_offset(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(select::<User>().limit(2).count(&mut s).unwrap(), 2);
    assert_eq!(select::<User>().offset(4).count(&mut s).unwrap(), 1);
    assert!(!select::<User>().offset(5).exists(&mut s).unwrap());
    assert_eq!(select::<User>().order_by(User::name).count(&mut s).unwrap(), 5);
}

fn untracked_rows_are_no_entities(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    let mut users: Vec<User> = s.query::<User>().order_by(User::id).untracked().all().unwrap();
    assert_eq!((users.len(), users[0].id), (5, Id::Key(1)));
    users[0].name = "nobody cares".into();
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["COMMIT"]);
    let one: User = s.query::<User>().untracked().filter(User::id.eq(1)).one().unwrap();
    assert_eq!(one.name, "ann");
}

fn untracked_sees_what_was_flushed(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    s[ann].name = "anna".into();
    let found = s.query::<User>().filter(User::name.eq("anna")).untracked().one().unwrap();
    assert_eq!(found.id, Id::Key(1));
}

fn a_query_meets_edits_in_memory(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    s[ann].age = 99;
    assert_eq!(s.query::<User>().filter(User::age.eq(99)).all().unwrap(), [ann]);
    s.delete(ann);
    assert!(s.query::<User>().filter(User::age.eq(99)).all().unwrap().is_empty());
}

pub(super) fn statement_ids(db: &Db<Blog>) -> Vec<orm_core::driver::StatementId> {
    let steps = db.probe.take_steps();
    let mut ids: Vec<_> = steps.into_iter().filter_map(|step| step.id).collect();
    ids.sort();
    ids.dedup();
    ids
}

fn s110_queries_of_one_shape_are_one_statement(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    for round in 0..10 {
        let found = s
            .query::<User>()
            .filter(User::age.ge(round).and(User::name.like(&format!("%{round}"))))
            .filter(User::bio.is_null())
            .order_by(User::id)
            .all();
        found.unwrap();
    }
    assert_eq!(statement_ids(&db).len(), 1);
    for key in 0..10 {
        s.get::<User>(100 + key).unwrap();
    }
    assert_eq!(statement_ids(&db).len(), 1);
}

fn s110_pages_of_one_query_are_one_statement(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    for page in 0..10 {
        s.query::<User>().order_by(User::id).limit(2).offset(page * 2).all().unwrap();
    }
    assert_eq!(statement_ids(&db).len(), 1);
}

fn queries_of_another_shape_are_another_statement(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(keys(&mut s, select().filter(User::age.lt(20))), [1]);
    assert_eq!(keys(&mut s, select().filter(User::age.gt(20))), [3, 4, 5]);
    assert_eq!(keys(&mut s, select().filter(!User::age.gt(20))), [1, 2]);
    assert_eq!(keys(&mut s, select().filter(User::id.gt(4))), [5]);
    assert_eq!(keys(&mut s, select().filter(User::name.gt("dan"))), [5]);
    assert_eq!(keys(&mut s, select().filter(User::email.gt("4"))), [5]);
    assert_eq!(statement_ids(&db).len(), 6);
}

fn a_statement_is_a_value_for_any_session(lab: &Lab) {
    let db = five(lab);
    let statement = select::<User>().filter(User::age.gt(30)).order_by(User::id);
    for _ in 0..2 {
        let mut s = db.session();
        assert_eq!(statement.all(&mut s).unwrap().len(), 2);
        assert_eq!(statement.count(&mut s).unwrap(), 2);
        assert!(statement.exists(&mut s).unwrap());
        assert!(statement.one(&mut s).unwrap_err().is_multiple_found());
        let first = statement.first(&mut s).unwrap().unwrap();
        assert_eq!(s[first].name, "dan");
        let plain: Vec<User> = statement.clone().untracked().all(&mut s).unwrap();
        assert_eq!(plain[1].name, "eve");
    }
}

fn a_query_is_one_type_however_it_is_built(lab: &Lab) {
    fn build(name: Option<&str>, least: Option<i32>) -> Select<User> {
        let mut query: Select<User, _, Tracked> = select::<User>();
        if let Some(name) = name {
            query = query.filter(User::name.eq(name));
        }
        if let Some(age) = least {
            query = query.filter(User::age.ge(age)).order_by(User::age.desc());
        }
        query
    }
    let db = five(lab);
    let mut s = db.session();
    assert_eq!(build(None, None).count(&mut s).unwrap(), 5);
    assert_eq!(build(Some("bob"), Some(10)).count(&mut s).unwrap(), 1);
    assert_eq!(build(None, Some(30)).count(&mut s).unwrap(), 3);
}

fn contains_of_a_nul_is_no_wildcard(lab: &Lab) {
    let db = five(lab);
    let mut s = db.session();
    for found in [
        select::<User>().filter(User::name.contains("\0nobody")).count(&mut s),
        select::<User>().filter(User::name.starts_with("a\0")).count(&mut s),
        select::<User>().filter(User::name.ends_with("\0")).count(&mut s),
    ] {
        // None, or an error that says that it cannot be asked.
        assert!(found.as_ref().is_ok_and(|&count| count == 0) || found.is_err(), "{found:?}");
    }
}

fn a_text_with_a_nul_is_found_where_it_is(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["a\0b", "ba\0", "\0A", "ä\0Z", "ab"]);
    let mut s = db.session();
    assert_eq!(keys(&mut s, select().filter(User::name.contains("\0"))), [1, 2, 3, 4]);
    assert_eq!(keys(&mut s, select().filter(User::name.contains("A\0"))), [1, 2]);
    assert_eq!(keys(&mut s, select().filter(User::name.starts_with("A\0"))), [1]);
    assert_eq!(keys(&mut s, select().filter(User::name.starts_with("ä\0z"))), [4]);
    assert_eq!(keys(&mut s, select().filter(User::name.ends_with("\0"))), [2]);
    assert_eq!(keys(&mut s, select().filter(User::name.ends_with("\0z"))), [4]);
    assert_eq!(keys(&mut s, select().filter(!User::name.ends_with("\0a"))), [1, 2, 4, 5]);
    assert_eq!(keys(&mut s, select().filter(User::bio.ends_with("\0a"))), [] as [i64; 0]);
}

fn a_pattern_with_a_nul_is_refused(lab: &Lab) {
    let db = five(lab);
    let error = select::<User>().filter(User::name.like("\0%")).count(&mut db.session()).unwrap_err();
    assert!(error.is_value() && error.to_string().contains("NUL"), "{error:?}");
}
