//! What relations lead to, and how many statements it takes.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { related:
    a_relation_gives_what_its_kind_promises,
    s73_a_foreign_key_looks_in_the_identity_map_first,
    s73_a_foreign_key_that_is_null_leads_nowhere_without_sql,
    a_foreign_key_without_its_row_is_not_found,
    s72_a_loop_over_parents_sends_one_statement,
    s74_parents_are_asked_for_in_batches,
    s74_a_foreign_key_sends_nothing_when_all_targets_are_held,
    two_levels_deep_also_batch,
    a_batch_starts_at_the_entity_that_is_asked,
    a_batch_skips_what_is_known,
    s82_a_moved_child_is_seen_without_a_load,
    s83_a_foreign_key_is_the_only_truth,
    s12_naming_a_parent_adds_nothing_else,
    s84_the_databases_order_then_what_came_in_order,
    what_is_marked_deleted_is_left_out,
    a_pending_parent_sends_nothing,
    a_withdrawn_child_is_left_out,
    related_never_flushes,
    changes_stay_seen_after_their_flush,
    a_key_that_names_a_parent_loaded_later_is_seen,
    loaded_tells_without_io,
    related_all_keeps_the_order_of_its_handles,
    a_natural_key_and_a_tree,
    one_is_the_row_that_names_it,
    a_handle_that_is_gone_is_misuse,
    a_write_in_the_loop_keeps_the_batch,
}

/// Three users, with two posts each, titled by the user's number and the post's.
pub(super) fn store_posts(db: &Db<Blog>) {
    db.store_users(&["ann", "bob", "cat"]);
    db.maker()
        .transaction(|s| {
            for author in 1..=3 {
                s.add_all((1..=2).map(|number| Post::by(author, &format!("{author}.{number}"))));
            }
            Ok(())
        })
        .unwrap();
    db.sent();
}

pub(super) fn titles(s: &Session<Blog>, posts: &[Handle<Post>]) -> Vec<String> {
    posts.iter().map(|&post| s[post].title.clone()).collect()
}

pub(super) fn users(s: &mut Session<Blog>) -> Vec<Handle<User>> {
    s.query::<User>().order_by(User::id).all().unwrap()
}

pub(super) const POSTS: &str =
    "SELECT id, author_id, editor_id, title, views FROM posts WHERE author_id IN (?, ?, ?, ?) ORDER BY id";

fn a_relation_gives_what_its_kind_promises(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    let posts: Vec<Handle<Post>> = s.related(ann, User::posts).unwrap();
    let author: Handle<User> = s.related(posts[0], Post::author).unwrap();
    let editor: Option<Handle<User>> = s.related(posts[0], Post::editor).unwrap();
    assert_eq!((titles(&s, &posts), author, editor), (vec!["1.1".into(), "1.2".into()], ann, None));
}

fn s73_a_foreign_key_looks_in_the_identity_map_first(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    let posts = s.related(ann, User::posts).unwrap();
    db.sent();
    for &post in &posts {
        assert_eq!(s.related(post, Post::author).unwrap(), ann);
    }
    assert!(db.sent().is_empty());
    let other = s.get_one::<Post>(3).unwrap();
    db.sent();
    let bob = s.related(other, Post::author).unwrap();
    assert_eq!(s[bob].name, "bob");
    assert_eq!(db.sent(), ["SELECT id, name, email, bio, age FROM users WHERE id IN (?)"]);
    assert_eq!(s.related(other, Post::author).unwrap(), bob);
    assert!(db.sent().is_empty());
}

fn s73_a_foreign_key_that_is_null_leads_nowhere_without_sql(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let post = s.get_one::<Post>(1).unwrap();
    db.sent();
    assert_eq!(s.related(post, Post::editor).unwrap(), None);
    assert!(db.sent().is_empty());
}

fn a_foreign_key_without_its_row_is_not_found(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    db.run("PRAGMA foreign_keys = OFF; UPDATE posts SET author_id = 77, editor_id = 78 WHERE id = 1; PRAGMA foreign_keys = ON");
    let mut s = db.session();
    let post = s.get_one::<Post>(1).unwrap();
    let error = s.related(post, Post::author).unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
    assert_eq!(error.to_string(), "`Post::author` of Post#0 names no `User` that is there");
    assert_eq!(s.related(post, Post::editor).unwrap(), None);
}

fn s72_a_loop_over_parents_sends_one_statement(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let users = users(&mut s);
    db.sent();
    let mut seen = Vec::new();
    for &user in &users {
        let posts = s.related(user, User::posts).unwrap();
        seen.extend(titles(&s, &posts));
    }
    assert_eq!(seen, ["1.1", "1.2", "2.1", "2.2", "3.1", "3.2"]);
    assert_eq!(db.sent(), [POSTS]);
}

fn s74_parents_are_asked_for_in_batches(lab: &Lab) {
    let db = lab.db();
    db.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1201)
         INSERT INTO users (id, name, email, age) SELECT i, 'u', 'e' || i, 18 FROM n;
         INSERT INTO posts (author_id, title, views) SELECT id, 'of ' || id, 0 FROM users",
    );
    let mut s = db.session();
    let all = s.query::<User>().all().unwrap();
    for &user in &all {
        let posts = s.related(user, User::posts).unwrap();
        assert_eq!(s[posts[0]].title, format!("of {}", s.key(user).unwrap()));
    }
    assert_eq!(db.sent().len(), 1 + 1 + 3);
}

fn s74_a_foreign_key_sends_nothing_when_all_targets_are_held(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    users(&mut s);
    let posts = s.query::<Post>().all().unwrap();
    db.sent();
    s.related_all(&posts, Post::author).unwrap();
    assert!(db.sent().is_empty());
    s.close();
    let posts = s.query::<Post>().all().unwrap();
    db.sent();
    for &post in &posts {
        s.related(post, Post::author).unwrap();
    }
    assert_eq!(db.sent(), ["SELECT id, name, email, bio, age FROM users WHERE id IN (?, ?, ?, ?)"]);
}

fn two_levels_deep_also_batch(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    db.run("INSERT INTO comments (post_id, body) SELECT id, 'on ' || title FROM posts");
    let mut s = db.session();
    let mut bodies = Vec::new();
    for user in users(&mut s) {
        for post in s.related(user, User::posts).unwrap() {
            for comment in s.related(post, Post::comments).unwrap() {
                bodies.push(s[comment].body.clone());
            }
        }
    }
    assert_eq!(bodies, ["on 1.1", "on 1.2", "on 2.1", "on 2.2", "on 3.1", "on 3.2"]);
    assert_eq!(db.sent().len(), 1 + 3);
}

fn a_batch_starts_at_the_entity_that_is_asked(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.maker().lazy_batch(2).session();
    let users = users(&mut s);
    s.related(users[1], User::posts).unwrap();
    assert!(!s.loaded(users[0], User::posts));
    assert!(s.loaded(users[1], User::posts) && s.loaded(users[2], User::posts));
}

fn a_batch_skips_what_is_known(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.maker().lazy_batch(1).session();
    let users = users(&mut s);
    s.related(users[1], User::posts).unwrap();
    s.delete(users[2]);
    db.sent();
    s.related(users[0], User::posts).unwrap();
    s.related(users[1], User::posts).unwrap();
    assert_eq!(db.sent().len(), 1);
}

fn s82_a_moved_child_is_seen_without_a_load(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let users = users(&mut s);
    let posts = s.related(users[0], User::posts).unwrap();
    db.sent();
    s[posts[1]].author = users[1].into();
    assert_eq!(s.related(users[0], User::posts).unwrap(), [posts[0]]);
    let of_bob = s.related(users[1], User::posts).unwrap();
    assert_eq!(titles(&s, &of_bob), ["2.1", "2.2", "1.2"]);
    assert!(db.sent().is_empty());
    s[posts[1]].author = users[0].into();
    assert_eq!(s.related(users[0], User::posts).unwrap(), posts);
    let of_bob = s.related(users[1], User::posts).unwrap();
    assert_eq!(titles(&s, &of_bob), ["2.1", "2.2"]);
}

fn s83_a_foreign_key_is_the_only_truth(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let users = users(&mut s);
    let posts = s.related(users[0], User::posts).unwrap();
    db.sent();
    s[posts[0]].author = 2.into();
    assert_eq!(s.related(posts[0], Post::author).unwrap(), users[1]);
    assert_eq!(s.related(users[1], User::posts).unwrap().len(), 3);
    let new = s.add(Post::by(3, "new"));
    assert_eq!(s.related(new, Post::author).unwrap(), users[2]);
    assert_eq!(s.related(users[2], User::posts).unwrap().last(), Some(&new));
    assert!(db.sent().is_empty());
}

fn s12_naming_a_parent_adds_nothing_else(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    let loose = Post::by(ann, "never added");
    let post = s.add(Post::by(ann, "added"));
    assert_eq!(s.related(ann, User::posts).unwrap(), [post]);
    s.commit().unwrap();
    assert_eq!(s.query::<Post>().count().unwrap(), 1);
    assert_eq!(loose.title, "never added");
}

fn s84_the_databases_order_then_what_came_in_order(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let users = users(&mut s);
    let moved = s.related(users[2], User::posts).unwrap();
    s[moved[1]].author = users[0].into();
    let new = s.add(Post::by(users[0], "new"));
    s[moved[0]].author = users[0].into();
    let posts = s.related(users[0], User::posts).unwrap();
    assert_eq!(titles(&s, &posts), ["1.1", "1.2", "3.2", "new", "3.1"]);
    s.commit().unwrap();
    let posts = s.related(users[0], User::posts).unwrap();
    assert_eq!(titles(&s, &posts), ["1.1", "1.2", "3.1", "3.2", "new"]);
    assert_eq!(posts.last(), Some(&new));
}

fn what_is_marked_deleted_is_left_out(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let users = users(&mut s);
    let posts = s.related(users[0], User::posts).unwrap();
    s.delete(posts[0]);
    assert_eq!(s.related(users[0], User::posts).unwrap(), [posts[1]]);
    s.restore(posts[0]).unwrap();
    assert_eq!(s.related(users[0], User::posts).unwrap(), posts);
    s.delete(posts[1]);
    s.flush().unwrap();
    assert_eq!(s.related(users[0], User::posts).unwrap(), [posts[0]]);
    s.delete(users[0]);
    assert_eq!(s.related(users[0], User::posts).unwrap(), [posts[0]]);
    s.rollback().unwrap();
    assert_eq!(s.related(users[0], User::posts).unwrap(), posts);
}

fn a_pending_parent_sends_nothing(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    assert!(s.related(ann, User::posts).unwrap().is_empty());
    let first = s.add(Post::by(ann, "first"));
    let second = s.add(Post::by(ann, "second"));
    assert_eq!(s.related(ann, User::posts).unwrap(), [first, second]);
    assert_eq!(s.related(first, Post::author).unwrap(), ann);
    assert!(db.sent().is_empty());
}

fn a_withdrawn_child_is_left_out(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    let post = s.add(Post::by(ann, "first"));
    s.delete(post);
    assert!(s.related(ann, User::posts).unwrap().is_empty());
    s.restore(post).unwrap();
    assert_eq!(s.related(ann, User::posts).unwrap(), [post]);
}

fn related_never_flushes(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    s[ann].name = "Ann".into();
    s.add(Post::by(ann, "new"));
    db.sent();
    let posts = s.related(ann, User::posts).unwrap();
    assert_eq!(titles(&s, &posts), ["1.1", "1.2", "new"]);
    assert_eq!(db.sent().len(), 1);
}

fn changes_stay_seen_after_their_flush(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let users = users(&mut s);
    let posts = s.related(users[0], User::posts).unwrap();
    s[posts[0]].author = users[1].into();
    s.add(Post::by(users[0], "new"));
    s.flush().unwrap();
    db.sent();
    s.add(Post::by(users[0], "newer"));
    let of = |s: &mut Session<Blog>, at: usize| {
        let posts = s.related(users[at], User::posts).unwrap();
        titles(s, &posts)
    };
    assert_eq!(of(&mut s, 0), ["1.2", "new", "newer"]);
    assert_eq!(of(&mut s, 1), ["2.1", "2.2", "1.1"]);
    s[posts[0]].author = users[2].into();
    assert_eq!(of(&mut s, 1), ["2.1", "2.2"]);
    assert_eq!(of(&mut s, 2), ["3.1", "3.2", "1.1"]);
    assert!(db.sent().is_empty());
}

fn a_key_that_names_a_parent_loaded_later_is_seen(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.maker().autoflush(false).session();
    let ann = s.get_one::<User>(1).unwrap();
    let posts = s.related(ann, User::posts).unwrap();
    s[posts[0]].author = 2.into();
    assert_eq!(s.related(ann, User::posts).unwrap(), [posts[1]]);
    let bob = s.get_one::<User>(2).unwrap();
    let of_bob = s.related(bob, User::posts).unwrap();
    assert_eq!(titles(&s, &of_bob), ["2.1", "2.2", "1.1"]);
}

fn loaded_tells_without_io(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    let pending = s.add(User::named("new"));
    let post = s.add(Post::by(2, "of bob"));
    db.sent();
    assert!(!s.loaded(ann, User::posts));
    assert!(s.loaded(pending, User::posts));
    assert!(!s.loaded(post, Post::author));
    assert!(s.loaded(post, Post::editor));
    s[post].author = ann.into();
    assert!(s.loaded(post, Post::author));
    assert!(db.sent().is_empty());
    s.related(ann, User::posts).unwrap();
    assert!(s.loaded(ann, User::posts));
}

fn related_all_keeps_the_order_of_its_handles(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let keys = [3, 1, 2];
    let users = keys.map(|key| s.get_one::<User>(key).unwrap());
    db.sent();
    let all = s.related_all(&[users[0], users[1], users[2], users[0]], User::posts).unwrap();
    assert_eq!(db.sent(), [POSTS]);
    let firsts: Vec<&str> = all.iter().map(|posts| s[posts[0]].title.as_str()).collect();
    assert_eq!(firsts, ["3.1", "1.1", "2.1", "3.1"]);
}

fn a_natural_key_and_a_tree(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let world = s.add(Country::new("w", "World"));
    let europe = s.add(Country { parent: Some(world.into()), ..Country::new("eu", "Europe") });
    let italy = s.add(Country { parent: Some("eu".into()), ..Country::new("it", "Italy") });
    assert_eq!(s.related(world, Country::parts).unwrap(), [europe]);
    assert_eq!(s.related(italy, Country::parent).unwrap(), None);
    s.commit().unwrap();
    assert_eq!(s.related(europe, Country::parts).unwrap(), [italy]);
    assert_eq!(s.related(europe, Country::parent).unwrap(), Some(world));
    assert_eq!(s.related(world, Country::parent).unwrap(), None);
    assert!(s.related(italy, Country::parts).unwrap().is_empty());
}

fn one_is_the_row_that_names_it(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(Person { name: "ann".into(), ..Person::default() });
    let red = s.add(Ball { owner: ann.into(), colour: "red".into(), ..Ball::default() });
    let blue = s.add(Ball { owner: ann.into(), colour: "blue".into(), ..Ball::default() });
    assert_eq!(s.related(red, Ball::fan).unwrap(), None);
    s[ann].favourite = Some(red.into());
    assert_eq!(s.related(red, Ball::fan).unwrap(), Some(ann));
    s.commit().unwrap();
    assert_eq!(s.related(red, Ball::fan).unwrap(), Some(ann));
    s[ann].favourite = Some(blue.into());
    assert_eq!(s.related(red, Ball::fan).unwrap(), None);
    assert_eq!(s.related(blue, Ball::fan).unwrap(), Some(ann));
    assert_eq!(s.related(ann, Person::balls).unwrap(), [red, blue]);
}

fn a_handle_that_is_gone_is_misuse(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    s.expunge(ann).unwrap();
    assert!(s.related(ann, User::posts).unwrap_err().is_misuse());
    assert!(s.related_all(&[ann], User::posts).unwrap_err().is_misuse());
    assert!(!s.loaded(ann, User::posts));
    let mut other = db.session();
    assert!(other.related(ann, User::posts).unwrap_err().is_misuse());
}

fn a_write_in_the_loop_keeps_the_batch(lab: &Lab) {
    let db = lab.db();
    store_posts(&db);
    let mut s = db.session();
    for user in users(&mut s) {
        for post in s.related(user, User::posts).unwrap() {
            s[post].views += 1;
        }
    }
    assert_eq!(db.sent().len(), 1 + 2);
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT sum(views) FROM posts"), [(6,)]);
}
