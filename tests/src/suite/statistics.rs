//! How many statements a session sent, and what caused them; and loads of relations that repeat.

use std::fmt;
use std::sync::{Arc, Mutex};

use orm_core::expr::literal;
use orm_core::prelude::*;
use orm_core::{Origin, Statistics};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { statistics:
    each_statement_has_its_origin,
    what_is_counted_is_what_was_sent,
    relations_are_counted_by_name,
    a_flush_inside_a_query_is_a_flush,
    statistics_can_be_reset_and_outlive_transactions,
    a_loop_over_a_query_is_no_repeat,
    a_place_that_loads_again_and_again_is_warned_about_once,
    the_warning_names_the_plan_that_is_missing,
    two_places_are_two_warnings,
    full_batches_are_no_repeats,
    each_transaction_counts_repeats_anew,
}

/// Twelve users with a post each, and a comment on each post.
fn store(db: &Db<Blog>) {
    db.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12)
         INSERT INTO users (id, name, email, age) SELECT i, 'u', 'e' || i, 18 FROM n;
         INSERT INTO posts (author_id, title, views) SELECT id, 'of ' || id, 0 FROM users;
         INSERT INTO comments (post_id, body) SELECT id, title FROM posts",
    );
}

fn counted(s: &mut Session<Blog>) -> Vec<(Origin, u64)> {
    s.reset_statistics().iter().collect()
}

fn each_statement_has_its_origin(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    s.get::<User>(1).unwrap();
    assert_eq!(counted(&mut s), [(Origin::Get, 1)]);
    s.query::<User>().all().unwrap();
    s.query::<User>().count().unwrap();
    assert_eq!(s.query::<User>().untracked().stream().unwrap().count(), 12);
    assert_eq!(counted(&mut s), [(Origin::Query, 3)]);
    s.refresh(ann).unwrap();
    assert_eq!(counted(&mut s), [(Origin::Refresh, 1)]);
    s[ann].age = 20;
    s.add(User::named("new"));
    s.flush().unwrap();
    assert_eq!(counted(&mut s), [(Origin::Flush, 2)]);
    update::<Post>().set(Post::views, literal(1)).execute(&mut s).unwrap();
    assert_eq!(counted(&mut s), [(Origin::Bulk, 1)]);
    s.execute("UPDATE posts SET views = 2", params![]).unwrap();
    s.sql("SELECT 1", params![]).unwrap().fetch::<(i64,)>().unwrap();
    assert_eq!(counted(&mut s), [(Origin::Raw, 2)]);
    s.commit().unwrap();
    assert_eq!(s.statistics().total(), 0, "the words of transactions are no statements");
}

fn what_is_counted_is_what_was_sent(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    for user in s.query::<User>().with(User::groups).all().unwrap() {
        for post in s.related(user, User::posts).unwrap() {
            s[post].views += 1;
            s.related(post, Post::comments).unwrap();
        }
    }
    s.commit().unwrap();
    let sent = db.sent().into_iter().filter(|sql| sql != "BEGIN" && sql != "COMMIT").count();
    assert_eq!(s.statistics().total(), sent as u64);
    assert_eq!(sent, 4 + 12);
}

fn relations_are_counted_by_name(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let mut s = db.session();
    let users = s.query::<User>().with(User::posts.then(Post::editor)).all().unwrap();
    let posts = s.related(users[0], User::posts).unwrap();
    s.related(posts[0], Post::comments).unwrap();
    s.related_all(&users, User::groups).unwrap();
    s.query::<User>().untracked().with(User::edited).all().unwrap();
    let statistics = s.statistics();
    assert_eq!(statistics.lazy(Post::comments), 1);
    assert_eq!((statistics.eager(User::posts), statistics.lazy(User::posts)), (1, 0));
    assert_eq!(
        statistics.to_string(),
        "6 statements: 2 by queries, 1 eagerly for User::posts, 1 lazily for Post::comments, \
         1 eagerly for User::groups, 1 eagerly for User::edited"
    );
    assert_eq!(Statistics::default().to_string(), "0 statements");
}

fn a_flush_inside_a_query_is_a_flush(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add(User::named("new"));
    s.query::<User>().all().unwrap();
    assert_eq!(counted(&mut s), [(Origin::Query, 1), (Origin::Flush, 1)]);
    s.add(User::named("new"));
    s.flush().unwrap_err();
    assert_eq!(counted(&mut s), [(Origin::Flush, 1)], "a statement that failed was sent");
}

fn statistics_can_be_reset_and_outlive_transactions(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.query::<User>().all().unwrap();
    s.rollback().unwrap();
    s.query::<User>().all().unwrap();
    s.close();
    s.query::<User>().all().unwrap();
    assert_eq!(s.reset_statistics().total(), 3);
    assert_eq!(s.statistics().total(), 0);
}

/// The warnings about relations while something runs: the fields of each as text.
fn warnings(work: impl FnOnce()) -> Vec<String> {
    let seen = Seen::default();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(seen.clone()), work);
    std::mem::take(&mut *seen.0.lock().unwrap())
}

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Seen {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "orm::session" && *event.metadata().level() == tracing::Level::WARN {
            let mut text = Text(String::new());
            event.record(&mut text);
            self.0.lock().unwrap().push(text.0);
        }
    }
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!("{}={value:?} ", field.name()));
    }
}

/// Each user by itself, so that no batch knows of the others.
fn one_by_one(s: &mut Session<Blog>, keys: std::ops::RangeInclusive<i64>) {
    for key in keys {
        let user = s.get_one::<User>(key).unwrap();
        s.related(user, User::posts).unwrap();
    }
}

fn a_loop_over_a_query_is_no_repeat(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let seen = warnings(|| {
        let mut s = db.maker().lazy_warning(2).session();
        for user in s.query::<User>().all().unwrap() {
            for post in s.related(user, User::posts).unwrap() {
                s.related(post, Post::comments).unwrap();
            }
        }
    });
    assert!(seen.is_empty(), "{seen:?}");
}

fn a_place_that_loads_again_and_again_is_warned_about_once(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let seen = warnings(|| one_by_one(&mut db.session(), 1..=9));
    assert!(seen.is_empty(), "{seen:?}");
    let seen = warnings(|| {
        one_by_one(&mut db.session(), 1..=12);
        one_by_one(&mut db.session(), 1..=12);
    });
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen[0].contains("relation=User::posts site=tests/src/suite/statistics.rs:"), "{seen:?}");
    assert!(seen[0].contains("times=10 "), "{seen:?}");
    assert!(seen[0].contains("load it by `related_all(&[..], User::posts)`"), "{seen:?}");
    let db = lab.db();
    store(&db);
    let seen = warnings(|| one_by_one(&mut db.maker().lazy_warning(None).session(), 1..=12));
    assert!(seen.is_empty(), "{seen:?}");
}

fn the_warning_names_the_plan_that_is_missing(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let seen = warnings(|| {
        let mut s = db.maker().lazy_warning(3).session();
        for first in 1..=3 {
            let pair = s.query::<User>().filter(User::id.between(first * 2, first * 2 + 1)).with(User::posts);
            for user in pair.all().unwrap() {
                let post = s.related(user, User::posts).unwrap()[0];
                s.related(post, Post::comments).unwrap();
            }
        }
    });
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen[0].contains("`.with(User::posts.then(Post::comments))` is to be added"), "{seen:?}");
}

fn two_places_are_two_warnings(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let seen = warnings(|| {
        let mut s = db.maker().lazy_warning(2).session();
        for key in 1..=4 {
            let user = s.get_one::<User>(key).unwrap();
            s.related(user, User::posts).unwrap();
            s.related(user, User::groups).unwrap();
        }
    });
    assert_eq!(seen.len(), 2, "{seen:?}");
}

fn full_batches_are_no_repeats(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let seen = warnings(|| {
        let mut s = db.maker().lazy_batch(2).lazy_warning(2).session();
        for user in s.query::<User>().all().unwrap() {
            s.related(user, User::posts).unwrap();
        }
        assert_eq!(s.statistics().lazy(User::posts), 6);
    });
    assert!(seen.is_empty(), "{seen:?}");
}

fn each_transaction_counts_repeats_anew(lab: &Lab) {
    let db = lab.db();
    store(&db);
    let seen = warnings(|| {
        let mut s = db.session();
        for _ in 0..4 {
            one_by_one(&mut s, 1..=6);
            s.commit().unwrap();
        }
    });
    assert!(seen.is_empty(), "{seen:?}");
}
