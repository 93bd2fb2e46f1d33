//! Relations with a condition: rows enter and leave them as they change, without a flush.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};

rules! { related_filter:
    what_is_added_enters_if_it_meets_the_condition,
    what_changes_enters_and_leaves,
    what_was_flushed_has_left_too,
    what_moves_has_to_meet_it_too,
    what_was_changed_before_the_list_was_loaded,
    null_is_not_met,
    what_only_the_database_can_tell_is_as_it_was_loaded,
    ends_of_links_enter_and_leave,
    an_end_that_did_not_meet_it_enters_when_it_does,
    an_end_that_was_flushed_enters_too,
    ends_that_turned_are_sought_for_all_lists_at_once,
    an_end_that_turned_above_a_way_enters,
    ends_two_steps_away_enter_and_leave,
    s76_a_refinement_follows_changes_too,
    the_first_rows_are_for_the_database_to_say,
    undoing_takes_it_back,
    several_columns_and_directions_order_a_list,
    a_condition_is_on_joins_and_counts_too,
}

#[derive(DeclarativeBase)]
struct Library;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Library, table = "shelves", default)]
#[relation(books = many(Book::shelf, order_by = (Book::pages.desc(), Book::title.asc(), Book::id)))]
#[relation(thick = many(Book::shelf, order_by = Book::id, filter = Book::pages.gt(100)))]
#[relation(rated = many(Book::shelf, order_by = Book::id, filter = Book::stars.ge(3)))]
#[relation(rust = many(Book::shelf, order_by = Book::id, filter = Book::title.contains("rust")))]
#[relation(long_pages = many_via(Book::shelf, Page::book, order_by = Page::id, filter = Page::words.gt(300)))]
#[relation(topics = many_via(Book::shelf, Label::book, Label::topic, order_by = Topic::id, filter = Topic::active))]
struct Shelf {
    #[column(primary_key)]
    id: Id<Shelf>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Library, table = "books", default)]
#[relation(lively = many_through(Label::book, Label::topic, order_by = Topic::id, filter = Topic::active))]
struct Book {
    #[column(primary_key)]
    id: Id<Book>,
    shelf: Id<Shelf>,
    title: String,
    pages: i64,
    stars: Option<i64>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Library, table = "pages", default)]
struct Page {
    #[column(primary_key)]
    id: Id<Page>,
    book: Id<Book>,
    words: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Library, table = "topics", default)]
struct Topic {
    #[column(primary_key)]
    id: Id<Topic>,
    active: bool,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Library, table = "labels", default)]
struct Label {
    #[column(primary_key)]
    book: Id<Book>,
    #[column(primary_key)]
    topic: Id<Topic>,
}

fn book(shelf: Handle<Shelf>, title: &str, pages: i64) -> Book {
    Book { shelf: shelf.into(), title: title.into(), pages, ..Book::default() }
}

type Stocked = (Db<Library>, Session<Library>, [Handle<Shelf>; 2], Vec<Handle<Book>>);

/// Two shelves, and on the first a thin and two thick books; stored, and their lists not loaded.
fn stocked(lab: &Lab) -> Stocked {
    let db = lab.db_of::<Library>();
    let mut s = db.session();
    let shelves = [s.add(Shelf::default()), s.add(Shelf::default())];
    let books =
        s.add_all([book(shelves[0], "thin", 50), book(shelves[0], "b", 150), book(shelves[0], "c", 250)]);
    s.flush().unwrap();
    db.sent();
    (db, s, shelves, books)
}

fn what_is_added_enters_if_it_meets_the_condition(lab: &Lab) {
    let (db, mut s, [first, second], books) = stocked(lab);
    assert_eq!(s.related(first, Shelf::thick).unwrap(), books[1..]);
    let new = s.add_all([book(first, "new", 101), book(first, "leaflet", 100), book(second, "other", 500)]);
    assert_eq!(s.related(first, Shelf::thick).unwrap(), [books[1], books[2], new[0]]);
    assert_eq!(s.related(second, Shelf::thick).unwrap(), [new[2]]);
    assert_eq!(db.sent().len(), 2);
    let pending = s.add(Shelf::default());
    let on_it = s.add_all([book(pending, "x", 1), book(pending, "y", 1000)]);
    assert_eq!(s.related(pending, Shelf::thick).unwrap(), on_it[1..]);
    s.flush().unwrap();
    db.sent();
    assert_eq!(s.related(first, Shelf::thick).unwrap(), [books[1], books[2], new[0]]);
    s.commit().unwrap();
    assert_eq!(s.related(first, Shelf::thick).unwrap(), [books[1], books[2], new[0]]);
}

fn what_changes_enters_and_leaves(lab: &Lab) {
    let (db, mut s, [first, _], books) = stocked(lab);
    s.related(first, Shelf::thick).unwrap();
    db.sent();
    s[books[1]].pages = 99;
    assert_eq!(s.related(first, Shelf::thick).unwrap(), [books[2]]);
    s[books[0]].pages = 300;
    assert_eq!(s.related(first, Shelf::thick).unwrap(), [books[2], books[0]]);
    s[books[1]].pages = 150;
    assert_eq!(s.related(first, Shelf::thick).unwrap(), [books[1], books[2], books[0]]);
    s[books[0]].pages = 1;
    assert_eq!(s.related(first, Shelf::thick).unwrap(), books[1..]);
    assert!(db.sent().is_empty());
}

fn what_was_flushed_has_left_too(lab: &Lab) {
    let (db, mut s, [first, _], books) = stocked(lab);
    s.related(first, Shelf::thick).unwrap();
    s[books[1]].pages = 99;
    s[books[0]].pages = 300;
    s.flush().unwrap();
    db.sent();
    assert_eq!(s.related(first, Shelf::thick).unwrap(), [books[2], books[0]]);
    assert!(db.sent().is_empty());
    s.commit().unwrap();
    assert_eq!(s.related(first, Shelf::thick).unwrap(), [books[0], books[2]], "now in the database's order");
}

fn what_moves_has_to_meet_it_too(lab: &Lab) {
    let (_db, mut s, [first, second], books) = stocked(lab);
    assert!(s.related(second, Shelf::thick).unwrap().is_empty());
    for &book in &books[..2] {
        s[book].shelf = second.into();
    }
    assert_eq!(s.related(second, Shelf::thick).unwrap(), [books[1]]);
    assert_eq!(s.related(first, Shelf::thick).unwrap(), [books[2]]);
}

fn what_was_changed_before_the_list_was_loaded(lab: &Lab) {
    let (db, mut s, [first, _], books) = stocked(lab);
    s[books[0]].pages = 300;
    s[books[2]].pages = 3;
    assert_eq!(s.related(first, Shelf::thick).unwrap(), [books[1], books[0]]);
    assert_eq!(db.sent().len(), 1);
}

fn null_is_not_met(lab: &Lab) {
    let (_db, mut s, [first, _], books) = stocked(lab);
    assert!(s.related(first, Shelf::rated).unwrap().is_empty());
    s[books[1]].stars = Some(3);
    s[books[2]].stars = Some(2);
    assert_eq!(s.related(first, Shelf::rated).unwrap(), [books[1]]);
    s[books[1]].stars = None;
    assert!(s.related(first, Shelf::rated).unwrap().is_empty());
}

fn what_only_the_database_can_tell_is_as_it_was_loaded(lab: &Lab) {
    let (_db, mut s, [first, _], books) = stocked(lab);
    s[books[0]].title = "rust by example".into();
    s.flush().unwrap();
    assert_eq!(s.related(first, Shelf::rust).unwrap(), [books[0]]);
    s.add(book(first, "more rust", 1));
    s[books[0]].pages = 51;
    assert_eq!(s.related(first, Shelf::rust).unwrap(), [books[0]], "LIKE folds cases as the database does");
    s.commit().unwrap();
    assert_eq!(s.related(first, Shelf::rust).unwrap().len(), 2);
}

fn ends_of_links_enter_and_leave(lab: &Lab) {
    let (db, mut s, _, books) = stocked(lab);
    let topics = s.add_all([true, false, true].map(|active| Topic { active, ..Topic::default() }));
    for &topic in &topics[..2] {
        s.add(Label { book: books[0].into(), topic: topic.into() });
    }
    s.commit().unwrap();
    s.refresh_all(&topics).unwrap();
    assert_eq!(s.related(books[0], Book::lively).unwrap(), [topics[0]]);
    db.sent();
    s.add(Label { book: books[0].into(), topic: topics[2].into() });
    assert_eq!(s.related(books[0], Book::lively).unwrap(), [topics[0], topics[2]]);
    s[topics[0]].active = false;
    assert_eq!(s.related(books[0], Book::lively).unwrap(), [topics[2]]);
    s[topics[0]].active = true;
    s[topics[2]].active = false;
    assert_eq!(s.related(books[0], Book::lively).unwrap(), [topics[0]]);
    assert!(db.sent().is_empty());
}

type Labelled = (Db<Library>, Session<Library>, Vec<Handle<Book>>, Vec<Handle<Topic>>);

/// Two books, each with an active topic and one that is not; stored, and held without their labels.
fn labelled(lab: &Lab) -> Labelled {
    let (db, mut s, _, books) = stocked(lab);
    let topics = s.add_all([true, false, false].map(|active| Topic { active, ..Topic::default() }));
    for &book in &books[..2] {
        s.add_all(topics[..2].iter().map(|topic| Label { book: book.into(), topic: (*topic).into() }));
    }
    s.commit().unwrap();
    s.close();
    let books = s.query::<Book>().order_by(Book::id).all().unwrap();
    let topics = s.query::<Topic>().order_by(Topic::id).all().unwrap();
    db.sent();
    (db, s, books, topics)
}

fn an_end_that_did_not_meet_it_enters_when_it_does(lab: &Lab) {
    let (db, mut s, books, topics) = labelled(lab);
    assert_eq!(s.related(books[0], Book::lively).unwrap(), topics[..1]);
    assert_eq!(s.query::<Label>().untracked().all().unwrap().len(), 4, "all labels are there");
    db.sent();
    s[topics[1]].active = true;
    assert!(!s.loaded(books[0], Book::lively), "only the database knows its label");
    assert_eq!(s.related(books[0], Book::lively).unwrap(), topics[..2]);
    assert_eq!(
        db.sent(),
        ["SELECT book_id, topic_id FROM labels WHERE book_id IN (?, ?, ?, ?) AND topic_id IN (?)"]
    );
    assert_eq!(s.related(books[2], Book::lively).unwrap(), []);
    s[topics[1]].active = false;
    assert_eq!(s.related(books[0], Book::lively).unwrap(), topics[..1]);
    s[topics[1]].active = true;
    assert_eq!(s.related(books[0], Book::lively).unwrap(), topics[..2]);
    assert!(db.sent().is_empty());
}

fn an_end_that_was_flushed_enters_too(lab: &Lab) {
    let (db, mut s, books, topics) = labelled(lab);
    s.related(books[0], Book::lively).unwrap();
    s[topics[1]].active = true;
    s[topics[2]].active = true;
    s.flush().unwrap();
    db.sent();
    assert_eq!(s.related(books[0], Book::lively).unwrap(), topics[..2]);
    assert_eq!(db.sent().len(), 1);
    assert_eq!(s.related(books[0], Book::lively).unwrap(), topics[..2]);
    s[topics[0]].active = false;
    s.flush().unwrap();
    db.sent();
    assert_eq!(s.related(books[0], Book::lively).unwrap(), topics[1..2]);
    assert!(db.sent().is_empty(), "what is known is not asked for again");
}

fn ends_that_turned_are_sought_for_all_lists_at_once(lab: &Lab) {
    let (db, mut s, books, topics) = labelled(lab);
    s[topics[1]].active = true;
    db.sent();
    for (&book, count) in books.iter().zip([2, 2, 0]) {
        assert_eq!(s.related(book, Book::lively).unwrap(), topics[..count]);
    }
    assert_eq!(db.sent().len(), 2, "the lists, and the labels of what turned");
    s.flush().unwrap();
    let late = s.add(Book { shelf: s[books[0]].shelf, ..Book::default() });
    s.add(Label { book: late.into(), topic: topics[1].into() });
    s.flush().unwrap();
    db.sent();
    assert_eq!(s.related(late, Book::lively).unwrap(), topics[1..2]);
    assert_eq!(db.sent().len(), 1, "the database knows what was flushed");
}

fn an_end_that_turned_above_a_way_enters(lab: &Lab) {
    let (db, mut s, books, topics) = labelled(lab);
    let shelf = s.related(books[0], Book::shelf).unwrap();
    assert_eq!(s.related(shelf, Shelf::topics).unwrap(), topics[..1]);
    db.sent();
    s[topics[1]].active = true;
    assert_eq!(s.related(shelf, Shelf::topics).unwrap(), topics[..2]);
    s[topics[0]].active = false;
    assert_eq!(s.related(shelf, Shelf::topics).unwrap(), topics[1..2]);
    assert!(db.sent().is_empty());
    s.flush().unwrap();
    db.sent();
    assert_eq!(s.related(shelf, Shelf::topics).unwrap(), topics[1..2]);
    assert!(db.sent().is_empty());
}

fn ends_two_steps_away_enter_and_leave(lab: &Lab) {
    let (db, mut s, [first, second], books) = stocked(lab);
    let pages =
        s.add_all([200, 400, 500].map(|words| Page { book: books[0].into(), words, ..Page::default() }));
    s.flush().unwrap();
    assert_eq!(s.related(first, Shelf::long_pages).unwrap(), pages[1..]);
    s.related(second, Shelf::long_pages).unwrap();
    db.sent();
    s[pages[0]].words = 301;
    s[pages[1]].words = 300;
    assert_eq!(s.related(first, Shelf::long_pages).unwrap(), [pages[2], pages[0]]);
    s[books[0]].shelf = second.into();
    assert!(s.related(first, Shelf::long_pages).unwrap().is_empty());
    assert_eq!(s.related(second, Shelf::long_pages).unwrap(), [pages[2], pages[0]]);
    assert!(db.sent().is_empty());
}

fn s76_a_refinement_follows_changes_too(lab: &Lab) {
    let (db, mut s, [first, _], books) = stocked(lab);
    let short = || Shelf::books.filter(Book::pages.lt(200)).order_by(Book::id);
    assert!(!s.loaded(first, short()));
    assert_eq!(s.related(first, short()).unwrap(), books[..2]);
    assert!(s.loaded(first, short()));
    db.sent();
    s[books[0]].pages = 900;
    let new = s.add(book(first, "new", 10));
    s.add(book(first, "big", 1000));
    assert_eq!(s.related(first, short()).unwrap(), [books[1], new]);
    assert!(db.sent().is_empty());
}

fn the_first_rows_are_for_the_database_to_say(lab: &Lab) {
    let (db, mut s, [first, _], books) = stocked(lab);
    let thickest = || Shelf::books.limit(2);
    assert_eq!(s.related(first, thickest()).unwrap(), [books[2], books[1]]);
    db.sent();
    s.add(book(first, "huge", 1000));
    assert_eq!(s.related(first, thickest()).unwrap(), [books[2], books[1]]);
    assert!(db.sent().is_empty());
}

fn undoing_takes_it_back(lab: &Lab) {
    let (_db, mut s, [first, _], books) = stocked(lab);
    s.commit().unwrap();
    assert_eq!(s.related(first, Shelf::thick).unwrap(), books[1..]);
    let undone = s.nested(|s| {
        s[books[1]].pages = 1;
        s.add(book(first, "new", 400));
        assert_eq!(s.related(first, Shelf::thick)?.len(), 2);
        Err::<(), _>(Error::misuse("undo it"))
    });
    assert!(undone.is_err());
    assert_eq!(s.related(first, Shelf::thick).unwrap(), books[1..]);
    s[books[2]].pages = 1;
    s.rollback().unwrap();
    assert_eq!(s.related(first, Shelf::thick).unwrap(), books[1..]);
}

fn several_columns_and_directions_order_a_list(lab: &Lab) {
    let (db, mut s, [first, _], books) = stocked(lab);
    let more = s.add_all([book(first, "a", 250), book(first, "a", 250)]);
    s.flush().unwrap();
    db.sent();
    assert_eq!(s.related(first, Shelf::books).unwrap(), [more[0], more[1], books[2], books[1], books[0]]);
    assert!(db.sent()[0].ends_with("ORDER BY pages DESC, title, id"));
}

fn a_condition_is_on_joins_and_counts_too(lab: &Lab) {
    let (db, mut s, [first, _], _) = stocked(lab);
    let thick = s.query::<Shelf>().join(Shelf::thick).select((Book::title,)).fetch().unwrap();
    assert_eq!(thick.len(), 2);
    let counts = s.query::<Shelf>().order_by(Shelf::id).select((Shelf::thick.count(), Shelf::books.count()));
    assert_eq!(counts.fetch().unwrap(), [(2, 3), (0, 0)]);
    let any = s.query::<Shelf>().filter(Shelf::thick.any(Book::title.eq("thin"))).exists().unwrap();
    assert!(!any && s.query::<Shelf>().filter(Shelf::thick.exists()).all().unwrap() == [first]);
    db.sent();
}
