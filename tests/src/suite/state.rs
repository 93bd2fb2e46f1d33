//! What each operation does in each state of an entity: the table of the design, row by row.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { state:
    reading_is_fine_in_every_state,
    writing_is_kept_in_every_state_and_written_where_there_is_a_row,
    get_in_every_state,
    a_query_meets_every_state,
    delete_in_every_state,
    expunge_gives_the_value_in_every_state,
    a_flush_leaves_every_state_where_it_belongs,
    a_commit_leaves_every_state_where_it_belongs,
    a_rollback_leaves_every_state_where_it_belongs,
}

/// The states of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Is {
    Pending,
    Clean,
    Touched,
    Stale,
    Deleted,
    DeletedFlushed,
    Withdrawn,
    Missing,
}

pub(super) const ALL: [Is; 8] = [
    Is::Pending,
    Is::Clean,
    Is::Touched,
    Is::Stale,
    Is::Deleted,
    Is::DeletedFlushed,
    Is::Withdrawn,
    Is::Missing,
];

/// A session that holds the country `de`, named `old` in the database, in a state. It flushes only when told.
pub(super) fn in_state(lab: &Lab, is: Is) -> (Db<Blog>, Session<Blog>, Handle<Country>) {
    let db = lab.db();
    let mut s = db.maker().autoflush(false).session();
    if matches!(is, Is::Pending | Is::Withdrawn) {
        let country = s.add(Country::new("de", "new"));
        if is == Is::Withdrawn {
            s.rollback().unwrap();
        }
        return (db, s, country);
    }
    db.run("INSERT INTO countries VALUES ('de', NULL, 'old')");
    let country = s.get_one::<Country>("de").unwrap();
    match is {
        Is::Pending | Is::Withdrawn | Is::Clean => {}
        Is::Touched => s[country].name = "edited".into(),
        Is::Stale => s.commit().unwrap(),
        Is::Deleted => s.delete(country),
        Is::DeletedFlushed => {
            s.delete(country);
            s.flush().unwrap();
        }
        Is::Missing => {
            s.commit().unwrap();
            db.run("DELETE FROM countries");
            assert_eq!(s.get::<Country>("de").unwrap(), None);
        }
    }
    db.sent();
    (db, s, country)
}

pub(super) fn states_after(
    lab: &Lab,
    act: impl Fn(&mut Session<Blog>, Handle<Country>),
) -> Vec<(Is, Option<State>)> {
    let after = |is| {
        let (_db, mut s, country) = in_state(lab, is);
        act(&mut s, country);
        (is, s.state(country))
    };
    ALL.into_iter().map(after).collect()
}

fn reading_is_fine_in_every_state(lab: &Lab) {
    for is in ALL {
        let (db, s, country) = in_state(lab, is);
        assert_eq!(s[country].code, "de", "{is:?}");
        assert_eq!(s.find(country).unwrap().code, "de", "{is:?}");
        assert_eq!(s.to_owned(country).unwrap().code, "de", "{is:?}");
        assert!(db.sent().is_empty(), "{is:?}");
    }
}

fn writing_is_kept_in_every_state_and_written_where_there_is_a_row(lab: &Lab) {
    for is in ALL {
        let (db, mut s, country) = in_state(lab, is);
        s[country].name = "written".into();
        assert_eq!(s[country].name, "written", "{is:?}");
        let done = s.commit();
        assert_eq!(done.is_err(), is == Is::Missing, "{is:?}: {done:?}");
        assert!(done.is_ok() || done.unwrap_err().is_stale());
        drop(s);
        db.sent();
        let rows = db.rows::<(String,)>("SELECT name FROM countries");
        let expected = match is {
            Is::Pending | Is::Clean | Is::Touched | Is::Stale => vec![("written".to_owned(),)],
            Is::Deleted | Is::DeletedFlushed | Is::Withdrawn | Is::Missing => vec![],
        };
        assert_eq!(rows, expected, "{is:?}");
    }
}

fn get_in_every_state(lab: &Lab) {
    for is in ALL {
        let (db, mut s, country) = in_state(lab, is);
        let found = s.get::<Country>("de").unwrap();
        let (is_hit, selects) = match is {
            Is::Clean | Is::Touched => (true, 0),
            Is::Stale => (true, 1),
            Is::Deleted => (false, 0),
            // Not flushed here, so the database knows nothing of it.
            Is::Pending | Is::DeletedFlushed | Is::Withdrawn | Is::Missing => (false, 1),
        };
        assert_eq!(found, is_hit.then_some(country), "{is:?}");
        let sent = db.sent().iter().filter(|sql| sql.starts_with("SELECT")).count();
        assert_eq!(sent, selects, "{is:?}");
    }
}

fn a_query_meets_every_state(lab: &Lab) {
    for is in ALL {
        let (_db, mut s, country) = in_state(lab, is);
        let found = s.query::<Country>().all().unwrap();
        match is {
            Is::Clean | Is::Touched | Is::Stale | Is::Deleted => assert_eq!(found, [country], "{is:?}"),
            Is::Pending | Is::DeletedFlushed | Is::Withdrawn | Is::Missing => assert_eq!(found, [], "{is:?}"),
        }
        let name = if is == Is::Touched { "edited" } else { "old" };
        if !found.is_empty() {
            assert_eq!(s[country].name, name, "{is:?}");
        }
        let state = s.state(country);
        assert_eq!(state == Some(State::Deleted), is == Is::Deleted, "{is:?}");
    }
}

fn delete_in_every_state(lab: &Lab) {
    let after = states_after(lab, |s, country| s.delete(country));
    assert_eq!(
        after,
        [
            (Is::Pending, Some(State::Withdrawn)),
            (Is::Clean, Some(State::Deleted)),
            (Is::Touched, Some(State::Deleted)),
            (Is::Stale, Some(State::Deleted)),
            (Is::Deleted, Some(State::Deleted)),
            (Is::DeletedFlushed, Some(State::DeletedFlushed)),
            (Is::Withdrawn, Some(State::Withdrawn)),
            (Is::Missing, Some(State::Missing)),
        ]
    );
}

fn expunge_gives_the_value_in_every_state(lab: &Lab) {
    for is in ALL {
        let (db, mut s, country) = in_state(lab, is);
        let name = match is {
            Is::Pending | Is::Withdrawn => "new",
            Is::Touched => "edited",
            Is::Clean | Is::Stale | Is::Deleted | Is::DeletedFlushed | Is::Missing => "old",
        };
        assert_eq!(s.expunge(country).unwrap().name, name, "{is:?}");
        assert_eq!(s.state(country), None, "{is:?}");
        s.commit().unwrap();
        assert!(db.sent().iter().all(|sql| sql == "COMMIT"), "{is:?}");
        drop(s);
        let rows = db.rows::<(String,)>("SELECT name FROM countries");
        let stays = matches!(is, Is::Clean | Is::Touched | Is::Stale | Is::Deleted);
        assert_eq!(rows.len(), usize::from(stays), "{is:?}: {rows:?}");
    }
}

fn a_flush_leaves_every_state_where_it_belongs(lab: &Lab) {
    let after = states_after(lab, |s, _| s.flush().unwrap());
    assert_eq!(
        after,
        [
            (Is::Pending, Some(State::Persistent)),
            (Is::Clean, Some(State::Persistent)),
            (Is::Touched, Some(State::Persistent)),
            (Is::Stale, Some(State::Persistent)),
            (Is::Deleted, Some(State::DeletedFlushed)),
            (Is::DeletedFlushed, Some(State::DeletedFlushed)),
            (Is::Withdrawn, Some(State::Withdrawn)),
            (Is::Missing, Some(State::Missing)),
        ]
    );
}

fn a_commit_leaves_every_state_where_it_belongs(lab: &Lab) {
    let after = states_after(lab, |s, _| s.commit().unwrap());
    assert_eq!(
        after,
        [
            (Is::Pending, Some(State::Persistent)),
            (Is::Clean, Some(State::Persistent)),
            (Is::Touched, Some(State::Persistent)),
            (Is::Stale, Some(State::Persistent)),
            (Is::Deleted, None),
            (Is::DeletedFlushed, None),
            (Is::Withdrawn, Some(State::Withdrawn)),
            (Is::Missing, Some(State::Missing)),
        ]
    );
}

fn a_rollback_leaves_every_state_where_it_belongs(lab: &Lab) {
    let after = states_after(lab, |s, country| {
        s.rollback().unwrap();
        assert_ne!(s[country].name, "edited");
    });
    assert_eq!(
        after,
        [
            (Is::Pending, Some(State::Withdrawn)),
            (Is::Clean, Some(State::Persistent)),
            (Is::Touched, Some(State::Persistent)),
            (Is::Stale, Some(State::Persistent)),
            (Is::Deleted, Some(State::Persistent)),
            (Is::DeletedFlushed, Some(State::Persistent)),
            (Is::Withdrawn, Some(State::Withdrawn)),
            // Stale again, or still missing: either way the next look at the row decides.
            (Is::Missing, Some(State::Missing)),
        ]
    );
}
