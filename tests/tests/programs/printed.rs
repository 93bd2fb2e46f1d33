//! Random programs as they print. Written by `PRINT=1 cargo test -p orm-tests --test programs print`.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused, clippy::all)]

// tree: keeps every rule
#[test]
fn program_1() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.rollback().unwrap();
    s.flush().unwrap();
    // keeps every rule
}

// cycle: keeps every rule
#[test]
fn program_2() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    let savepoint0 = s.begin_nested().unwrap();
    update::<Person>().set(Person::name, 0).filter(Person::name.eq(2)).execute(s).unwrap();
    savepoint0.commit(s).unwrap();
    // keeps every rule
}

// many-to-many: keeps every rule
#[test]
fn program_3() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(false).expire_on_commit(false).lazy_batch(1);
    let s = &mut maker.session();
    s.commit().unwrap();
    // keeps every rule
}

// unique and version: keeps every rule
#[test]
fn program_4() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    let e0 = s.add(Doc { id: Id::New, title: 3, pages: 3, version: Version::default() });
    // keeps every rule
}

// parent and child: keeps every rule
#[test]
fn program_5() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(false).lazy_batch(1);
    let s = &mut maker.session();
    let e0 = s.add(Author { id: Id::New, name: 1 });
    s.related(e0, Author::long).ok();
    let e1 = s.add(Book { id: Id::New, author: Id::Of(e0), editor: None, title: 0 });
    s.commit().unwrap();
    let savepoint0 = s.begin_nested().unwrap();
    let e2 = s.add(Book { id: Id::New, author: Id::Of(e0), editor: None, title: 3 });
    s.query::<Book>().all().unwrap();
    s.related(e1, Book::editor).ok();
    s[e2].author = Id::Of(e0);
    s[e2].editor = Some(Id::Of(e0));
    s[e2].title = 3;
    s[e1].title = 3;
    s.rollback().unwrap();
    s.expire(e2).unwrap_err();
    s.flush().unwrap();
    savepoint0.commit(s).unwrap_err();
    savepoint0.rollback(s).ok();
    // keeps every rule
}

// tree: keeps every rule
#[test]
fn program_6() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(false).lazy_batch(1);
    let s = &mut maker.session();
    s.flush().unwrap();
    let e0 = s.add(Node { id: Id::New, parent: None, next: None, label: 3 });
    s[e0].label = 1;
    s.related(e0, Node::children).ok();
    let e1 = s.merge(Node { id: Id::New, parent: Some(Id::Of(e0)), next: Some(Id::Of(e0)), label: 2 }).unwrap();
    s.commit().unwrap();
    update::<Node>().set(Node::label, 0).filter(Node::label.eq(3)).execute(s).unwrap();
    let e2 = s.add(Node { id: Id::New, parent: Some(Id::Of(e1)), next: None, label: 3 });
    let e3 = s.add(Node { id: Id::New, parent: Some(Id::Of(e1)), next: None, label: 3 });
    s[e0].label = 0;
    s.flush().unwrap();
    let e4 = s.add(Node { id: Id::New, parent: None, next: Some(Id::Key(4)), label: 3 });
    update::<Node>().set(Node::label, 1).filter(Node::label.eq(3)).execute(s).unwrap();
    let e5 = s.add(Node { id: Id::New, parent: Some(Id::Of(e3)), next: Some(Id::Of(e4)), label: 0 });
    let e6 = s.add(Node { id: Id::New, parent: Some(Id::Of(e5)), next: None, label: 2 });
    // keeps every rule
}

// cycle: keeps every rule
#[test]
fn program_7() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::other_maker().autoflush(true).expire_on_commit(false).lazy_batch(1);
    let s = &mut maker.session();
    s.flush().unwrap();
    s.commit().unwrap();
    // keeps every rule
}

// many-to-many: keeps every rule
#[test]
fn program_8() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.expire_all();
    let e0 = s.add(Item { id: Id::New, name: 2 });
    let e1 = s.add(Tag { code: "t0".to_owned(), name: 3 });
    s.related(e0, Item::heavy).ok();
    s.expunge(e0).unwrap();
    s.flush().unwrap();
    s.commit().unwrap();
    let e2 = s.add(Item { id: Id::New, name: 0 });
    let e3 = s.add(Item { id: Id::New, name: 3 });
    s.rollback().unwrap();
    s[e2].name = 3;
    s.query::<Item>().all().unwrap();
    let e4 = s.add(Item { id: Id::New, name: 2 });
    s.rollback().unwrap();
    // keeps every rule
}

// unique and version: keeps every rule
#[test]
fn program_9() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    let e0 = s.add(Account { id: Id::New, number: 6, amount: 1 });
    s[e0].number = 1;
    let e1 = s.add(Account { id: Id::New, number: 3, amount: 1 });
    s.flush().unwrap();
    let e2 = s.add(Account { id: Id::New, number: 7, amount: 2 });
    s.flush().unwrap();
    s.restore(e0).unwrap();
    let e3 = s.add(Doc { id: Id::New, title: 0, pages: 2, version: Version::default() });
    // keeps every rule
}

// parent and child: keeps every rule
#[test]
fn program_10() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(false).lazy_batch(1);
    let s = &mut maker.session();
    let mut e0 = None;
    s.nested(|s| {
        let e0 = *e0.insert(s.add(Author { id: Id::New, name: 3 }));
        s.nested(|s| {
            s.nested(|s| {
                Ok(())
            }).unwrap();
            Ok(())
        }).unwrap();
        Ok(())
    }).unwrap();
    let e0 = e0.unwrap();
    // keeps every rule
}

// tree: keeps every rule
#[test]
fn program_11() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    let e0 = s.add(Node { id: Id::New, parent: None, next: None, label: 1 });
    s[e0].label = 1;
    s.related(e0, Node::previous).ok();
    let mut e1 = None;
    s.nested(|s| {
        let e1 = *e1.insert(s.add(Node { id: Id::New, parent: Some(Id::Of(e0)), next: Some(Id::Key(1)), label: 3 }));
        Ok(())
    }).unwrap();
    let e1 = e1.unwrap();
    // keeps every rule
}

// cycle: keeps every rule
#[test]
fn program_12() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.nested(|s| {
        delete::<Person>().filter(Person::name.eq(3)).execute(s).unwrap();
        s.commit().unwrap();
        Ok(())
    }).unwrap();
    // keeps every rule
}

// many-to-many: keeps every rule
#[test]
fn program_13() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(false).lazy_batch(1);
    let s = &mut maker.session();
    let mut e0 = None;
    s.nested(|s| {
        s.nested(|s| {
            let e0 = *e0.insert(s.add(Item { id: Id::New, name: 1 }));
            s.related(e0, Item::taggings).ok();
            Ok(())
        }).unwrap();
        let e0 = e0.unwrap();
        Ok(())
    }).unwrap();
    let e0 = e0.unwrap();
    // keeps every rule
}

// unique and version: keeps every rule
#[test]
fn program_14() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::other_maker().autoflush(false).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.flush().unwrap();
    let e0 = s.add(Account { id: Id::New, number: 5, amount: 2 });
    s.commit().unwrap();
    s[e0].amount = 0;
    // keeps every rule
}

// parent and child: keeps every rule
#[test]
fn program_15() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.flush().unwrap();
    s.commit().unwrap();
    s.rollback().unwrap();
    s.rollback().unwrap();
    // keeps every rule
}

// tree: keeps every rule
#[test]
fn program_16() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.flush().unwrap();
    s.commit().unwrap();
    s.commit().unwrap();
    // keeps every rule
}

// cycle: keeps every rule
#[test]
fn program_17() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(false).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    let e0 = s.add(Person { id: Id::New, favourite: None, name: 1 });
    s[e0].name = 0;
    // keeps every rule
}

// many-to-many: keeps every rule
#[test]
fn program_18() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.evict_clean();
    let e0 = s.add(Tag { code: "t0".to_owned(), name: 1 });
    s.refresh(e0).unwrap_err();
    s[e0].code = "t0".to_owned();
    s.rollback().unwrap();
    // keeps every rule
}

// unique and version: keeps every rule
#[test]
fn program_19() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(false).lazy_batch(1);
    let s = &mut maker.session();
    // keeps every rule
}

// parent and child: keeps every rule
#[test]
fn program_20() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(false).lazy_batch(1);
    let s = &mut maker.session();
    // After each call, every relation of every entity is looked at.
    s.rollback().unwrap();
    s.commit().unwrap();
    s.flush().unwrap();
    let e0 = s.add(Author { id: Id::New, name: 3 });
    s[e0].name = 0;
    s.query::<Author>().all().unwrap();
    s.delete(e0);
    // keeps every rule
}

// tree: keeps every rule
#[test]
fn program_21() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::other_maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.rollback().unwrap();
    s.flush().unwrap();
    s.query::<Node>().all().unwrap();
    // keeps every rule
}

// cycle: keeps every rule
#[test]
fn program_22() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(false).lazy_batch(1);
    let s = &mut maker.session();
    // keeps every rule
}

// many-to-many: keeps every rule
#[test]
fn program_23() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(false).lazy_batch(1);
    let s = &mut maker.session();
    let e0 = s.add(Item { id: Id::New, name: 3 });
    s.delete(e0);
    s.commit().unwrap();
    s[e0].name = 0;
    s.delete(e0);
    let e1 = s.add(Item { id: Id::New, name: 0 });
    // keeps every rule
}

// unique and version: keeps every rule
#[test]
fn program_24() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(false).lazy_batch(1);
    let s = &mut maker.session();
    s.query::<Account>().all().unwrap();
    let e0 = s.add(Account { id: Id::New, number: 3, amount: 0 });
    let e1 = s.add(Doc { id: Id::New, title: 3, pages: 3, version: Version::default() });
    s.delete(e0);
    let e2 = s.add(Doc { id: Id::New, title: 2, pages: 0, version: Version::default() });
    let e3 = s.add(Doc { id: Id::New, title: 1, pages: 0, version: Version::default() });
    s.delete(e3);
    s.restore(e3).unwrap();
    s.delete(e3);
    s.flush().unwrap();
    s.commit().unwrap();
    s[e0].number = 2;
    s[e0].amount = 1;
    // keeps every rule
}

// parent and child: keeps every rule
#[test]
fn program_25() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(false).lazy_batch(1);
    let s = &mut maker.session();
    let e0 = s.add(Author { id: Id::New, name: 2 });
    s[e0].name = 2;
    let e1 = s.add(Author { id: Id::New, name: 1 });
    s.nested(|s| {
        s.rollback().unwrap();
        s.commit().unwrap();
        s[e0].name = 2;
        Ok(())
    }).unwrap();
    // keeps every rule
}

// tree: keeps every rule
#[test]
fn program_26() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    let e0 = s.add(Node { id: Id::New, parent: None, next: None, label: 1 });
    let e1 = s.add(Node { id: Id::New, parent: Some(Id::Of(e0)), next: Some(Id::Of(e0)), label: 0 });
    let e2 = s.add(Node { id: Id::New, parent: Some(Id::Of(e1)), next: Some(Id::Of(e0)), label: 2 });
    s.related(e2, Node::previous).ok();
    s.flush().unwrap();
    s[e2].next = Some(Id::Of(e0));
    s[e2].label = 0;
    s.get::<Node>(3).unwrap();
    s.nested(|s| {
        Ok(())
    }).unwrap();
    // keeps every rule
}

// cycle: keeps every rule
#[test]
fn program_27() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.flush().unwrap();
    s.flush().unwrap();
    let mut e0 = None;
    s.nested(|s| {
        let e0 = *e0.insert(s.add(Person { id: Id::New, favourite: None, name: 1 }));
        Ok(())
    }).unwrap();
    let e0 = e0.unwrap();
    // keeps every rule
}

// many-to-many: keeps every rule
#[test]
fn program_28() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::other_maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    let mut e0 = None;
    let mut e1 = None;
    s.nested(|s| {
        let e0 = *e0.insert(s.add(Item { id: Id::New, name: 1 }));
        s[e0].name = 3;
        s.query::<Item>().all().unwrap();
        s.flush().unwrap();
        s.delete(e0);
        s.delete(e0);
        let e1 = *e1.insert(s.add(Tag { code: "t3".to_owned(), name: 2 }));
        s.query::<Tag>().all().unwrap();
        s[e0].name = 2;
        s[e1].code = "t0".to_owned();
        Ok(())
    }).unwrap();
    let e0 = e0.unwrap();
    let e1 = e1.unwrap();
    s.flush().unwrap();
    s.commit().unwrap();
    s.commit().unwrap();
    s.delete(e1);
    let mut e2 = None;
    s.nested(|s| {
        let e2 = *e2.insert(s.add(Tag { code: "t3".to_owned(), name: 2 }));
        s.commit().unwrap();
        s[e2].name = 3;
        Ok(())
    }).unwrap();
    let e2 = e2.unwrap();
    // keeps every rule
}

// unique and version: keeps every rule
#[test]
fn program_29() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.evict_clean();
    s.evict_clean();
    let e0 = s.add(Account { id: Id::New, number: 1, amount: 3 });
    s.flush().unwrap();
    s[e0].number = 7;
    s.flush().unwrap();
    s.flush().unwrap();
    // keeps every rule
}

// parent and child: keeps every rule
#[test]
fn program_30() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(false).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    let e0 = s.add(Author { id: Id::New, name: 3 });
    s.commit().unwrap();
    s[e0].name = 2;
    // keeps every rule
}

// tree: keeps every rule
#[test]
fn program_31() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.flush().unwrap();
    let savepoint0 = s.begin_nested().unwrap();
    savepoint0.commit(s).unwrap();
    // keeps every rule
}

// cycle: keeps every rule
#[test]
fn program_32() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.commit().unwrap();
    update::<Person>().set(Person::name, 0).filter(Person::name.eq(3)).execute(s).unwrap();
    let e0 = s.add(Person { id: Id::New, favourite: None, name: 1 });
    s.delete(e0);
    s.delete(e0);
    s[e0].name = 2;
    s.flush().unwrap();
    s.refresh(e0).unwrap_err();
    s.commit().unwrap();
    // keeps every rule
}

// many-to-many: keeps every rule
#[test]
fn program_33() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(false).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.nested(|s| {
        s.nested(|s| {
            Ok(())
        }).unwrap();
        Ok(())
    }).unwrap();
    // keeps every rule
}

// unique and version: keeps every rule
#[test]
fn program_34() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(false).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    let e0 = s.add(Doc { id: Id::New, title: 3, pages: 0, version: Version::default() });
    let e1 = s.add(Account { id: Id::New, number: 2, amount: 1 });
    s[e0].title = 3;
    let mut e2 = None;
    let mut e3 = None;
    let mut e4 = None;
    s.nested(|s| {
        let e2 = *e2.insert(s.add(Account { id: Id::New, number: 6, amount: 2 }));
        s.delete(e2);
        let e3 = *e3.insert(s.add(Account { id: Id::New, number: 7, amount: 0 }));
        s.delete(e1);
        s[e1].number = 7;
        s.query::<Doc>().all().unwrap();
        let e4 = *e4.insert(s.add(Account { id: Id::New, number: 0, amount: 2 }));
        Ok(())
    }).unwrap();
    let e2 = e2.unwrap();
    let e3 = e3.unwrap();
    let e4 = e4.unwrap();
    // keeps every rule
}

// parent and child: keeps every rule
#[test]
fn program_35() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::other_maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.commit().unwrap();
    let mut e0 = None;
    s.nested(|s| {
        s.commit().unwrap();
        s.flush().unwrap();
        let e0 = *e0.insert(s.add(Author { id: Id::New, name: 2 }));
        s.delete(e0);
        s.delete(e0);
        Ok(())
    }).unwrap();
    let e0 = e0.unwrap();
    // keeps every rule
}

// tree: keeps every rule
#[test]
fn program_36() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.flush().unwrap();
    s.nested(|s| {
        s.flush().unwrap();
        s.commit().unwrap();
        s.query::<Node>().count().unwrap();
        s.nested(|s| {
            s.commit().unwrap();
            s.flush().unwrap();
            s.flush().unwrap();
            Ok(())
        }).unwrap();
        Ok(())
    }).unwrap();
    // keeps every rule
}

// cycle: keeps every rule
#[test]
fn program_37() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(false).lazy_batch(1);
    let s = &mut maker.session();
    s.nested(|s| {
        s.rollback().unwrap();
        Ok(())
    }).unwrap();
    // keeps every rule
}

// many-to-many: keeps every rule
#[test]
fn program_38() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.flush().unwrap();
    s.rollback().unwrap();
    s.rollback().unwrap();
    let mut e0 = None;
    s.nested(|s| {
        s.nested(|s| {
            let e0 = *e0.insert(s.add(Item { id: Id::New, name: 1 }));
            s.rollback().unwrap();
            s.flush().unwrap();
            s.expunge(e0).unwrap();
            s.query::<Item>().all().unwrap();
            Ok(())
        }).unwrap();
        let e0 = e0.unwrap();
        Ok(())
    }).unwrap();
    let e0 = e0.unwrap();
    // keeps every rule
}

// unique and version: keeps every rule
#[test]
fn program_39() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    let e0 = s.add(Doc { id: Id::New, title: 1, pages: 0, version: Version::default() });
    s.flush().unwrap();
    let e1 = s.add(Account { id: Id::New, number: 1, amount: 1 });
    s.delete(e1);
    let mut e2 = None;
    let mut e3 = None;
    let mut e4 = None;
    let mut e5 = None;
    s.nested(|s| {
        s[e0].title = 3;
        s[e0].title = 3;
        s.commit().unwrap();
        s.delete(e1);
        s.commit().unwrap();
        let e2 = *e2.insert(s.add(Account { id: Id::New, number: 0, amount: 3 }));
        let e3 = *e3.insert(s.add(Account { id: Id::New, number: 3, amount: 2 }));
        s[e3].number = 1;
        let e4 = *e4.insert(s.add(Account { id: Id::New, number: 0, amount: 3 }));
        s.delete(e0);
        let e5 = *e5.insert(s.add(Account { id: Id::New, number: 5, amount: 2 }));
        s.restore(e0).unwrap();
        Ok(())
    }).unwrap();
    let e2 = e2.unwrap();
    let e3 = e3.unwrap();
    let e4 = e4.unwrap();
    let e5 = e5.unwrap();
    // keeps every rule
}

// parent and child: keeps every rule
#[test]
fn program_40() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.query::<Book>().all().unwrap();
    let e0 = s.add(Author { id: Id::New, name: 0 });
    let mut e1 = None;
    let mut e2 = None;
    s.nested(|s| {
        s.flush().unwrap();
        let e1 = *e1.insert(s.add(Book { id: Id::New, author: Id::Of(e0), editor: Some(Id::Of(e0)), title: 3 }));
        let e2 = *e2.insert(s.add(Author { id: Id::New, name: 0 }));
        s[e1].title = 2;
        s.nested(|s| {
            s.refresh(e0).unwrap();
            s[e2].name = 0;
            s[e0].name = 3;
            s[e0].name = 0;
            s[e2].name = 3;
            s.flush().unwrap();
            s[e0].name = 2;
            Ok(())
        }).unwrap();
        Ok(())
    }).unwrap();
    let e1 = e1.unwrap();
    let e2 = e2.unwrap();
    // keeps every rule
}

// tree: keeps every rule
#[test]
fn program_56() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::other_maker().autoflush(true).expire_on_commit(false).lazy_batch(1);
    let s = &mut maker.session();
    s.query::<Node>().count().unwrap();
    s.flush().unwrap();
    update::<Node>().set(Node::label, 2).filter(Node::label.eq(2)).execute(s).unwrap();
    s.flush().unwrap();
    s.flush().unwrap();
    s.query::<Node>().all().unwrap();
    // keeps every rule
}

// many-to-many: keeps every rule
#[test]
fn program_63() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::other_maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    let e0 = s.add(Tag { code: "t3".to_owned(), name: 3 });
    s[e0].code = "t3".to_owned();
    // keeps every rule
}

// parent and child: keeps every rule
#[test]
fn program_70() {
    use orm_core::prelude::*;
    use orm_tests::programs::{self, tables::*};
    let maker = programs::other_maker().autoflush(true).expire_on_commit(true).lazy_batch(1);
    let s = &mut maker.session();
    s.commit().unwrap();
    s.flush().unwrap();
    // keeps every rule
}
