//! Rules that random programs found broken, each as short as it can be.

use orm_core::prelude::*;

use crate::fixture::Lab;
use crate::models::*;
use crate::programs::tables::{Author, Book, Item, Node, Proof, Tag, Tagging};

rules! { found:
    an_edit_of_a_deleted_entity_is_undone_by_rollback,
    an_edit_of_a_deleted_entity_is_written_when_it_is_restored,
    an_edit_after_a_failure_is_undone_with_the_savepoint,
    what_is_added_after_a_failure_is_withdrawn_with_the_savepoint,
    a_new_row_with_the_key_of_a_lost_one_makes_that_one_missing,
    a_failed_row_switch_leaves_the_old_row_known,
    a_pending_entity_that_a_held_row_names_is_not_expunged,
    a_row_that_goes_by_cascade_holds_no_other_row_back,
    evicting_others_leaves_the_names_of_what_stays,
    an_entity_with_a_row_may_be_expunged_while_others_name_it,
    a_row_with_a_nulled_foreign_key_names_the_others_by_key,
    a_new_row_that_is_withdrawn_by_cascade_holds_no_other_row_back,
    a_withdrawn_row_names_what_it_named_though_two_parents_went,
    a_withdrawn_entity_shows_what_it_was_given_last,
    a_withdrawn_entity_names_what_it_was_told_to_name_last,
    a_lost_row_is_not_written_over_the_new_one_with_its_key,
    an_edit_and_a_statement_over_its_row_are_both_rolled_back,
    an_entity_that_a_marked_one_names_may_be_expunged,
    a_marked_row_goes_by_the_foreign_key_that_it_has,
    a_row_that_was_set_to_what_it_was_takes_what_someone_else_wrote,
    a_relation_leads_over_rows_of_its_own_table,
    a_new_row_replaces_all_that_someone_else_may_have_written,
    a_row_that_goes_by_cascade_may_name_one_that_never_came,
    rows_that_go_along_hold_back_none_that_takes_them,
    a_row_that_goes_along_is_let_go_first,
    a_row_that_goes_along_holds_back_what_takes_another,
}

fn an_edit_of_a_deleted_entity_is_undone_by_rollback(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    s.delete(ann);
    s[ann].name = "marked".into();
    s.flush().unwrap();
    s[ann].name = "deleted".into();
    s.rollback().unwrap();
    assert_eq!((s[ann].name.as_str(), s.state(ann)), ("ann", Some(State::Persistent)));
}

fn an_edit_of_a_deleted_entity_is_written_when_it_is_restored(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    s.delete(ann);
    s[ann].name = "eve".into();
    s.restore(ann).unwrap();
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT name FROM users"), [("eve".to_owned(),)]);
}

fn an_edit_after_a_failure_is_undone_with_the_savepoint(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    let failed = s.nested(|s| {
        s.add(User::named("ann"));
        s.flush().unwrap_err();
        s[ann].name = "eve".into();
        Ok(())
    });
    assert!(failed.unwrap_err().is_unique());
    assert_eq!(s[ann].name, "ann");
}

fn what_is_added_after_a_failure_is_withdrawn_with_the_savepoint(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let mut late = None;
    let failed = s.nested(|s| {
        s.add(User::named("ann"));
        s.flush().unwrap_err();
        late = Some(s.add(User::named("eve")));
        Ok(())
    });
    assert!(failed.unwrap_err().is_unique());
    assert_eq!(s.state(late.unwrap()), Some(State::Withdrawn));
    let early = s.add(User::named("ann"));
    s.commit().unwrap_err();
    let late = s.add(User::named("eve"));
    s.rollback().unwrap();
    assert_eq!((s.state(early), s.state(late)), (Some(State::Withdrawn), Some(State::Withdrawn)));
}

fn a_new_row_with_the_key_of_a_lost_one_makes_that_one_missing(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    s.commit().unwrap();
    db.run("DELETE FROM users");
    let eve = s.add(User::named("eve"));
    s.flush().unwrap();
    assert_eq!((s.key(eve), s.state(ann)), (Some(1), Some(State::Missing)));
    assert_eq!(s.get::<User>(1).unwrap(), Some(eve));
}

fn a_failed_row_switch_leaves_the_old_row_known(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let old = s.add(Country::new("de", "Germany"));
    s.commit().unwrap();
    s.delete(old);
    s.add(Country::new("de", "one"));
    s.add(Country::new("de", "two"));
    assert!(s.flush().unwrap_err().is_unique());
    s.rollback().unwrap();
    assert_eq!(s.query::<Country>().all().unwrap(), [old]);
}

fn a_pending_entity_that_a_held_row_names_is_not_expunged(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let owner = s.add(Person::default());
    s.flush().unwrap();
    let ball = s.add(Ball { owner: owner.into(), ..Ball::default() });
    s[owner].favourite = ball.into();
    let error = s.expunge(ball).unwrap_err();
    assert!(error.is_misuse() && error.to_string().contains("Person"), "{error}");
    s.commit().unwrap();
}

fn an_entity_with_a_row_may_be_expunged_while_others_name_it(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.session();
    let ann = s.get_one::<User>(1).unwrap();
    let post = s.add(Post::by(ann, "first"));
    s.expunge(ann).unwrap();
    assert_eq!(s[post].author, Id::Key(1));
    s.commit().unwrap();
}

fn a_row_that_goes_by_cascade_holds_no_other_row_back(lab: &Lab) {
    let db = lab.db_of::<Proof>();
    let mut s = db.session();
    let item = s.add(Item { id: Id::New, name: 1 });
    let tag = s.add(Tag { code: "t1".into(), name: 1 });
    let tagging = s.add(Tagging { item: item.into(), tag: tag.into(), weight: 1 });
    s.flush().unwrap();
    s.delete(item);
    s.delete(tag);
    s.flush().unwrap();
    assert_eq!(s.state(tagging), Some(State::DeletedFlushed));
    s.commit().unwrap();
}

fn evicting_others_leaves_the_names_of_what_stays(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    s.flush().unwrap();
    let post = s.add(Post::by(ann, "first"));
    s[ann].age = 30;
    s.evict_clean();
    s.rollback().unwrap();
    // Both are withdrawn; the post names the entity, and not the key that it has no more.
    assert_eq!(s[post].author, Id::Of(ann));
    s.restore(ann).unwrap();
    s.restore(post).unwrap();
    s.commit().unwrap();
}

fn a_row_with_a_nulled_foreign_key_names_the_others_by_key(lab: &Lab) {
    let db = lab.db_of::<Proof>();
    let mut s = db.session();
    let author = s.add(Author { id: Id::New, name: 1 });
    let editor = s.add(Author { id: Id::New, name: 2 });
    let book = s.add(Book { id: Id::New, author: author.into(), editor: editor.into(), title: 1 });
    s.commit().unwrap();
    s.delete(editor);
    s[book].author = author.into();
    s.flush().unwrap();
    assert_eq!((s[book].author, s[book].editor), (Id::Key(1), None));
    s.rollback().unwrap();
    assert_eq!((s[book].author, s[book].editor), (Id::Key(1), Some(Id::Key(2))));
}

fn a_new_row_that_is_withdrawn_by_cascade_holds_no_other_row_back(lab: &Lab) {
    let db = lab.db_of::<Proof>();
    let mut s = db.session();
    let tag = s.add(Tag { code: "t2".into(), name: 1 });
    let item = s.add(Item { id: Id::New, name: 1 });
    s.flush().unwrap();
    let tagging = s.add(Tagging { item: item.into(), tag: "t2".into(), weight: 1 });
    s.delete(item);
    s.delete(tag);
    s.flush().unwrap();
    assert_eq!(s.state(tagging), Some(State::Withdrawn));
}

fn a_withdrawn_row_names_what_it_named_though_two_parents_went(lab: &Lab) {
    let db = lab.db_of::<Proof>();
    let mut s = db.session();
    let editor = s.add(Author { id: Id::New, name: 1 });
    let author = s.add(Author { id: Id::New, name: 2 });
    s.flush().unwrap();
    let book = s.add(Book { id: Id::New, author: author.into(), editor: editor.into(), title: 1 });
    s.delete(author);
    s.delete(editor);
    s.flush().unwrap();
    assert_eq!((s.state(book), s[book].editor), (Some(State::Withdrawn), Some(editor.into())));
}

fn a_withdrawn_entity_shows_what_it_was_given_last(lab: &Lab) {
    let db = lab.db_of::<Proof>();
    let mut s = db.session();
    let author = s.add(Author { id: Id::New, name: 1 });
    s.flush().unwrap();
    let savepoint = s.begin_nested().unwrap();
    s[author].name = 2;
    s.flush().unwrap();
    s[author].name = 3;
    savepoint.rollback(&mut s).unwrap();
    assert_eq!((s[author].name, s.state(author)), (1, Some(State::Persistent)));
    let savepoint = s.begin_nested().unwrap();
    s[author].name = 4;
    savepoint.commit(&mut s).unwrap();
    let _left_open = s.begin_nested().unwrap();
    s[author].name = 5;
    s.rollback().unwrap();
    assert_eq!((s[author].name, s.state(author)), (5, Some(State::Withdrawn)));
}

fn a_withdrawn_entity_names_what_it_was_told_to_name_last(lab: &Lab) {
    let db = lab.db_of::<Proof>();
    let mut s = db.session();
    let [ann, bob, cid] = [1, 2, 3].map(|name| s.add(Author { id: Id::New, name }));
    let book = s.add(Book { id: Id::New, author: ann.into(), editor: ann.into(), title: 1 });
    s.flush().unwrap();
    s[book].author = bob.into();
    s.flush().unwrap();
    let _left_open = s.begin_nested().unwrap();
    s[book].author = cid.into();
    s.delete(ann);
    s.flush().unwrap();
    s.rollback().unwrap();
    // All are withdrawn; a foreign key that a delete made NULL names what it named.
    assert_eq!((s[book].author, s[book].editor), (Id::Of(cid), Some(Id::Of(ann))));
    s.restore(ann).unwrap();
    s.restore(cid).unwrap();
    s.restore(book).unwrap();
    s.commit().unwrap();
}

fn a_lost_row_is_not_written_over_the_new_one_with_its_key(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    for act in [(|s, ann| s[ann].age = 40) as fn(&mut Session<Blog>, Handle<User>), |s, ann| s.delete(ann)] {
        let mut s = db.session();
        let ann = s.get_one::<User>(1).unwrap();
        s.commit().unwrap();
        db.run("DELETE FROM users");
        act(&mut s, ann);
        let eve = s.add(User::named("eve"));
        let error = s.commit().unwrap_err();
        assert!(error.is_stale(), "{error}");
        s.rollback().unwrap();
        s.restore(eve).unwrap();
        s.commit().unwrap();
        db.sent();
        assert_eq!(db.rows::<(i64, String)>("SELECT id, name FROM users"), [(1, "eve".to_owned())]);
    }
}

fn an_edit_and_a_statement_over_its_row_are_both_rolled_back(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["ann"]);
    let mut s = db.maker().autoflush(false).session();
    let ann = s.get_one::<User>(1).unwrap();
    let before = s[ann].clone();
    s[ann].age = 40;
    update::<User>().set(User::name, "eve").set(User::age, 50).execute(&mut s).unwrap();
    assert_eq!((s[ann].name.as_str(), s[ann].age), ("eve", 40));
    s.rollback().unwrap();
    assert_eq!(s[ann], before);
}

fn an_entity_that_a_marked_one_names_may_be_expunged(lab: &Lab) {
    let db = lab.db_of::<Proof>();
    let mut s = db.session();
    let [one, two] = [1, 2].map(|label| s.add(Node { id: Id::New, parent: None, next: None, label }));
    s.flush().unwrap();
    s.delete(one);
    s[one].parent = two.into();
    s.expunge(two).unwrap();
    s.restore(one).unwrap();
    s.commit().unwrap();
    assert_eq!(s[one].parent, Some(Id::Key(2)));
}

fn a_marked_row_goes_by_the_foreign_key_that_it_has(lab: &Lab) {
    let db = lab.db_of::<Proof>();
    let mut s = db.session();
    let top = s.add(Node { id: Id::New, parent: None, next: None, label: 1 });
    let middle = s.add(Node { id: Id::New, parent: top.into(), next: None, label: 2 });
    let leaf = s.add(Node { id: Id::New, parent: middle.into(), next: None, label: 3 });
    s.commit().unwrap();
    s.delete(top);
    s.delete(leaf);
    s[leaf].parent = None;
    s.commit().unwrap();
    assert_eq!(s.query::<Node>().count().unwrap(), 0);
}

fn a_row_that_was_set_to_what_it_was_takes_what_someone_else_wrote(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    s.commit().unwrap();
    db.run("UPDATE docs SET title = 'b', version = 2");
    s[doc].title = "a".into();
    s.no_autoflush(|s| s.get::<Doc>(1)).unwrap();
    assert_eq!(s[doc].title, "b");
    s[doc].title = "c".into();
    s.commit().unwrap();
}

fn a_relation_leads_over_rows_of_its_own_table(lab: &Lab) {
    let db = lab.db_of::<Proof>();
    let mut s = db.session();
    let node =
        |parent: Option<Handle<Node>>| Node { id: Id::New, parent: parent.map(Id::Of), next: None, label: 2 };
    let top = s.add(node(None));
    let middle = s.add(node(Some(top)));
    let leaf = s.add(node(Some(middle)));
    s[leaf].next = middle.into();
    s.commit().unwrap();
    let mut s = db.session();
    let top = s.get_one::<Node>(1).unwrap();
    let second = s.related(top, Node::second).unwrap();
    assert_eq!(second.iter().map(|&node| s.key(node)).collect::<Vec<_>>(), [Some(3)]);
    assert_eq!(s.related(top, Node::leaders).unwrap(), second);
    let trees = s.query::<Node>().filter(Node::id.eq(1)).untracked().with(Node::second).all().unwrap();
    assert_eq!(trees[0].related(Node::second).unwrap().len(), 1);
}

fn a_new_row_replaces_all_that_someone_else_may_have_written(lab: &Lab) {
    let db = lab.db_of::<Proof>();
    let mut s = db.session();
    let old = s.add(Tag { code: "t".into(), name: 1 });
    s.commit().unwrap();
    db.run("UPDATE tags SET name = 2");
    s.delete(old);
    s.add(Tag { code: "t".into(), name: 1 });
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", "UPDATE tags SET name = ? WHERE code = ?"]);
    assert_eq!(s.sql("SELECT name FROM tags", params![]).unwrap().one::<i64>().unwrap(), 1);
}

fn node(parent: impl Into<Option<Handle<Node>>>, next: impl Into<Option<Handle<Node>>>) -> Node {
    Node { id: Id::New, parent: parent.into().map(Id::Of), next: next.into().map(Id::Of), label: 0 }
}

fn a_row_that_goes_by_cascade_may_name_one_that_never_came(lab: &Lab) {
    let db = lab.db_of::<Proof>();
    let mut s = db.session();
    let top = s.add(node(None, None));
    let child = s.add(node(top, None));
    s.commit().unwrap();
    s.delete(top);
    let new = s.add(node(child, None));
    s[child].next = new.into();
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", "DELETE FROM nodes WHERE id = ?"]);
    assert_eq!((s.state(child), s.state(new)), (Some(State::DeletedFlushed), Some(State::Withdrawn)));
    s.rollback().unwrap();
    assert_eq!((s.state(child), s[child].next), (Some(State::Persistent), None));
}

fn rows_that_go_along_hold_back_none_that_takes_them(lab: &Lab) {
    let db = lab.db_of::<Proof>();
    let mut s = db.session();
    let top = s.add(node(None, None));
    let marked = s.add(node(top, top));
    let other = s.add(node(None, None));
    s.add(node(marked, other));
    s.add(node(top, marked));
    s.flush().unwrap();
    s[top].parent = other.into();
    s.delete(marked);
    s.delete(other);
    s.commit().unwrap();
    assert_eq!(s.query::<Node>().count().unwrap(), 0);
}

fn a_row_that_goes_along_is_let_go_first(lab: &Lab) {
    let db = lab.db_of::<Proof>();
    let mut s = db.session();
    let top = s.add(node(None, None));
    let child = s.add(node(top, None));
    let other = s.add(node(None, child));
    s.flush().unwrap();
    s.delete(other);
    s.delete(top);
    s.commit().unwrap();
    assert_eq!(s.query::<Node>().count().unwrap(), 0);
}

fn a_row_that_goes_along_holds_back_what_takes_another(lab: &Lab) {
    let db = lab.db_of::<Proof>();
    let mut s = db.session();
    let top = s.add(node(None, None));
    let middle = s.add(node(top, top));
    let leaf = s.add(node(middle, middle));
    s.add(node(top, leaf));
    s.flush().unwrap();
    s.delete(top);
    s.delete(middle);
    s.commit().unwrap();
    assert_eq!(s.query::<Node>().count().unwrap(), 0);
}
