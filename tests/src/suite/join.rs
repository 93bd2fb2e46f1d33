//! Joins, what comes out of them, and subqueries: the SQL, and the rows of SQL written by hand.

use orm_core::Select;
use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { join:
    a_foreign_key_is_a_join,
    a_relation_is_a_join_to_its_rows,
    a_left_join_makes_columns_optional,
    a_left_join_keeps_one_option,
    a_left_join_allows_is_null,
    a_left_join_over_a_link_is_one_row_without_partner,
    a_left_join_over_two_steps_is_one_row_without_partner,
    an_alias_joins_the_same_model_again,
    an_alias_of_an_alias_climbs_a_tree,
    a_join_on_a_condition,
    whole_models_beside_columns,
    whole_models_untracked_and_missing,
    any_and_all_on_every_kind_of_relation,
    any_on_a_relation_to_the_same_model,
    exists_speaks_of_the_outer_query,
    in_a_statement,
    a_scalar_subquery_is_a_column,
    arithmetic_on_both_sides,
    joined_queries_of_one_shape_are_one_statement,
}

/// Users ann, bob and cid; ann wrote two posts, bob one that ann edits; ann and bob are in groups.
pub(super) fn blog(lab: &Lab) -> Db<Blog> {
    let db = lab.db();
    db.run(
        "INSERT INTO users (id, name, email, bio, age) VALUES (1, 'ann', '1', 'a', 10), (2, 'bob', '2', NULL, 20), (3, 'cid', '3', 'c', 30);
         INSERT INTO posts VALUES (1, 1, NULL, 'rust', 5), (2, 1, 2, 'sql', 15), (3, 2, 1, 'rust and sql', 30);
         INSERT INTO comments VALUES (1, 1, 'good'), (2, 1, 'bad'), (3, 3, 'good');
         INSERT INTO groups VALUES (1, 'admins'), (2, 'guests'), (3, 'ghosts');
         INSERT INTO memberships VALUES (1, 1, 'boss'), (1, 2, 'guest'), (2, 2, 'guest');
         INSERT INTO employees VALUES (1, NULL, 'top'), (2, 1, 'mid'), (3, 2, 'low'), (4, 2, 'new')",
    );
    db
}

/// The only statement that was sent.
pub(super) fn sent(db: &Db<Blog>) -> String {
    let mut sent = db.sent();
    sent.retain(|sql| sql != "BEGIN");
    assert_eq!(sent.len(), 1, "{sent:?}");
    sent.remove(0)
}

pub(super) fn text(text: &str) -> String {
    text.to_owned()
}

fn a_foreign_key_is_a_join(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let posts = s
        .query::<Post>()
        .join(Post::author)
        .filter(User::name.eq("ann"))
        .filter(Post::views.gt(10).or(Post::editor.is_null()))
        .order_by((Post::views.desc(), Post::id))
        .all()
        .unwrap();
    assert_eq!(posts.iter().map(|post| s[*post].title.as_str()).collect::<Vec<_>>(), ["sql", "rust"]);
    assert_eq!(
        sent(&db),
        "SELECT posts.id, posts.author_id, posts.editor_id, posts.title, posts.views FROM posts JOIN users ON posts.author_id = users.id \
         WHERE users.name = ? AND (posts.views > ? OR posts.editor_id IS NULL) ORDER BY posts.views DESC, posts.id"
    );
}

fn a_relation_is_a_join_to_its_rows(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let by = |s: &mut Session<Blog>| {
        s.query::<User>()
            .join(User::posts)
            .order_by(Post::id)
            .select((User::name, Post::title))
            .fetch()
            .unwrap()
    };
    assert_eq!(
        by(&mut s),
        [(text("ann"), text("rust")), (text("ann"), text("sql")), (text("bob"), text("rust and sql"))]
    );
    assert_eq!(
        sent(&db),
        "SELECT users.name, posts.title FROM users JOIN posts ON posts.author_id = users.id ORDER BY posts.id"
    );
    let groups =
        s.query::<User>().join(User::groups).order_by((User::id, Group::id)).select((User::id, Group::name));
    let groups: Vec<(Id<User>, String)> = groups.fetch().unwrap();
    assert_eq!(
        groups,
        [(Id::Key(1), text("admins")), (Id::Key(1), text("guests")), (Id::Key(2), text("guests"))]
    );
    let received =
        s.query::<User>().join(User::received).order_by(Comment::id).select((User::name, Comment::body));
    assert_eq!(received.fetch().unwrap().len(), 3);
}

fn a_left_join_makes_columns_optional(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let rows: Vec<(String, Option<String>, Option<i64>)> = s
        .query::<User>()
        .left_join(User::posts)
        .order_by((User::id, Post::id))
        .select((User::name, Post::title, Post::views + 1))
        .fetch()
        .unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[3], (text("cid"), None, None));
    assert_eq!(rows[0], (text("ann"), Some(text("rust")), Some(6)));
}

fn a_left_join_keeps_one_option(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    #[allow(clippy::type_complexity)]
    let rows: Vec<(Option<Id<User>>, Option<Id<Post>>)> = s
        .query::<User>()
        .left_join(User::posts)
        .order_by(Post::id)
        .select((Post::editor, Post::id))
        .fetch()
        .unwrap();
    assert_eq!(rows[0], (None, None));
    assert_eq!(rows[2], (Some(Id::Key(2)), Some(Id::Key(2))));
}

fn a_left_join_allows_is_null(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let lazy =
        s.query::<User>().left_join(User::posts).filter(Post::title.is_null()).select(User::name).fetch();
    assert_eq!(lazy.unwrap(), ["cid"]);
    let busy = s.query::<User>().left_join(User::posts).filter(Post::id.is_not_null()).distinct().count();
    assert_eq!(busy.unwrap(), 2);
}

fn a_left_join_over_a_link_is_one_row_without_partner(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let rows: Vec<(String, Option<String>)> = s
        .query::<User>()
        .left_join(User::groups)
        .order_by((User::id, Group::id))
        .select((User::name, Group::name))
        .fetch()
        .unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[3], (text("cid"), None));
    assert_eq!(
        sent(&db),
        "SELECT users.name, groups.name FROM users LEFT JOIN (memberships JOIN groups ON memberships.group_id = groups.id) \
         ON memberships.user_id = users.id ORDER BY users.id, groups.id"
            .replace("groups", "\"groups\"")
    );
}

fn a_left_join_over_two_steps_is_one_row_without_partner(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    db.run("DELETE FROM comments WHERE post_id = 3");
    let rows: Vec<(String, Option<String>)> = s
        .query::<User>()
        .left_join(User::received)
        .order_by((User::id, Comment::id))
        .select((User::name, Comment::body))
        .fetch()
        .unwrap();
    let names: Vec<_> = rows.iter().map(|(name, body)| (name.as_str(), body.as_deref())).collect();
    assert_eq!(names, [("ann", Some("good")), ("ann", Some("bad")), ("bob", None), ("cid", None)]);
}

fn an_alias_joins_the_same_model_again(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let boss = alias!(Employee as boss);
    let rows: Vec<(String, Option<String>)> = s
        .query::<Employee>()
        .left_join(Employee::manager.alias(boss))
        .order_by(Employee::id)
        .select((Employee::name, boss.col(Employee::name)))
        .fetch()
        .unwrap();
    assert_eq!(rows[0], (text("top"), None));
    assert_eq!(rows[3], (text("new"), Some(text("mid"))));
    assert_eq!(
        sent(&db),
        "SELECT employees.name, boss.name FROM employees LEFT JOIN employees AS boss ON employees.manager_id = boss.id ORDER BY employees.id"
    );
    let editor = alias!(User as editor);
    let rows: Vec<(String, String)> = s
        .query::<Post>()
        .join(Post::author)
        .join(Post::editor.alias(editor))
        .order_by(Post::id)
        .select((User::name, editor.col(User::name)))
        .fetch()
        .unwrap();
    assert_eq!(rows, [(text("ann"), text("bob")), (text("bob"), text("ann"))]);
}

fn an_alias_of_an_alias_climbs_a_tree(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let (boss, head) = (alias!(Employee as boss), alias!(Employee as head));
    let rows: Vec<(String, String)> = s
        .query::<Employee>()
        .join(Employee::manager.alias(boss))
        .join(boss.col(Employee::manager).alias(head))
        .order_by(Employee::id)
        .select((Employee::name, head.col(Employee::name)))
        .fetch()
        .unwrap();
    assert_eq!(rows, [(text("low"), text("top")), (text("new"), text("top"))]);
}

fn a_join_on_a_condition(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let older = alias!(User as older);
    let pairs: Vec<(String, String)> = s
        .query::<User>()
        .join(older.on(older.col(User::age).gt(User::age)))
        .order_by((User::id, older.col(User::id)))
        .select((User::name, older.col(User::name)))
        .fetch()
        .unwrap();
    assert_eq!(pairs.len(), 3);
    assert_eq!(pairs[2], (text("bob"), text("cid")));
    let named = s.query::<User>().join(to::<Group>().on(Group::name.starts_with("g"))).count().unwrap();
    assert_eq!(named, 6);
}

fn whole_models_beside_columns(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    let rows: Vec<(Handle<User>, i64)> = s
        .query::<User>()
        .left_join(User::posts)
        .group_by(User::id)
        .order_by((count(Post::id).desc(), User::id))
        .select((entity::<User>(), count(Post::id)))
        .fetch()
        .unwrap();
    assert_eq!(rows[0], (ann, 2));
    assert_eq!(rows.iter().map(|(_, posts)| *posts).collect::<Vec<_>>(), [2, 1, 0]);
    let authors: Vec<(Handle<Post>, Handle<User>)> = s
        .query::<Post>()
        .join(Post::author)
        .order_by(Post::id)
        .select((entity::<Post>(), entity::<User>()))
        .fetch()
        .unwrap();
    assert_eq!((authors[0].1, authors[1].1), (ann, ann));
    assert_eq!(s[authors[2].0].title, "rust and sql");
}

fn whole_models_untracked_and_missing(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let rows: Vec<(User, Option<Post>)> = s
        .query::<User>()
        .untracked()
        .left_join(User::posts)
        .order_by((User::id, Post::id))
        .select((entity::<User>(), entity::<Post>()))
        .fetch()
        .unwrap();
    assert_eq!((rows[0].0.name.as_str(), rows[0].1.as_ref().unwrap().title.as_str()), ("ann", "rust"));
    assert!(rows[3].1.is_none());
}

fn any_and_all_on_every_kind_of_relation(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let mut names =
        |found: Select<User>| found.order_by(User::id).select(User::name).fetch(&mut s).unwrap().concat();
    assert_eq!(names(select().filter(User::posts.any(Post::title.contains("rust")))), "annbob");
    assert_eq!(names(select().filter(User::posts.any(Post::views.gt(20)))), "bob");
    assert_eq!(names(select().filter(User::posts.all(Post::views.gt(20)))), "bobcid");
    assert_eq!(names(select().filter(User::posts.all(Post::editor.eq(1)))), "bobcid");
    assert_eq!(names(select().filter(User::groups.any(Group::name.eq("admins")))), "ann");
    assert_eq!(names(select().filter(User::groups.all(Group::name.eq("guests")))), "bobcid");
    assert_eq!(names(select().filter(User::received.any(Comment::body.eq("good")))), "annbob");
    assert_eq!(names(select().filter(User::posts.any(Post::comments.any(Comment::body.eq("bad"))))), "ann");
    let posts = s.query::<Post>().filter(Post::author.has(User::name.eq("bob"))).select(Post::title).fetch();
    assert_eq!(posts.unwrap(), ["rust and sql"]);
}

fn any_on_a_relation_to_the_same_model(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let heads = s.query::<Employee>().filter(Employee::reports.any(Employee::name.eq("low")));
    assert_eq!(heads.select(Employee::name).fetch().unwrap(), ["mid"]);
    assert_eq!(
        sent(&db),
        "SELECT name FROM employees WHERE EXISTS (SELECT 1 FROM employees AS employees_1 \
         WHERE employees_1.manager_id = employees.id AND employees_1.name = ?)"
    );
    let above = Employee::reports.any(Employee::reports.any(Employee::name.eq("low")));
    assert_eq!(s.query::<Employee>().filter(above).select(Employee::name).fetch().unwrap(), ["top"]);
    let under = Employee::manager.has(Employee::manager.has(Employee::name.eq("top")));
    assert_eq!(
        s.query::<Employee>().filter(under).order_by(Employee::id).select(Employee::name).fetch().unwrap(),
        ["low", "new"]
    );
}

fn exists_speaks_of_the_outer_query(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let posts = select::<Post>()
        .correlate::<User>()
        .filter(Post::author.eq(User::id))
        .filter(Post::title.ne(User::name));
    let found = s.query::<User>().filter(exists(posts)).select(User::name).fetch().unwrap();
    assert_eq!(found, ["ann", "bob"]);
    assert_eq!(
        sent(&db),
        "SELECT name FROM users WHERE EXISTS (SELECT 1 FROM posts WHERE posts.author_id = users.id AND posts.title <> users.name)"
    );
    let peer = alias!(User as peer);
    let elder = peer.select().correlate::<User>().filter(peer.col(User::age).gt(User::age));
    assert_eq!(s.query::<User>().filter(!exists(elder)).select(User::name).fetch().unwrap(), ["cid"]);
}

fn in_a_statement(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let writers = select::<Post>().filter(Post::views.gt(10)).select(Post::author);
    let found = s
        .query::<User>()
        .filter(User::id.in_(writers))
        .order_by(User::id)
        .select(User::name)
        .fetch()
        .unwrap();
    assert_eq!(found, ["ann", "bob"]);
    assert_eq!(
        sent(&db),
        "SELECT name FROM users WHERE id IN (SELECT posts.author_id FROM posts WHERE posts.views > ?) ORDER BY id"
    );
    let nobody = select::<Post>().filter(Post::views.gt(99)).select(Post::author);
    assert_eq!(s.query::<User>().filter(!User::id.in_(nobody)).count().unwrap(), 3);
}

fn a_scalar_subquery_is_a_column(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let best = || {
        select::<Post>()
            .correlate::<User>()
            .filter(Post::author.eq(User::id))
            .select(max(Post::views))
            .scalar()
    };
    let rows: Vec<(String, Option<i64>)> =
        s.query::<User>().order_by(User::id).select((User::name, best())).fetch().unwrap();
    assert_eq!(rows, [(text("ann"), Some(15)), (text("bob"), Some(30)), (text("cid"), None)]);
    assert_eq!(s.query::<User>().filter(best().gt(20)).select(User::name).fetch().unwrap(), ["bob"]);
}

fn arithmetic_on_both_sides(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let row = s.query::<Post>().filter(Post::id.eq(2));
    let row: (i64, i64, i64, i64) = row
        .select((
            Post::views * 2 + 1,
            1 + Post::views * (Post::views - 1),
            Post::views / 2,
            100 - Post::views,
        ))
        .one()
        .unwrap();
    assert_eq!(row, (31, 211, 7, 85));
    assert_eq!(
        sent(&db),
        "SELECT ((views * ?) + ?), (? + (views * (views - ?))), (views / ?), (? - views) FROM posts WHERE id = ? LIMIT 2"
    );
    assert_eq!(
        s.query::<Post>().filter((Post::views + 10).eq(Post::views * 2 - 5)).select(Post::id).one().unwrap(),
        Id::Key(2)
    );
}

fn joined_queries_of_one_shape_are_one_statement(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    for number in 0..10 {
        let boss = alias!(Employee as boss);
        let query = s
            .query::<Employee>()
            .left_join(Employee::manager.alias(boss))
            .filter(boss.col(Employee::id).gt(number));
        query.filter(Employee::reports.any(Employee::id.gt(number))).all().unwrap();
    }
    let mut ids: Vec<_> = db.probe.take_steps().into_iter().filter_map(|step| step.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
}
