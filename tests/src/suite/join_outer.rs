//! Joins that keep what finds no partner on the right, or on both sides: the SQL, and the rows of SQL written by hand.

use orm_core::prelude::*;

use super::join::{blog, sent, text};
use crate::fixture::Lab;
use crate::models::*;

rules! { join_outer:
    a_right_join_keeps_what_is_joined,
    a_right_join_makes_the_model_itself_an_option,
    a_right_join_over_a_link_keeps_the_far_side,
    a_right_join_makes_all_before_it_optional,
    a_full_join_keeps_both_sides,
    a_full_join_over_a_link_is_refused,
    a_join_on_true_is_a_cross_join,
    what_is_missing_is_null_and_can_be_asked_for,
    with_loads_beside_rows_that_lack_the_model,
    a_page_after_a_cursor_goes_over_rows_that_lack_the_model,
}

type Pair = (Option<String>, Option<String>);

fn pair(left: Option<&str>, right: Option<&str>) -> Pair {
    (left.map(text), right.map(text))
}

fn a_right_join_keeps_what_is_joined(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let rows: Vec<(Option<String>, String)> = s
        .query::<Post>()
        .right_join(Post::author)
        .order_by((User::id, Post::id))
        .select((Post::title, User::name))
        .fetch()
        .unwrap();
    assert_eq!(
        sent(&db),
        "SELECT posts.title, users.name FROM posts RIGHT JOIN users ON posts.author_id = users.id ORDER BY users.id, posts.id"
    );
    drop(s);
    let by_hand: Vec<(Option<String>, String)> = db.by_hand(
        "SELECT p.title, u.name FROM users u LEFT JOIN posts p ON p.author_id = u.id ORDER BY u.id, p.id",
    );
    assert_eq!(rows, by_hand);
    assert_eq!(rows.last(), Some(&(None, text("cid"))));
}

fn a_right_join_makes_the_model_itself_an_option(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let query = || select::<Post>().right_join(Post::author).order_by((User::id, Post::id));
    let posts: Vec<Option<Handle<Post>>> = query().all(&mut s).unwrap();
    let titles: Vec<_> = posts.iter().map(|post| post.map(|post| s[post].title.as_str())).collect();
    assert_eq!(titles, [Some("rust"), Some("sql"), Some("rust and sql"), None]);
    assert_eq!(query().count(&mut s).unwrap(), 4);
    let plain: Vec<Option<Post>> = query().untracked().all(&mut s).unwrap();
    assert_eq!(plain.iter().flatten().count(), 3);
    let again = query().select((entity::<Post>(), entity::<User>()));
    let again: Vec<(Option<Handle<Post>>, Handle<User>)> = again.fetch(&mut s).unwrap();
    assert!(again.iter().map(|(post, _)| post).eq(&posts));
}

fn a_right_join_over_a_link_keeps_the_far_side(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let rows: Vec<(Option<String>, String)> = s
        .query::<User>()
        .right_join(User::groups)
        .order_by((Group::id, User::id))
        .select((User::name, Group::name))
        .fetch()
        .unwrap();
    assert_eq!(
        sent(&db),
        "SELECT users.name, \"groups\".name FROM users JOIN memberships ON memberships.user_id = users.id \
         RIGHT JOIN \"groups\" ON memberships.group_id = \"groups\".id ORDER BY \"groups\".id, users.id"
    );
    drop(s);
    let by_hand: Vec<(Option<String>, String)> = db.by_hand(
        "SELECT u.name, g.name FROM groups g LEFT JOIN (memberships m JOIN users u ON u.id = m.user_id) ON m.group_id = g.id \
         ORDER BY g.id, u.id",
    );
    assert_eq!(rows, by_hand);
    assert_eq!(rows.last(), Some(&(None, text("ghosts"))));
}

fn a_right_join_makes_all_before_it_optional(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let rows: Vec<(Option<String>, Option<String>, String)> = s
        .query::<Comment>()
        .join(Comment::post)
        .right_join(Post::author)
        .order_by((User::id, Comment::id))
        .select((Comment::body, Post::title, User::name))
        .fetch()
        .unwrap();
    drop(s);
    let by_hand: Vec<(Option<String>, Option<String>, String)> = db.by_hand(
        "SELECT c.body, p.title, u.name FROM comments c JOIN posts p ON c.post_id = p.id RIGHT JOIN users u ON p.author_id = u.id \
         ORDER BY u.id, c.id",
    );
    assert_eq!(rows, by_hand);
    assert_eq!(rows.last(), Some(&(None, None, text("cid"))));
}

fn a_full_join_keeps_both_sides(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let rows: Vec<Pair> = s
        .query::<User>()
        .full_join(User::edited)
        .order_by((User::id, Post::id))
        .select((User::name, Post::title))
        .fetch()
        .unwrap();
    assert_eq!(
        sent(&db),
        "SELECT users.name, posts.title FROM users FULL JOIN posts ON posts.editor_id = users.id ORDER BY users.id, posts.id"
    );
    let expected = [
        pair(None, Some("rust")),
        pair(Some("ann"), Some("rust and sql")),
        pair(Some("bob"), Some("sql")),
        pair(Some("cid"), None),
    ];
    assert_eq!(rows, expected);
}

fn a_full_join_over_a_link_is_refused(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let error = s.query::<User>().full_join(User::groups).all().unwrap_err();
    assert!(error.is_misuse(), "{error}");
    assert!(
        error.to_string().contains("a full join with `Group` cannot be made over `Membership`"),
        "{error}"
    );
    let rows: Vec<Pair> = s
        .query::<User>()
        .left_join(to::<Membership>().on(Membership::user.eq(User::id)))
        .full_join(Membership::group)
        .order_by((User::id, Group::id))
        .select((User::name, Group::name))
        .fetch()
        .unwrap();
    let expected = [
        pair(None, Some("ghosts")),
        pair(Some("ann"), Some("admins")),
        pair(Some("ann"), Some("guests")),
        pair(Some("bob"), Some("guests")),
        pair(Some("cid"), None),
    ];
    assert_eq!(rows, expected, "one after the other, as the error says");
}

fn a_join_on_true_is_a_cross_join(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let rows = s.query::<User>().join(to::<Group>().on(orm_core::expr::literal(true))).count().unwrap();
    assert_eq!(rows, 9);
}

fn what_is_missing_is_null_and_can_be_asked_for(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let lonely: Vec<String> = s
        .query::<Post>()
        .right_join(Post::author)
        .filter(Post::id.is_null())
        .select(User::name)
        .fetch()
        .unwrap();
    assert_eq!(lonely, ["cid"]);
}

fn with_loads_beside_rows_that_lack_the_model(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let posts = s
        .query::<Post>()
        .right_join(Post::author)
        .order_by((User::id, Post::id))
        .select(entity::<Post>())
        .with(Post::comments)
        .with(Post::author.joined())
        .all()
        .unwrap();
    db.sent();
    let comments: usize =
        posts.iter().flatten().map(|post| s.related(*post, Post::comments).unwrap().len()).sum();
    assert_eq!((posts.len(), comments), (4, 3));
    assert!(db.sent().is_empty());
}

fn a_page_after_a_cursor_goes_over_rows_that_lack_the_model(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let query = || {
        select::<User>().full_join(User::edited).order_by(User::name.desc()).select((User::name, Post::title))
    };
    let all = query().fetch(&mut s).unwrap();
    let (mut paged, mut cursor) = (Vec::new(), None);
    loop {
        let page = query().page_after(&mut s, cursor.as_deref(), 1).unwrap();
        paged.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, all);
}
