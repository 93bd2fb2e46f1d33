//! What hangs on a deleted row: what the database does to it is mirrored in memory, or the session does it.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::{Post, User};
use models::*;

rules! { delete_rule:
    delete_of_a_pending_entity_takes_it_back,
    s6_delete_twice_is_one_delete,
    a_deleted_parent_under_cascade_takes_its_pending_children,
    s39_cascade_takes_held_rows_through_any_depth_with_one_delete,
    s39_what_cascade_took_comes_back_with_a_rollback,
    s39_what_cascade_took_in_a_savepoint_comes_back_with_it,
    a_marked_child_is_deleted_before_its_parent,
    a_marked_grandchild_may_be_gone_with_its_grandparent,
    rows_that_hang_on_rows_not_held_become_stale,
    s44_a_child_moved_away_in_time_is_saved,
    a_child_moved_to_a_deleted_parent_goes_with_it,
    set_null_clears_held_children_and_new_ones,
    set_null_is_undone_by_a_savepoint,
    a_pending_child_without_a_rule_is_misuse_before_sql,
    a_pending_grandchild_is_withdrawn_with_its_parent,
    restrict_names_a_held_child,
    s37_children_are_loaded_and_deleted_by_the_session,
    s38_children_are_loaded_and_cleared_by_the_session,
    s44_a_row_that_lost_its_parent_is_deleted,
    s44_a_row_with_a_new_parent_is_kept,
    s42_a_tree_is_deleted_from_its_root_by_cascade,
    s116_a_link_row_goes_with_either_side_once,
    s117_three_levels_are_deleted_in_order,
}

/// Models with a rule of every kind.
mod models {
    use orm_core::prelude::*;

    #[derive(DeclarativeBase)]
    pub(super) struct Library;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Library, table = "authors", default)]
    pub(super) struct Author {
        #[column(primary_key)]
        pub id: Id<Author>,
        pub name: String,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Library, table = "books", default)]
    pub(super) struct Book {
        #[column(primary_key)]
        pub id: Id<Book>,
        #[column(on_delete = cascade)]
        pub author: Id<Author>,
        #[column(version)]
        pub version: Version,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Library, table = "pages", default)]
    pub(super) struct Page {
        #[column(primary_key)]
        pub id: Id<Page>,
        #[column(on_delete = cascade)]
        pub book: Id<Book>,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Library, table = "notes", default)]
    pub(super) struct Note {
        #[column(primary_key)]
        pub id: Id<Note>,
        #[column(on_delete = set_null)]
        pub author: Option<Id<Author>>,
        pub text: String,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Library, table = "prizes", default)]
    pub(super) struct Prize {
        #[column(primary_key)]
        pub id: Id<Prize>,
        #[column(on_delete = restrict)]
        pub author: Id<Author>,
    }

    /// A tree of its own kind.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Library, table = "topics", default)]
    pub(super) struct Topic {
        #[column(primary_key)]
        pub id: Id<Topic>,
        #[column(on_delete = cascade)]
        pub above: Option<Id<Topic>>,
    }

    /// Two parents.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Library, table = "tags", default)]
    pub(super) struct Tag {
        #[column(primary_key, on_delete = cascade)]
        pub author: Id<Author>,
        #[column(primary_key, on_delete = cascade)]
        pub topic: Id<Topic>,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Library, table = "shops", default)]
    pub(super) struct Shop {
        #[column(primary_key)]
        pub id: Id<Shop>,
        pub name: String,
    }

    /// By the session: deleted with its shop.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Library, table = "shelves", default)]
    pub(super) struct Shelf {
        #[column(primary_key)]
        pub id: Id<Shelf>,
        #[column(on_delete = cascade, by = session)]
        pub shop: Id<Shop>,
    }

    /// By the session: cleared with its shelf, and deleted without a box.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Library, table = "items", default)]
    pub(super) struct Item {
        #[column(primary_key)]
        pub id: Id<Item>,
        #[column(on_delete = set_null, by = session)]
        pub shelf: Option<Id<Shelf>>,
        #[column(orphan = delete)]
        pub shop: Option<Id<Shop>>,
    }
}

fn library(lab: &Lab) -> (Db<Library>, Session<Library>) {
    let db: Db<Library> = lab.db_of();
    db.run(
        "INSERT INTO authors VALUES (1, 'ann'), (2, 'bob');
         INSERT INTO books VALUES (1, 1, 1), (2, 2, 1);
         INSERT INTO pages VALUES (1, 1), (2, 1), (3, 2);
         INSERT INTO notes VALUES (1, 1, 'n');
         INSERT INTO topics VALUES (1, NULL), (2, 1), (3, 2);
         INSERT INTO tags VALUES (1, 1), (2, 1);
         INSERT INTO shops VALUES (1, 's'), (2, 't');
         INSERT INTO shelves VALUES (1, 1), (2, 1), (3, 2);
         INSERT INTO items VALUES (1, 1, NULL), (2, 3, 2)",
    );
    let session = db.session();
    (db, session)
}

const DELETE_AUTHOR: &str = "DELETE FROM authors WHERE id = ?";

fn delete_of_a_pending_entity_takes_it_back(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    s.delete(ann);
    assert_eq!(s.state(ann), Some(State::Withdrawn));
    s.commit().unwrap();
    assert!(db.sent().is_empty());
    assert_eq!(s[ann].name, "ann");
}

fn s6_delete_twice_is_one_delete(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    s.delete(jack);
    s.delete(jack);
    db.sent();
    s.flush().unwrap();
    s.delete(jack);
    s.flush().unwrap();
    assert_eq!(db.sent(), ["DELETE FROM users WHERE id = ?"]);
}

fn a_deleted_parent_under_cascade_takes_its_pending_children(lab: &Lab) {
    // SESSION.md 3.8: a pending child of a deleted parent is withdrawn under cascade, NULL under set_null, else an error.
    let db = lab.db();
    db.store_users(&["jack"]);
    let mut s = db.session();
    let jack = s.get_one::<User>(1).unwrap();
    let post = s.add(Post::by(jack, "late"));
    s.delete(jack);
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["DELETE FROM users WHERE id = ?", "COMMIT"]);
    assert_eq!(s.state(post), Some(State::Withdrawn));
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM posts"), [(0,)]);
}

fn s39_cascade_takes_held_rows_through_any_depth_with_one_delete(lab: &Lab) {
    let (db, mut s) = library(lab);
    let (ann, book) = (s.get_one::<Author>(1).unwrap(), s.get_one::<Book>(1).unwrap());
    let (page, other) = (s.get_one::<Page>(1).unwrap(), s.get_one::<Page>(3).unwrap());
    s.delete(ann);
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), [DELETE_AUTHOR]);
    assert_eq!((s.state(book), s.state(page)), (Some(State::DeletedFlushed), Some(State::DeletedFlushed)));
    assert_eq!(s.state(other), Some(State::Persistent));
    s.commit().unwrap();
    assert_eq!((s.state(book), s.state(page), s.state(other)), (None, None, Some(State::Persistent)));
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT id FROM pages"), [(3,)]);
}

fn s39_what_cascade_took_comes_back_with_a_rollback(lab: &Lab) {
    let (_db, mut s) = library(lab);
    let (ann, book) = (s.get_one::<Author>(1).unwrap(), s.get_one::<Book>(1).unwrap());
    let page = s.get_one::<Page>(1).unwrap();
    s.delete(ann);
    s.flush().unwrap();
    assert_eq!(s.get::<Page>(1).unwrap(), None);
    s.rollback().unwrap();
    assert_eq!(s.get::<Author>(1).unwrap(), Some(ann));
    assert_eq!(s.get::<Book>(1).unwrap(), Some(book));
    assert_eq!(s.get::<Page>(1).unwrap(), Some(page));
}

fn s39_what_cascade_took_in_a_savepoint_comes_back_with_it(lab: &Lab) {
    let (_db, mut s) = library(lab);
    let (ann, book) = (s.get_one::<Author>(1).unwrap(), s.get_one::<Book>(1).unwrap());
    let undone = s.nested(|s| {
        s.delete(ann);
        s.flush()?;
        assert_eq!(s.state(book), Some(State::DeletedFlushed));
        Err::<(), _>(Error::misuse("undo it"))
    });
    undone.unwrap_err();
    assert_eq!((s.state(ann), s.state(book)), (Some(State::Persistent), Some(State::Persistent)));
    assert_eq!(s.get::<Book>(1).unwrap(), Some(book));
    s.commit().unwrap();
}

fn a_marked_child_is_deleted_before_its_parent(lab: &Lab) {
    let (db, mut s) = library(lab);
    let (ann, book) = (s.get_one::<Author>(1).unwrap(), s.get_one::<Book>(1).unwrap());
    s.delete(ann);
    s.delete(book);
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["DELETE FROM books WHERE id = ? AND version = ?", DELETE_AUTHOR]);
}

fn a_marked_grandchild_may_be_gone_with_its_grandparent(lab: &Lab) {
    // The one between is not marked, so nothing orders the two; the first takes the other along.
    for is_held in [true, false] {
        let (db, mut s) = library(lab);
        let (root, leaf) = (s.get_one::<Topic>(1).unwrap(), s.get_one::<Topic>(3).unwrap());
        let middle = is_held.then(|| s.get_one::<Topic>(2).unwrap());
        s.delete(root);
        s.delete(leaf);
        s.commit().unwrap();
        assert_eq!(middle.and_then(|middle| s.state(middle)), None);
        db.sent();
        assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM topics"), [(0,)]);
    }
}

fn rows_that_hang_on_rows_not_held_become_stale(lab: &Lab) {
    let (db, mut s) = library(lab);
    let (ann, page, other) =
        (s.get_one::<Author>(1).unwrap(), s.get_one::<Page>(1).unwrap(), s.get_one::<Page>(3).unwrap());
    s.delete(ann);
    s.flush().unwrap();
    assert_eq!(s.state(page), Some(State::Persistent));
    db.sent();
    assert_eq!(s.get::<Page>(1).unwrap(), None);
    assert_eq!(s.state(page), Some(State::Missing));
    assert_eq!(s.get::<Page>(3).unwrap(), Some(other));
    assert_eq!(db.sent().len(), 2);
}

fn s44_a_child_moved_away_in_time_is_saved(lab: &Lab) {
    let (db, mut s) = library(lab);
    let (ann, bob) = (s.get_one::<Author>(1).unwrap(), s.get_one::<Author>(2).unwrap());
    let book = s.get_one::<Book>(1).unwrap();
    s.delete(ann);
    s[book].author = bob.into();
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        ["UPDATE books SET author_id = ?, version = ? WHERE id = ? AND version = ?", DELETE_AUTHOR, "COMMIT"]
    );
    assert_eq!(s.state(book), Some(State::Persistent));
    assert_eq!(db.rows::<(i64, i64)>("SELECT id, author_id FROM books"), [(1, 2), (2, 2)]);
}

fn a_child_moved_to_a_deleted_parent_goes_with_it(lab: &Lab) {
    let (db, mut s) = library(lab);
    let (ann, book) = (s.get_one::<Author>(1).unwrap(), s.get_one::<Book>(2).unwrap());
    s[book].author = ann.into();
    s.delete(ann);
    s.flush().unwrap();
    assert_eq!(s.state(book), Some(State::DeletedFlushed));
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM books"), [(0,)]);
}

fn set_null_clears_held_children_and_new_ones(lab: &Lab) {
    let (db, mut s) = library(lab);
    let (ann, old) = (s.get_one::<Author>(1).unwrap(), s.get_one::<Note>(1).unwrap());
    s[old].text = "edited".into();
    let new = s.add(Note { author: ann.into(), text: "new".into(), ..Note::default() });
    s.delete(ann);
    db.sent();
    s.flush().unwrap();
    assert_eq!(
        db.sent(),
        ["UPDATE notes SET text = ? WHERE id = ?", "INSERT INTO notes (text) VALUES (?)", DELETE_AUTHOR]
    );
    assert_eq!((s[old].author, s[new].author), (None, None));
    s.flush().unwrap();
    assert!(db.sent().is_empty());
    s.rollback().unwrap();
    assert_eq!((s[old].author, s[old].text.as_str()), (Some(Id::Key(1)), "n"));
    assert_eq!((s[new].author, s.state(new)), (Some(ann.into()), Some(State::Withdrawn)));
}

fn set_null_is_undone_by_a_savepoint(lab: &Lab) {
    let (db, mut s) = library(lab);
    let (ann, note) = (s.get_one::<Author>(1).unwrap(), s.get_one::<Note>(1).unwrap());
    let undone = s.nested(|s| {
        s.delete(ann);
        s.flush()?;
        assert_eq!(s[note].author, None);
        Err::<(), _>(Error::misuse("undo it"))
    });
    undone.unwrap_err();
    assert_eq!(s[note].author, Some(Id::Key(1)));
    db.sent();
    s.flush().unwrap();
    assert!(db.sent().is_empty());
}

fn a_pending_child_without_a_rule_is_misuse_before_sql(lab: &Lab) {
    let (db, mut s) = library(lab);
    let ann = s.get_one::<Author>(1).unwrap();
    s.add(Prize { author: ann.into(), ..Prize::default() });
    s.delete(ann);
    db.sent();
    let error = s.flush().unwrap_err();
    assert!(error.is_misuse(), "{error:?}");
    for name in ["Prize.author", "`Author` with key 1", "deleted"] {
        assert!(error.message().contains(name), "{name} is not in: {error}");
    }
    assert_eq!(db.sent(), ["ROLLBACK"]);
}

fn a_pending_grandchild_is_withdrawn_with_its_parent(lab: &Lab) {
    let (db, mut s) = library(lab);
    let ann = s.get_one::<Author>(1).unwrap();
    let book = s.add(Book { author: ann.into(), ..Book::default() });
    let page = s.add(Page { book: book.into(), ..Page::default() });
    s.delete(ann);
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), [DELETE_AUTHOR, "COMMIT"]);
    assert_eq!((s.state(book), s.state(page)), (Some(State::Withdrawn), Some(State::Withdrawn)));
}

fn restrict_names_a_held_child(lab: &Lab) {
    let (db, mut s) = library(lab);
    db.run("INSERT INTO prizes VALUES (7, 1)");
    let ann = s.get_one::<Author>(1).unwrap();
    s.get_one::<Prize>(7).unwrap();
    s.delete(ann);
    let error = s.flush().unwrap_err();
    assert!(error.is_foreign_key(), "{error:?}");
    assert!(error.to_string().contains("`Prize.author` of the row with key 7"), "{error}");
}

fn s37_children_are_loaded_and_deleted_by_the_session(lab: &Lab) {
    let (db, mut s) = library(lab);
    let shop = s.get_one::<Shop>(1).unwrap();
    let item = s.get_one::<Item>(1).unwrap();
    s.delete(shop);
    db.sent();
    s.flush().unwrap();
    assert_eq!(
        db.sent(),
        [
            "SELECT id, shop_id FROM shelves WHERE shop_id IN (?) ORDER BY id",
            "SELECT id, shelf_id, shop_id FROM items WHERE shelf_id IN (?, ?) ORDER BY id",
            "UPDATE items SET shelf_id = ? WHERE id = ?",
            "DELETE FROM shelves WHERE id = ?",
            "DELETE FROM shelves WHERE id = ?",
            "DELETE FROM shops WHERE id = ?"
        ]
    );
    assert_eq!((s[item].shelf, s.state(item)), (None, Some(State::Persistent)));
    s.rollback().unwrap();
    assert_eq!(s[item].shelf, Some(Id::Key(1)));
    assert_eq!(s.query::<Shelf>().count().unwrap(), 3);
}

fn s38_children_are_loaded_and_cleared_by_the_session(lab: &Lab) {
    let (db, mut s) = library(lab);
    let shelf = s.get_one::<Shelf>(3).unwrap();
    s.delete(shelf);
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "SELECT id, shelf_id, shop_id FROM items WHERE shelf_id IN (?) ORDER BY id",
            "UPDATE items SET shelf_id = ? WHERE id = ?",
            "DELETE FROM shelves WHERE id = ?",
            "COMMIT"
        ]
    );
    let rows = db.rows::<(i64, Option<i64>)>("SELECT id, shelf_id FROM items ORDER BY id");
    assert_eq!(rows, [(1, Some(1)), (2, None)]);
}

fn s44_a_row_that_lost_its_parent_is_deleted(lab: &Lab) {
    let (db, mut s) = library(lab);
    let item = s.get_one::<Item>(2).unwrap();
    s[item].shop = None;
    assert_eq!(s.plan().unwrap().to_string(), "1 delete items where id = 2");
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["DELETE FROM items WHERE id = ?"]);
    assert_eq!(s.state(item), Some(State::DeletedFlushed));
    s.rollback().unwrap();
    assert_eq!((s.state(item), s[item].shop), (Some(State::Persistent), Some(Id::Key(2))));
}

fn s44_a_row_with_a_new_parent_is_kept(lab: &Lab) {
    let (db, mut s) = library(lab);
    let item = s.get_one::<Item>(2).unwrap();
    s[item].shop = None;
    s[item].shop = Some(1.into());
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["UPDATE items SET shop_id = ? WHERE id = ?", "COMMIT"]);
}

fn s42_a_tree_is_deleted_from_its_root_by_cascade(lab: &Lab) {
    let (db, mut s) = library(lab);
    let topics = [1, 2, 3].map(|id| s.get_one::<Topic>(id).unwrap());
    s.delete(topics[0]);
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["DELETE FROM topics WHERE id = ?"]);
    assert_eq!(topics.map(|topic| s.state(topic)), [Some(State::DeletedFlushed); 3]);
}

fn s116_a_link_row_goes_with_either_side_once(lab: &Lab) {
    let (db, mut s) = library(lab);
    let (ann, topic) = (s.get_one::<Author>(1).unwrap(), s.get_one::<Topic>(1).unwrap());
    let tag = s.get_one::<Tag>((1, 1)).unwrap();
    s.delete(ann);
    s.delete(tag);
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["DELETE FROM tags WHERE author_id = ? AND topic_id = ?", DELETE_AUTHOR]);
    assert_eq!(s.state(topic), Some(State::Persistent));
}

fn s117_three_levels_are_deleted_in_order(lab: &Lab) {
    let (db, mut s) = library(lab);
    let ann = s.get_one::<Author>(1).unwrap();
    let (book, page) = (s.get_one::<Book>(1).unwrap(), s.get_one::<Page>(1).unwrap());
    s.delete(ann);
    s.delete(page);
    s.delete(book);
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "DELETE FROM pages WHERE id = ?",
            "DELETE FROM books WHERE id = ? AND version = ?",
            DELETE_AUTHOR,
            "COMMIT"
        ]
    );
}
