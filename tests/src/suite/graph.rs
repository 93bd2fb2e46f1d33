//! Untracked graphs: rows that no session knows, with what their relations lead to nested in them.

use orm_core::Loaded;
use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { graph:
    rows_hold_rows_in_as_many_statements_as_relations,
    nothing_of_a_graph_enters_the_session,
    every_kind_of_relation_is_nested,
    a_graph_is_what_entities_lead_to,
    rows_are_grouped_whatever_order_they_come_in,
    a_row_that_many_name_is_loaded_once,
    conditions_orders_and_limits_hold_for_each_parent,
    branches_of_one_relation_are_one,
    one_relation_refined_in_two_ways_is_misuse_before_sql,
    what_was_not_loaded_is_told_so,
    a_foreign_key_without_its_row_is_not_found,
    keys_of_text_lead_to_rows_too,
    a_tree_holds_itself,
    a_row_stands_in_a_tree_wherever_it_belongs,
    a_circle_ends_at_its_depth,
    many_parents_are_asked_for_in_chunks,
    a_link_that_is_there_twice_leads_to_one_row,
    without_rows_nothing_more_is_asked,
    ends_and_statements_have_graphs_too,
    a_graph_is_printed_and_cloned,
}

/// Three users with posts that come in turns, a comment on some, and two groups.
fn store(db: &Db<Blog>) {
    db.store_users(&["ann", "bob", "cat"]);
    db.run(
        "INSERT INTO posts (id, author_id, editor_id, title, views) VALUES
             (1, 2, 1, '2.1', 5), (2, 1, NULL, '1.1', 0), (3, 2, 3, '2.2', 7), (4, 1, 3, '1.2', 0), (5, 2, 1, '2.3', 9);
         INSERT INTO comments (id, post_id, body) VALUES (1, 3, 'a'), (2, 1, 'b'), (3, 3, 'c'), (4, 2, 'd');
         INSERT INTO groups (id, name) VALUES (1, 'one'), (2, 'two');
         INSERT INTO memberships (user_id, group_id, role) VALUES (3, 1, ''), (1, 2, ''), (1, 1, '')",
    );
}

/// The rows that were asked for since this was asked last.
fn selects<B: DeclarativeBase>(db: &Db<B>) -> Vec<String> {
    let mut sent = db.sent();
    sent.retain(|sql| sql != "BEGIN");
    sent
}

fn titles(posts: &[Loaded<Post>]) -> Vec<&str> {
    posts.iter().map(|post| post.title.as_str()).collect()
}

fn rows_hold_rows_in_as_many_statements_as_relations(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let users: Vec<Loaded<User>> = s
        .query::<User>()
        .order_by(User::id)
        .untracked()
        .with(User::posts.then(Post::comments))
        .all()
        .unwrap();
    assert_eq!(
        selects(&db),
        [
            "SELECT id, name, email, bio, age FROM users ORDER BY id",
            "SELECT id, author_id, editor_id, title, views FROM posts WHERE author_id IN (?, ?, ?, ?) ORDER BY id",
            "SELECT id, post_id, body FROM comments WHERE post_id IN (?, ?, ?, ?, ?, ?, ?, ?) ORDER BY id"
        ]
    );
    assert_eq!(users[1].name, "bob");
    let posts = users[1].related(User::posts).unwrap();
    assert_eq!(titles(posts), ["2.1", "2.2", "2.3"]);
    let bodies = |post: &Loaded<Post>| -> Vec<String> {
        post.related(Post::comments).unwrap().iter().map(|comment| comment.body.clone()).collect()
    };
    assert_eq!(posts.iter().map(bodies).collect::<Vec<_>>(), [vec!["b"], vec!["a", "c"], vec![]]);
    assert!(users[2].related(User::posts).unwrap().is_empty());
}

fn nothing_of_a_graph_enters_the_session(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let users = s.query::<User>().order_by(User::id).untracked().with(User::posts).all().unwrap();
    selects(&db);
    s.get_one::<User>(1).unwrap();
    s.get_one::<Post>(1).unwrap();
    assert_eq!(selects(&db).len(), 2, "neither was known");
    let user: User = users.into_iter().next().unwrap().into_inner();
    assert_eq!(user.name, "ann");
}

fn every_kind_of_relation_is_nested(lab: &Lab) {
    let db = lab.db();
    store(&db);
    db.run("INSERT INTO persons (id, name) VALUES (1, 'p'); INSERT INTO balls (id, owner_id, colour) VALUES (1, 1, 'red'), (2, 1, 'blue'); UPDATE persons SET favourite_id = 2");
    let mut s = db.session();
    let posts = s
        .query::<Post>()
        .order_by(Post::id)
        .untracked()
        .with(Post::author.then(User::groups).then(User::received))
        .with(Post::editor)
        .all()
        .unwrap();
    assert_eq!(selects(&db).len(), 1 + 1 + 2 + 1);
    let author: &Loaded<User> = posts[1].related(Post::author).unwrap();
    assert_eq!(author.name, "ann");
    let groups = author.related(User::groups).unwrap();
    assert_eq!(groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(author.related(User::received).unwrap()[0].body, "d");
    let editor: Option<&Loaded<User>> = posts[1].related(Post::editor).unwrap();
    assert!(editor.is_none());
    assert_eq!(posts[2].related(Post::editor).unwrap().unwrap().name, "cat");
    let balls = s.query::<Ball>().order_by(Ball::id).untracked().with(Ball::fan).all().unwrap();
    assert!(balls[0].related(Ball::fan).unwrap().is_none());
    assert_eq!(balls[1].related(Ball::fan).unwrap().unwrap().name, "p");
}

/// Both ways of loading are compared on every kind of relation, over rows that a generator of numbers makes.
fn a_graph_is_what_entities_lead_to(lab: &Lab) {
    let db = lab.db();
    db.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
         INSERT INTO users (id, name, email, age) SELECT i * 3, 'u', 'e' || i, 18 FROM n WHERE i <= 50;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
         INSERT INTO posts (id, author_id, editor_id, title, views)
             SELECT i, (i * 7919 % 50 + 1) * 3, CASE WHEN i % 4 THEN (i * 104729 % 50 + 1) * 3 END, 't' || i, i % 9 FROM n;
         INSERT INTO comments (id, post_id, body) SELECT id, (id * 15485863 % 300) + 1, 'c' || id FROM posts;
         INSERT INTO groups (id, name) SELECT id, 'g' FROM posts WHERE id <= 10;
         INSERT INTO memberships (user_id, group_id, role)
             SELECT u.id, g.id, '' FROM users AS u, groups AS g WHERE (u.id * 31 + g.id * 17) % 3 = 0",
    );
    let mut s = db.session();
    let query = || select::<User>().order_by(User::id.desc());
    let graph = query()
        .untracked()
        .with(User::groups.then(Group::members))
        .with(User::edited.then(Post::author))
        .with(User::received.then(Comment::post))
        .all(&mut s)
        .unwrap();
    let entities = query().all(&mut s).unwrap();
    assert_eq!((graph.len(), entities.len()), (50, 50));
    for (row, user) in graph.iter().zip(entities) {
        assert_eq!(**row, s[user]);
        let groups = s.related(user, User::groups).unwrap();
        let nested = row.related(User::groups).unwrap();
        assert!(nested.iter().map(|group| &group.name).eq(groups.iter().map(|&group| &s[group].name)));
        for (row, group) in nested.iter().zip(groups) {
            let members = s.related(group, Group::members).unwrap();
            let nested = row.related(Group::members).unwrap();
            assert!(nested.iter().map(|user| &**user).eq(members.iter().map(|&user| &s[user])));
        }
        let edited = s.related(user, User::edited).unwrap();
        let nested = row.related(User::edited).unwrap();
        assert!(nested.iter().map(|post| &**post).eq(edited.iter().map(|&post| &s[post])));
        for (row, post) in nested.iter().zip(edited) {
            let author = s.related(post, Post::author).unwrap();
            assert_eq!(**row.related(Post::author).unwrap(), s[author]);
        }
        let received = s.related(user, User::received).unwrap();
        let nested = row.related(User::received).unwrap();
        assert!(nested.iter().map(|comment| &**comment).eq(received.iter().map(|&comment| &s[comment])));
        for (row, comment) in nested.iter().zip(received) {
            let post = s.related(comment, Comment::post).unwrap();
            assert_eq!(**row.related(Comment::post).unwrap(), s[post]);
        }
    }
}

fn rows_are_grouped_whatever_order_they_come_in(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let downwards = User::posts.order_by(Post::views.desc()).order_by(Post::title);
    let users = s
        .query::<User>()
        .order_by(User::name.desc())
        .untracked()
        .with(downwards.then(Post::comments.then(Comment::post)))
        .all()
        .unwrap();
    let all: Vec<_> = users.iter().map(|user| titles(user.related(User::posts).unwrap())).collect();
    assert_eq!(all, [vec![], vec!["2.3", "2.2", "2.1"], vec!["1.1", "1.2"]]);
    for post in users.iter().flat_map(|user| user.related(User::posts).unwrap()) {
        for comment in post.related(Post::comments).unwrap() {
            assert_eq!(**comment.related(Comment::post).unwrap(), **post);
        }
    }
}

fn a_row_that_many_name_is_loaded_once(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let posts = s.query::<Post>().order_by(Post::id).untracked().with(Post::author).all().unwrap();
    assert_eq!(
        selects(&db)[1],
        "SELECT id, name, email, bio, age FROM users WHERE id IN (?, ?)",
        "two authors of five posts"
    );
    let author = |index: usize| posts[index].related(Post::author).unwrap();
    assert!(std::ptr::eq(author(0), author(2)), "posts of one author share its row");
}

fn conditions_orders_and_limits_hold_for_each_parent(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let last = User::posts.filter(Post::views.lt(9)).order_by(Post::id.desc()).limit(1);
    let users = s.query::<User>().order_by(User::id).untracked().with(last.clone()).all().unwrap();
    assert_eq!(selects(&db).len(), 2);
    assert_eq!(titles(users[0].related(User::posts).unwrap()), ["1.2"]);
    assert_eq!(titles(users[1].related(last).unwrap()), ["2.2"], "by the refined relation too");
}

fn branches_of_one_relation_are_one(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let users = s
        .query::<User>()
        .order_by(User::id)
        .untracked()
        .with(User::posts.then(Post::comments))
        .with(User::posts.then(Post::editor))
        .all()
        .unwrap();
    assert_eq!(selects(&db).len(), 4);
    let post = &users[1].related(User::posts).unwrap()[0];
    assert!(post.is_loaded(Post::comments) && post.is_loaded(Post::editor) && !post.is_loaded(Post::author));
}

fn one_relation_refined_in_two_ways_is_misuse_before_sql(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let query = s.query::<User>().untracked().with(User::posts).with(User::posts.limit(1));
    let error = query.all().unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("`User::posts` is loaded twice"), "{error}");
    assert!(db.sent().is_empty());
}

fn what_was_not_loaded_is_told_so(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let users = s.query::<User>().order_by(User::id).untracked().with(User::posts).all().unwrap();
    let error = users[0].related(User::groups).unwrap_err();
    assert!(error.is_misuse());
    assert_eq!(
        error.to_string(),
        "`User::groups` was not loaded with this `User`, which no session knows: add `.with(User::groups)` to a query of \
         `User`, or `.then(User::groups)` to the relation that led here"
    );
    let post = &users[0].related(User::posts).unwrap()[0];
    assert!(post.related(Post::author).is_err() && !post.is_loaded(Post::author));
}

fn a_foreign_key_without_its_row_is_not_found(lab: &Lab) {
    let db = lab.db();
    store(&db);
    db.run("PRAGMA foreign_keys = OFF; UPDATE posts SET author_id = 77, editor_id = 78 WHERE id = 1; PRAGMA foreign_keys = ON");
    let mut s = db.session();
    let query = s.query::<Post>().order_by(Post::id).untracked();
    let posts = query.with(Post::author).with(Post::editor).all().unwrap();
    let error = posts[0].related(Post::author).unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.to_string(), "`Post::author` of a `Post` names no `User` that is there");
    assert!(posts[0].related(Post::editor).unwrap().is_none());
    assert!(posts[1].related(Post::author).is_ok());
}

fn keys_of_text_lead_to_rows_too(lab: &Lab) {
    let db = lab.db();
    db.run("INSERT INTO countries (code, parent_id, name) VALUES ('eu', NULL, 'E'), ('de', 'eu', 'D'), ('fr', 'eu', 'F'), ('by', 'de', 'B')");
    let mut s = db.session();
    let all = s
        .query::<Country>()
        .order_by(Country::code)
        .untracked()
        .with(Country::parts)
        .with(Country::parent)
        .all()
        .unwrap();
    let parts = |index: usize| -> Vec<&str> {
        all[index].related(Country::parts).unwrap().iter().map(|part| part.code.as_str()).collect()
    };
    assert_eq!((parts(0), parts(1), parts(2)), (vec![], vec!["by"], vec!["de", "fr"]));
    assert_eq!(all[0].related(Country::parent).unwrap().unwrap().code, "de");
    assert!(all[2].related(Country::parent).unwrap().is_none());
}

fn a_tree_holds_itself(lab: &Lab) {
    let db = lab.db();
    db.run(
        "INSERT INTO employees (id, manager_id, name) VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 1, 'c'), (4, 2, 'd'), (5, 4, 'e')",
    );
    let mut s = db.session();
    let tree = Employee::reports.then(Employee::manager).recursive(3);
    let head =
        s.query::<Employee>().filter(Employee::manager.is_null()).untracked().with(tree).one().unwrap();
    assert_eq!(selects(&db).len(), 2, "the tree with its query, and the managers");
    let reports = head.related(Employee::reports).unwrap();
    assert_eq!(reports.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!(reports[1].related(Employee::manager).unwrap().unwrap().name, "a");
    assert!(reports[1].related(Employee::reports).unwrap().is_empty());
    let deepest = &reports[0].related(Employee::reports).unwrap()[0].related(Employee::reports).unwrap()[0];
    assert_eq!(deepest.name, "e");
    assert!(!deepest.is_loaded(Employee::reports), "three levels were asked for");
    let chain = Employee::manager.recursive(usize::MAX);
    let last = s.query::<Employee>().filter(Employee::id.eq(5)).untracked().with(chain).one().unwrap();
    let (mut names, mut next) = (Vec::new(), Some(&last));
    while let Some(row) = next {
        names.push(row.name.as_str());
        next = row.related(Employee::manager).unwrap();
    }
    assert_eq!(names, ["e", "d", "b", "a"]);
    assert_eq!(selects(&db).len(), 1);
}

fn a_row_stands_in_a_tree_wherever_it_belongs(lab: &Lab) {
    let db = lab.db();
    db.run(
        "INSERT INTO employees (id, manager_id, name) VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 1, 'c'), (4, 2, 'd'), (5, 4, 'e')",
    );
    let mut s = db.session();
    let query = || select::<Employee>().order_by(Employee::name.desc()).untracked();
    let down = Employee::reports.filter(Employee::name.ne("c")).order_by(Employee::id);
    let all = query().with(down.recursive(2)).with(Employee::manager).all(&mut s).unwrap();
    assert_eq!(selects(&db).len(), 2);
    assert_eq!(all.iter().map(outline).collect::<Vec<_>>(), ["e()", "d(e())", "c()", "b(d(e))", "a(b(d))"]);
    assert_eq!(all[2].related(Employee::manager).unwrap().unwrap().name, "a");
    let all = query().with(Employee::manager.then(Employee::reports).recursive(9)).all(&mut s).unwrap();
    assert_eq!(selects(&db).len(), 2);
    let up = |row: &Loaded<Employee>| row.related(Employee::manager).unwrap().unwrap().clone();
    assert_eq!((up(&all[0]).name.as_str(), up(&up(&all[0])).name.as_str()), ("d", "b"));
    assert_eq!(outline(&up(&up(&up(&all[0])))), "a(b,c)");
    let first = query().limit(1).offset(3).with(Employee::reports.recursive(usize::MAX)).one(&mut s).unwrap();
    assert_eq!(outline(&first), "b(d(e()))");
}

/// `a(b(..),c(..))`; without parentheses what was not asked for.
fn outline(row: &Loaded<Employee>) -> String {
    match row.related(Employee::reports) {
        Ok(below) => format!("{}({})", row.name, below.iter().map(outline).collect::<Vec<_>>().join(",")),
        Err(_) => row.name.clone(),
    }
}

fn a_circle_ends_at_its_depth(lab: &Lab) {
    let db = lab.db();
    db.run("PRAGMA foreign_keys = OFF; INSERT INTO employees (id, manager_id, name) VALUES (1, 2, 'a'), (2, 1, 'b'); PRAGMA foreign_keys = ON");
    let mut s = db.session();
    let query = || select::<Employee>().filter(Employee::id.eq(1)).untracked();
    let a = query().with(Employee::manager.recursive(2)).one(&mut s).unwrap();
    let b = a.related(Employee::manager).unwrap().unwrap();
    assert_eq!(b.related(Employee::manager).unwrap().unwrap().name, "a");
    let error = query().with(Employee::manager.recursive(usize::MAX)).one(&mut s).unwrap_err();
    assert!(
        error.is_misuse() && error.to_string().contains("more than 1000 levels deep, or in a circle"),
        "{error}"
    );
}

fn many_parents_are_asked_for_in_chunks(lab: &Lab) {
    let db = lab.db();
    db.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1201)
         INSERT INTO users (id, name, email, age) SELECT i, 'u', 'e' || i, 18 FROM n;
         INSERT INTO posts (author_id, title, views) SELECT id, 'of ' || id, 0 FROM users",
    );
    let mut s = db.session();
    let users = s.query::<User>().untracked().with(User::posts.then(Post::author)).all().unwrap();
    assert_eq!(selects(&db).len(), 1 + 3 + 3);
    for user in &users {
        let [post] = user.related(User::posts).unwrap() else { panic!("each has one") };
        assert_eq!(post.title, format!("of {}", user.id.key().unwrap()));
        assert_eq!(post.related(Post::author).unwrap().id, user.id);
    }
}

/// Who follows whom, by rows that have a key of their own.
#[derive(DeclarativeBase)]
pub struct Follows;

/// One of them.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Follows, table = "people")]
#[relation(following = many_through(Follow::who, Follow::whom, order_by = Human::id))]
pub struct Human {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Human>,
}

/// A link.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Follows, table = "follows")]
pub struct Follow {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Follow>,
    /// Follows.
    pub who: Id<Human>,
    /// Is followed.
    pub whom: Id<Human>,
}

fn a_link_that_is_there_twice_leads_to_one_row(lab: &Lab) {
    let db = lab.db_of::<Follows>();
    db.run("INSERT INTO people (id) VALUES (1), (2), (3); INSERT INTO follows (who_id, whom_id) VALUES (1, 2), (1, 2), (1, 3), (2, 2)");
    let mut s = db.session();
    let all = s
        .query::<Human>()
        .order_by(Human::id)
        .untracked()
        .with(Human::following.then(Human::following))
        .all()
        .unwrap();
    let ids = |human: &Loaded<Human>| -> Vec<i64> {
        human.related(Human::following).unwrap().iter().map(|human| *human.id.key().unwrap()).collect()
    };
    assert_eq!(all.iter().map(ids).collect::<Vec<_>>(), [vec![2, 3], vec![2], vec![]]);
    assert_eq!(ids(&all[0].related(Human::following).unwrap()[0]), [2]);
}

fn without_rows_nothing_more_is_asked(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let plan = User::posts.then(Post::comments);
    assert!(s.query::<User>().untracked().with(plan).all().unwrap().is_empty());
    assert_eq!(selects(&db).len(), 1);
    drop(s);
    db.store_users(&["ann"]);
    let mut s = db.session();
    let ann = s.query::<User>().untracked().with(User::posts.then(Post::comments)).one().unwrap();
    assert_eq!(selects(&db).len(), 2);
    assert!(ann.related(User::posts).unwrap().is_empty());
}

fn ends_and_statements_have_graphs_too(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let statement = select::<User>().order_by(User::id).untracked().with(User::posts);
    assert_eq!(statement.first(&mut s).unwrap().unwrap().related(User::posts).unwrap().len(), 2);
    assert!(statement.one(&mut s).unwrap_err().is_multiple_found());
    assert_eq!(statement.count(&mut s).unwrap(), 3);
    let page = statement.page(&mut s, 2, 1).unwrap();
    assert_eq!(titles(page.items[0].related(User::posts).unwrap()), ["2.1", "2.2", "2.3"]);
    s.add(Post::by(Id::Key(3), "new"));
    let cat = statement.clone().filter(User::id.eq(3)).one(&mut s).unwrap();
    assert_eq!(titles(cat.related(User::posts).unwrap()), ["new"], "it was flushed first");
}

fn a_graph_is_printed_and_cloned(lab: &Lab) {
    let db = lab.db_of::<Follows>();
    db.run("INSERT INTO people (id) VALUES (1), (2); INSERT INTO follows (who_id, whom_id) VALUES (1, 2)");
    let mut s = db.session();
    let all = s.query::<Human>().order_by(Human::id).untracked().with(Human::following).all().unwrap();
    let copy = all[0].clone();
    drop(all);
    assert_eq!(
        format!("{copy:?}"),
        "Loaded { row: Human { id: Key(1) }, following: [Loaded { row: Human { id: Key(2) } }] }"
    );
}
