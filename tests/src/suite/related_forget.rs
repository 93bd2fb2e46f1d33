//! What makes a session forget the lists that relations loaded, and what leaves them as they are.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

use super::related::{POSTS, store_posts, titles, users};

rules! { related_forget:
    s67_expire_forgets_the_lists_of_its_entity,
    s68_refresh_forgets_the_lists_of_its_entity,
    s2_populate_existing_moves_children_to_where_their_rows_are,
    expire_all_forgets_all_lists,
    an_expired_child_takes_its_parents_list_along,
    an_expunged_child_takes_its_parents_list_along,
    evict_clean_forgets_the_lists_of_what_it_drops,
    s2_a_query_that_meets_a_child_keeps_the_list,
    s2_a_query_does_not_undo_a_move,
    a_query_moves_a_stale_child_to_where_its_row_is,
    commit_and_rollback_forget_lists,
    what_is_added_after_a_rollback_is_seen,
    a_savepoint_that_is_undone_forgets_lists,
    lists_outlive_a_commit_that_expires_nothing,
}

/// Two users and two posts of the first, with their list loaded.
fn ann_and_bob(db: &Db<Blog>, s: &mut Session<Blog>) -> ([Handle<User>; 2], Vec<Handle<Post>>) {
    db.store_users(&["ann", "bob"]);
    db.run("INSERT INTO posts (author_id, title, views) VALUES (1, 'one', 0), (1, 'two', 0)");
    let users = [1, 2].map(|key| s.get_one::<User>(key).unwrap());
    let posts = s.related(users[0], User::posts).unwrap();
    assert!(s.related(users[1], User::posts).unwrap().is_empty());
    (users, posts)
}

/// What another program writes is seen by the next `related`, in one statement.
fn sees_a_third_post(db: &Db<Blog>, s: &mut Session<Blog>, ann: Handle<User>) {
    assert!(!s.loaded(ann, User::posts));
    s.execute("INSERT INTO posts (author_id, title, views) VALUES (1, 'three', 0)", params![]).unwrap();
    db.sent();
    let posts = s.related(ann, User::posts).unwrap();
    let titles: Vec<&str> = posts.iter().map(|&post| s[post].title.as_str()).collect();
    assert_eq!(titles, ["one", "two", "three"]);
    assert_eq!(db.sent().len(), 1);
}

fn s67_expire_forgets_the_lists_of_its_entity(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ([ann, _], _) = ann_and_bob(&db, &mut s);
    s.expire(ann).unwrap();
    sees_a_third_post(&db, &mut s, ann);
}

fn expire_all_forgets_all_lists(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ([ann, bob], _) = ann_and_bob(&db, &mut s);
    s.expire_all();
    assert!(!s.loaded(bob, User::posts));
    sees_a_third_post(&db, &mut s, ann);
}

fn an_expired_child_takes_its_parents_list_along(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ([ann, _], posts) = ann_and_bob(&db, &mut s);
    s.expire(posts[0]).unwrap();
    sees_a_third_post(&db, &mut s, ann);
}

fn an_expunged_child_takes_its_parents_list_along(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ([ann, _], posts) = ann_and_bob(&db, &mut s);
    s.expunge(posts[0]).unwrap();
    sees_a_third_post(&db, &mut s, ann);
}

fn evict_clean_forgets_the_lists_of_what_it_drops(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ([ann, bob], posts) = ann_and_bob(&db, &mut s);
    s[ann].name = "Ann".into();
    s.evict_clean();
    assert!(s.find(posts[0]).is_none() && s.find(bob).is_none(), "they were clean");
    sees_a_third_post(&db, &mut s, ann);
}

fn s2_a_query_that_meets_a_child_keeps_the_list(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ([ann, _], posts) = ann_and_bob(&db, &mut s);
    assert_eq!(s.query::<Post>().order_by(Post::id).all().unwrap(), posts);
    assert_eq!(s.query::<User>().filter(User::id.eq(1)).one().unwrap(), ann);
    db.sent();
    assert!(s.loaded(ann, User::posts));
    assert_eq!(s.related(ann, User::posts).unwrap(), posts);
    assert!(db.sent().is_empty());
}

fn s2_a_query_does_not_undo_a_move(lab: &Lab) {
    let db = lab.db();
    let mut s = db.maker().autoflush(false).session();
    let ([ann, bob], posts) = ann_and_bob(&db, &mut s);
    s[posts[0]].author = bob.into();
    assert_eq!(s.query::<Post>().order_by(Post::id).all().unwrap(), posts);
    db.sent();
    assert_eq!(s.related(ann, User::posts).unwrap(), [posts[1]]);
    assert_eq!(s.related(bob, User::posts).unwrap(), [posts[0]]);
    assert!(db.sent().is_empty());
}

fn a_query_moves_a_stale_child_to_where_its_row_is(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ([ann, bob], posts) = ann_and_bob(&db, &mut s);
    s.execute("UPDATE posts SET author_id = 2 WHERE id = 1", params![]).unwrap();
    s.expire(posts[0]).unwrap();
    s.query::<Post>().all().unwrap();
    assert_eq!(s.related(ann, User::posts).unwrap(), [posts[1]]);
    assert_eq!(s.related(bob, User::posts).unwrap(), [posts[0]]);
}

fn s68_refresh_forgets_the_lists_of_its_entity(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ([ann, _], _) = ann_and_bob(&db, &mut s);
    s.refresh(ann).unwrap();
    sees_a_third_post(&db, &mut s, ann);
}

fn s2_populate_existing_moves_children_to_where_their_rows_are(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ([ann, bob], posts) = ann_and_bob(&db, &mut s);
    s.execute("UPDATE posts SET author_id = 2 WHERE id = 1", params![]).unwrap();
    s.query::<Post>().populate_existing().all().unwrap();
    assert_eq!(s[posts[0]].author, Id::Key(2));
    assert_eq!(s.related(bob, User::posts).unwrap(), [posts[0]]);
    assert_eq!(s.related(ann, User::posts).unwrap(), [posts[1]]);
}

fn commit_and_rollback_forget_lists(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let users = users(&mut s);
    s.related(users[0], User::posts).unwrap();
    s.commit().unwrap();
    assert!(!s.loaded(users[0], User::posts));
    db.run("INSERT INTO posts (author_id, title, views) VALUES (1, 'other', 0)");
    let posts = s.related(users[0], User::posts).unwrap();
    assert_eq!(titles(&s, &posts), ["1.1", "1.2", "other"]);
    assert_eq!(db.sent(), ["BEGIN", POSTS]);
    s.add(Post::by(users[0], "gone"));
    s.rollback().unwrap();
    assert!(!s.loaded(users[0], User::posts));
    assert_eq!(s.related(users[0], User::posts).unwrap(), posts);
}

fn what_is_added_after_a_rollback_is_seen(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    s.related(ann, User::posts).unwrap();
    s.rollback().unwrap();
    let new = s.add(Post::by(ann, "new"));
    assert_eq!(s.related(ann, User::posts).unwrap().last(), Some(&new));
}

fn a_savepoint_that_is_undone_forgets_lists(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let users = users(&mut s);
    let posts = s.related(users[0], User::posts).unwrap();
    let undone = s.nested(|s| {
        s[posts[0]].author = users[1].into();
        s.flush()?;
        assert_eq!(s.related(users[0], User::posts)?, [posts[1]]);
        Err::<(), _>(Error::misuse("undo it"))
    });
    assert!(undone.is_err());
    assert_eq!(s.related(users[0], User::posts).unwrap(), posts);
    assert_eq!(s.related(users[1], User::posts).unwrap().len(), 2);
}

fn lists_outlive_a_commit_that_expires_nothing(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.maker().expire_on_commit(false).session();
    let users = users(&mut s);
    let posts = s.related(users[0], User::posts).unwrap();
    s[posts[0]].author = users[1].into();
    s.commit().unwrap();
    db.sent();
    assert_eq!(s.related(users[0], User::posts).unwrap(), [posts[1]]);
    assert_eq!(s.related(users[1], User::posts).unwrap().len(), 3);
    assert!(db.sent().is_empty());
}
