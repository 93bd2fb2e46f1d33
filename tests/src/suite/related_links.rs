//! Relations over a model in between: links first, then what they lead to.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { related_links:
    a_link_model_leads_to_both_sides,
    s72_many_through_sends_one_statement_for_all_parents,
    a_pending_link_is_seen_and_a_deleted_one_is_not,
    s48_a_link_with_columns_is_an_entity_like_others,
    a_deleted_end_is_left_out,
    a_moved_link_is_seen_on_both_sides,
    a_link_by_key_to_a_row_that_is_not_held,
    many_via_sends_one_statement_for_all_parents,
    many_via_sees_moves_on_both_steps,
    many_via_loads_what_a_moved_middle_brings,
    s86_many_via_only_reads,
    s76_some_of_what_is_linked_are_loaded,
    s76_some_of_what_is_two_steps_away_are_loaded,
}

/// Two users and three groups: ann is in the first two groups, bob in the last two.
fn store_groups(db: &Db<Blog>) {
    db.store_users(&["ann", "bob"]);
    db.run(
        "INSERT INTO groups (id, name) VALUES (1, 'one'), (2, 'two'), (3, 'three');
         INSERT INTO memberships (user_id, group_id, role) VALUES (1, 2, 'a'), (1, 1, 'b'), (2, 3, 'c'), (2, 2, 'd')",
    );
}

fn names(s: &Session<Blog>, groups: &[Handle<Group>]) -> Vec<String> {
    groups.iter().map(|&group| s[group].name.clone()).collect()
}

fn users(s: &mut Session<Blog>) -> Vec<Handle<User>> {
    s.query::<User>().order_by(User::id).all().unwrap()
}

fn groups_of(s: &mut Session<Blog>, user: Handle<User>) -> Vec<String> {
    let groups = s.related(user, User::groups).unwrap();
    names(s, &groups)
}

fn a_link_model_leads_to_both_sides(lab: &Lab) {
    let db = lab.db();
    store_groups(&db);
    let mut s = db.session();
    let users = users(&mut s);
    assert_eq!(groups_of(&mut s, users[0]), ["one", "two"]);
    let two = s.get_one::<Group>(2).unwrap();
    assert_eq!(s.related(two, Group::members).unwrap(), users);
}

fn s72_many_through_sends_one_statement_for_all_parents(lab: &Lab) {
    let db = lab.db();
    store_groups(&db);
    let mut s = db.session();
    let users = users(&mut s);
    db.sent();
    assert_eq!(groups_of(&mut s, users[0]), ["one", "two"]);
    assert_eq!(groups_of(&mut s, users[1]), ["two", "three"]);
    assert_eq!(
        db.sent(),
        [
            "SELECT memberships.user_id, memberships.group_id, memberships.role, \"groups\".id, \"groups\".name \
          FROM memberships JOIN \"groups\" ON memberships.group_id = \"groups\".id \
          WHERE memberships.user_id IN (?, ?) ORDER BY \"groups\".id"
        ]
    );
    assert!(s.loaded(users[0], User::groups));
}

fn a_pending_link_is_seen_and_a_deleted_one_is_not(lab: &Lab) {
    let db = lab.db();
    store_groups(&db);
    let mut s = db.session();
    let users = users(&mut s);
    let groups = s.related(users[0], User::groups).unwrap();
    let three = s.get_one::<Group>(3).unwrap();
    let link = s.add(Membership { user: users[0].into(), group: three.into(), role: String::new() });
    let old = s.get_one::<Membership>((1, 1)).unwrap();
    db.sent();
    s.delete(old);
    assert_eq!(s.related(users[0], User::groups).unwrap(), [groups[1], three]);
    s.delete(link);
    assert_eq!(s.related(users[0], User::groups).unwrap(), [groups[1]]);
    s.restore(old).unwrap();
    assert_eq!(s.related(users[0], User::groups).unwrap(), groups);
    assert!(db.sent().is_empty());
}

fn s48_a_link_with_columns_is_an_entity_like_others(lab: &Lab) {
    let db = lab.db();
    store_groups(&db);
    let mut s = db.session();
    let users = users(&mut s);
    s.related(users[0], User::groups).unwrap();
    db.sent();
    let link = s.get_one::<Membership>((1, 1)).unwrap();
    assert!(db.sent().is_empty());
    s[link].role = "head".into();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["UPDATE memberships SET role = ? WHERE user_id = ? AND group_id = ?", "COMMIT"]);
    let two = s.get_one::<Group>(2).unwrap();
    assert_eq!(s.related(link, Membership::user).unwrap(), users[0]);
    assert_eq!(s.related(two, Group::members).unwrap().len(), 2);
}

fn a_deleted_end_is_left_out(lab: &Lab) {
    let db = lab.db();
    store_groups(&db);
    let mut s = db.session();
    let users = users(&mut s);
    let groups = s.related(users[0], User::groups).unwrap();
    s.delete(groups[0]);
    assert_eq!(s.related(users[0], User::groups).unwrap(), [groups[1]]);
    s.restore(groups[0]).unwrap();
    assert_eq!(s.related(users[0], User::groups).unwrap(), groups);
}

fn a_moved_link_is_seen_on_both_sides(lab: &Lab) {
    let db = lab.db();
    store_groups(&db);
    let mut s = db.session();
    let users = users(&mut s);
    let groups = s.related_all(&users, User::groups).unwrap();
    let link = s.get_one::<Membership>((1, 1)).unwrap();
    db.sent();
    s[link].user = users[1].into();
    assert_eq!(groups_of(&mut s, users[0]), ["two"]);
    assert_eq!(groups_of(&mut s, users[1]), ["two", "three", "one"]);
    assert!(db.sent().is_empty());
    assert_eq!(s.related(groups[0][0], Group::members).unwrap(), [users[1]]);
}

fn a_link_by_key_to_a_row_that_is_not_held(lab: &Lab) {
    let db = lab.db();
    store_groups(&db);
    let mut s = db.maker().lazy_batch(1).session();
    let users = users(&mut s);
    s.related(users[0], User::groups).unwrap();
    s.add(Membership { user: 1.into(), group: 3.into(), role: String::new() });
    assert!(!s.loaded(users[0], User::groups));
    db.sent();
    assert_eq!(groups_of(&mut s, users[0]), ["one", "two", "three"]);
    assert_eq!(db.sent(), ["SELECT id, name FROM \"groups\" WHERE id IN (?)"]);
    assert!(s.loaded(users[0], User::groups));
}

/// Two users with two posts each, and two comments on each post.
fn store_comments(db: &Db<Blog>) {
    db.store_users(&["ann", "bob"]);
    db.run(
        "INSERT INTO posts (id, author_id, title, views) VALUES (1, 1, 'a', 0), (2, 2, 'b', 0), (3, 1, 'c', 0), (4, 2, 'd', 0);
         INSERT INTO comments (post_id, body) VALUES (3, 'c1'), (1, 'a1'), (2, 'b1'), (1, 'a2'), (2, 'b2'), (3, 'c2')",
    );
}

fn received(s: &mut Session<Blog>, user: Handle<User>) -> Vec<String> {
    let comments = s.related(user, User::received).unwrap();
    comments.iter().map(|&comment| s[comment].body.clone()).collect()
}

fn many_via_sends_one_statement_for_all_parents(lab: &Lab) {
    let db = lab.db();
    store_comments(&db);
    let mut s = db.session();
    let users = users(&mut s);
    db.sent();
    assert_eq!(received(&mut s, users[0]), ["c1", "a1", "a2", "c2"]);
    assert_eq!(received(&mut s, users[1]), ["b1", "b2"]);
    assert_eq!(
        db.sent(),
        [
            "SELECT posts.id, posts.author_id, posts.editor_id, posts.title, posts.views, comments.id, comments.post_id, \
          comments.body FROM posts LEFT JOIN comments ON comments.post_id = posts.id \
          WHERE posts.author_id IN (?, ?) ORDER BY comments.id"
        ]
    );
    assert!(s.get::<Post>(4).unwrap().is_some() && db.sent().is_empty());
}

fn many_via_sees_moves_on_both_steps(lab: &Lab) {
    let db = lab.db();
    store_comments(&db);
    let mut s = db.session();
    let users = users(&mut s);
    s.related_all(&users, User::received).unwrap();
    let posts = [1, 2, 3, 4].map(|key| s.get_one::<Post>(key).unwrap());
    let comment = s.get_one::<Comment>(2).unwrap();
    db.sent();
    s[comment].post = posts[3].into();
    assert_eq!(received(&mut s, users[0]), ["c1", "a2", "c2"]);
    assert_eq!(received(&mut s, users[1]), ["b1", "b2", "a1"]);
    s[posts[2]].author = users[1].into();
    assert_eq!(received(&mut s, users[0]), ["a2"]);
    assert_eq!(received(&mut s, users[1]), ["b1", "b2", "a1", "c1", "c2"]);
    let new = s.add(Post::by(users[0], "new"));
    s.add(Comment { post: new.into(), body: "n1".into(), ..Comment::default() });
    assert_eq!(received(&mut s, users[0]), ["a2", "n1"]);
    s.delete(posts[0]);
    assert_eq!(received(&mut s, users[0]), ["n1"]);
    assert!(db.sent().is_empty());
}

fn many_via_loads_what_a_moved_middle_brings(lab: &Lab) {
    let db = lab.db();
    store_comments(&db);
    let mut s = db.session();
    let users = users(&mut s);
    let post = s.get_one::<Post>(2).unwrap();
    s.related(users[0], User::received).unwrap();
    s.expunge(users[1]).unwrap();
    s[post].author = users[0].into();
    db.sent();
    assert_eq!(received(&mut s, users[0]), ["c1", "a1", "a2", "c2", "b1", "b2"]);
    assert!(s.loaded(users[0], User::received));
}

fn s86_many_via_only_reads(lab: &Lab) {
    let db = lab.db();
    store_comments(&db);
    let mut s = db.session();
    let users = users(&mut s);
    let comments = s.related(users[0], User::received).unwrap();
    s.delete(comments[0]);
    s.commit().unwrap();
    assert_eq!(received(&mut s, users[0]), ["a1", "a2", "c2"]);
    assert_eq!(s.query::<Post>().count().unwrap(), 4);
}

fn s76_some_of_what_is_linked_are_loaded(lab: &Lab) {
    let db = lab.db();
    store_groups(&db);
    let mut s = db.session();
    let wide = || User::groups.filter(Group::id.ge(2)).order_by(Group::id.desc());
    let users = s.query::<User>().order_by(User::id).with(wide().then(Group::members)).all().unwrap();
    assert_eq!(db.sent().len(), 1 + 3);
    let found: Vec<Vec<String>> = users
        .iter()
        .map(|&user| s.related(user, wide()).unwrap())
        .collect::<Vec<_>>()
        .iter()
        .map(|groups| names(&s, groups))
        .collect();
    assert_eq!(found, [vec!["two"], vec!["three", "two"]]);
    assert!(db.sent().is_empty());
    assert_eq!(groups_of(&mut s, users[0]), ["one", "two"], "the relation itself means all of them");
    assert_eq!(db.sent().len(), 1);
}

fn s76_some_of_what_is_two_steps_away_are_loaded(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann", "bob"]);
    db.run(
        "INSERT INTO posts (id, author_id, title, views) VALUES (1, 1, 'a', 0), (2, 1, 'b', 0), (3, 2, 'c', 0);
         INSERT INTO comments (post_id, body) VALUES (1, 'x'), (2, 'y'), (2, 'x'), (3, 'y')",
    );
    let mut s = db.session();
    let cross = || User::received.filter(Comment::body.eq("x")).order_by(Comment::id.desc());
    let users = s.query::<User>().order_by(User::id).with(cross()).all().unwrap();
    assert_eq!(db.sent().len(), 1 + 2);
    let of_ann = s.related(users[0], cross()).unwrap();
    assert_eq!(of_ann.iter().map(|&comment| s[comment].id).collect::<Vec<_>>(), [3.into(), 1.into()]);
    assert!(s.related(users[1], cross()).unwrap().is_empty());
    assert!(db.sent().is_empty());
}
