//! Writing relations: links as a set of edges, and lists as a whole.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};

rules! { related_write:
    s47_linking_twice_is_one_row,
    s47_a_link_from_both_sides_is_one_row,
    s47_link_and_unlink_is_nothing,
    unlink_and_link_is_nothing,
    a_link_that_is_held_is_not_added_again,
    a_link_takes_its_defaults_and_can_be_changed,
    unlink_loads_what_it_does_not_know,
    s115_only_the_difference_is_written,
    s115_replace_applies_the_difference,
    s116_links_go_with_their_ends,
    s86_link_loads_nothing,
    replace_of_many_sets_foreign_keys,
    replace_of_many_deletes_orphans,
    replace_refuses_what_cannot_go,
    an_ordering_list_is_a_column,
    replace_keeps_the_order_that_is_given,
}

#[derive(DeclarativeBase)]
struct Shop;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Shop, table = "items", default)]
#[relation(keywords = many_through(Tag::item, Tag::keyword, order_by = Keyword::id))]
#[relation(parts = many(Part::item, order_by = (Part::position, Part::id)))]
#[relation(notes = many(Note::item, order_by = Note::id))]
#[relation(serials = many(Serial::item, order_by = Serial::id))]
struct Item {
    #[column(primary_key)]
    id: Id<Item>,
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Shop, table = "keywords", default)]
#[relation(items = many_through(Tag::keyword, Tag::item, order_by = Item::id))]
struct Keyword {
    #[column(primary_key)]
    id: Id<Keyword>,
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Shop, table = "tags", default)]
struct Tag {
    #[column(primary_key, on_delete = cascade)]
    item: Id<Item>,
    #[column(primary_key, on_delete = cascade)]
    keyword: Id<Keyword>,
    #[column(default = 1)]
    weight: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Shop, table = "parts", default)]
struct Part {
    #[column(primary_key)]
    id: Id<Part>,
    item: Option<Id<Item>>,
    position: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Shop, table = "notes", default)]
struct Note {
    #[column(primary_key)]
    id: Id<Note>,
    #[column(orphan = delete)]
    item: Option<Id<Item>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Shop, table = "serials", default)]
struct Serial {
    #[column(primary_key)]
    id: Id<Serial>,
    item: Id<Item>,
}

type Stored = (Db<Shop>, Session<Shop>, Handle<Item>, Vec<Handle<Keyword>>);

/// An item and four keywords, stored; the item has the first three.
fn tagged(lab: &Lab) -> Stored {
    let db = lab.db_of::<Shop>();
    let mut s = db.session();
    let item = s.add(Item { name: "item".into(), ..Item::default() });
    let keywords =
        s.add_all((1..=4).map(|number| Keyword { name: format!("k{number}"), ..Keyword::default() }));
    for &keyword in &keywords[..3] {
        s.link(item, Item::keywords, keyword).unwrap();
    }
    s.commit().unwrap();
    s.refresh_all(&keywords).unwrap();
    s.related(item, Item::keywords).unwrap();
    db.sent();
    (db, s, item, keywords)
}

fn tags(db: &Db<Shop>) -> Vec<(i64, i64, i64)> {
    db.rows("SELECT item_id, keyword_id, weight FROM tags ORDER BY 1, 2")
}

fn s47_linking_twice_is_one_row(lab: &Lab) {
    let (db, mut s, item, keywords) = tagged(lab);
    let first = s.link(item, Item::keywords, keywords[3]).unwrap();
    assert_eq!(s.link(item, Item::keywords, keywords[3]).unwrap(), first);
    s.link(item, Item::keywords, keywords[0]).unwrap();
    assert_eq!(s.related(item, Item::keywords).unwrap(), keywords);
    s.commit().unwrap();
    assert_eq!(db.sent(), ["INSERT INTO tags (item_id, keyword_id, weight) VALUES (?, ?, ?)", "COMMIT"]);
    assert_eq!(tags(&db).len(), 4);
}

fn s47_a_link_from_both_sides_is_one_row(lab: &Lab) {
    let db = lab.db_of::<Shop>();
    let mut s = db.session();
    let item = s.add(Item::default());
    let keyword = s.add(Keyword::default());
    s.link(item, Item::keywords, keyword).unwrap();
    assert_eq!(s.related(keyword, Keyword::items).unwrap(), [item]);
    s.link(keyword, Keyword::items, item).unwrap();
    s.commit().unwrap();
    db.sent();
    assert_eq!(tags(&db), [(1, 1, 1)]);
}

fn s47_link_and_unlink_is_nothing(lab: &Lab) {
    let (db, mut s, item, keywords) = tagged(lab);
    s.link(item, Item::keywords, keywords[3]).unwrap();
    s.unlink(item, Item::keywords, keywords[3]).unwrap();
    s.unlink(item, Item::keywords, keywords[3]).unwrap();
    assert_eq!(s.related(item, Item::keywords).unwrap(), keywords[..3]);
    s.flush().unwrap();
    assert!(db.sent().is_empty());
}

fn unlink_and_link_is_nothing(lab: &Lab) {
    let (db, mut s, item, keywords) = tagged(lab);
    s.unlink(item, Item::keywords, keywords[1]).unwrap();
    assert_eq!(s.related(item, Item::keywords).unwrap(), [keywords[0], keywords[2]]);
    s.link(item, Item::keywords, keywords[1]).unwrap();
    assert_eq!(s.related(item, Item::keywords).unwrap(), keywords[..3]);
    s.flush().unwrap();
    assert!(db.sent().is_empty());
}

fn a_link_that_is_held_is_not_added_again(lab: &Lab) {
    let (db, mut s, item, keywords) = tagged(lab);
    s.rollback().unwrap();
    s.link(item, Item::keywords, keywords[0]).unwrap();
    s.commit().unwrap();
    db.sent();
    assert_eq!(tags(&db).len(), 3);
}

fn a_link_takes_its_defaults_and_can_be_changed(lab: &Lab) {
    let (db, mut s, item, keywords) = tagged(lab);
    let tag = s.link(item, Item::keywords, keywords[3]).unwrap();
    assert_eq!(s[tag].weight, 1);
    s[tag].weight = 9;
    s.commit().unwrap();
    db.sent();
    assert_eq!(tags(&db), [(1, 1, 1), (1, 2, 1), (1, 3, 1), (1, 4, 9)]);
}

fn unlink_loads_what_it_does_not_know(lab: &Lab) {
    let (db, mut s, ..) = tagged(lab);
    s.close();
    let item = s.get_one::<Item>(1).unwrap();
    let keyword = s.get_one::<Keyword>(2).unwrap();
    db.sent();
    s.unlink(item, Item::keywords, keyword).unwrap();
    assert_eq!(db.sent().len(), 1);
    s.commit().unwrap();
    assert_eq!(db.sent(), ["DELETE FROM tags WHERE item_id = ? AND keyword_id = ?", "COMMIT"]);
}

fn s115_only_the_difference_is_written(lab: &Lab) {
    let (db, mut s, item, keywords) = tagged(lab);
    s.unlink(item, Item::keywords, keywords[0]).unwrap();
    s.link(item, Item::keywords, keywords[3]).unwrap();
    s.flush().unwrap();
    let mut sent = db.sent();
    sent.sort();
    assert_eq!(
        sent,
        [
            "DELETE FROM tags WHERE item_id = ? AND keyword_id = ?",
            "INSERT INTO tags (item_id, keyword_id, weight) VALUES (?, ?, ?)"
        ]
    );
    assert_eq!(s.related(item, Item::keywords).unwrap(), keywords[1..]);
}

fn s115_replace_applies_the_difference(lab: &Lab) {
    let (db, mut s, item, keywords) = tagged(lab);
    s.replace(item, Item::keywords, &keywords[..2]).unwrap();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["DELETE FROM tags WHERE item_id = ? AND keyword_id = ?"]);
    s.replace(item, Item::keywords, &[keywords[1], keywords[0]]).unwrap();
    s.flush().unwrap();
    assert!(db.sent().is_empty());
    s.replace(item, Item::keywords, &[]).unwrap();
    s.commit().unwrap();
    db.sent();
    assert!(tags(&db).is_empty());
}

fn s116_links_go_with_their_ends(lab: &Lab) {
    let (db, mut s, item, keywords) = tagged(lab);
    s.delete(item);
    s.delete(keywords[0]);
    s.flush().unwrap();
    assert!(s.related(keywords[1], Keyword::items).unwrap().is_empty());
    s.commit().unwrap();
    db.sent();
    assert!(tags(&db).is_empty());
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM keywords"), [(3,)]);
}

fn s86_link_loads_nothing(lab: &Lab) {
    let (db, mut s, ..) = tagged(lab);
    s.close();
    let item = s.get_one::<Item>(1).unwrap();
    let keyword = s.get_one::<Keyword>(4).unwrap();
    db.sent();
    s.link(item, Item::keywords, keyword).unwrap();
    assert!(db.sent().is_empty());
    s.commit().unwrap();
    assert_eq!(db.sent(), ["INSERT INTO tags (item_id, keyword_id, weight) VALUES (?, ?, ?)", "COMMIT"]);
}

fn replace_of_many_sets_foreign_keys(lab: &Lab) {
    let (db, mut s, item, _) = tagged(lab);
    let parts =
        s.add_all((0..3).map(|position| Part { item: Some(item.into()), position, ..Part::default() }));
    let new = s.add(Part::default());
    s.commit().unwrap();
    db.sent();
    s.replace(item, Item::parts, &[parts[2], new]).unwrap();
    assert_eq!(s.related(item, Item::parts).unwrap(), [parts[2], new]);
    s.commit().unwrap();
    db.sent();
    let left: Vec<(i64, Option<i64>)> = db.rows("SELECT id, item_id FROM parts ORDER BY id");
    assert_eq!(left, [(1, None), (2, None), (3, Some(1)), (4, Some(1))]);
}

fn replace_of_many_deletes_orphans(lab: &Lab) {
    let (db, mut s, item, _) = tagged(lab);
    let notes = s.add_all((0..2).map(|_| Note { item: Some(item.into()), ..Note::default() }));
    s.commit().unwrap();
    s.replace(item, Item::notes, &notes[1..]).unwrap();
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT id FROM notes"), [(2,)]);
}

fn replace_refuses_what_cannot_go(lab: &Lab) {
    let (db, mut s, item, _) = tagged(lab);
    let serials = s.add_all((0..2).map(|_| Serial { item: item.into(), ..Serial::default() }));
    s.commit().unwrap();
    let error = s.replace(item, Item::serials, &serials[1..]).unwrap_err();
    assert!(error.is_misuse());
    assert_eq!(
        error.to_string(),
        "Serial#0 cannot leave `Item::serials`: its `item` is never NULL; delete it, or let it name another"
    );
    assert_eq!(s.related(item, Item::serials).unwrap(), serials);
    db.sent();
}

fn an_ordering_list_is_a_column(lab: &Lab) {
    let (db, mut s, item, _) = tagged(lab);
    let parts =
        s.add_all((0..3).map(|position| Part { item: Some(item.into()), position, ..Part::default() }));
    s.commit().unwrap();
    let wanted = [parts[2], parts[0], parts[1]];
    for (position, &part) in wanted.iter().enumerate() {
        s[part].position = position as i64;
    }
    s.commit().unwrap();
    assert_eq!(s.related(item, Item::parts).unwrap(), wanted);
    db.sent();
}

fn replace_keeps_the_order_that_is_given(lab: &Lab) {
    let (db, mut s, item, keywords) = tagged(lab);
    let parts =
        s.add_all((0..4).map(|position| Part { item: Some(item.into()), position, ..Part::default() }));
    s.flush().unwrap();
    s.related(item, Item::parts).unwrap();
    db.sent();
    let wanted = [parts[3], parts[0], parts[1], parts[3]];
    s.replace(item, Item::parts, &wanted).unwrap();
    assert_eq!(s.related(item, Item::parts).unwrap(), wanted[..3]);
    let tags = [keywords[2], keywords[3], keywords[0]];
    s.replace(item, Item::keywords, &tags).unwrap();
    assert_eq!(s.related(item, Item::keywords).unwrap(), tags);
    assert!(db.sent().is_empty());
    s.flush().unwrap();
    assert_eq!(s.related(item, Item::parts).unwrap(), wanted[..3]);
    assert_eq!(s.related(item, Item::keywords).unwrap(), tags);
    s.replace(item, Item::parts, &[parts[1], parts[0], parts[3]]).unwrap();
    assert_eq!(
        s.related(item, Item::parts).unwrap(),
        [parts[1], parts[0], parts[3]],
        "also without a change"
    );
    s[parts[1]].item = None;
    let new = s.add(Part { item: Some(item.into()), position: 9, ..Part::default() });
    assert_eq!(s.related(item, Item::parts).unwrap(), [parts[0], parts[3], new]);
    s.commit().unwrap();
    assert_eq!(s.related(item, Item::parts).unwrap(), [parts[0], parts[3], new], "by position again");
    db.sent();
}
