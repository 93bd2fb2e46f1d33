//! The other rows of the table of states: what the calls beside reading, adding and deleting do in each.

use orm_core::prelude::*;

use super::state::{ALL, Is, in_state, states_after};
use crate::fixture::{Lab, panic_text};
use crate::models::*;

rules! { state_calls:
    restore_in_every_state,
    merge_in_every_state,
    refresh_in_every_state,
    expire_in_every_state,
    a_savepoint_rollback_in_every_state,
    evict_clean_in_every_state,
    related_in_every_state,
    what_is_foreign_or_gone_is_recognised_by_every_call,
    what_is_foreign_or_gone_is_recognised_by_every_relation,
    indexing_panics_for_what_is_foreign_or_gone_and_for_nothing_else,
    every_row_is_read_anew_after_a_commit_and_a_rollback,
    a_touched_stale_entity_is_written_and_stays_stale,
    expire_of_a_marked_entity_loses_its_edits,
    a_query_meets_the_row_of_a_deleted_entity_as_a_new_one,
}

/// What a call came to: the state after it, or the kind of its error.
fn outcome<T>(s: &Session<Blog>, country: Handle<Country>, done: orm_core::Result<T>) -> String {
    match done {
        Ok(_) => s.state(country).map_or("gone".to_owned(), |state| format!("{state:?}")),
        Err(error) => format!("{:?}", error.kind()),
    }
}

fn outcomes<T>(
    lab: &Lab,
    act: impl Fn(&mut Session<Blog>, Handle<Country>) -> orm_core::Result<T>,
) -> Vec<(Is, String)> {
    let one = |is| {
        let (_db, mut s, country) = in_state(lab, is);
        let done = act(&mut s, country);
        (is, outcome(&s, country, done))
    };
    ALL.into_iter().map(one).collect()
}

fn expect(found: &[(Is, String)], expected: [&str; 8]) {
    for ((is, found), expected) in found.iter().zip(expected) {
        assert_eq!(found, expected, "{is:?}");
    }
}

// In the order of `ALL`: pending, clean, touched, stale, deleted, deleted and flushed, withdrawn, missing.

fn restore_in_every_state(lab: &Lab) {
    let found = outcomes(lab, |s, country| {
        let (name, plan) = (s[country].name.clone(), s.plan()?);
        let is_marked = s.state(country) == Some(State::Deleted);
        s.restore(country)?;
        let is_back = is_marked || s.new_entities::<Country>() == [country];
        assert!(s[country].name == name && (s.plan()? == plan || is_back));
        Ok(())
    });
    expect(
        &found,
        ["Pending", "Persistent", "Persistent", "Persistent", "Persistent", "Misuse", "Pending", "Misuse"],
    );
}

fn merge_in_every_state(lab: &Lab) {
    for is in ALL {
        let (db, mut s, country) = in_state(lab, is);
        let merged = s.merge(Country::new("de", "merged"));
        if is == Is::Deleted {
            assert!(merged.unwrap_err().is_misuse());
            continue;
        }
        let merged = merged.unwrap();
        let is_new = matches!(is, Is::DeletedFlushed | Is::Withdrawn | Is::Missing);
        assert_eq!(merged == country, !is_new, "{is:?}");
        let state = if is_new || is == Is::Pending { State::Pending } else { State::Persistent };
        assert_eq!((s[merged].name.as_str(), s.state(merged)), ("merged", Some(state)), "{is:?}");
        let selects = db.sent().iter().filter(|sql| sql.starts_with("SELECT")).count();
        assert_eq!(selects, usize::from(is_new || is == Is::Stale), "{is:?}");
        s.commit().unwrap();
        drop(s);
        db.sent();
        let rows = db.rows::<(String,)>("SELECT name FROM countries");
        assert_eq!(rows, [("merged".to_owned(),)], "{is:?}");
    }
}

fn refresh_in_every_state(lab: &Lab) {
    let found = outcomes(lab, |s, country| {
        s.refresh(country)?;
        assert_eq!((s[country].name.as_str(), s.is_modified(country)), ("old", false));
        Ok(())
    });
    expect(
        &found,
        ["Misuse", "Persistent", "Persistent", "Persistent", "Misuse", "NotFound", "Misuse", "NotFound"],
    );
    let (db, mut s, country) = in_state(lab, Is::Missing);
    s.rollback().unwrap();
    db.run("INSERT INTO countries VALUES ('de', NULL, 'back')");
    s.refresh(country).unwrap();
    assert_eq!((s[country].name.as_str(), s.state(country)), ("back", Some(State::Persistent)));
}

fn expire_in_every_state(lab: &Lab) {
    let found = outcomes(lab, |s, country| {
        s.expire(country)?;
        assert_eq!((s[country].name.as_str(), s.is_modified(country)), ("old", false));
        Ok(())
    });
    expect(
        &found,
        [
            "Misuse",
            "Persistent",
            "Persistent",
            "Persistent",
            "Deleted",
            "DeletedFlushed",
            "Misuse",
            "Missing",
        ],
    );
}

fn a_savepoint_rollback_in_every_state(lab: &Lab) {
    // What is pending, touched or marked when the savepoint opens is flushed by that.
    let found = outcomes(lab, |s, country| {
        let name = s[country].name.clone();
        let savepoint = s.begin_nested()?;
        s[country].name = "inside".into();
        savepoint.rollback(s)?;
        let is_row = matches!(s.state(country), Some(State::Persistent | State::Missing));
        assert!(!is_row || s[country].name == name, "{}", s[country].name);
        Ok(())
    });
    expect(
        &found,
        [
            "Persistent",
            "Persistent",
            "Persistent",
            "Persistent",
            "DeletedFlushed",
            "DeletedFlushed",
            "Withdrawn",
            "Missing",
        ],
    );
    // What gets into its state inside goes back.
    let (_db, mut s, country) = in_state(lab, Is::Clean);
    let savepoint = s.begin_nested().unwrap();
    s.delete(country);
    let born = s.add(Country::new("fr", "born"));
    s.flush().unwrap();
    savepoint.rollback(&mut s).unwrap();
    assert_eq!((s.state(country), s.state(born)), (Some(State::Persistent), Some(State::Withdrawn)));
}

fn evict_clean_in_every_state(lab: &Lab) {
    let after: Vec<Option<State>> =
        states_after(lab, |s, _| s.evict_clean()).into_iter().map(|(_, state)| state).collect();
    assert_eq!(
        after,
        [
            Some(State::Pending),
            None,
            Some(State::Persistent),
            None,
            Some(State::Deleted),
            Some(State::DeletedFlushed),
            Some(State::Withdrawn),
            None,
        ]
    );
}

/// What is asked of a session about an entity; whether it was answered as it should be.
type Call = (&'static str, fn(&mut Session<Blog>, Handle<Country>) -> bool);

const CALLS: [Call; 18] = [
    ("find", |s, country| s.find(country).is_none()),
    ("find_mut", |s, country| s.find_mut(country).is_none()),
    ("state", |s, country| s.state(country).is_none()),
    ("key", |s, country| s.key(country).is_none()),
    ("contains", |s, country| !s.contains(country)),
    ("is_modified", |s, country| !s.is_modified(country)),
    ("changes", |s, country| s.changes(country).is_empty()),
    ("to_owned", |s, country| is_misuse(s.to_owned(country))),
    ("expunge", |s, country| is_misuse(s.expunge(country))),
    ("restore", |s, country| is_misuse(s.restore(country))),
    ("refresh", |s, country| is_misuse(s.refresh(country))),
    ("refresh_all", |s, country| is_misuse(s.refresh_all(&[country]))),
    ("expire", |s, country| is_misuse(s.expire(country))),
    ("set", |s, country| is_misuse(s.set(country, Country::name, "x"))),
    ("touch", |s, country| is_misuse(s.touch(country, Country::name))),
    ("get", |s, country| is_misuse(s.get(country))),
    ("delete", |s, country| {
        s.delete(country);
        let failed = is_misuse(s.flush());
        s.rollback().unwrap();
        failed
    }),
    ("an id", |s, country| {
        s.add(Country { parent: country.into(), ..Country::new("xx", "child") });
        let failed = is_misuse(s.flush());
        s.rollback().unwrap();
        failed
    }),
];

fn is_misuse<T>(done: orm_core::Result<T>) -> bool {
    done.is_err_and(|error| error.is_misuse())
}

fn what_is_foreign_or_gone_is_recognised_by_every_call(lab: &Lab) {
    for (name, call) in CALLS {
        let (_db, mut s, country) = in_state(lab, Is::Clean);
        let (_other_db, mut other, theirs) = in_state(lab, Is::Clean);
        assert!(call(&mut other, country), "{name} with a handle of another session");
        assert_eq!(
            other.state(theirs),
            Some(State::Persistent),
            "{name} touched its own entity of that slot"
        );
        s.expunge(country).unwrap();
        assert!(call(&mut s, country), "{name} with a handle of an expunged entity");
        let again = s.get_one::<Country>("de").unwrap();
        assert_ne!(again, country, "the slot has another tenant");
        assert!(call(&mut s, country), "{name} with a handle of a slot that moved on");
        assert!(s.find(again).is_some(), "{name}");
    }
}

fn related_in_every_state(lab: &Lab) {
    for is in ALL {
        let (db, mut s, country) = in_state(lab, is);
        let name = s[country].name.clone();
        db.sent();
        assert_eq!(s.related(country, Country::parts).unwrap(), [], "{is:?}");
        assert_eq!(s.related(country, Country::parent).unwrap(), None, "{is:?}");
        let is_of_parts = |sql: &String| sql.contains("WHERE parent_id") || sql == "BEGIN";
        let sent = db.sent();
        assert!(sent.iter().all(is_of_parts), "{is:?}: it is neither flushed nor refreshed itself: {sent:?}");
        assert_eq!(s[country].name, name, "{is:?}");
    }
}

/// What is asked of a session about an entity and another one.
type Pair = (&'static str, fn(&mut Session<Blog>, Handle<User>, Handle<Group>) -> bool);

fn what_is_foreign_or_gone_is_recognised_by_every_relation(lab: &Lab) {
    let calls: [Pair; 9] = [
        ("related", |s, user, _| is_misuse(s.related(user, User::posts))),
        ("related through", |s, user, _| is_misuse(s.related(user, User::groups))),
        ("related_all", |s, user, _| is_misuse(s.related_all(&[user], User::posts))),
        ("loaded", |s, user, _| !s.loaded(user, User::posts)),
        ("link from", |s, user, own| is_misuse(s.link(user, User::groups, own))),
        ("unlink from", |s, user, own| is_misuse(s.unlink(user, User::groups, own))),
        ("replace", |s, user, _| is_misuse(s.replace(user, User::groups, &[]))),
        ("update", |s, user, _| {
            is_misuse(update::<User>().set(User::age, 1).filter(User::id.eq(user)).execute(s))
        }),
        ("query", |s, user, _| is_misuse(s.query::<Post>().filter(Post::author.eq(user)).all())),
    ];
    for (name, call) in calls {
        let db = lab.db();
        db.store_users(&["ann"]);
        let mut other = db.session();
        let theirs = other.get_one::<User>(1).unwrap();
        drop(other);
        let mut s = db.session();
        let (own, group) = (s.get_one::<User>(1).unwrap(), s.add(Group::default()));
        s.commit().unwrap();
        assert!(call(&mut s, theirs, group), "{name} with a handle of another session");
        s.rollback().unwrap();
        s.expunge(own).unwrap();
        assert!(call(&mut s, own, group), "{name} with a handle of an expunged entity");
        s.rollback().unwrap();
    }
}

fn indexing_panics_for_what_is_foreign_or_gone_and_for_nothing_else(lab: &Lab) {
    for is in ALL {
        let (_db, mut s, country) = in_state(lab, is);
        s[country].name = s[country].name.clone();
        let (_db, other, _) = in_state(lab, Is::Clean);
        let text = panic_text(|| drop(other[country].name.clone()));
        assert!(text.contains("another session"), "{is:?}: {text}");
        s.expunge(country).unwrap();
        assert!(panic_text(|| drop(s[country].name.clone())).contains("gone"), "{is:?}");
    }
}

fn every_row_is_read_anew_after_a_commit_and_a_rollback(lab: &Lab) {
    for is in ALL {
        for ends_well in [true, false] {
            let (db, mut s, country) = in_state(lab, is);
            if ends_well {
                s.commit().unwrap()
            } else {
                s.rollback().unwrap()
            }
            let has_row = s.state(country) == Some(State::Persistent);
            db.sent();
            let found = s.get::<Country>("de").unwrap();
            assert_eq!(db.sent().iter().filter(|sql| sql.starts_with("SELECT")).count(), 1, "{is:?}");
            assert_eq!(found, has_row.then_some(country), "{is:?}");
        }
    }
}

fn a_touched_stale_entity_is_written_and_stays_stale(lab: &Lab) {
    let (db, mut s, country) = in_state(lab, Is::Stale);
    s[country].name = "edited".into();
    s.evict_clean();
    assert!(s.find(country).is_some(), "what is changed stays");
    s.flush().unwrap();
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", "UPDATE countries SET name = ? WHERE code = ?"]);
    assert_eq!(s.get::<Country>("de").unwrap(), Some(country));
    assert_eq!((s[country].name.as_str(), db.sent().len()), ("edited", 1));
}

fn expire_of_a_marked_entity_loses_its_edits(lab: &Lab) {
    let (_db, mut s, country) = in_state(lab, Is::Touched);
    s.delete(country);
    s.expire(country).unwrap();
    assert_eq!((s[country].name.as_str(), s.state(country)), ("old", Some(State::Deleted)));
}

fn a_query_meets_the_row_of_a_deleted_entity_as_a_new_one(lab: &Lab) {
    let (_db, mut s, country) = in_state(lab, Is::DeletedFlushed);
    s.execute("INSERT INTO countries VALUES ('de', NULL, 'again')", params![]).unwrap();
    let found = s.query::<Country>().all().unwrap();
    assert_eq!((found.len(), s[found[0]].name.as_str()), (1, "again"));
    assert_ne!(found[0], country);
    assert_eq!((s[country].name.as_str(), s.state(country)), ("old", Some(State::DeletedFlushed)));
    s.rollback().unwrap();
    assert_eq!(s.get::<Country>("de").unwrap(), Some(country), "its own row is back");
    assert_eq!(s[country].name, "old");
}
