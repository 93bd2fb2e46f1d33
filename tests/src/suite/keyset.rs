//! Pages behind a cursor.

use orm_core::expr::{lower, nullif};
use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { keyset:
    pages_go_on_behind_the_last_row,
    every_order_gives_all_rows_once,
    orders_with_null_go_on_behind_null,
    rows_that_come_and_go_move_no_other,
    a_unique_order_needs_no_key,
    rows_of_a_join_are_told_apart_by_all_keys,
    groups_are_paged_by_what_they_are_grouped_by,
    selected_rows_and_structs_are_paged,
    relations_are_loaded_for_the_rows_of_the_page,
    the_row_behind_the_page_becomes_no_entity,
    a_cursor_of_another_order_is_refused,
    a_text_that_is_no_cursor_is_refused,
    rows_without_a_place_are_refused,
}

/// Bios and ages repeat, and some bios are NULL.
fn crowd(lab: &Lab) -> Db<Blog> {
    let db = lab.db();
    let bios = [Some("b"), None, Some("a"), Some("b"), None, Some("c"), Some("a")];
    db.maker()
        .transaction(|s| {
            s.add_all((0..21).map(|at| User {
                bio: bios[at % 7].map(str::to_owned),
                age: [30, 20, 20][at % 3],
                ..User::named(&format!("user{:02}", at * 8 % 21))
            }));
            Ok(())
        })
        .unwrap();
    db.sent();
    db
}

/// Goes through all pages of a statement, whose rows are entities.
fn walk(s: &mut Session<Blog>, statement: &orm_core::Select<User>, size: u64) -> Vec<Handle<User>> {
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = statement.page_after(s, cursor.as_deref(), size).unwrap();
        assert!(page.items.len() as u64 <= size);
        assert_eq!(page.has_next(), page.next.is_some());
        all.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return all,
        }
    }
}

fn pages_go_on_behind_the_last_row(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann", "bob", "cid", "dan"]);
    let mut s = db.session();
    let users = || select::<User>().order_by(User::name.desc());
    let first = users().page_after(&mut s, None, 2).unwrap();
    let second = users().page_after(&mut s, first.next.as_deref(), 2).unwrap();
    let names: Vec<&str> =
        first.items.iter().chain(&second.items).map(|user| s[*user].name.as_str()).collect();
    assert_eq!(names, ["dan", "cid", "bob", "ann"]);
    assert!(first.has_next() && !second.has_next());
    let columns = "users.id, users.name, users.email, users.bio, users.age, users.name, users.id";
    let columns = columns.replace("users.", "");
    assert_eq!(
        db.sent()[1..],
        [
            format!("SELECT {columns} FROM users ORDER BY name DESC, id LIMIT 3"),
            format!(
                "SELECT {columns} FROM users WHERE name <= ? AND (name < ? OR (name = ? AND id > ?)) \
                 ORDER BY name DESC, id LIMIT 3"
            ),
        ]
    );
}

fn every_order_gives_all_rows_once(lab: &Lab) {
    let db = crowd(lab);
    let mut s = db.session();
    let orders = || {
        [
            select::<User>(),
            select().order_by(User::id.desc()),
            select().order_by(User::age),
            select().order_by((User::age.desc(), User::name)),
            select().order_by((User::age, User::id.desc())),
            select().order_by((lower(User::name).desc(), User::age)),
            select().order_by((User::age % 7, User::age)),
            select().filter(User::age.lt(30)).order_by(User::email),
        ]
    };
    for (at, statement) in orders().into_iter().enumerate() {
        let whole = statement.clone().order_by(User::id).all(&mut s).unwrap();
        for size in [1, 2, 5, 21, 22] {
            assert_eq!(walk(&mut s, &statement, size), whole, "order {at}, pages of {size}");
        }
    }
}

fn orders_with_null_go_on_behind_null(lab: &Lab) {
    let db = crowd(lab);
    let mut s = db.session();
    let orders = || {
        [
            (select::<User>().order_by(User::bio), "bio IS NOT NULL, bio, id"),
            (select().order_by(User::bio.desc()), "bio IS NULL, bio DESC, id"),
            (select().order_by(User::bio.asc().nulls_last()), "bio IS NULL, bio, id"),
            (select().order_by(User::bio.desc().nulls_first()), "bio IS NOT NULL, bio DESC, id"),
            (select().order_by((User::bio, User::age.desc())), "bio IS NOT NULL, bio, age DESC, id"),
            (select().order_by((User::age, User::bio.desc())), "age, bio IS NULL, bio DESC, id"),
            (select().order_by(nullif(User::age, 30).desc()), "age = 30, age DESC, id"),
        ]
    };
    for (statement, order) in orders() {
        let sql = format!("SELECT * FROM users ORDER BY {order}");
        let whole: Vec<Handle<User>> = s.sql_unchecked(sql, params![]).unwrap().fetch().unwrap();
        for size in [1, 2, 3, 20, 21] {
            assert_eq!(walk(&mut s, &statement, size), whole, "by {order}, pages of {size}");
        }
    }
}

fn rows_that_come_and_go_move_no_other(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["bob", "dan", "fay", "hal"]);
    let mut s = db.session();
    let users = || select::<User>().order_by(User::name);
    let first = users().page_after(&mut s, None, 2).unwrap();
    s.add(User::named("ann"));
    s.add(User::named("eve"));
    s.delete(first.items[1]);
    let second = users().page_after(&mut s, first.next.as_deref(), 2).unwrap();
    let names: Vec<&str> = second.items.iter().map(|user| s[*user].name.as_str()).collect();
    assert_eq!(names, ["eve", "fay"]);
}

fn a_unique_order_needs_no_key(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    select::<User>().order_by(User::email).page_after(&mut s, None, 2).unwrap();
    assert!(db.sent()[1].ends_with(" ORDER BY email LIMIT 3"));
    select::<Membership>().order_by(Membership::group).page_after(&mut s, None, 2).unwrap();
    assert!(db.sent()[0].ends_with(" ORDER BY group_id, user_id LIMIT 3"));
}

fn rows_of_a_join_are_told_apart_by_all_keys(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann", "bob", "cid"]);
    db.run(
        "INSERT INTO posts (author_id, title, views) VALUES (1, 'x', 1);
         INSERT INTO posts (author_id, title, views) VALUES (1, 'x', 2);
         INSERT INTO posts (author_id, title, views) VALUES (3, 'w', 3)",
    );
    let mut s = db.session();
    let statement = select::<User>()
        .left_join(User::posts)
        .order_by(Post::title.desc())
        .select((User::name, Post::views));
    let (mut rows, mut cursor) = (Vec::new(), None::<String>);
    for _ in 0..4 {
        let page = statement.page_after(&mut s, cursor.as_deref(), 1).unwrap();
        rows.extend(page.items);
        cursor = page.next;
    }
    assert_eq!(cursor, None);
    let expected = [("ann", Some(1)), ("ann", Some(2)), ("cid", Some(3)), ("bob", None)];
    assert_eq!(rows, expected.map(|(name, views)| (name.to_owned(), views)));
}

fn groups_are_paged_by_what_they_are_grouped_by(lab: &Lab) {
    let db = crowd(lab);
    let mut s = db.session();
    let statement = select::<User>()
        .group_by(User::bio)
        .having(count(User::id).gt(1))
        .order_by(count(User::id).desc())
        .select((User::bio, count(User::id)));
    let whole = statement.clone().order_by(User::bio).fetch(&mut s).unwrap();
    let (mut rows, mut cursor) = (Vec::new(), None::<String>);
    for _ in 0..2 {
        let page = statement.page_after(&mut s, cursor.as_deref(), 2).unwrap();
        rows.extend(page.items);
        cursor = page.next;
    }
    assert_eq!((rows, cursor), (whole, None));
}

fn selected_rows_and_structs_are_paged(lab: &Lab) {
    #[derive(FromRow, Debug, PartialEq)]
    struct Name {
        name: String,
    }
    let db = crowd(lab);
    let mut s = db.session();
    let statement = select::<User>().order_by(User::name).select(NameColumns { name: User::name });
    let first = statement.page_after(&mut s, None, 20).unwrap();
    let second = statement.page_after(&mut s, first.next.as_deref(), 20).unwrap();
    assert_eq!((first.items.len(), second.items), (20, vec![Name { name: "user20".into() }]));
    let plain = select::<User>().order_by(User::name).untracked();
    let page = plain.page_after(&mut s, first.next.as_deref(), 20).unwrap();
    assert_eq!(page.items[0].name, "user20");
}

fn relations_are_loaded_for_the_rows_of_the_page(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann", "bob", "cid"]);
    db.run("INSERT INTO posts (author_id, title, views) VALUES (2, 'x', 1)");
    let mut s = db.session();
    let page = s.query::<User>().with(User::posts).order_by(User::name).page_after(None, 2).unwrap();
    assert_eq!(db.sent().len(), 3);
    assert_eq!(s.related(page.items[1], User::posts).unwrap().len(), 1);
    assert_eq!(db.sent(), [""; 0]);
    let page = s.query::<Post>().with(Post::author).page_after(None, 1).unwrap();
    assert_eq!(s.related(page.items[0], Post::author).unwrap(), s.get_one::<User>(2).unwrap());
    let again = s.query::<User>().order_by(User::name).page_after(page.next.as_deref(), 1).unwrap();
    assert_eq!(s[again.items[0]].name, "ann");
}

fn the_row_behind_the_page_becomes_no_entity(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann", "bob", "cid"]);
    let mut s = db.session();
    let page = s.query::<User>().page_after(None, 2).unwrap();
    db.sent();
    assert_eq!(page.items.len(), 2);
    s.get::<User>(2).unwrap();
    assert_eq!(db.sent(), [""; 0]);
    s.get::<User>(3).unwrap();
    assert_eq!(db.sent().len(), 1);
}

fn a_cursor_of_another_order_is_refused(lab: &Lab) {
    let db = crowd(lab);
    let mut s = db.session();
    let next = s.query::<User>().order_by(User::age).page_after(None, 2).unwrap().next;
    let others = [
        select::<User>(),
        select().order_by(User::age.desc()),
        select().order_by(User::name),
        select().order_by((User::age, User::name)),
    ];
    for other in others {
        let error = other.page_after(&mut s, next.as_deref(), 2).unwrap_err();
        assert!(error.is_value() && error.message().contains("another order"), "{error:?}");
    }
    // The same order in another query is no other order: filters are those of the query.
    let grown = select::<User>().order_by(User::age).filter(User::age.gt(20));
    assert_eq!(grown.page_after(&mut s, next.as_deref(), 100).unwrap().items.len(), 7);
}

fn a_text_that_is_no_cursor_is_refused(lab: &Lab) {
    let db = crowd(lab);
    let mut s = db.session();
    let next = s.query::<User>().page_after(None, 2).unwrap().next.unwrap();
    for text in ["", "x", "' OR 1 = 1", &next[1..], &format!("{next}A"), &next.replace(&next[..1], "B")] {
        let error = s.query::<User>().page_after(Some(text), 2).unwrap_err();
        assert!(error.is_value(), "{text}: {error:?}");
    }
    // The session works on.
    assert_eq!(s.query::<User>().all().unwrap().len(), 21);
}

fn rows_without_a_place_are_refused(lab: &Lab) {
    let db = crowd(lab);
    let mut s = db.session();
    assert!(s.query::<User>().page_after(None, 0).unwrap_err().is_misuse());
    assert!(s.query::<User>().limit(3).page_after(None, 2).unwrap_err().is_misuse());
    assert!(s.query::<User>().select(count(User::id)).page_after(None, 2).unwrap_err().is_misuse());
    let names = s.query::<User>().select(User::name).distinct();
    assert!(names.page_after(None, 2).unwrap_err().message().contains("distinct"));
    let both = select::<User>().union(select::<User>());
    assert!(both.page_after(&mut s, None, 2).unwrap_err().message().contains("combined"));
    assert_eq!(db.sent(), [""; 0]);
}
