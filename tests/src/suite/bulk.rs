//! Many rows at once: what is done in chunks has to look as if it was done row by row.

use orm_core::prelude::*;

use crate::fixture::Lab;
use crate::models::*;

rules! { bulk:
    many_children_of_many_new_parents_get_their_keys,
    a_fault_in_the_middle_of_many_inserts_leaves_no_keys,
    a_unique_violation_in_the_middle_of_many_inserts_undoes_all,
    a_fault_in_the_middle_of_many_updates_restores_all,
    many_deletes_come_back_after_rollback,
    many_rows_of_mixed_shapes_get_their_own_keys,
    many_links_of_composite_keys_resolve,

    a_chain_of_thousands_is_stored_and_deleted,

    a_star_is_stored_whatever_the_order_of_add,
    a_savepoint_around_many_rows_undoes_all_of_them,
    many_entities_are_met_again_by_one_query,
    a_rollback_of_ten_thousand_changed_entities_sends_no_select,
    a_flush_without_changes_among_many_sends_nothing,
    parents_with_children_take_one_insert_a_row,
    an_update_is_sent_for_changed_entities_only,
}

const MANY: usize = 500;

fn named(number: usize) -> User {
    User::named(&format!("user {number}"))
}

fn many_children_of_many_new_parents_get_their_keys(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let mut posts = Vec::new();
    for number in 0..MANY {
        let author = s.add(named(number));
        posts.push((author, s.add(Post::by(author, &format!("user {number}")))));
    }
    s.commit().unwrap();
    for (author, post) in posts {
        assert_eq!(s[post].author, Id::Key(s.key(author).unwrap()));
    }
    db.sent();
    let wrong = db.rows::<(i64,)>(
        "SELECT count(*) FROM posts p JOIN users u ON u.id = p.author_id WHERE u.name <> p.title",
    );
    assert_eq!(wrong, [(0,)]);
}

fn a_fault_in_the_middle_of_many_inserts_leaves_no_keys(lab: &Lab) {
    for nth in [2, 64, 65, 66, 300, MANY + 1, MANY + 70] {
        let db = lab.db();
        let mut s = db.session();
        let users = s.add_all((0..MANY).map(named));
        let posts: Vec<_> = users.iter().map(|&user| s.add(Post::by(user, "a"))).collect();
        db.probe.fail_nth(nth, Error::database("a fault"));
        s.flush().unwrap_err();
        s.rollback().unwrap();
        for (&user, &post) in users.iter().zip(&posts) {
            assert_eq!((s.state(user), s.key(user), s[user].id), (Some(State::Withdrawn), None, Id::New));
            assert_eq!((s.key(post), s[post].author), (None, Id::Of(user)));
        }
        assert_eq!(s.query::<User>().count().unwrap(), 0, "{nth}");
        s.add(named(1));
        s.commit().unwrap();
    }
}

fn a_unique_violation_in_the_middle_of_many_inserts_undoes_all(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let users = s.add_all((0..MANY).map(|number| named(if number == 333 { 7 } else { number })));
    assert!(s.commit().unwrap_err().is_unique());
    s.rollback().unwrap();
    assert!(users.iter().all(|&user| s.state(user) == Some(State::Withdrawn) && s.key(user).is_none()));
    assert_eq!(s.query::<User>().count().unwrap(), 0);
}

fn a_fault_in_the_middle_of_many_updates_restores_all(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let docs = s.add_all((0..MANY).map(|number| Doc::titled(&number.to_string())));
    s.commit().unwrap();
    docs.iter().for_each(|&doc| s[doc].title.push('!'));
    db.probe.fail_nth(300, Error::database("a fault"));
    s.flush().unwrap_err();
    s.rollback().unwrap();
    for (number, &doc) in docs.iter().enumerate() {
        assert_eq!((s[doc].title.clone(), s[doc].version.get()), (number.to_string(), 1));
    }
    docs.iter().for_each(|&doc| s[doc].title.push('!'));
    s.commit().unwrap();
    db.sent();
    assert_eq!(
        db.rows::<(i64,)>("SELECT count(*) FROM docs WHERE version = 2 AND title LIKE '%!'"),
        [(MANY as i64,)]
    );
}

fn many_deletes_come_back_after_rollback(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let users = s.add_all((0..MANY).map(named));
    s.commit().unwrap();
    users.iter().rev().for_each(|&user| s.delete(user));
    s.flush().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 0);
    s.rollback().unwrap();
    for (key, &user) in (1..).zip(&users) {
        assert_eq!((s.state(user), s.key(user)), (Some(State::Persistent), Some(key)));
        assert_eq!(s.get::<User>(key).unwrap(), Some(user));
    }
    users.iter().for_each(|&user| s.delete(user));
    s.commit().unwrap();
    assert_eq!(s.query::<User>().count().unwrap(), 0);
}

fn many_rows_of_mixed_shapes_get_their_own_keys(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = |number: usize| Doc {
        id: if number % 7 == 3 { Id::Key(10_000 + number as i64) } else { Id::New },
        plan: if number % 5 == 1 { "gold".into() } else { Generated::Unset },
        ..Doc::titled(&number.to_string())
    };
    let docs = s.add_all((0..MANY).map(doc));
    s.commit().unwrap();
    s.query::<Doc>().all().unwrap();
    for (number, &handle) in docs.iter().enumerate() {
        assert_eq!(s[handle].title, number.to_string());
        assert_eq!(s[handle].plan, if number % 5 == 1 { "gold".into() } else { "free".into() });
        assert_eq!(s[handle].id, Id::Key(s.key(handle).unwrap()));
        assert!(number % 7 != 3 || s.key(handle) == Some(10_000 + number as i64));
    }
    assert_eq!(s.query::<Doc>().count().unwrap(), MANY as u64);
}

fn many_links_of_composite_keys_resolve(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let users = s.add_all((0..20).map(named));
    let groups = s.add_all((0..20).map(|number| Group { name: number.to_string(), ..Group::default() }));
    let mut members = Vec::new();
    for &user in users.iter().rev() {
        for &group in &groups {
            members.push(s.add(Membership { user: user.into(), group: group.into(), role: String::new() }));
        }
    }
    s.commit().unwrap();
    for (place, &member) in members.iter().enumerate() {
        let key = (20 - place as i64 / 20, place as i64 % 20 + 1);
        assert_eq!(s.key(member), Some(key));
        assert_eq!(s.get::<Membership>(key).unwrap(), Some(member));
    }
}

fn a_chain_of_thousands_is_stored_and_deleted(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let mut chain = vec![s.add(Employee::under(None, "head"))];
    for _ in 0..5_000 {
        let manager = chain[chain.len() - 1];
        chain.push(s.add(Employee::under(Some(manager.into()), "next")));
    }
    s.commit().unwrap();
    assert_eq!(s.key(chain[5_000]), Some(5_001));
    chain.into_iter().for_each(|employee| s.delete(employee));
    s.commit().unwrap();
    assert_eq!(s.query::<Employee>().count().unwrap(), 0);
}

fn a_star_is_stored_whatever_the_order_of_add(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let leaves = s.add_all((0..MANY).map(|_| Employee::under(None, "leaf")));
    let head = s.add(Employee::under(None, "head"));
    leaves.iter().for_each(|&leaf| s[leaf].manager = head.into());
    s.commit().unwrap();
    assert_eq!(s.key(head), Some(1));
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM employees WHERE manager_id = 1"), [(MANY as i64,)]);
}

fn a_savepoint_around_many_rows_undoes_all_of_them(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let outer = s.add_all((0..MANY).map(named));
    let undone = s.nested(|s| {
        outer.iter().for_each(|&user| s[user].age = 99);
        s.add_all((MANY..2 * MANY).map(named));
        outer[..100].iter().for_each(|&user| s.delete(user));
        s.flush()?;
        Err::<(), _>(Error::misuse("no"))
    });
    assert!(undone.is_err());
    assert!(outer.iter().all(|&user| s[user].age == 18 && s.state(user) == Some(State::Persistent)));
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(i64, i64)>("SELECT count(*), max(age) FROM users"), [(MANY as i64, 18)]);
}

fn many_entities_are_met_again_by_one_query(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let users = s.add_all((0..MANY).map(named));
    s.commit().unwrap();
    db.run("UPDATE users SET age = id");
    db.sent();
    assert_eq!(s.query::<User>().order_by(User::id).all().unwrap(), users);
    assert_eq!(db.sent().len(), 2);
    for (key, &user) in (1..).zip(&users) {
        assert_eq!(s[user].age, key);
    }
}

fn a_rollback_of_ten_thousand_changed_entities_sends_no_select(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let users = s.add_all((0..10_000).map(named));
    s.commit().unwrap();
    s.query::<User>().all().unwrap();
    users.iter().for_each(|&user| s[user].age = 99);
    // Half of them are written, half are not yet.
    s.flush().unwrap();
    users.iter().step_by(2).for_each(|&user| s[user].age = 98);
    db.sent();
    s.rollback().unwrap();
    assert!(users.iter().all(|&user| s[user].age == 18));
    assert_eq!(db.sent(), ["ROLLBACK"]);
}

fn a_flush_without_changes_among_many_sends_nothing(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    s.add_all((0..MANY).map(named));
    s.commit().unwrap();
    let users = s.query::<User>().all().unwrap();
    db.sent();
    s.flush().unwrap();
    // Touched, but not changed.
    users.iter().for_each(|&user| s[user].age = 18);
    s.flush().unwrap();
    assert_eq!(db.sent(), Vec::<String>::new());
}

fn parents_with_children_take_one_insert_a_row(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    for number in 0..MANY {
        let author = s.add(named(number));
        s.add_all((0..5).map(|_| Post::by(author, "a")));
    }
    s.commit().unwrap();
    let sent = db.sent();
    let count = |start| sent.iter().filter(|sql| sql.starts_with(start)).count();
    assert_eq!((count("INSERT INTO users"), count("INSERT INTO posts")), (MANY, 5 * MANY));
    assert_eq!((sent.len(), count("BEGIN"), count("COMMIT")), (6 * MANY + 2, 1, 1));
}

fn an_update_is_sent_for_changed_entities_only(lab: &Lab) {
    for step in [1, 10] {
        let db = lab.db();
        let mut s = db.session();
        s.add_all((0..MANY).map(named));
        s.commit().unwrap();
        let users = s.query::<User>().all().unwrap();
        db.sent();
        users.iter().step_by(step).for_each(|&user| s[user].age = 99);
        s.commit().unwrap();
        let sent = db.sent();
        let update = "UPDATE users SET age = ? WHERE id = ?";
        assert_eq!(sent.iter().filter(|sql| *sql == update).count(), MANY / step);
        assert_eq!(sent.len(), MANY / step + 1, "and COMMIT");
    }
}
