//! Aggregates, groups and distinct rows: the SQL, and the rows.

use orm_core::expr::count_all;
use orm_core::prelude::*;

use super::join::{blog, sent, text};
use crate::fixture::Lab;
use crate::models::*;

rules! { aggregate:
    aggregates_of_groups,
    aggregates_without_groups,
    aggregates_distinct_and_filtered,
    a_single_column_is_a_scalar,
    distinct_rows_count_as_distinct,
    an_ungrouped_column_is_refused_before_it_is_sent,
}

fn aggregates_of_groups(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let stats: Vec<(String, i64, Option<f64>)> = s
        .query::<User>()
        .left_join(User::posts)
        .group_by(User::id)
        .having(count(Post::id).ge(1))
        .order_by(User::id)
        .select((User::name, count(Post::id), avg(Post::views)))
        .fetch()
        .unwrap();
    assert_eq!(stats, [(text("ann"), 2, Some(10.0)), (text("bob"), 1, Some(30.0))]);
    assert_eq!(
        sent(&db),
        "SELECT users.name, COUNT(posts.id), AVG(posts.views) FROM users LEFT JOIN posts ON posts.author_id = users.id \
         GROUP BY users.id HAVING COUNT(posts.id) >= ? ORDER BY users.id"
    );
}

fn aggregates_without_groups(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let all = s.query::<Post>().select((count_all(), sum(Post::views), min(Post::title), max(Post::editor)));
    assert_eq!(all.one().unwrap(), (3, Some(50), Some(text("rust")), Some(Id::Key(2))));
    let none = s.query::<Post>().filter(Post::views.gt(99)).select((
        count(Post::id),
        sum(Post::views),
        max(Post::views),
    ));
    assert_eq!(none.one().unwrap(), (0, None, None));
}

fn aggregates_distinct_and_filtered(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let few = count(Post::id).filter(Post::views.lt(20));
    let found = s.query::<Post>().select((count(Post::author).distinct(), few)).one().unwrap();
    assert_eq!(found, (2, 2));
    assert_eq!(
        sent(&db),
        "SELECT COUNT(DISTINCT author_id), COUNT(id) FILTER (WHERE views < ?) FROM posts LIMIT 2"
    );
}

fn a_single_column_is_a_scalar(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    assert_eq!(
        s.query::<User>().order_by(User::id).select(User::name).fetch().unwrap(),
        ["ann", "bob", "cid"]
    );
    assert_eq!(s.query::<User>().select(max(User::age)).one().unwrap(), Some(30));
    assert_eq!(
        s.query::<User>().order_by(User::id).select(coalesce(User::bio, "-")).fetch().unwrap(),
        ["a", "-", "c"]
    );
}

fn distinct_rows_count_as_distinct(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    assert_eq!(
        s.query::<Membership>()
            .select(Membership::role)
            .distinct()
            .order_by(Membership::role)
            .fetch()
            .unwrap(),
        ["boss", "guest"]
    );
    assert_eq!(s.query::<Membership>().select(Membership::role).distinct().count().unwrap(), 2);
    assert_eq!(s.query::<Post>().group_by(Post::author).select(Post::author).count().unwrap(), 2);
}

fn an_ungrouped_column_is_refused_before_it_is_sent(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let error =
        s.query::<Post>().group_by(Post::author).select((Post::title, count(Post::id))).fetch().unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("posts.title"), "{error:?}");
    let error = s.query::<Post>().select((Post::title, count(Post::id))).fetch().unwrap_err();
    assert!(error.is_misuse(), "{error:?}");
    let error = s
        .query::<Post>()
        .group_by(Post::author)
        .order_by(Post::views)
        .select(Post::author)
        .fetch()
        .unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("ordered by `posts.views`"), "{error:?}");
    assert!(db.sent().is_empty());
    let by_expression =
        s.query::<Post>().group_by(Post::views % 2).select((Post::views % 2, count(Post::id)));
    assert_eq!(by_expression.fetch().unwrap().len(), 2);
    assert_eq!(s.query::<Post>().group_by(Post::id).select(Post::title).fetch().unwrap().len(), 3);
}
