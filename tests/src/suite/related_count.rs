//! Counts and other values of what a relation leads to, as part of a query.

use orm_core::expr::{Expr, Firm, Of};
use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { related_count:
    a_count_is_part_of_the_statement,
    a_count_is_of_every_kind_of_relation,
    a_count_orders_and_filters,
    a_count_of_some_of_the_rows,
    sum_mean_least_and_greatest,
    whether_there_is_a_row,
    a_count_back_to_the_same_model,
    what_is_linked_twice_counts_once,
    a_count_sees_what_is_not_flushed_yet,
    a_limit_has_no_count,
    rows_with_counts_load_relations_too,
    entities_beside_values_load_relations_together,
    with_beside_values_is_refused_where_no_entity_is,
    a_page_loads_what_is_planned,
}

/// Three users; the first has two posts, the second has one, both with comments, and the first two have groups.
fn store(db: &Db<Blog>) {
    db.store_users(&["ann", "bob", "cat"]);
    db.run(
        "INSERT INTO posts (id, author_id, editor_id, title, views) VALUES
             (1, 1, 2, '1.1', 10), (2, 1, NULL, '1.2', 20), (3, 2, 3, '2.1', 5);
         INSERT INTO comments (post_id, body) VALUES (1, 'a'), (1, 'b'), (1, 'c'), (3, 'd');
         INSERT INTO groups (id, name) VALUES (1, 'one'), (2, 'two');
         INSERT INTO memberships (user_id, group_id, role) VALUES (1, 1, ''), (1, 2, ''), (2, 1, '')",
    );
}

fn of_each(db: &Db<Blog>, value: impl Fn() -> Expr<i64, Firm<Of<User>>>) -> Vec<i64> {
    db.sent();
    let mut s = db.session();
    let query = s.query::<User>().order_by(User::id).select((value(),));
    let found = query.fetch().unwrap();
    assert_eq!(db.sent().len(), 1 + 1);
    found.into_iter().map(|(value,)| value).collect()
}

fn a_count_is_part_of_the_statement(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let found: Vec<(Handle<User>, i64)> =
        s.query::<User>().order_by(User::id).select((entity::<User>(), User::posts.count())).fetch().unwrap();
    assert_eq!(
        db.sent()[1..],
        ["SELECT id, name, email, bio, age, \
          (SELECT COUNT(*) FROM posts WHERE posts.author_id = users.id) FROM users ORDER BY id"]
    );
    let named: Vec<(&str, i64)> = found.iter().map(|&(user, posts)| (s[user].name.as_str(), posts)).collect();
    assert_eq!(named, [("ann", 2), ("bob", 1), ("cat", 0)]);
}

fn a_count_is_of_every_kind_of_relation(lab: &Lab) {
    let db = lab.db();
    store(&db);
    assert_eq!(of_each(&db, || User::posts.count()), [2, 1, 0]);
    assert_eq!(of_each(&db, || User::edited.count()), [0, 1, 1]);
    assert_eq!(of_each(&db, || User::groups.count()), [2, 1, 0]);
    assert_eq!(of_each(&db, || User::received.count()), [3, 1, 0]);
}

fn a_count_orders_and_filters(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let by_comments = s.query::<User>().order_by((User::received.count().asc(), User::id)).all().unwrap();
    let names: Vec<&str> = by_comments.iter().map(|&user| s[user].name.as_str()).collect();
    assert_eq!(names, ["cat", "bob", "ann"]);
    let busy = s.query::<User>().filter(User::posts.count().ge(2)).one().unwrap();
    assert_eq!(s[busy].name, "ann");
    let more = s.query::<User>().filter(User::received.count().gt(User::posts.count())).all().unwrap();
    assert_eq!(more, [busy]);
}

fn a_count_of_some_of_the_rows(lab: &Lab) {
    let db = lab.db();
    store(&db);
    assert_eq!(of_each(&db, || User::posts.filter(Post::views.gt(7)).count()), [2, 0, 0]);
    assert_eq!(of_each(&db, || User::groups.filter(Group::name.eq("one")).count()), [1, 1, 0]);
    assert_eq!(of_each(&db, || User::received.filter(Comment::body.ne("a")).count()), [2, 1, 0]);
    let busy = || User::posts.filter(Post::comments.count().ge(2));
    assert_eq!(of_each(&db, || busy().count()), [1, 0, 0]);
}

fn sum_mean_least_and_greatest(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let views = (
        User::posts.sum(Post::views),
        User::posts.avg(Post::views),
        User::posts.min(Post::title),
        User::posts.max(Post::views + 1),
    );
    type Row = (Option<i64>, Option<f64>, Option<String>, Option<i64>);
    let found: Vec<Row> = s.query::<User>().order_by(User::id).select(views).fetch().unwrap();
    let row = |sum, avg, min: &str, max| (Some(sum), Some(avg), Some(min.to_owned()), Some(max));
    assert_eq!(found, [row(30, 15.0, "1.1", 21), row(5, 5.0, "2.1", 6), (None, None, None, None)]);
}

fn whether_there_is_a_row(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let found: Vec<(bool, bool)> = s
        .query::<User>()
        .order_by(User::id)
        .select((User::posts.exists(), User::posts.filter(Post::editor.is_null()).exists()))
        .fetch()
        .unwrap();
    assert_eq!(found, [(true, true), (true, false), (false, false)]);
    let silent = s.query::<Post>().filter(!Post::comments.exists()).one().unwrap();
    assert_eq!(s[silent].title, "1.2");
}

fn a_count_back_to_the_same_model(lab: &Lab) {
    let db = lab.db();
    db.run(
        "INSERT INTO employees (id, manager_id, name) VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 1, 'c'), (4, 2, 'd')",
    );
    let mut s = db.session();
    let counts: Vec<(String, i64, Option<String>)> = s
        .query::<Employee>()
        .order_by(Employee::id)
        .select((Employee::name, Employee::reports.count(), Employee::reports.max(Employee::name)))
        .fetch()
        .unwrap();
    let row = |name: &str, count, last: Option<&str>| (name.to_owned(), count, last.map(str::to_owned));
    assert_eq!(
        counts,
        [row("a", 2, Some("c")), row("b", 1, Some("d")), row("c", 0, None), row("d", 0, None)]
    );
    let grand = Employee::reports.filter(Employee::reports.count().ge(1)).count();
    let of_the_head = s.query::<Employee>().filter(grand.ge(1)).one().unwrap();
    assert_eq!(s[of_the_head].name, "a");
}

#[derive(DeclarativeBase)]
struct Roads;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Roads, table = "towns", default)]
#[relation(next = many_through(Road::from, Road::to, order_by = Town::id))]
struct Town {
    #[column(primary_key)]
    id: Id<Town>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Roads, table = "roads", default)]
struct Road {
    #[column(primary_key)]
    id: Id<Road>,
    from: Id<Town>,
    to: Id<Town>,
}

fn what_is_linked_twice_counts_once(lab: &Lab) {
    let db = lab.db_of::<Roads>();
    let mut s = db.session();
    let towns = s.add_all((0..3).map(|_| Town::default()));
    for to in [1, 1, 2] {
        s.add(Road { from: towns[0].into(), to: towns[to].into(), ..Road::default() });
    }
    s.commit().unwrap();
    assert_eq!(s.related(towns[0], Town::next).unwrap().len(), 2);
    let counts: Vec<(i64,)> =
        s.query::<Town>().order_by(Town::id).select((Town::next.count(),)).fetch().unwrap();
    assert_eq!(counts, [(2,), (0,), (0,)]);
    db.sent();
}

fn a_count_sees_what_is_not_flushed_yet(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let cat = s.get_one::<User>(3).unwrap();
    s.add(Post::by(cat, "new"));
    let count: Vec<(i64,)> =
        s.query::<User>().filter(User::id.eq(cat)).select((User::posts.count(),)).fetch().unwrap();
    assert_eq!(count, [(1,)]);
}

fn a_limit_has_no_count(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let error = s.query::<User>().select((User::posts.limit(3).count(),)).fetch().unwrap_err();
    assert!(error.to_string().starts_with("`User::posts` with a `limit` has no count"), "{error}");
    assert!(db.sent().is_empty());
}

fn rows_with_counts_load_relations_too(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let found: Vec<(Handle<Post>, i64)> = s
        .query::<Post>()
        .with(Post::author)
        .order_by(Post::id)
        .select((entity::<Post>(), Post::comments.count()))
        .with(Post::editor.then(User::groups))
        .fetch()
        .unwrap();
    assert_eq!(db.sent().len(), 1 + 4, "posts, authors, the editor that is no author, groups");
    s.raiseload(true);
    for &(post, _) in &found {
        s.related(post, Post::author).unwrap();
        if let Some(editor) = s.related(post, Post::editor).unwrap() {
            s.related(editor, User::groups).unwrap();
        }
    }
    assert_eq!(found.iter().map(|found| found.1).collect::<Vec<_>>(), [3, 0, 1]);
    assert!(db.sent().is_empty());
}

fn entities_beside_values_load_relations_together(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let found = s
        .query::<User>()
        .left_join(User::posts)
        .order_by((User::id, Post::id))
        .select((User::name, entity::<Post>(), entity::<User>()))
        .fetch()
        .unwrap();
    db.sent();
    let mut seen = Vec::new();
    for (name, post, user) in found {
        let comments = post.map(|post| s.related(post, Post::comments).unwrap().len());
        seen.push((name, comments, s.related(user, User::groups).unwrap().len()));
    }
    let row = |name: &str, comments, groups| (name.to_owned(), comments, groups);
    assert_eq!(
        seen,
        [row("ann", Some(3), 2), row("ann", Some(0), 2), row("bob", Some(1), 1), row("cat", None, 0)]
    );
    assert_eq!(db.sent().len(), 2, "comments of all posts, groups of all users");
}

fn with_beside_values_is_refused_where_no_entity_is(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let error = s.query::<User>().with(User::posts).select((User::name,)).fetch().unwrap_err();
    assert!(error.is_misuse(), "{error}");
    assert!(error.to_string().ends_with("or select `entity::<User>()` too"), "{error}");
    let error = s
        .query::<User>()
        .join(User::posts)
        .select((entity::<Post>(),))
        .with(User::posts)
        .fetch()
        .unwrap_err();
    assert!(error.is_misuse(), "{error}");
    assert!(db.sent().is_empty());
}

fn a_page_loads_what_is_planned(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let page = s.query::<User>().order_by(User::id).with(User::posts).page(1, 2).unwrap();
    assert_eq!(db.sent().len(), 1 + 3, "how many there are, the rows, their posts");
    assert!(page.items.iter().all(|&user| s.loaded(user, User::posts)));
    let statement = select::<User>().order_by(User::id).with(User::groups);
    let page = statement.page(&mut s, 1, 2).unwrap();
    assert!(page.items.iter().all(|&user| s.loaded(user, User::groups)));
}
