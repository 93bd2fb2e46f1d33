//! Relations to one row: joined to the query, or asked for by one more SELECT; what is loaded is the same.

use orm_core::Origin;
use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { related_joined:
    s72_joined_is_one_statement,
    s72_joins_follow_each_other,
    both_ways_load_the_same,
    what_asks_for_one_row_joins_by_itself,
    a_nullable_key_joins_only_when_told,
    rows_without_a_partner_stay,
    a_join_back_to_the_same_model,
    a_join_brings_what_is_stale_up_to_date,
    joined_entities_load_relations_together,
    a_join_beside_values_and_in_pages,
    the_names_of_the_query_stay_its_own,
    where_a_join_cannot_be_another_select_is,
    s77_what_was_joined_raises_as_the_query_says,
}

/// Three users; posts of all but the last, some edited; a comment on each post.
fn store(db: &Db<Blog>) {
    db.store_users(&["ann", "bob", "cat"]);
    db.run(
        "INSERT INTO posts (id, author_id, editor_id, title, views) VALUES
             (1, 1, 2, '1.1', 0), (2, 1, NULL, '1.2', 0), (3, 2, 3, '2.1', 0);
         INSERT INTO comments (post_id, body) SELECT id, 'on ' || title FROM posts",
    );
}

fn s72_joined_is_one_statement(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let posts = s.query::<Post>().order_by(Post::id).with(Post::author.joined()).all().unwrap();
    for &post in &posts {
        let author = s.related(post, Post::author).unwrap();
        assert!(s[post].title.starts_with(&s.key(author).unwrap().to_string()));
    }
    assert_eq!(
        db.sent(),
        [
            "BEGIN",
            "SELECT posts.id, posts.author_id, posts.editor_id, posts.title, posts.views, users.id, users.name, users.email, \
             users.bio, users.age FROM posts LEFT JOIN users ON posts.author_id = users.id ORDER BY posts.id"
        ]
    );
}

fn s72_joins_follow_each_other(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let plan =
        Comment::post.joined().then(Post::author.joined()).then(Post::editor.joined()).then(Post::comments);
    let comments = s.query::<Comment>().order_by(Comment::id).with(plan).all().unwrap();
    assert_eq!(db.sent().len(), 1 + 2, "the rows, and the comments of their posts");
    s.raiseload(true);
    for &comment in &comments {
        let post = s.related(comment, Comment::post).unwrap();
        s.related(post, Post::author).unwrap();
        s.related(post, Post::editor).unwrap();
        assert_eq!(s.related(post, Post::comments).unwrap(), [comment]);
    }
    assert!(db.sent().is_empty());
}

fn both_ways_load_the_same(lab: &Lab) {
    let db = lab.shared();
    store(&db);
    let mut joined = db.session();
    let mut asked = db.session();
    let query = || select::<Post>().order_by(Post::id);
    let by_join = query().with(Post::author.joined()).with(Post::editor.joined()).all(&mut joined).unwrap();
    let by_in =
        query().with(Post::author.select_in()).with(Post::editor.select_in()).all(&mut asked).unwrap();
    assert_eq!((joined.statistics().total(), asked.statistics().total()), (1, 3));
    assert_eq!(by_join.len(), by_in.len());
    for (left, right) in by_join.into_iter().zip(by_in) {
        let author = joined.related(left, Post::author).unwrap();
        let same = asked.related(right, Post::author).unwrap();
        assert_eq!((&joined[left], &joined[author]), (&asked[right], &asked[same]));
        let editor = joined.related(left, Post::editor).unwrap().map(|editor| joined[editor].clone());
        let same = asked.related(right, Post::editor).unwrap().map(|editor| asked[editor].clone());
        assert_eq!(editor, same);
    }
    assert_eq!((joined.statistics().total(), asked.statistics().total()), (1, 3));
}

fn what_asks_for_one_row_joins_by_itself(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let of = |query: &dyn Fn(&mut Session<Blog>) -> usize| {
        let mut s = db.session();
        assert_eq!(query(&mut s), 1);
        s.statistics().total()
    };
    let query = || select::<Post>().filter(Post::id.eq(1)).with(Post::author);
    assert_eq!(of(&|s| query().first(s).unwrap().iter().count()), 1);
    assert_eq!(of(&|s| [query().one(s).unwrap()].len()), 1);
    assert_eq!(of(&|s| query().limit(2).all(s).unwrap().len()), 1);
    assert_eq!(of(&|s| query().limit(3).all(s).unwrap().len()), 2);
    assert_eq!(of(&|s| query().all(s).unwrap().len()), 2);
    let told = || select::<Post>().filter(Post::id.eq(1)).with(Post::author.select_in());
    assert_eq!(of(&|s| [told().one(s).unwrap()].len()), 2);
}

fn a_nullable_key_joins_only_when_told(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    s.query::<Post>().filter(Post::id.eq(1)).with(Post::editor).one().unwrap();
    assert_eq!(s.reset_statistics().to_string(), "2 statements: 1 by queries, 1 eagerly for Post::editor");
    s.query::<Post>().filter(Post::id.eq(3)).with(Post::editor.joined()).one().unwrap();
    assert_eq!(s.statistics().of(Origin::Query), s.statistics().total());
}

fn rows_without_a_partner_stay(lab: &Lab) {
    let db = lab.db();
    store(&db);
    db.run(
        "PRAGMA foreign_keys = OFF; UPDATE posts SET author_id = 77 WHERE id = 3; PRAGMA foreign_keys = ON",
    );
    let mut s = db.session();
    let query = s.query::<Post>().order_by(Post::id).with(Post::editor.joined()).with(Post::author.joined());
    let posts = query.all().unwrap();
    assert_eq!(posts.len(), 3);
    assert_eq!(s.related(posts[1], Post::editor).unwrap(), None);
    assert!(s.related(posts[2], Post::author).unwrap_err().is_not_found());
}

fn a_join_back_to_the_same_model(lab: &Lab) {
    let db = lab.db();
    db.run("INSERT INTO employees (id, manager_id, name) VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 2, 'd')");
    let mut s = db.session();
    s.get_one::<Employee>(4).unwrap();
    s.reset_statistics();
    let plan = Employee::manager.joined().then(Employee::manager.joined());
    let low =
        s.query::<Employee>().filter(Employee::id.ge(3)).order_by(Employee::id).with(plan).all().unwrap();
    assert_eq!(low.len(), 2);
    let names: Vec<String> = low
        .iter()
        .map(|&employee| {
            let boss = s.related(employee, Employee::manager).unwrap().unwrap();
            let head = s.related(boss, Employee::manager).unwrap().unwrap();
            format!("{}{}{}", s[employee].name, s[boss].name, s[head].name)
        })
        .collect();
    assert_eq!(names, ["cba", "dba"]);
    for employee in low {
        assert!(s.related(employee, Employee::reports).unwrap().is_empty());
    }
    assert_eq!(
        s.statistics().total(),
        2,
        "what the query returned is asked together, whatever stood beside it"
    );
}

fn a_join_brings_what_is_stale_up_to_date(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    let bob = s.get_one::<User>(2).unwrap();
    s.commit().unwrap();
    s[bob].name = "Bob".into();
    db.run("UPDATE users SET age = 50");
    s.no_autoflush(|s| s.query::<Post>().with(Post::author.joined()).all().map(drop)).unwrap();
    assert_eq!((s[ann].age, s[bob].age, s[bob].name.as_str()), (50, 50, "Bob"));
}

fn joined_entities_load_relations_together(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let posts = s.query::<Post>().order_by(Post::id).with(Post::author.joined()).all().unwrap();
    s.reset_statistics();
    for post in posts {
        let author = s.related(post, Post::author).unwrap();
        s.related(author, User::groups).unwrap();
        s.related(post, Post::comments).unwrap();
    }
    assert_eq!(
        s.statistics().to_string(),
        "2 statements: 1 lazily for User::groups, 1 lazily for Post::comments"
    );
}

fn a_join_beside_values_and_in_pages(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let rows: Vec<(i64, Handle<Post>, String)> = s
        .query::<Post>()
        .join(Post::author)
        .order_by(Post::id)
        .select((Post::comments.count(), entity::<Post>(), User::name))
        .with(Post::author.joined())
        .fetch()
        .unwrap();
    for (count, post, name) in rows {
        let author = s.related(post, Post::author).unwrap();
        assert_eq!((count, &s[author].name), (1, &name));
    }
    assert_eq!(s.reset_statistics().total(), 1);
    let page = s.query::<Post>().order_by(Post::id).with(Post::author.joined()).page(2, 2).unwrap();
    assert_eq!((page.items.len(), page.total, s.statistics().total()), (1, 3, 2));
}

fn the_names_of_the_query_stay_its_own(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let edited = s
        .query::<Post>()
        .join(Post::editor)
        .filter(User::name.eq("cat"))
        .with(Post::author.joined())
        .with(Post::editor.joined())
        .one()
        .unwrap();
    assert_eq!(s.statistics().total(), 1);
    let [author, editor] =
        [s.related(edited, Post::author).unwrap(), s.related(edited, Post::editor).unwrap().unwrap()];
    assert_eq!([&s[author].name, &s[editor].name], ["bob", "cat"]);
    let joined = alias!(User as writer);
    let query = s.query::<Post>().join(Post::author.alias(joined)).filter(joined.col(User::name).eq("ann"));
    assert_eq!(query.distinct().with(Post::author.joined()).all().unwrap().len(), 2);
}

fn where_a_join_cannot_be_another_select_is(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let busy = s.query::<Post>().join(Post::comments).group_by(Post::id).having(count(Comment::id).ge(1));
    let posts = busy.with(Post::author.joined()).all().unwrap();
    assert_eq!((posts.len(), s.reset_statistics().total()), (3, 2));
    let users = s.query::<User>().with(User::posts.then(Post::author.joined())).all().unwrap();
    assert_eq!((users.len(), s.reset_statistics().total()), (3, 2));
    s.close();
    s.query::<Post>().populate_existing().with(Post::author.joined()).all().unwrap();
    assert_eq!(s.statistics().total(), 2);
}

fn s77_what_was_joined_raises_as_the_query_says(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let query = s.query::<Post>().order_by(Post::id).with(Post::author.joined()).raiseload();
    let posts = query.all().unwrap();
    let author = s.related(posts[0], Post::author).unwrap();
    let error = s.related(author, User::groups).unwrap_err();
    assert!(error.to_string().contains("`.with(Post::author.then(User::groups))` is to be added"), "{error}");
}
