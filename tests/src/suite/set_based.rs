//! UPDATE and DELETE of all rows that meet conditions: the SQL, the rows, and what the session holds of them. Pages and lists of
//! conditions.

use orm_core::prelude::*;
use orm_core::{Error, Select};

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { set_based:
    s69_an_update_sets_values_and_expressions,
    an_update_sees_what_was_not_flushed,
    an_update_counts_the_version,
    an_update_returns_its_rows,
    an_update_of_a_nullable_column_takes_none,
    an_update_that_sets_nothing_is_refused,
    s70_an_update_is_rolled_back,
    s71_a_delete_that_is_named_by_others_fails,
    s70_a_deleted_entity_comes_back_with_a_rollback,
    a_delete_makes_what_it_reaches_stale,
    a_delete_with_returning_deletes_entities,
    a_delete_by_a_subquery,
    bulk_statements_of_one_shape_are_one_statement,
    any_of_a_list_and_all_of_it,
    s113_a_page_knows_its_neighbours,
    a_page_shows_links,
}

fn blog(lab: &Lab) -> Db<Blog> {
    let db = lab.db();
    db.run(
        "INSERT INTO users (id, name, email, bio, age) VALUES (1, 'ann', '1', 'a', 10), (2, 'bob', '2', NULL, 20), (3, 'cid', '3', 'c', 30);
         INSERT INTO posts VALUES (1, 1, NULL, 'rust', 5), (2, 1, 2, 'sql', 15), (3, 2, 1, 'both', 30)",
    );
    db
}

fn views(db: &Db<Blog>) -> Vec<i64> {
    db.sent();
    db.rows::<(i64,)>("SELECT views FROM posts ORDER BY id").into_iter().map(|(views,)| views).collect()
}

fn s69_an_update_sets_values_and_expressions(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    db.sent();
    let changed = update::<Post>()
        .set(Post::views, Post::views + 1)
        .set(Post::title, "new")
        .set(Post::editor, ann)
        .filter(Post::author.eq(ann))
        .execute(&mut s);
    assert_eq!(changed.unwrap(), 2);
    assert_eq!(
        db.sent(),
        ["UPDATE posts SET views = views + ?, title = ?, editor_id = ? WHERE author_id = ?"]
    );
    s.commit().unwrap();
    assert_eq!(views(&db), [6, 16, 30]);
}

fn an_update_sees_what_was_not_flushed(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let post = s.get_one::<Post>(1).unwrap();
    s[post].views = 50;
    let new = s.add(User::named("new"));
    s.add(Post { views: 50, ..Post::by(new, "late") });
    let changed =
        update::<Post>().set(Post::views, Post::views * 2).filter(Post::views.eq(50)).execute(&mut s);
    assert_eq!(changed.unwrap(), 2);
    let of_new = update::<Post>().set(Post::title, "found").filter(Post::author.eq(new)).execute(&mut s);
    assert_eq!(of_new.unwrap(), 1);
    s.commit().unwrap();
    assert_eq!(views(&db), [100, 15, 30, 100]);
}

fn an_update_counts_the_version(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    s.commit().unwrap();
    db.sent();
    update::<Doc>().set(Doc::title, "b").execute(&mut s).unwrap();
    assert_eq!(db.sent()[1], "UPDATE docs SET title = ?, version = version + 1");
    s.get::<Doc>(1).unwrap();
    s[doc].title = "c".into();
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String, i64)>("SELECT title, version FROM docs"), [("c".to_owned(), 3)]);
}

fn an_update_returns_its_rows(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let first = s.get_one::<Post>(1).unwrap();
    db.sent();
    let mut rows: Vec<(Id<Post>, i64)> = update::<Post>()
        .set(Post::views, Post::views + 1)
        .filter(Post::views.lt(20))
        .returning((Post::id, Post::views))
        .fetch(&mut s)
        .unwrap();
    rows.sort_by_key(|(_, views)| *views);
    assert_eq!(rows, [(Id::Key(1), 6), (Id::Key(2), 16)]);
    assert_eq!(db.sent(), ["UPDATE posts SET views = views + ? WHERE views < ? RETURNING id, views"]);
    let held =
        update::<Post>().set(Post::views, 7).filter(Post::id.eq(1)).returning(entity::<Post>()).fetch(&mut s);
    assert_eq!(held.unwrap(), [first]);
    assert_eq!(s[first].views, 7);
}

fn an_update_of_a_nullable_column_takes_none(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    update::<Post>().set(Post::editor, None::<Id<User>>).execute(&mut s).unwrap();
    update::<User>().set(User::bio, User::name).filter(User::bio.is_null()).execute(&mut s).unwrap();
    update::<User>().set(User::bio, None).filter(User::name.eq("ann")).execute(&mut s).unwrap();
    assert_eq!(s.query::<Post>().filter(Post::editor.is_null()).count().unwrap(), 3);
    let bios = s.query::<User>().order_by(User::id).select(User::bio).fetch().unwrap();
    assert_eq!(bios, [None, Some("bob".to_owned()), Some("c".to_owned())]);
}

fn an_update_that_sets_nothing_is_refused(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let error: Error = update::<Post>().filter(Post::views.gt(1)).execute(&mut s).unwrap_err();
    assert!(error.is_misuse(), "{error:?}");
    assert!(db.sent().is_empty());
}

fn s70_an_update_is_rolled_back(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let post = s.get_one::<Post>(1).unwrap();
    s.nested(|s| {
        update::<Post>().set(Post::views, 100).execute(s)?;
        s.get_one::<Post>(1)?;
        assert_eq!(s[post].views, 100);
        Err::<(), _>(Error::misuse("stop"))
    })
    .unwrap_err();
    s.get_one::<Post>(1).unwrap();
    assert_eq!(s[post].views, 5);
    update::<Post>().set(Post::views, 100).execute(&mut s).unwrap();
    s.rollback().unwrap();
    s.get_one::<Post>(1).unwrap();
    assert_eq!(s[post].views, 5);
}

fn s71_a_delete_that_is_named_by_others_fails(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    db.run("INSERT INTO comments VALUES (1, 1, 'x')");
    let deleted = delete::<Post>().filter(Post::id.eq(1)).execute(&mut s).and_then(|_| s.commit());
    assert!(deleted.unwrap_err().is_foreign_key());
}

fn s70_a_deleted_entity_comes_back_with_a_rollback(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let post = s.get_one::<Post>(1).unwrap();
    assert_eq!(delete::<Post>().filter(Post::views.lt(10)).execute(&mut s).unwrap(), 1);
    assert_eq!(s.get::<Post>(1).unwrap(), None);
    s.rollback().unwrap();
    assert_eq!(s.get::<Post>(1).unwrap(), Some(post));
    let gone = delete::<Post>().filter(Post::id.eq(1)).returning(Post::title).fetch(&mut s);
    assert_eq!(gone.unwrap(), ["rust"]);
    assert_eq!(s.state(post), Some(State::DeletedFlushed));
    s.rollback().unwrap();
    assert_eq!((s.get::<Post>(1).unwrap(), s.state(post)), (Some(post), Some(State::Persistent)));
}

fn a_delete_makes_what_it_reaches_stale(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let posts = s.query::<Post>().order_by(Post::id).all().unwrap();
    update::<Post>().set(Post::editor, None).execute(&mut s).unwrap();
    assert_eq!(delete::<User>().filter(User::name.eq("ann")).execute(&mut s).unwrap(), 1);
    assert_eq!(s.query::<Post>().all().unwrap(), [posts[2]]);
    assert_eq!(s.get::<Post>(1).unwrap(), None);
    s.commit().unwrap();
    assert_eq!(views(&db), [30]);
}

fn a_delete_with_returning_deletes_entities(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let posts = s.query::<Post>().order_by(Post::id).all().unwrap();
    db.sent();
    let gone: Vec<(Handle<Post>, String)> = delete::<Post>()
        .filter(Post::author.eq(1))
        .returning((entity::<Post>(), Post::title))
        .fetch(&mut s)
        .unwrap();
    assert_eq!(gone.len(), 2);
    assert_eq!(
        db.sent(),
        ["DELETE FROM posts WHERE author_id = ? RETURNING id, author_id, editor_id, title, views, title, id"]
    );
    assert_eq!(
        (s.state(posts[0]), s.state(posts[2])),
        (Some(State::DeletedFlushed), Some(State::Persistent))
    );
    s.commit().unwrap();
    assert_eq!(s.state(posts[0]), None);
}

fn a_delete_by_a_subquery(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let old = select::<User>().filter(User::age.gt(15)).select(User::id);
    assert_eq!(delete::<Post>().filter(Post::author.in_(old)).execute(&mut s).unwrap(), 1);
    let by_young = delete::<Post>().filter(Post::author.has(User::age.lt(15))).execute(&mut s);
    assert_eq!(by_young.unwrap(), 2);
}

fn bulk_statements_of_one_shape_are_one_statement(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    for number in 0..10 {
        update::<Post>().set(Post::views, number).filter(Post::id.eq(number)).execute(&mut s).unwrap();
    }
    let mut ids: Vec<_> = db.probe.take_steps().into_iter().filter_map(|step| step.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

fn any_of_a_list_and_all_of_it(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let names = |s: &mut Session<Blog>, found: Select<User>| {
        found.order_by(User::id).select(User::name).fetch(s).unwrap().concat()
    };
    let parts = ["a", "i"];
    assert_eq!(names(&mut s, select().filter(any_of(parts.map(|part| User::name.contains(part))))), "anncid");
    assert_eq!(
        names(&mut s, select().filter(all_of(["i", "d"].map(|part| User::name.contains(part))))),
        "cid"
    );
    let mixed = [User::age.gt(25).of(), User::bio.is_null().of(), User::name.eq(User::email).of()];
    assert_eq!(names(&mut s, select().filter(any_of(mixed))), "bobcid");
    let none: [orm_core::expr::Expr<bool, orm_core::expr::Of<User>>; 0] = [];
    assert_eq!(names(&mut s, select().filter(any_of(none.clone()))), "");
    assert_eq!(names(&mut s, select().filter(all_of(none))), "annbobcid");
}

fn s113_a_page_knows_its_neighbours(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add_all((0..45).map(|number| User::named(&format!("{number:02}"))));
    s.flush().unwrap();
    db.sent();
    let page = s.query::<User>().order_by(User::id).page(2, 20).unwrap();
    assert_eq!((page.items.len(), page.total, page.pages), (20, 45, 3));
    assert_eq!((page.first(), page.last(), page.has_next, page.has_prev), (21, 40, true, true));
    assert_eq!((page.next_num(), page.prev_num()), (Some(3), Some(1)));
    assert_eq!(s[page.items[0]].name, "20");
    assert_eq!(db.sent().len(), 2);
    let last = select::<User>().order_by(User::id).page(&mut s, 3, 20).unwrap();
    assert_eq!((last.items.len(), last.has_next, last.last()), (5, false, 45));
    let beyond = s.query::<User>().order_by(User::id).page(9, 20).unwrap();
    assert_eq!((beyond.items.len(), beyond.first(), beyond.has_next), (0, 0, false));
    let none = s.query::<User>().filter(User::age.lt(0)).page(1, 20).unwrap();
    assert_eq!((none.total, none.pages, none.has_next, none.has_prev), (0, 0, false, false));
    assert!(s.query::<User>().page(0, 20).unwrap_err().is_misuse());
    assert!(s.query::<User>().limit(3).page(1, 20).unwrap_err().is_misuse());
}

fn a_page_shows_links(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add_all((0..100).map(|number| User::named(&format!("{number:02}"))));
    let mut links = |page| s.query::<User>().order_by(User::id).page(page, 5).unwrap().iter_pages();
    let shown = |numbers: &[u64]| numbers.iter().map(|&page| (page > 0).then_some(page)).collect::<Vec<_>>();
    assert_eq!(links(1), shown(&[1, 2, 3, 4, 5, 0, 19, 20]));
    assert_eq!(links(10), shown(&[1, 2, 0, 8, 9, 10, 11, 12, 13, 14, 0, 19, 20]));
    assert_eq!(links(20), shown(&[1, 2, 0, 18, 19, 20]));
}
