//! Scenarios of SQLAlchemy's own tests that no other part covers under their numbers.

use orm_core::prelude::*;
use uuid::Uuid;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { scenario:
    s3_an_entity_passes_through_its_states,
    s3_a_deleted_entity_is_gone_after_a_commit_that_expires_nothing,
    s25_an_equal_value_in_a_stale_entity_writes_nothing,
    s34_what_a_savepoint_did_to_a_relation_is_undone_with_it,
    s34_edits_of_kept_savepoints_are_undone_with_the_outermost,
    s36_close_rolls_back_forgets_all_and_the_session_works_on,
    s46_a_part_that_lost_its_whole_goes_and_another_takes_its_place,
    s46_a_part_goes_with_its_whole,
    s49_a_composite_foreign_key_is_set_and_cleared_as_one,
    s49_keys_that_the_program_makes,
    s61_a_version_counts_whatever_the_program_writes_to_it,
    s61_a_row_that_is_replaced_counts_on,
    s65_what_flushes_by_itself,
    s65_what_does_not,
    s65_an_error_of_such_a_flush_says_how_to_put_it_off,
    s118_merge_adds_or_copies_over_and_writes_what_differs,
    s119_a_graph_is_merged_row_by_row,
    s120_only_rows_that_changed_are_written_once,
    s120_a_child_is_moved_without_a_look_at_its_parents,
}

mod models {
    use orm_core::prelude::*;
    use uuid::Uuid;

    #[derive(DeclarativeBase)]
    pub(super) struct Works;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Works, table = "wholes", default)]
    #[relation(part = one(Part::whole))]
    #[relation(pieces = many(Piece::whole, order_by = Piece::id))]
    pub(super) struct Whole {
        #[column(primary_key)]
        pub id: Id<Whole>,
        pub name: String,
    }

    /// At most one of each whole, and none without.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Works, table = "parts", default)]
    pub(super) struct Part {
        #[column(primary_key)]
        pub id: Id<Part>,
        #[column(orphan = delete, on_delete = cascade, unique)]
        pub whole: Option<Id<Whole>>,
        pub name: String,
    }

    /// Several of each whole, and none without.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Works, table = "pieces", default)]
    pub(super) struct Piece {
        #[column(primary_key)]
        pub id: Id<Piece>,
        #[column(orphan = delete)]
        pub whole: Option<Id<Whole>>,
        pub name: String,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Works, table = "places")]
    pub(super) struct Place {
        #[column(primary_key)]
        pub row: i64,
        #[column(primary_key)]
        pub seat: i64,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Works, table = "guests", default)]
    pub(super) struct Guest {
        #[column(primary_key)]
        pub id: Id<Guest>,
        #[column(names("place_row", "place_seat"))]
        pub place: Option<Id<Place, (i64, i64)>>,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Works, table = "orders")]
    pub(super) struct Order {
        #[column(primary_key)]
        pub id: Uuid,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Works, table = "lines")]
    pub(super) struct Line {
        #[column(primary_key)]
        pub id: Uuid,
        pub order: Id<Order, Uuid>,
    }
}

use models::{Guest, Line, Order, Part, Piece, Place, Whole, Works};

fn s3_an_entity_passes_through_its_states(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    assert_eq!((s.state(ann), s.new_entities::<User>()), (Some(State::Pending), vec![ann]));
    s.flush().unwrap();
    assert_eq!((s.state(ann), s.new_entities::<User>()), (Some(State::Persistent), vec![]));
    s.delete(ann);
    assert_eq!((s.state(ann), s.deleted::<User>(), s.contains(ann)), (Some(State::Deleted), vec![ann], true));
    s.flush().unwrap();
    assert_eq!(
        (s.state(ann), s.deleted::<User>(), s.contains(ann)),
        (Some(State::DeletedFlushed), vec![], false)
    );
    let value = s.to_owned(ann).unwrap();
    s.commit().unwrap();
    assert_eq!(s.state(ann), None);
    // The struct is one like others, and goes in again.
    let again = s.add(value);
    s.commit().unwrap();
    assert_eq!((s.state(again), s.key(again)), (Some(State::Persistent), Some(1)));
    assert_ne!(again, ann);
}

fn s3_a_deleted_entity_is_gone_after_a_commit_that_expires_nothing(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.maker().expire_on_commit(false).session();
    let ann = s.get_one::<User>(1).unwrap();
    s.delete(ann);
    s.commit().unwrap();
    assert_eq!((s.state(ann), s.find(ann)), (None, None));
}

fn s25_an_equal_value_in_a_stale_entity_writes_nothing(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    s.commit().unwrap();
    db.sent();
    s[ann].name = "ann".into();
    s.flush().unwrap();
    assert!(db.sent().is_empty());
    s[ann].name = "eve".into();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", "UPDATE users SET name = ? WHERE id = ?"]);
}

fn s34_what_a_savepoint_did_to_a_relation_is_undone_with_it(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let users = s.add_all(["ann", "bob"].map(User::named));
    let posts = s.add_all(["a", "b"].map(|title| Post::by(users[0], title)));
    s.flush().unwrap();
    assert_eq!(s.related(users[0], User::posts).unwrap(), posts);
    let savepoint = s.begin_nested().unwrap();
    s.delete(posts[0]);
    s[posts[1]].author = users[1].into();
    let new = s.add(Post::by(users[0], "c"));
    s.flush().unwrap();
    assert_eq!(s.related(users[0], User::posts).unwrap(), [new]);
    savepoint.rollback(&mut s).unwrap();
    assert_eq!(s.related(users[0], User::posts).unwrap(), posts);
    assert!(s.related(users[1], User::posts).unwrap().is_empty());
    s.commit().unwrap();
    db.sent();
    assert_eq!(
        db.rows::<(String, i64)>("SELECT title, author_id FROM posts ORDER BY id"),
        [("a".into(), 1), ("b".into(), 1)]
    );
}

fn s34_edits_of_kept_savepoints_are_undone_with_the_outermost(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    let outer = s.begin_nested().unwrap();
    for age in [30, 31, 32] {
        s.nested(|s| {
            s[ann].age = age;
            s.flush()
        })
        .unwrap();
    }
    assert_eq!(s[ann].age, 32);
    outer.rollback(&mut s).unwrap();
    assert_eq!((s[ann].age, s.is_modified(ann)), (18, false));
    s[ann].age = 40;
    s.nested(|s| s.flush()).unwrap();
    s.rollback().unwrap();
    assert_eq!(s[ann].age, 18);
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT age FROM users"), [(18,)]);
}

fn s36_close_rolls_back_forgets_all_and_the_session_works_on(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    let eve = s.add(User::named("eve"));
    s.flush().unwrap();
    let owned = s.to_owned(ann).unwrap();
    s.close();
    assert_eq!(db.sent().last().unwrap(), "ROLLBACK");
    assert_eq!(db.engine.pool_status().checked_out, 0);
    // What was flushed and not committed has no row: no handle stands for one.
    assert_eq!((s.find(ann), s.find(eve)), (None, None));
    assert_eq!(owned.name, "ann");
    let again = s.get_one::<User>(1).unwrap();
    assert_ne!(again, ann);
    assert_eq!(s.query::<User>().count().unwrap(), 1);
}

fn works(lab: &Lab) -> (Db<Works>, Session<Works>) {
    let db: Db<Works> = lab.db_of();
    let session = db.session();
    (db, session)
}

fn s46_a_part_that_lost_its_whole_goes_and_another_takes_its_place(lab: &Lab) {
    let (db, mut s) = works(lab);
    let whole = s.add(Whole::default());
    let old = s.add(Part { whole: whole.into(), name: "old".into(), ..Part::default() });
    s.commit().unwrap();
    let second = s.add(Part { whole: whole.into(), name: "second".into(), ..Part::default() });
    assert!(s.flush().unwrap_err().is_unique(), "a whole has one part");
    s.rollback().unwrap();
    s.restore(second).unwrap();
    s[old].whole = None;
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "DELETE FROM parts WHERE id = ?",
            "INSERT INTO parts (whole_id, name) VALUES (?, ?)",
            "COMMIT"
        ]
    );
    assert_eq!((s.state(old), s.related(whole, Whole::part).unwrap()), (None, Some(second)));
}

fn s46_a_part_goes_with_its_whole(lab: &Lab) {
    let (db, mut s) = works(lab);
    let whole = s.add(Whole::default());
    let part = s.add(Part { whole: whole.into(), ..Part::default() });
    s.commit().unwrap();
    s.delete(whole);
    s.commit().unwrap();
    assert_eq!(s.state(part), None);
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM parts"), [(0,)]);
}

fn s49_a_composite_foreign_key_is_set_and_cleared_as_one(lab: &Lab) {
    let (db, mut s) = works(lab);
    let place = s.add(Place { row: 1, seat: 2 });
    let guest = s.add(Guest { place: place.into(), ..Guest::default() });
    let rows = |db: &Db<Works>| {
        db.sent();
        db.rows::<(Option<i64>, Option<i64>)>("SELECT place_row, place_seat FROM guests")
    };
    s.commit().unwrap();
    assert_eq!(rows(&db), [(Some(1), Some(2))]);
    assert_eq!(s.related(guest, Guest::place).unwrap(), Some(place));
    s[guest].place = None;
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent()[0], "UPDATE guests SET place_row = ?, place_seat = ? WHERE id = ?");
    assert_eq!(rows(&db), [(None, None)]);
}

fn s49_keys_that_the_program_makes(lab: &Lab) {
    let (db, mut s) = works(lab);
    let order = Order { id: Uuid::from_u128(7) };
    // Named by handle or by key, known before the flush or not: parents first, all of a table together.
    let second = s.add(Line { id: Uuid::from_u128(2), order: order.id.into() });
    let order = s.add(order);
    let first = s.add(Line { id: Uuid::from_u128(1), order: order.into() });
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "INSERT INTO orders (id) VALUES (?)",
            "INSERT INTO lines (id, order_id) VALUES (?, ?)",
            "INSERT INTO lines (id, order_id) VALUES (?, ?)",
            "COMMIT"
        ]
    );
    assert_eq!(s[first].order, s[second].order);
    assert_eq!(s.get(s[first].order).unwrap(), Some(order));
}

fn s61_a_version_counts_whatever_the_program_writes_to_it(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    s.flush().unwrap();
    s[doc] = Doc { id: s[doc].id, ..Doc::titled("b") };
    s.flush().unwrap();
    assert_eq!(s[doc].version.get(), 2);
    s[doc].version = Version::default();
    s.flush().unwrap();
    s[doc].title = "c".into();
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String, i64)>("SELECT title, version FROM docs"), [("c".into(), 3)]);
}

fn s61_a_row_that_is_replaced_counts_on(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc { plan: "free".into(), ..Doc::titled("a") });
    s.commit().unwrap();
    s.delete(doc);
    let new = s.add(Doc { id: 1.into(), plan: "gold".into(), ..Doc::titled("b") });
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent()[1],
        "UPDATE docs SET title = ?, \"plan\" = ?, version = ? WHERE id = ? AND version = ?"
    );
    assert_eq!(s[new].version.get(), 2);
}

/// Something that may flush.
type Act = (&'static str, fn(&mut Session<Blog>));

/// Whether an act flushes what was added.
fn flushes(lab: &Lab, (name, act): Act) -> bool {
    let db = lab.db();
    db.store_users(&["ann", "bob"]);
    let mut s = db.session();
    s.get_one::<User>(1).unwrap();
    let new = s.add(User::named("new"));
    db.sent();
    act(&mut s);
    let is_sent = db.sent().iter().any(|sql| sql.starts_with("INSERT"));
    assert_eq!(is_sent, s.state(new) == Some(State::Persistent), "{name}");
    is_sent
}

fn s65_what_flushes_by_itself(lab: &Lab) {
    let acts: [Act; 12] = [
        ("all", |s| drop(s.query::<User>().all().unwrap())),
        ("count", |s| drop(s.query::<User>().count().unwrap().to_string())),
        ("columns", |s| drop(s.query::<User>().select(User::name).fetch().unwrap())),
        ("untracked", |s| drop(s.query::<User>().untracked().all().unwrap())),
        ("raw SQL", |s| {
            drop(s.sql("SELECT name FROM users", params![]).unwrap().fetch::<(String,)>().unwrap());
        }),
        ("a get that misses", |s| assert!(s.get::<User>(2).unwrap().is_some())),
        ("update", |s| drop(update::<User>().set(User::age, 1).execute(s).unwrap().to_string())),
        ("delete", |s| drop(delete::<User>().filter(User::age.lt(0)).execute(s).unwrap().to_string())),
        ("a merge that loads", |s| {
            s.merge(User { id: 2.into(), ..User::named("bob") }).unwrap();
        }),
        ("nested", |s| s.nested(|_| Ok(())).unwrap()),
        ("commit", |s| s.commit().unwrap()),
        ("a page", |s| drop(s.query::<User>().order_by(User::id).page(1, 5).unwrap())),
    ];
    acts.into_iter().for_each(|act| assert!(flushes(lab, act), "{} does not flush", act.0));
}

fn s65_what_does_not(lab: &Lab) {
    let acts: [Act; 6] = [
        ("a get that hits", |s| assert!(s.get::<User>(1).unwrap().is_some())),
        ("no_autoflush", |s| drop(s.no_autoflush(|s| s.query::<User>().all()).unwrap())),
        // Unlike there: what these ask for, no pending row can change.
        ("related", |s| {
            let ann = s.get_one::<User>(1).unwrap();
            assert!(s.related(ann, User::posts).unwrap().is_empty());
        }),
        ("refresh", |s| {
            let ann = s.get_one::<User>(1).unwrap();
            s.refresh(ann).unwrap();
        }),
        ("delete", |s| {
            let ann = s.get_one::<User>(1).unwrap();
            s.delete(ann);
        }),
        ("plan", |s| drop(s.plan().unwrap())),
    ];
    acts.into_iter().for_each(|act| assert!(!flushes(lab, act), "{} flushes", act.0));
}

fn s65_an_error_of_such_a_flush_says_how_to_put_it_off(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.session();
    s.add(User::named("ann"));
    let error = s.query::<User>().count().unwrap_err();
    assert!(error.is_unique() && error.to_string().contains("`no_autoflush`"), "{error}");
    s.rollback().unwrap();
    s.add(User::named("ann"));
    let error = s.flush().unwrap_err();
    assert!(error.is_unique() && !error.to_string().contains("no_autoflush"), "{error}");
}

fn s118_merge_adds_or_copies_over_and_writes_what_differs(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let new = s.merge(User::named("new")).unwrap();
    assert_eq!((s.state(new), db.sent().len()), (Some(State::Pending), 0));
    s.flush().unwrap();
    db.sent();
    let ann = s.merge(User { id: 1.into(), bio: Some("x".into()), ..User::named("ann") }).unwrap();
    assert_eq!(db.sent().len(), 1);
    s.flush().unwrap();
    assert_eq!(db.sent(), ["UPDATE users SET bio = ? WHERE id = ?"]);
    s.merge(s.to_owned(ann).unwrap()).unwrap();
    s.flush().unwrap();
    assert!(db.sent().is_empty(), "equal values write nothing");
    s.merge(User { id: 1.into(), ..User::named("ann") }).unwrap();
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(Option<String>,)>("SELECT bio FROM users WHERE id = 1"), [(None,)]);
}

fn s119_a_graph_is_merged_row_by_row(lab: &Lab) {
    let (db, mut s) = works(lab);
    db.run("INSERT INTO wholes VALUES (1, 'u'); INSERT INTO pieces VALUES (1, 1, 'one'), (2, 1, 'two')");
    let piece = |id: i64, name: &str| Piece { id: id.into(), whole: Some(1.into()), name: name.into() };
    s.no_autoflush(|s| {
        let whole = s.merge(Whole { id: 1.into(), name: "u2".into() }).unwrap();
        let pieces = [s.merge(piece(2, "2mod")).unwrap(), s.merge(piece(3, "3")).unwrap()];
        assert_eq!(s.merge(piece(3, "3")).unwrap(), pieces[1], "one row is one entity");
        s.replace(whole, Whole::pieces, &pieces).unwrap();
    });
    assert_eq!(db.sent().iter().filter(|sql| sql.starts_with("SELECT")).count(), 4);
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "UPDATE wholes SET name = ? WHERE id = ?",
            "UPDATE pieces SET name = ? WHERE id = ?",
            "INSERT INTO pieces (id, whole_id, name) VALUES (?, ?, ?)",
            "DELETE FROM pieces WHERE id = ?",
            "COMMIT"
        ]
    );
    assert_eq!(
        db.rows::<(i64, String)>("SELECT id, name FROM pieces ORDER BY id"),
        [(2, "2mod".into()), (3, "3".into())]
    );
}

fn s120_only_rows_that_changed_are_written_once(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann", "bob"]);
    db.run(
        "INSERT INTO posts VALUES (1, 1, 1, 'a', 0), (2, 1, 1, 'b', 0), (3, 2, NULL, 'c', 0), (4, 2, NULL, 'd', 0)",
    );
    let mut s = db.session();
    let (ann, bob) = (s.get_one::<User>(1).unwrap(), s.get_one::<User>(2).unwrap());
    let posts = s.query::<Post>().order_by(Post::id).all().unwrap();
    s[bob].name = "rob".into();
    s[posts[0]].editor = None;
    s[posts[2]].editor = ann.into();
    db.sent();
    s.flush().unwrap();
    let update = "UPDATE posts SET editor_id = ? WHERE id = ?";
    assert_eq!(db.sent(), ["UPDATE users SET name = ? WHERE id = ?", update, update]);
}

fn s120_a_child_is_moved_without_a_look_at_its_parents(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann", "bob"]);
    db.run("INSERT INTO posts VALUES (1, 1, 1, 'a', 0), (2, 1, 1, 'b', 0)");
    let mut s = db.session();
    let posts = s.query::<Post>().order_by(Post::id).all().unwrap();
    db.sent();
    s[posts[0]].editor = Some(2.into());
    assert!(db.sent().is_empty());
    s.flush().unwrap();
    s[posts[0]].editor = None;
    s.flush().unwrap();
    posts.iter().for_each(|&post| s.delete(post));
    s.flush().unwrap();
    let (update, delete) = ("UPDATE posts SET editor_id = ? WHERE id = ?", "DELETE FROM posts WHERE id = ?");
    assert_eq!(db.sent(), [update, update, delete, delete]);
}
