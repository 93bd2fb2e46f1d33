//! Rows that someone else changed: versions and counts.

use orm_core::prelude::*;

use crate::fixture::Lab;
use crate::models::*;

rules! { version:
    s58_a_version_is_one_at_insert_and_grows_with_each_update,
    s58_a_flush_without_net_change_leaves_the_version,
    s59_a_concurrent_change_is_stale,
    s59_after_rollback_the_same_work_succeeds,
    s59_the_version_is_refreshed_with_its_row,
    s60_a_delete_of_a_changed_row_is_stale,
    s59_an_error_names_all_rows_of_a_step_that_are_stale,
    s57_a_row_without_version_that_is_gone_is_stale,
}

/// Two sessions that have loaded the same document.
macro_rules! two_sessions {
    ($db:ident, $a:ident, $b:ident, $in_a:ident, $in_b:ident) => {
        $db.run("INSERT INTO docs (id, title, note, version) VALUES (1, 'a', 'n', 1)");
        let (mut $a, mut $b) = ($db.session(), $db.session());
        let $in_a = $a.get_one::<Doc>(1).unwrap();
        let $in_b = $b.get_one::<Doc>(1).unwrap();
        // Their snapshots end; what they hold is as it was.
        $a.commit().unwrap();
        $b.commit().unwrap();
        $db.sent();
    };
}

fn s58_a_version_is_one_at_insert_and_grows_with_each_update(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    assert_eq!(s[doc].version.get(), 0);
    s.flush().unwrap();
    assert_eq!(s[doc].version.get(), 1);
    db.sent();
    s[doc].title = "b".into();
    s.flush().unwrap();
    assert_eq!(s[doc].version.get(), 2);
    assert_eq!(db.sent(), ["UPDATE docs SET title = ?, note = ?, version = ? WHERE id = ? AND version = ?"]);
    s[doc].title = "c".into();
    s.flush().unwrap();
    assert_eq!(s[doc].version.get(), 3);
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT version FROM docs"), [(3,)]);
}

fn s58_a_flush_without_net_change_leaves_the_version(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    s.commit().unwrap();
    s[doc].title = "a".into();
    s.commit().unwrap();
    assert_eq!(s[doc].version.get(), 1);
}

fn s59_a_concurrent_change_is_stale(lab: &Lab) {
    let db = lab.shared();
    two_sessions!(db, a, b, in_a, in_b);
    a[in_a].title = "by a".into();
    a.commit().unwrap();
    b[in_b].title = "by b".into();
    db.sent();
    let error = b.commit().unwrap_err();
    assert!(error.is_stale(), "{error:?}");
    assert!(error.message().contains("Doc") && error.message().contains('1'), "{error}");
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "UPDATE docs SET title = ?, note = ?, version = ? WHERE id = ? AND version = ?",
            "ROLLBACK"
        ]
    );
    assert_eq!(db.rows::<(String, i64)>("SELECT title, version FROM docs"), [("by a".into(), 2)]);
}

fn s59_after_rollback_the_same_work_succeeds(lab: &Lab) {
    let db = lab.shared();
    two_sessions!(db, a, b, in_a, in_b);
    a[in_a].title = "by a".into();
    a.commit().unwrap();
    b[in_b].title = "by b".into();
    b.commit().unwrap_err();
    assert!(b.commit().unwrap_err().is_stale());
    b.rollback().unwrap();
    assert_eq!(b.get_one::<Doc>(1).unwrap(), in_b);
    assert_eq!((b[in_b].title.as_str(), b[in_b].version.get()), ("by a", 2));
    b[in_b].title = "by b".into();
    b.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String, i64)>("SELECT title, version FROM docs"), [("by b".into(), 3)]);
}

fn s59_the_version_is_refreshed_with_its_row(lab: &Lab) {
    let db = lab.shared();
    two_sessions!(db, a, b, in_a, in_b);
    a[in_a].title = "by a".into();
    a.commit().unwrap();
    assert_eq!(b[in_b].version.get(), 1);
    b.query::<Doc>().all().unwrap();
    assert_eq!(b[in_b].version.get(), 2);
    b[in_b].title = "by b".into();
    b.commit().unwrap();
    assert_eq!(b[in_b].version.get(), 3);
}

fn s60_a_delete_of_a_changed_row_is_stale(lab: &Lab) {
    let db = lab.shared();
    two_sessions!(db, a, b, in_a, in_b);
    a[in_a].title = "by a".into();
    a.commit().unwrap();
    b.delete(in_b);
    db.sent();
    let error = b.commit().unwrap_err();
    assert!(error.is_stale(), "{error:?}");
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", "DELETE FROM docs WHERE id = ? AND version = ?", "ROLLBACK"]);
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM docs"), [(1,)]);
}

fn s57_a_row_without_version_that_is_gone_is_stale(lab: &Lab) {
    let db = lab.db();
    db.store_users(&["jack", "ed"]);
    let mut s = db.session();
    let (jack, ed) = (s.get_one::<User>(1).unwrap(), s.get_one::<User>(2).unwrap());
    s.execute("DELETE FROM users WHERE id = 2", params![]).unwrap();
    s[jack].age = 1;
    s[ed].age = 1;
    let error = s.flush().unwrap_err();
    assert!(error.is_stale() && error.message().contains("`User` with key 2"), "{error}");
    s.rollback().unwrap();
    s.execute("DELETE FROM users WHERE id = 2", params![]).unwrap();
    s.delete(ed);
    assert!(s.flush().unwrap_err().is_stale());
}

fn s59_an_error_names_all_rows_of_a_step_that_are_stale(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let docs: Vec<_> = (1..=4).map(|number| s.add(Doc::titled(&number.to_string()))).collect();
    s.commit().unwrap();
    s.execute("UPDATE docs SET version = 9 WHERE id IN (2, 4)", params![]).unwrap();
    for &doc in &docs {
        s[doc].title.push('!');
    }
    let error = s.flush().unwrap_err();
    assert!(error.is_stale() && error.message().contains("`Doc` with keys 2, 4 "), "{error}");
    s.rollback().unwrap();
    s.execute("DELETE FROM docs WHERE id = 3", params![]).unwrap();
    docs.iter().for_each(|&doc| s.delete(doc));
    let error = s.flush().unwrap_err();
    assert!(error.is_stale() && error.message().contains("`Doc` with key 3 "), "{error}");
}
