//! UNION, INTERSECT and EXCEPT: the SQL, and the rows of SQL written by hand.

use orm_core::ErrorKind;
use orm_core::expr::count_all;
use orm_core::prelude::*;

use crate::fixture::{Lab, seeded};
use crate::models::*;

rules! { combine:
    a_union_has_equal_rows_once,
    a_union_all_has_them_all,
    an_intersection_has_what_both_find,
    a_difference_has_what_the_other_does_not_find,
    s110_a_union_of_entities_is_of_entities,
    an_order_and_a_limit_are_those_of_the_whole,
    a_part_with_a_limit_keeps_it,
    parts_are_combined_from_left_to_right,
    a_column_that_may_be_null_in_one_part_may_be_in_all,
    every_end_works_on_the_whole,
    a_union_is_looked_in,
    an_order_by_what_is_not_selected_is_refused,
    a_part_with_an_ungrouped_column_is_refused,
    what_is_computed_is_ordered_by,
    unions_of_one_shape_are_one_statement,
    distinct_rows_of_a_union_all,
}

fn names() -> orm_core::Select<User, orm_core::expr::In<User>, orm_core::Picked<String>> {
    select::<User>().select(User::name)
}

fn a_union_has_equal_rows_once(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let people = names().filter(User::age.le(20)).union(select::<Employee>().select(Employee::name));
    let mut found = people.clone().union(names()).fetch(&mut s).unwrap();
    found.sort();
    assert_eq!(
        db.only(),
        "SELECT name FROM users WHERE age <= ? UNION SELECT name FROM employees UNION SELECT name FROM users"
    );
    drop(s);
    let by_hand = db.by_hand::<(String,)>(
        "SELECT name FROM users WHERE age <= 20 UNION SELECT name FROM employees UNION SELECT name FROM users ORDER BY 1",
    );
    assert_eq!(found, by_hand.into_iter().map(|(name,)| name).collect::<Vec<_>>());
    assert_eq!(found, ["ann", "bob", "cid", "low", "mid", "new", "top"]);
}

fn a_union_all_has_them_all(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let twice = names().union_all(names()).order_by(User::name).fetch(&mut s).unwrap();
    assert_eq!(twice, ["ann", "ann", "bob", "bob", "cid", "cid"]);
    assert_eq!(db.only(), "SELECT name FROM users UNION ALL SELECT name FROM users ORDER BY 1");
}

fn an_intersection_has_what_both_find(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let writers = select::<Post>().select(Post::author);
    let members = select::<Membership>().filter(Membership::role.eq("boss")).select(Membership::user);
    assert_eq!(writers.intersect(members).fetch(&mut s).unwrap(), [Id::Key(1)]);
    assert_eq!(
        db.only(),
        "SELECT author_id FROM posts INTERSECT SELECT user_id FROM memberships WHERE role = ?"
    );
}

fn a_difference_has_what_the_other_does_not_find(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let lazy = select::<User>().select(User::id).except(select::<Post>().select(Post::author));
    assert_eq!(lazy.fetch(&mut s).unwrap(), [Id::Key(3)]);
    assert_eq!(db.only(), "SELECT id FROM users EXCEPT SELECT author_id FROM posts");
}

fn s110_a_union_of_entities_is_of_entities(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    s[ann].age = 99;
    s.flush().unwrap();
    db.sent();
    let young = s.query::<User>().filter(User::age.lt(25));
    let found =
        young.union(select::<User>().filter(User::name.eq("ann"))).order_by(User::name).all().unwrap();
    assert_eq!(
        db.only(),
        "SELECT id, name, email, bio, age FROM users WHERE age < ? UNION SELECT id, name, email, bio, age FROM users WHERE name = ? ORDER BY 2"
    );
    assert_eq!(found[0], ann);
    assert_eq!(found.iter().map(|user| s[*user].name.as_str()).collect::<Vec<_>>(), ["ann", "bob"]);
    let plain = select::<User>().untracked().except(select::<User>().untracked().filter(User::age.ge(30)));
    assert_eq!(plain.all(&mut s).unwrap().len(), 1);
}

fn an_order_and_a_limit_are_those_of_the_whole(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let rows = |s: &mut Session<Blog>| {
        let users = s.query::<User>().select((User::name, User::age));
        let old = select::<User>().select((User::name, User::age)).filter(User::age.gt(15));
        users.union_all(old).order_by((User::age.desc(), User::name)).limit(3).offset(1).fetch().unwrap()
    };
    assert_eq!(rows(&mut s), [("cid".to_owned(), 30), ("bob".to_owned(), 20), ("bob".to_owned(), 20)]);
    assert_eq!(
        db.only(),
        "SELECT name, age FROM users UNION ALL SELECT name, age FROM users WHERE age > ? ORDER BY 2 DESC, 1 LIMIT 3 OFFSET ?"
    );
    drop(s);
    let by_hand = db.by_hand::<(String, i32)>(
        "SELECT name, age FROM users UNION ALL SELECT name, age FROM users WHERE age > 15 ORDER BY age DESC, name LIMIT 3 OFFSET 1",
    );
    assert_eq!(by_hand, rows(&mut db.session()));
}

fn a_part_with_a_limit_keeps_it(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let oldest = names().order_by(User::age.desc()).limit(1);
    let youngest = names().order_by(User::age).limit(1);
    assert_eq!(oldest.union_all(youngest).fetch(&mut s).unwrap(), ["cid", "ann"]);
    assert_eq!(
        db.only(),
        "SELECT * FROM (SELECT name FROM users ORDER BY age DESC LIMIT 1) UNION ALL SELECT * FROM (SELECT name FROM users ORDER BY age LIMIT 1)"
    );
}

fn parts_are_combined_from_left_to_right(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let ages = |least: i32| select::<User>().filter(User::age.ge(least)).select(User::age);
    let mixed = ages(30).union(ages(10)).intersect(ages(20)).order_by(User::age);
    assert_eq!(mixed.fetch(&mut s).unwrap(), [20, 30]);
    assert_eq!(
        db.only(),
        "SELECT * FROM (SELECT age FROM users WHERE age >= ? UNION SELECT age FROM users WHERE age >= ?) INTERSECT SELECT age FROM users WHERE age >= ? ORDER BY 1"
    );
    let nested = ages(10).except(ages(20).except(ages(30))).order_by(User::age);
    assert_eq!(nested.fetch(&mut s).unwrap(), [10, 30]);
    assert_eq!(
        db.only(),
        "SELECT age FROM users WHERE age >= ? EXCEPT SELECT * FROM (SELECT age FROM users WHERE age >= ? EXCEPT SELECT age FROM users WHERE age >= ?) ORDER BY 1"
    );
    let flat = ages(10).except(ages(30)).except(ages(20));
    assert_eq!(flat.fetch(&mut s).unwrap(), [10]);
}

fn a_column_that_may_be_null_in_one_part_may_be_in_all(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let sure = select::<Post>().select((Post::author, Post::title));
    let perhaps = select::<User>().left_join(User::posts).select((User::id, Post::title));
    let rows: Vec<(Id<User>, Option<String>)> =
        sure.union(perhaps).order_by(Post::author).fetch(&mut s).unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[3], (Id::Key(3), None));
    let editors: Vec<Option<Id<User>>> =
        select::<Post>().select(Post::editor).union(select::<User>().select(User::id)).fetch(&mut s).unwrap();
    assert_eq!(editors.len(), 4);
}

fn every_end_works_on_the_whole(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let people = names().union(select::<Employee>().select(Employee::name)).order_by(User::name);
    assert_eq!(people.count(&mut s).unwrap(), 7);
    assert_eq!(
        db.only(),
        "SELECT COUNT(*) FROM (SELECT name FROM users UNION SELECT name FROM employees ORDER BY 1)"
    );
    assert!(people.exists(&mut s).unwrap());
    assert_eq!(
        db.only(),
        "SELECT EXISTS (SELECT name FROM users UNION SELECT name FROM employees ORDER BY 1)"
    );
    assert_eq!(people.first(&mut s).unwrap().as_deref(), Some("ann"));
    assert!(people.one(&mut s).unwrap_err().is_multiple_found());
    let page = people.page(&mut s, 2, 3).unwrap();
    assert_eq!(
        (page.items.as_slice(), page.total, page.pages),
        (["low", "mid", "new"].map(String::from).as_slice(), 7, 3)
    );
    let nobody = names().except(names());
    assert!(!nobody.exists(&mut s).unwrap());
    assert_eq!(nobody.one_or_none(&mut s).unwrap(), None);
    let all =
        s.query::<User>().untracked().union_all(select::<User>().untracked()).order_by(User::id).stream();
    assert_eq!(
        all.unwrap().map(|user| user.unwrap().name).collect::<Vec<_>>(),
        ["ann", "ann", "bob", "bob", "cid", "cid"]
    );
}

fn a_union_is_looked_in(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let writers = select::<Post>().select(Post::author);
    let bosses = select::<Membership>().filter(Membership::role.eq("boss")).select(Membership::user);
    let active = writers.union(bosses);
    assert_eq!(s.query::<User>().filter(User::id.in_(active.clone())).count().unwrap(), 2);
    assert_eq!(
        db.only(),
        "SELECT COUNT(*) FROM users WHERE id IN (SELECT posts.author_id FROM posts UNION SELECT memberships.user_id FROM memberships WHERE memberships.role = ?)"
    );
    let lazy = s.query::<User>().filter(!User::id.in_(active)).select(User::name).fetch().unwrap();
    assert_eq!(lazy, ["cid"]);
    let same = names().filter(User::id.eq(1)).intersect(select::<Employee>().select(Employee::name));
    assert_eq!(s.query::<User>().filter(exists(same)).count().unwrap(), 0);
}

fn an_order_by_what_is_not_selected_is_refused(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let error = names().union(names()).order_by(User::age).fetch(&mut s).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("ordered by what the first of them selects"), "{error}");
    assert_eq!(db.sent(), [""; 0]);
}

fn a_part_with_an_ungrouped_column_is_refused(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let wrong = select::<Post>().select((Post::title, count_all()));
    let right = select::<Post>().group_by(Post::title).select((Post::title, count_all()));
    let error = right.union(wrong).fetch(&mut s).unwrap_err();
    assert!(error.to_string().contains("`posts.title`"), "{error}");
    assert_eq!(db.sent(), [""; 0]);
}

fn what_is_computed_is_ordered_by(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let by = |sign: i64| {
        let posts = select::<Post>().group_by(Post::author);
        posts.select((Post::author, max(Post::views), count_all(), sum(Post::views * sign)))
    };
    let rows =
        by(1).union_all(by(-1)).order_by((count_all().desc(), sum(Post::views * 1))).fetch(&mut s).unwrap();
    let sums: Vec<_> = rows.iter().map(|row| row.3.unwrap()).collect();
    assert_eq!(sums, [-20, 20, -30, 30]);
    assert!(db.only().ends_with("GROUP BY author_id ORDER BY 3 DESC, 4"));
}

fn unions_of_one_shape_are_one_statement(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    for age in [10, 20] {
        let query = names().filter(User::age.gt(age)).union(names().filter(User::age.lt(age)));
        assert_eq!(query.fetch(&mut s).unwrap().len(), 2);
    }
    let steps = db.probe.take_steps();
    let ids: Vec<_> = steps.iter().filter_map(|step| step.id).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

fn distinct_rows_of_a_union_all(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let once = names().union_all(names()).distinct().order_by(User::name);
    assert_eq!(once.fetch(&mut s).unwrap(), ["ann", "bob", "cid"]);
    assert_eq!(
        db.only(),
        "SELECT DISTINCT * FROM (SELECT name FROM users UNION ALL SELECT name FROM users) ORDER BY 1"
    );
}
