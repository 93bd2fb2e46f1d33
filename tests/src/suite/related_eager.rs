//! Relations that a query loads with its rows, and loads that were not planned.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { related_eager:
    with_before_untracked_is_misuse_before_sql,
    s72_each_relation_is_one_more_statement,
    s72_every_kind_of_relation_and_any_depth,
    s75_what_is_known_already_is_not_loaded_again,
    s74_eager_loads_go_in_chunks,
    a_statement_without_a_session_has_a_plan_too,
    a_tree_is_one_statement_with_its_query,
    rows_of_a_tree_keep_the_order_of_their_query,
    a_condition_holds_on_every_level_of_a_tree,
    a_tree_below_other_rows_is_one_statement_more,
    a_tree_up_is_one_statement_with_its_query,
    a_tree_that_is_a_circle_ends,
    up_a_tree_all_that_is_held_needs_no_statement,
    s77_a_session_in_raise_mode_names_what_is_missing,
    s77_a_query_in_raise_mode_names_what_is_missing,
    s77_one_relation_of_a_query_raises,
    a_raise_is_only_about_loads,
    what_was_not_queried_for_is_told_so,
    the_first_comments_of_each_post_are_one_statement,
    s76_a_refined_relation_is_a_relation_of_its_own,
    refinements_differ_by_their_values,
}

/// Three users with two posts each, edited by the next user, and a comment on each post.
fn store(db: &Db<Blog>) {
    db.store_users(&["ann", "bob", "cat"]);
    db.run(
        "INSERT INTO posts (id, author_id, editor_id, title, views) VALUES
             (1, 1, 2, '1.1', 0), (2, 1, NULL, '1.2', 0), (3, 2, 3, '2.1', 0), (4, 2, 3, '2.2', 0), (5, 3, 1, '3.1', 0);
         INSERT INTO comments (post_id, body) SELECT id, 'on ' || title FROM posts;
         INSERT INTO groups (id, name) VALUES (1, 'one'), (2, 'two');
         INSERT INTO memberships (user_id, group_id, role) VALUES (1, 1, ''), (1, 2, ''), (3, 1, '')",
    );
}

fn s72_each_relation_is_one_more_statement(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let users = s.query::<User>().order_by(User::id).with(User::posts).with(User::groups).all().unwrap();
    assert_eq!(db.sent().len(), 1 + 3);
    let posts: Vec<usize> = users.iter().map(|&user| s.related(user, User::posts).unwrap().len()).collect();
    let groups: Vec<usize> = users.iter().map(|&user| s.related(user, User::groups).unwrap().len()).collect();
    assert_eq!((posts, groups), (vec![2, 2, 1], vec![2, 0, 1]));
    assert!(db.sent().is_empty());
}

fn s72_every_kind_of_relation_and_any_depth(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let plan = Post::comments.then(Comment::post.then(Post::author.then(User::received)));
    let groups = s
        .query::<Group>()
        .with(Group::members.then(User::posts.then(Post::editor).then(plan)))
        .all()
        .unwrap();
    // Groups; members; posts; editors; comments; nothing for posts and authors, which are held; what authors received.
    assert_eq!(db.sent().len(), 1 + 1 + 1 + 1 + 1 + 1 + 1);
    s.raiseload(true);
    for group in groups {
        for user in s.related(group, Group::members).unwrap() {
            for post in s.related(user, User::posts).unwrap() {
                s.related(post, Post::editor).unwrap();
                for comment in s.related(post, Post::comments).unwrap() {
                    let author = s.related(comment, Comment::post).unwrap();
                    assert_eq!(s.related(author, Post::author).unwrap(), user);
                    assert!(!s.related(user, User::received).unwrap().is_empty());
                }
            }
        }
    }
    assert!(db.sent().is_empty());
}

fn s75_what_is_known_already_is_not_loaded_again(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    s.related(ann, User::posts).unwrap();
    db.sent();
    s.query::<User>().with(User::posts).all().unwrap();
    assert_eq!(
        db.sent(),
        [
            "SELECT id, name, email, bio, age FROM users",
            "SELECT id, author_id, editor_id, title, views FROM posts WHERE author_id IN (?, ?) ORDER BY id"
        ]
    );
    s.query::<User>().with(User::posts).all().unwrap();
    assert_eq!(db.sent().len(), 1);
    s.query::<Post>().with(Post::author).with(Post::editor).all().unwrap();
    assert_eq!(db.sent().len(), 1);
}

fn s74_eager_loads_go_in_chunks(lab: &Lab) {
    let db = lab.db();
    db.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1201)
         INSERT INTO users (id, name, email, age) SELECT i, 'u', 'e' || i, 18 FROM n;
         INSERT INTO posts (author_id, title, views) SELECT id, 'of ' || id, 0 FROM users;
         INSERT INTO comments (post_id, body) SELECT id, title FROM posts",
    );
    let mut s = db.session();
    let users = s.query::<User>().with(User::posts).all().unwrap();
    assert_eq!(db.sent().len(), 1 + 1 + 3);
    let mut bodies = 0;
    for user in users {
        for post in s.related(user, User::posts).unwrap() {
            bodies += s.related(post, Post::comments).unwrap().len();
        }
    }
    assert_eq!((bodies, db.sent().len()), (1201, 3), "entities of one `with` load together");
}

fn a_statement_without_a_session_has_a_plan_too(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let statement = select::<User>().with(User::posts).filter(User::name.eq("ann"));
    let mut s = db.session();
    let ann = statement.one(&mut s).unwrap();
    assert!(s.loaded(ann, User::posts));
    let joined =
        s.query::<User>().join(User::posts).with(User::posts).filter(Post::title.eq("2.1")).one().unwrap();
    assert!(s.loaded(joined, User::posts));
}

fn a_tree_is_one_statement_with_its_query(lab: &Lab) {
    let db = lab.db();
    store_tree(&db);
    let mut s = db.session();
    let head = s
        .query::<Employee>()
        .filter(Employee::manager.is_null())
        .with(Employee::reports.recursive(2))
        .one()
        .unwrap();
    assert_eq!(
        db.sent()[1..],
        [
            "WITH RECURSIVE orm_tree AS (SELECT orm_key, orm_depth, orm_row FROM (SELECT id AS orm_key, 0 AS orm_depth, \
             ROW_NUMBER() OVER () AS orm_row FROM employees WHERE manager_id IS NULL LIMIT 2) AS orm_top UNION SELECT id, \
             orm_depth + 1, 0 FROM orm_tree JOIN employees ON manager_id = orm_key WHERE orm_depth < 2) SELECT id, manager_id, \
             name, orm_first, orm_last, orm_depth FROM (SELECT orm_key, MIN(orm_row) AS orm_first, MAX(orm_row) AS orm_last, \
             MIN(orm_depth) AS orm_depth FROM orm_tree GROUP BY orm_key) AS orm_found JOIN employees ON id = orm_key ORDER BY id"
        ]
    );
    let level = s.related(head, Employee::reports).unwrap();
    let next = s.related(level[0], Employee::reports).unwrap();
    assert_eq!((names(&s, &level), names(&s, &next)), (vec!["b", "c"], vec!["d"]));
    assert!(s.loaded(level[1], Employee::reports) && !s.loaded(next[0], Employee::reports));
    assert!(db.sent().is_empty());
    s.query::<Employee>()
        .filter(Employee::id.eq(1))
        .with(Employee::reports.recursive(usize::MAX))
        .all()
        .unwrap();
    assert_eq!(db.sent().len(), 1);
    assert!(s.loaded(next[0], Employee::reports));
}

/// a over b and c, b over d, d over e.
fn store_tree(db: &Db<Blog>) {
    db.run(
        "INSERT INTO employees (id, manager_id, name) VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 1, 'c'), (4, 2, 'd'), (5, 4, 'e')",
    );
}

fn names<'s>(s: &'s Session<Blog>, employees: &[Handle<Employee>]) -> Vec<&'s str> {
    employees.iter().map(|&employee| s[employee].name.as_str()).collect()
}

fn rows_of_a_tree_keep_the_order_of_their_query(lab: &Lab) {
    let db = lab.db();
    store_tree(&db);
    let mut s = db.session();
    let query = s.query::<Employee>().order_by(Employee::name.desc()).limit(4).offset(1);
    let all = query.with(Employee::reports.order_by(Employee::id.desc()).recursive(9)).all().unwrap();
    assert_eq!(names(&s, &all), ["d", "c", "b", "a"], "some of them stand below others, too");
    assert_eq!(db.sent().len(), 2);
    let reports = |s: &mut Session<Blog>, at: usize| {
        let below = s.related(all[at], Employee::reports.order_by(Employee::id.desc())).unwrap();
        names(s, &below).join("")
    };
    assert_eq!([0, 1, 2, 3].map(|at| reports(&mut s, at)), ["e", "", "d", "cb"]);
    assert!(db.sent().is_empty());
}

fn a_condition_holds_on_every_level_of_a_tree(lab: &Lab) {
    let db = lab.db();
    store_tree(&db);
    let mut s = db.session();
    let plan = || Employee::reports.filter(Employee::name.ne("b"));
    let all = s.query::<Employee>().order_by(Employee::id).with(plan().recursive(9)).all().unwrap();
    db.sent();
    assert_eq!(s.related(all[0], plan()).unwrap(), [all[2]], "a row of the query is left out as well");
    assert_eq!(s.related(all[1], plan()).unwrap(), [all[3]]);
    assert!(db.sent().is_empty());
}

fn a_tree_below_other_rows_is_one_statement_more(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    db.run(
        "INSERT INTO countries (code, parent_id, name) VALUES ('eu', NULL, 'E'), ('de', 'eu', 'D'), ('by', 'de', 'B'), ('la', 'by', 'L')",
    );
    let mut s = db.session();
    let plan = Country::parent.then(Country::parts.recursive(usize::MAX));
    let by = s.query::<Country>().filter(Country::code.eq("de")).with(plan).one().unwrap();
    assert_eq!(db.sent().len(), 1 + 1 + 1 + 1);
    assert_eq!(s.statistics().eager(Country::parts), 1);
    let mut next = s.related(by, Country::parent).unwrap();
    let mut codes = Vec::new();
    while let Some(country) = next {
        codes.push(s[country].code.clone());
        next = s.related(country, Country::parts).unwrap().first().copied();
    }
    assert_eq!(codes, ["eu", "de", "by", "la"]);
    assert!(db.sent().is_empty());
}

fn a_tree_up_is_one_statement_with_its_query(lab: &Lab) {
    let db = lab.db();
    store_tree(&db);
    let mut s = db.session();
    let query = || select::<Employee>().filter(Employee::name.eq("e"));
    let e = query().with(Employee::manager.recursive(2)).one(&mut s).unwrap();
    assert_eq!(db.sent().len(), 2);
    let d = s.related(e, Employee::manager).unwrap().unwrap();
    let b = s.related(d, Employee::manager).unwrap().unwrap();
    assert!(db.sent().is_empty() && !s.loaded(b, Employee::manager));
    query().with(Employee::manager.recursive(usize::MAX)).one(&mut s).unwrap();
    assert_eq!(db.sent().len(), 1);
    let a = s.related(b, Employee::manager).unwrap().unwrap();
    assert_eq!((s[a].name.as_str(), db.sent().len()), ("a", 0));
}

fn a_tree_that_is_a_circle_ends(lab: &Lab) {
    let db = lab.db();
    db.run("PRAGMA foreign_keys = OFF; INSERT INTO employees (id, manager_id, name) VALUES (1, 2, 'a'), (2, 1, 'b'); PRAGMA foreign_keys = ON");
    let mut s = db.session();
    let all = s
        .query::<Employee>()
        .filter(Employee::id.eq(1))
        .with(Employee::reports.recursive(usize::MAX))
        .all()
        .unwrap();
    let b = s.related(all[0], Employee::reports).unwrap()[0];
    assert_eq!(s.related(b, Employee::reports).unwrap(), all);
    let plan = Employee::manager.recursive(usize::MAX);
    s.query::<Employee>().filter(Employee::id.eq(1)).with(plan).all().unwrap();
}

fn up_a_tree_all_that_is_held_needs_no_statement(lab: &Lab) {
    let db = lab.db();
    db.run("INSERT INTO employees (id, manager_id, name) VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 2, 'c')");
    let mut s = db.session();
    let all =
        s.query::<Employee>().order_by(Employee::id).with(Employee::manager.recursive(9)).all().unwrap();
    assert_eq!(db.sent().len(), 1 + 1);
    assert_eq!(s.related(all[2], Employee::manager).unwrap(), Some(all[1]));
}

fn s77_a_session_in_raise_mode_names_what_is_missing(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.maker().raiseload(true).session();
    let users = s.query::<User>().with(User::posts).order_by(User::id).all().unwrap();
    let posts = s.related(users[0], User::posts).unwrap();
    db.sent();
    let error = s.related(posts[0], Post::comments).unwrap_err();
    assert!(error.is_misuse());
    assert_eq!(
        error.to_string(),
        "`Post::comments` of Post#0 is not loaded, and this session raises instead of loading it: it came from a query of \
         `User`, to which `.with(User::posts.then(Post::comments))` is to be added"
    );
    let error = s.related(users[0], User::groups).unwrap_err();
    assert!(error.to_string().ends_with("`.with(User::groups)` is to be added"), "{error}");
    assert!(db.sent().is_empty());
    s.raiseload(false);
    assert_eq!(s.related(posts[0], Post::comments).unwrap().len(), 1);
}

fn s77_a_query_in_raise_mode_names_what_is_missing(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let ann = s.query::<User>().filter(User::id.eq(1)).with(User::posts).raiseload().one().unwrap();
    let post = s.related(ann, User::posts).unwrap()[0];
    let error = s.related(post, Post::comments).unwrap_err();
    assert!(error.to_string().contains("the query that it came from raises"), "{error}");
    assert!(s.related(ann, User::groups).is_err());
    let again = s.query::<User>().order_by(User::id).all().unwrap();
    assert_eq!(s.related(again[0], User::groups).unwrap().len(), 2, "the query that returned it last says");
}

fn s77_one_relation_of_a_query_raises(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let users = s.query::<User>().raiseload_on(User::groups).raiseload_on(Post::editor).all().unwrap();
    let posts = s.related(users[0], User::posts).unwrap();
    assert!(s.related(users[0], User::groups).is_err());
    assert_eq!(
        s.related(posts[0], Post::editor).unwrap(),
        Some(users[1]),
        "it is held, so there is nothing to load"
    );
}

fn a_raise_is_only_about_loads(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.maker().raiseload(true).session();
    let ann = s.get_one::<User>(1).unwrap();
    let post = s.add(Post::by(ann, "new"));
    assert_eq!(s.related(post, Post::author).unwrap(), ann);
    assert_eq!(s.related(post, Post::comments).unwrap(), Vec::new());
    assert_eq!(s.related_all(&[ann], User::groups).unwrap()[0].len(), 2);
    assert_eq!(s.related(ann, User::groups).unwrap().len(), 2);
}

fn what_was_not_queried_for_is_told_so(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.maker().raiseload(true).session();
    let ann = s.get_one::<User>(1).unwrap();
    let error = s.related(ann, User::posts).unwrap_err();
    assert!(error.to_string().ends_with("load it by `related_all(&[..], User::posts)`"), "{error}");
}

fn the_first_comments_of_each_post_are_one_statement(lab: &Lab) {
    let db = lab.db();
    store(&db);
    db.run("INSERT INTO comments (post_id, body) SELECT p.id, 'more ' || n.value FROM posts AS p, json_each('[1,2,3]') AS n");
    let mut s = db.session();
    let last = || Post::comments.order_by(Comment::id.desc()).limit(2);
    let posts = s.query::<Post>().order_by(Post::id).with(last().then(Comment::post)).all().unwrap();
    assert_eq!(
        db.sent()[2],
        "SELECT id, post_id, body FROM (SELECT id, post_id, body, ROW_NUMBER() OVER (PARTITION BY post_id ORDER BY id DESC) \
         AS orm_row FROM comments WHERE post_id IN (?, ?, ?, ?, ?, ?, ?, ?)) AS comments WHERE orm_row <= 2 ORDER BY orm_row"
    );
    for post in posts {
        let comments = s.related(post, last()).unwrap();
        let bodies: Vec<&str> = comments.iter().map(|&comment| s[comment].body.as_str()).collect();
        assert_eq!(bodies, ["more 3", "more 2"]);
    }
    assert!(db.sent().is_empty());
}

fn s76_a_refined_relation_is_a_relation_of_its_own(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let users = s.query::<User>().order_by(User::id).all().unwrap();
    let second = s.related(users[0], User::posts.filter(Post::title.ends_with(".2"))).unwrap();
    assert_eq!(second.len(), 1);
    assert!(!s.loaded(users[0], User::posts));
    assert_eq!(s.related(users[0], User::posts).unwrap().len(), 2);
    s[second[0]].author = users[1].into();
    assert!(s.related(users[0], User::posts.filter(Post::title.ends_with(".2"))).unwrap().is_empty());
}

fn refinements_differ_by_their_values(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    let titled = |title: &str| User::posts.filter(Post::title.eq(title));
    assert_eq!(s.related(ann, titled("1.1")).unwrap().len(), 1);
    assert_eq!(s.related(ann, titled("1.2")).unwrap().len(), 1);
    assert!(s.related(ann, titled("2.1")).unwrap().is_empty());
    s.commit().unwrap();
    assert!(s.related(ann, titled("2.1")).unwrap().is_empty());
    assert_eq!(s.related(ann, titled("1.1")).unwrap().len(), 1);
}

fn with_before_untracked_is_misuse_before_sql(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let error = s.query::<User>().with(User::posts).untracked().all().unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("`with` loads relations of entities"), "{error}");
    assert!(db.sent().is_empty());
}
