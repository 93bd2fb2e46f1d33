//! Queries that others take rows from: subqueries in FROM, and WITH.

use orm_core::ErrorKind;
use orm_core::prelude::*;

use crate::fixture::{Lab, seeded};
use crate::models::*;

rules! { derived:
    a_subquery_is_selected_from,
    a_subquery_is_joined,
    a_left_joined_subquery_may_be_missing,
    a_subquery_of_a_union,
    a_subquery_is_flushed_and_tracked_like_its_model,
    a_cte_stands_before_the_statement,
    a_cte_of_a_cte_comes_after_it,
    a_recursive_cte_climbs_a_tree,
    a_recursive_cte_ends_with_its_circle,
    a_cte_inside_a_condition,
    a_cte_in_every_part_of_a_union_stands_once,
    two_ctes_of_one_name_are_refused,
    every_end_works_on_a_cte,
    ctes_of_one_shape_are_one_statement,
}

fn titles(s: &Session<Blog>, posts: &[Handle<Post>]) -> Vec<String> {
    posts.iter().map(|post| s[*post].title.clone()).collect()
}

fn names(s: &Session<Blog>, employees: &[Handle<Employee>]) -> Vec<String> {
    employees.iter().map(|employee| s[*employee].name.clone()).collect()
}

fn a_subquery_is_selected_from(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let top = alias!(Post as top);
    let most_read = select::<Post>().order_by(Post::views.desc()).limit(2).subquery(top);
    let posts = most_read.select().filter(top.col(Post::views).lt(20)).all(&mut s).unwrap();
    assert_eq!(titles(&s, &posts), ["sql"]);
    assert_eq!(
        db.only(),
        "SELECT id, author_id, editor_id, title, views FROM (SELECT posts.id, posts.author_id, posts.editor_id, posts.title, posts.views \
         FROM posts ORDER BY posts.views DESC LIMIT 2) AS top WHERE views < ?"
    );
}

fn a_subquery_is_joined(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let top = alias!(Post as top);
    let most_read = select::<Post>().filter(Post::views.gt(10)).subquery(top);
    let rows = s
        .query::<User>()
        .join(most_read.on(top.col(Post::author).eq(User::id)))
        .order_by(top.col(Post::id))
        .select((User::name, top.col(Post::title)))
        .fetch()
        .unwrap();
    assert_eq!(
        db.only(),
        "SELECT users.name, top.title FROM users JOIN (SELECT posts.id, posts.author_id, posts.editor_id, posts.title, posts.views \
         FROM posts WHERE posts.views > ?) AS top ON top.author_id = users.id ORDER BY top.id"
    );
    drop(s);
    let by_hand = db.by_hand::<(String, String)>(
        "SELECT u.name, t.title FROM users u JOIN (SELECT * FROM posts WHERE views > 10) t ON t.author_id = u.id ORDER BY t.id",
    );
    assert_eq!(rows, by_hand);
    assert_eq!(rows.len(), 2);
}

fn a_left_joined_subquery_may_be_missing(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let top = alias!(Post as top);
    let most_read = select::<Post>().filter(Post::views.gt(20)).subquery(top);
    let rows: Vec<(String, Option<String>)> = s
        .query::<User>()
        .left_join(most_read.on(top.col(Post::author).eq(User::id)))
        .order_by(User::id)
        .select((User::name, top.col(Post::title)))
        .fetch()
        .unwrap();
    let rows: Vec<_> = rows.iter().map(|(name, title)| (name.as_str(), title.as_deref())).collect();
    assert_eq!(rows, [("ann", None), ("bob", Some("rust and sql")), ("cid", None)]);
    let none = s.query::<User>().left_join(most_read.on(top.col(Post::author).eq(User::id)));
    assert_eq!(none.filter(top.col(Post::title).is_null()).count().unwrap(), 2);
}

fn a_subquery_of_a_union(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let some = alias!(User as some);
    let young = select::<User>().filter(User::age.lt(15));
    let union = young.union(select::<User>().filter(User::age.gt(25))).subquery(some);
    let named =
        union.select().filter(some.col(User::name).ne("ann")).select(some.col(User::name)).fetch(&mut s);
    assert_eq!(named.unwrap(), ["cid"]);
}

fn a_subquery_is_flushed_and_tracked_like_its_model(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let top = alias!(Post as top);
    let post = s.get_one::<Post>(2).unwrap();
    s[post].views = 1000;
    let most_read = select::<Post>().order_by(Post::views.desc()).limit(1).subquery(top);
    assert_eq!(most_read.select().all(&mut s).unwrap(), [post]);
    let plain: Vec<Post> = most_read.select().untracked().all(&mut s).unwrap();
    assert_eq!(plain[0].views, 1000);
}

fn a_cte_stands_before_the_statement(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let (busy, other) = (alias!(User as busy), alias!(User as other));
    let busy_users = select::<User>().filter(User::id.in_(select::<Post>().select(Post::author))).cte(busy);
    let pairs = busy_users
        .select()
        .join(busy_users.alias(other).on(other.col(User::id).gt(busy.col(User::id))))
        .select((busy.col(User::name), other.col(User::name)))
        .fetch(&mut s)
        .unwrap();
    assert_eq!(pairs, [("ann".to_owned(), "bob".to_owned())]);
    assert_eq!(
        db.only(),
        "WITH busy AS (SELECT id, name, email, bio, age FROM users WHERE id IN (SELECT posts.author_id FROM posts)) \
         SELECT busy.name, other.name FROM busy JOIN busy AS other ON other.id > busy.id"
    );
}

fn a_cte_of_a_cte_comes_after_it(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let (old, named) = (alias!(User as old), alias!(User as named));
    let old_users = select::<User>().filter(User::age.ge(20)).cte(old);
    let named_users = old_users.select().filter(old.col(User::name).ne("cid")).cte(named);
    let both = s
        .query::<Post>()
        .join(named_users.on(named.col(User::id).eq(Post::author)))
        .left_join(old_users.on(old.col(User::id).eq(Post::editor)))
        .select((Post::title, named.col(User::name), old.col(User::name)))
        .fetch()
        .unwrap();
    assert_eq!(both, [("rust and sql".to_owned(), "bob".to_owned(), None)]);
    let sql = db.only();
    assert!(sql.starts_with("WITH old AS (SELECT"), "{sql}");
    assert!(sql.contains("), named AS (SELECT"), "{sql}");
    assert_eq!(sql.matches("old AS").count(), 1, "{sql}");
}

fn a_recursive_cte_climbs_a_tree(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let chain = alias!(Employee as chain);
    let up = select::<Employee>()
        .filter(Employee::name.eq("new"))
        .cte(chain)
        .union_all(|up| select::<Employee>().join(up.on(chain.col(Employee::manager).eq(Employee::id))));
    let bosses = up.select().order_by(chain.col(Employee::id)).all(&mut s).unwrap();
    let found = names(&s, &bosses);
    assert_eq!(found, ["top", "mid", "new"]);
    assert_eq!(
        db.only(),
        "WITH RECURSIVE chain AS (SELECT id, manager_id, name FROM employees WHERE name = ? UNION ALL \
         SELECT employees.id, employees.manager_id, employees.name FROM employees JOIN chain ON chain.manager_id = employees.id) \
         SELECT id, manager_id, name FROM chain ORDER BY id"
    );
    drop(s);
    let by_hand = db.by_hand::<(String,)>(
        "WITH RECURSIVE c AS (SELECT * FROM employees WHERE name = 'new' UNION ALL SELECT e.* FROM employees e JOIN c ON c.manager_id = e.id) SELECT name FROM c ORDER BY id",
    );
    assert_eq!(by_hand.into_iter().map(|(name,)| name).collect::<Vec<_>>(), found);
}

fn a_recursive_cte_ends_with_its_circle(lab: &Lab) {
    let db = seeded(lab);
    db.run("UPDATE employees SET manager_id = 4 WHERE id = 1");
    let mut s = db.session();
    let all = alias!(Employee as all);
    let chain = select::<Employee>()
        .filter(Employee::id.eq(1))
        .cte(all)
        .union(|chain| select::<Employee>().join(chain.on(Employee::manager.eq(all.col(Employee::id)))));
    assert_eq!(chain.select().count(&mut s).unwrap(), 4);
}

fn a_cte_inside_a_condition(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let below = alias!(Employee as below);
    let team = select::<Employee>()
        .filter(Employee::name.eq("mid"))
        .cte(below)
        .union_all(|team| select::<Employee>().join(team.on(Employee::manager.eq(below.col(Employee::id)))));
    let inside = team.select().select(below.col(Employee::id));
    let outside = s.query::<Employee>().filter(!Employee::id.in_(inside)).all().unwrap();
    assert_eq!(names(&s, &outside), ["top"]);
}

fn a_cte_in_every_part_of_a_union_stands_once(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let old = alias!(User as old);
    let old_users = select::<User>().filter(User::age.ge(20)).cte(old);
    let part =
        |name: &str| old_users.select().filter(old.col(User::name).eq(name)).select(old.col(User::name));
    let both = part("bob").union_all(part("cid")).fetch(&mut s).unwrap();
    assert_eq!(both, ["bob", "cid"]);
    let sql = db.only();
    assert_eq!(
        sql,
        "WITH old AS (SELECT id, name, email, bio, age FROM users WHERE age >= ?) \
         SELECT name FROM old WHERE name = ? UNION ALL SELECT name FROM old WHERE name = ?"
    );
}

fn two_ctes_of_one_name_are_refused(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let (one, two) = {
        let one = alias!(User as same);
        let two = alias!(Post as same);
        (select::<User>().cte(one), (select::<Post>().cte(two), two))
    };
    let joined = one.select().join(two.0.on(two.1.col(Post::views).gt(1)));
    let error = joined.all(&mut s).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("same"), "{error}");
    assert_eq!(db.sent(), [""; 0]);
}

fn every_end_works_on_a_cte(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let old = alias!(User as old);
    let users = select::<User>().filter(User::age.ge(20)).cte(old).select().order_by(old.col(User::id));
    assert_eq!(users.count(&mut s).unwrap(), 2);
    assert!(users.exists(&mut s).unwrap());
    let bob = users.first(&mut s).unwrap().unwrap();
    assert_eq!(s[bob].name, "bob");
    assert!(users.one(&mut s).unwrap_err().is_multiple_found());
    let page = users.page(&mut s, 2, 1).unwrap();
    assert_eq!((s[page.items[0]].name.as_str(), page.total), ("cid", 2));
}

fn ctes_of_one_shape_are_one_statement(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    for least in [10, 20] {
        let old = alias!(User as old);
        let users = select::<User>().filter(User::age.gt(least)).cte(old);
        let found = users.select().filter(old.col(User::name).ne("ann")).all(&mut s).unwrap();
        assert_eq!(found.len() as i32, 3 - least / 10);
    }
    let ids: Vec<_> = db.probe.take_steps().iter().filter_map(|step| step.id).collect();
    assert_eq!((ids.len(), ids[0]), (2, ids[1]));
}
