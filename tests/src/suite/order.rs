//! In which order a flush writes.

use orm_core::prelude::*;

use crate::fixture::Lab;
use crate::models::*;

rules! { order:
    s41_rows_are_inserted_in_foreign_key_order_whatever_the_order_of_add,
    s41_within_a_table_rows_are_inserted_in_the_order_of_add,
    s10_rows_of_one_table_that_differ_in_shape_keep_their_order,
    ids_of_new_rows_reach_children_and_grandchildren,
    s40_a_self_reference_is_inserted_by_level,
    a_cycle_is_broken_at_the_nullable_foreign_key,
    a_row_that_names_itself_is_inserted_then_linked,
    s50_a_favourite_of_four_is_linked_last_and_unlinked_first,
    s51_all_columns_that_waited_are_one_update_that_counts_no_version,
    s52_a_cycle_without_a_nullable_foreign_key_is_misuse_before_sql,
    a_cycle_is_unlinked_before_it_is_deleted,
    deletes_go_children_first_whatever_the_order_of_delete,
    a_self_reference_is_deleted_leaves_first,
    rows_in_the_middle_of_inserts_and_deletes_keep_the_foreign_keys,
    setting_a_foreign_key_to_a_new_entity_inserts_it_first,
    a_plan_says_what_a_flush_would_do_and_does_nothing,
    ten_thousand_rows_get_their_keys_in_order,
}

/// A cycle with two columns that can wait, and a version.
mod fleet {
    use orm_core::prelude::*;

    #[derive(DeclarativeBase)]
    pub(super) struct Fleet;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Fleet, table = "captains", default)]
    pub(super) struct Captain {
        #[column(primary_key)]
        pub id: Id<Captain>,
        pub ship: Option<Id<Ship>>,
        pub spare: Option<Id<Ship>>,
        #[column(version)]
        pub version: Version,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Fleet, table = "ships", default)]
    pub(super) struct Ship {
        #[column(primary_key)]
        pub id: Id<Ship>,
        pub captain: Id<Captain>,
    }
}

const INSERT_USER: &str = "INSERT INTO users (name, email, bio, age) VALUES (?, ?, ?, ?)";
const INSERT_POST: &str = "INSERT INTO posts (author_id, editor_id, title, views) VALUES (?, ?, ?, ?)";
const INSERT_COMMENT: &str = "INSERT INTO comments (post_id, body) VALUES (?, ?)";
const INSERT_EMPLOYEE: &str = "INSERT INTO employees (manager_id, name) VALUES (?, ?)";

fn s41_rows_are_inserted_in_foreign_key_order_whatever_the_order_of_add(lab: &Lab) {
    // Grandchild, child and parent can only be added parent first, but the ids can be set later.
    for parent_is_first in [true, false] {
        let db = lab.db();
        let mut s = db.session();
        let comment = Comment { body: "hm".into(), ..Comment::default() };
        let (ann, post, comment) = if parent_is_first {
            let ann = s.add(User::named("ann"));
            (ann, s.add(Post::by(Id::New, "a")), s.add(comment))
        } else {
            let comment = s.add(comment);
            let post = s.add(Post::by(Id::New, "a"));
            (s.add(User::named("ann")), post, comment)
        };
        s[comment].post = post.into();
        s[post].author = ann.into();
        s.commit().unwrap();
        assert_eq!(db.sent(), ["BEGIN IMMEDIATE", INSERT_USER, INSERT_POST, INSERT_COMMENT, "COMMIT"]);
        let rows = db.rows::<(String, String, String)>(
            "SELECT u.name, p.title, c.body FROM comments c JOIN posts p ON p.id = c.post_id JOIN users u ON u.id = p.author_id",
        );
        assert_eq!(rows, [("ann".into(), "a".into(), "hm".into())]);
    }
}

fn s41_within_a_table_rows_are_inserted_in_the_order_of_add(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let names = ["z", "b", "y", "a"];
    let handles = s.add_all(names.map(User::named));
    s.commit().unwrap();
    assert_eq!(handles.iter().map(|&h| s.key(h)).collect::<Vec<_>>(), [Some(1), Some(2), Some(3), Some(4)]);
    db.sent();
    let rows = db.rows::<(String,)>("SELECT name FROM users ORDER BY id");
    assert_eq!(rows.into_iter().map(|(name,)| name).collect::<Vec<_>>(), names);
}

fn s10_rows_of_one_table_that_differ_in_shape_keep_their_order(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let with = |title: &str| Doc { plan: "gold".into(), ..Doc::titled(title) };
    let docs = s.add_all([Doc::titled("1"), with("2"), Doc::titled("3")]);
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "INSERT INTO docs (title, note, version) VALUES (?, ?, ?) RETURNING id, \"plan\"",
            "INSERT INTO docs (title, \"plan\", note, version) VALUES (?, ?, ?, ?)",
            "INSERT INTO docs (title, note, version) VALUES (?, ?, ?) RETURNING id, \"plan\"",
            "COMMIT"
        ]
    );
    assert_eq!(docs.iter().map(|&doc| s.key(doc)).collect::<Vec<_>>(), [Some(1), Some(2), Some(3)]);
    assert_eq!(s[docs[0]].plan, "free".into());
    assert!(db.sent().is_empty());
    let rows = db.rows::<(i64, String, String)>("SELECT id, title, plan FROM docs ORDER BY id");
    assert_eq!(
        rows,
        [(1, "1".into(), "free".into()), (2, "2".into(), "gold".into()), (3, "3".into(), "free".into())]
    );
}

fn ids_of_new_rows_reach_children_and_grandchildren(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["first"]);
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    let post = s.add(Post::by(ann, "a"));
    let comment = s.add(Comment { post: post.into(), body: "hm".into(), ..Comment::default() });
    assert_eq!((s.key(ann), s.key(comment)), (None, None));
    s.flush().unwrap();
    assert_eq!((s[ann].id, s[post].author, s[comment].post), (Id::Key(2), Id::Key(2), Id::Key(1)));
    assert_eq!((s.key(s[post].author), s.key(comment)), (Some(2), Some(1)));
    assert_eq!(s.get(s[post].author).unwrap(), Some(ann));
}

fn s40_a_self_reference_is_inserted_by_level(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let leaf = s.add(Employee::under(None, "leaf"));
    let middle = s.add(Employee::under(None, "middle"));
    let head = s.add(Employee::under(None, "head"));
    let other = s.add(Employee::under(Some(head.into()), "other"));
    s[leaf].manager = middle.into();
    s[middle].manager = head.into();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        ["BEGIN IMMEDIATE", INSERT_EMPLOYEE, INSERT_EMPLOYEE, INSERT_EMPLOYEE, INSERT_EMPLOYEE, "COMMIT"]
    );
    assert_eq!([head, middle, other, leaf].map(|h| s.key(h).unwrap()), [1, 2, 3, 4]);
    assert_eq!(
        db.rows::<(String, Option<i64>)>("SELECT name, manager_id FROM employees ORDER BY id"),
        [
            ("head".into(), None),
            ("middle".into(), Some(1)),
            ("other".into(), Some(1)),
            ("leaf".into(), Some(2))
        ]
    );
}

fn a_cycle_is_broken_at_the_nullable_foreign_key(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let person = s.add(Person { name: "joe".into(), ..Person::default() });
    let ball = s.add(Ball { owner: person.into(), colour: "red".into(), ..Ball::default() });
    s[person].favourite = ball.into();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "INSERT INTO persons (name) VALUES (?)",
            "INSERT INTO balls (owner_id, colour) VALUES (?, ?)",
            "UPDATE persons SET favourite_id = ? WHERE id = ?",
            "COMMIT"
        ]
    );
    assert_eq!((s[person].favourite, s[ball].owner), (Some(Id::Key(1)), Id::Key(1)));
    s.flush().unwrap();
    assert!(db.sent().is_empty());
    assert_eq!(
        db.rows::<(i64, i64)>(
            "SELECT p.favourite_id, b.owner_id FROM persons p JOIN balls b ON b.id = p.favourite_id"
        ),
        [(1, 1)]
    );
}

fn a_row_that_names_itself_is_inserted_then_linked(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let own = s.add(Employee::under(None, "own boss"));
    s[own].manager = own.into();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "INSERT INTO employees (name) VALUES (?)",
            "UPDATE employees SET manager_id = ? WHERE id = ?",
            "COMMIT"
        ]
    );
    assert_eq!(db.rows::<(i64, i64)>("SELECT id, manager_id FROM employees"), [(1, 1)]);
}

fn s52_a_cycle_without_a_nullable_foreign_key_is_misuse_before_sql(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let hen = s.add(Hen::default());
    let egg = s.add(Egg { laid_by: hen.into(), ..Egg::default() });
    s[hen].hatched_from = egg.into();
    let error = s.flush().unwrap_err();
    assert!(error.is_misuse(), "{error:?}");
    for name in ["hens", "eggs", "hatched_from_id", "laid_by_id"] {
        assert!(error.message().contains(name), "{name} is not in: {error}");
    }
    assert!(db.sent().is_empty());
}

fn a_cycle_is_unlinked_before_it_is_deleted(lab: &Lab) {
    let db = lab.db();
    db.run(
        "INSERT INTO persons VALUES (1, NULL, 'joe'); INSERT INTO balls VALUES (1, 1, 'red');
         UPDATE persons SET favourite_id = 1",
    );
    let mut s = db.session();
    let (person, ball) = (s.get_one::<Person>(1).unwrap(), s.get_one::<Ball>(1).unwrap());
    s.delete(person);
    s.delete(ball);
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "UPDATE persons SET favourite_id = ? WHERE id = ?",
            "DELETE FROM balls WHERE id = ?",
            "DELETE FROM persons WHERE id = ?",
            "COMMIT"
        ]
    );
    assert_eq!(
        db.rows::<(i64,)>("SELECT (SELECT count(*) FROM persons) + (SELECT count(*) FROM balls)"),
        [(0,)]
    );
}

fn deletes_go_children_first_whatever_the_order_of_delete(lab: &Lab) {
    for parent_is_first in [true, false] {
        let db = lab.db();
        db.run(
            "INSERT INTO users VALUES (1, 'a', 'a', NULL, 1); INSERT INTO groups VALUES (1, 'g');
             INSERT INTO memberships VALUES (1, 1, 'x')",
        );
        let mut s = db.session();
        let user = s.get_one::<User>(1).unwrap();
        let member = s.get_one::<Membership>((1, 1)).unwrap();
        if parent_is_first {
            s.delete(user);
            s.delete(member);
        } else {
            s.delete(member);
            s.delete(user);
        }
        db.sent();
        s.commit().unwrap();
        assert_eq!(
            db.sent(),
            [
                "DELETE FROM memberships WHERE user_id = ? AND group_id = ?",
                "DELETE FROM users WHERE id = ?",
                "COMMIT"
            ]
        );
        assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM users"), [(0,)]);
    }
}

fn a_self_reference_is_deleted_leaves_first(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let head = s.add(Employee::under(None, "head"));
    let middle = s.add(Employee::under(Some(head.into()), "middle"));
    let leaf = s.add(Employee::under(Some(middle.into()), "leaf"));
    s.commit().unwrap();
    for handle in [head, middle, leaf] {
        s.delete(handle);
    }
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "DELETE FROM employees WHERE id = ?",
            "DELETE FROM employees WHERE id = ?",
            "DELETE FROM employees WHERE id = ?",
            "COMMIT"
        ]
    );
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM employees"), [(0,)]);
}

fn rows_in_the_middle_of_inserts_and_deletes_keep_the_foreign_keys(lab: &Lab) {
    // A post moves from a user that is deleted to one that is new: INSERT, UPDATE, DELETE.
    let db = lab.db();
    db.run("INSERT INTO users VALUES (1, 'a', 'a', NULL, 1); INSERT INTO posts VALUES (1, 1, NULL, 't', 0)");
    let mut s = db.session();
    let (old, post) = (s.get_one::<User>(1).unwrap(), s.get_one::<Post>(1).unwrap());
    let new = s.add(User::named("new"));
    s[post].author = new.into();
    s.delete(old);
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            INSERT_USER,
            "UPDATE posts SET author_id = ? WHERE id = ?",
            "DELETE FROM users WHERE id = ?",
            "COMMIT"
        ]
    );
    assert_eq!(
        db.rows::<(String, String)>("SELECT u.name, p.title FROM posts p JOIN users u ON u.id = p.author_id"),
        [("new".into(), "t".into())]
    );
}

fn setting_a_foreign_key_to_a_new_entity_inserts_it_first(lab: &Lab) {
    let db = lab.db();
    db.run("INSERT INTO users VALUES (1, 'a', 'a', NULL, 1); INSERT INTO posts VALUES (1, 1, NULL, 't', 0)");
    let mut s = db.session();
    let post = s.get_one::<Post>(1).unwrap();
    let editor = s.add(User::named("ed"));
    s[post].editor = editor.into();
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), [INSERT_USER, "UPDATE posts SET editor_id = ? WHERE id = ?", "COMMIT"]);
    assert_eq!(s[post].editor, Some(Id::Key(2)));
    assert_eq!(db.rows::<(i64, i64)>("SELECT author_id, editor_id FROM posts"), [(1, 2)]);
}

fn a_plan_says_what_a_flush_would_do_and_does_nothing(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    assert!(s.plan().unwrap().is_empty());
    let ann = s.add(User::named("ann"));
    s.add(Post::by(ann, "a"));
    let plan = s.plan().unwrap();
    assert!(!plan.is_empty());
    let text = plan.to_string();
    let (users, posts) = (text.find("users").unwrap(), text.find("posts").unwrap());
    assert!(users < posts, "{text}");
    assert_eq!((s.state(ann), s.key(ann)), (Some(State::Pending), None));
    assert!(db.sent().is_empty());
}

fn ten_thousand_rows_get_their_keys_in_order(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let groups = s.add_all((0..10_000).map(|number| Group { id: Id::New, name: number.to_string() }));
    s.commit().unwrap();
    let mut ids: Vec<_> = db.probe.take_steps().into_iter().filter_map(|step| step.id).collect();
    ids.sort();
    ids.dedup();
    assert!(ids.len() <= 2, "{} statements were prepared", ids.len());
    for (number, &group) in (1..).zip(&groups) {
        assert_eq!(s.key(group), Some(number));
    }
    let bad = db.rows::<(i64,)>("SELECT count(*) FROM groups WHERE CAST(name AS INTEGER) <> id - 1");
    assert_eq!(bad, [(0,)]);
}

fn s50_a_favourite_of_four_is_linked_last_and_unlinked_first(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let person = s.add(Person { name: "joe".into(), ..Person::default() });
    let balls = ["a", "b", "c", "d"]
        .map(|colour| s.add(Ball { owner: person.into(), colour: colour.into(), ..Ball::default() }));
    s[person].favourite = balls[0].into();
    s.flush().unwrap();
    let (ball, link) = (
        "INSERT INTO balls (owner_id, colour) VALUES (?, ?)",
        "UPDATE persons SET favourite_id = ? WHERE id = ?",
    );
    assert_eq!(
        db.sent(),
        ["BEGIN IMMEDIATE", "INSERT INTO persons (name) VALUES (?)", ball, ball, ball, ball, link]
    );
    s.delete(person);
    balls.iter().for_each(|&ball| s.delete(ball));
    assert_eq!(
        s.plan().unwrap().to_string(),
        "1 update persons set favourite_id = null where id = 1   (breaks the cycle at persons.favourite_id)\n\
         2 delete balls where id in [1, 2, 3, 4]\n\
         3 delete persons where id = 1"
    );
    s.commit().unwrap();
    let gone = "DELETE FROM balls WHERE id = ?";
    assert_eq!(db.sent(), [link, gone, gone, gone, gone, "DELETE FROM persons WHERE id = ?", "COMMIT"]);
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM balls"), [(0,)]);
}

fn s51_all_columns_that_waited_are_one_update_that_counts_no_version(lab: &Lab) {
    let db = lab.db_of::<fleet::Fleet>();
    let mut s = db.session();
    let captain = s.add(fleet::Captain::default());
    let ship = s.add(fleet::Ship { captain: captain.into(), ..fleet::Ship::default() });
    (s[captain].ship, s[captain].spare) = (ship.into(), ship.into());
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "INSERT INTO captains (version) VALUES (?)",
            "INSERT INTO ships (captain_id) VALUES (?)",
            "UPDATE captains SET ship_id = ?, spare_id = ? WHERE id = ? AND version = ?",
            "COMMIT"
        ]
    );
    assert_eq!(s[captain].version.get(), 1);
    assert_eq!(db.rows::<(i64, i64, i64)>("SELECT ship_id, spare_id, version FROM captains"), [(1, 1, 1)]);
}
