//! Scoped sessions, threads, and several databases in one program.

use std::cell::Cell;
use std::sync::{Arc, Barrier, LazyLock};

use orm_core::prelude::*;

use crate::fixture::{Lab, panic_text};
use crate::models::*;
use crate::probe::Probe;

rules! { scope:
    s102_a_thread_has_one_session,
    s102_another_thread_has_another_session,
    s102_remove_rolls_back_and_gives_the_connection_back,
    s102_remove_inside_of_with_works_when_it_ends,
    s102_a_nested_with_is_misuse,
    s102_the_outer_session_survives_a_nested_with,
    s102_the_session_is_closed_when_its_thread_ends,
    s102_a_thread_that_dies_in_its_session_leaves_nothing,
    s102_a_session_by_key,
    s102_the_key_of_a_scope_is_asked_for_once,
    s102_a_busy_key_is_misuse_and_never_a_wait,
    s102_two_scoped_sessions_are_two_sessions,
    s102_after_a_panic_the_scope_has_a_new_session,
    s102_an_error_of_the_closure_keeps_the_session,
    s102_a_scoped_session_can_be_static,
    a_base_is_bound_once,
    a_base_without_an_engine_says_so,
    s103_two_databases_in_one_program,
    s109_threads_share_the_engine_and_not_the_session,
    s109_writers_of_many_threads_lose_nothing,
    a_session_can_be_sent_but_not_shared,
    a_session_moves_to_another_thread_with_its_work,
    sessions_of_an_engine_are_isolated,
}

fn s102_a_thread_has_one_session(lab: &Lab) {
    let db = lab.db();
    let scoped = ScopedSession::new(db.maker());
    let ann = scoped.with(|s| Ok(s.add(User::named("ann")))).unwrap();
    scoped.with(|s| s.flush()).unwrap();
    let name = scoped.with(|s| Ok(s[ann].name.clone())).unwrap();
    assert_eq!(name, "ann");
    assert_eq!(db.sent().len(), 2);
    scoped.with(|s| s.commit()).unwrap();
    assert_eq!(db.sent(), ["COMMIT"]);
}

fn s102_another_thread_has_another_session(lab: &Lab) {
    let db = lab.shared();
    let scoped = Arc::new(ScopedSession::new(db.maker()));
    let ann = scoped.with(|s| Ok(s.add(User::named("ann")))).unwrap();
    let other = Arc::clone(&scoped);
    let seen =
        std::thread::spawn(move || other.with(|s| Ok((s.find(ann).is_some(), s.query::<User>().count()?))));
    assert_eq!(seen.join().unwrap().unwrap(), (false, 0));
    assert!(scoped.with(|s| Ok(s.find(ann).is_some())).unwrap());
}

fn s102_remove_rolls_back_and_gives_the_connection_back(lab: &Lab) {
    let db = lab.db();
    let scoped = ScopedSession::new(db.maker());
    let ann = scoped
        .with(|s| {
            let ann = s.add(User::named("ann"));
            s.flush()?;
            Ok(ann)
        })
        .unwrap();
    assert_eq!(db.engine.pool_status().checked_out, 1);
    scoped.remove();
    assert_eq!(db.engine.pool_status().checked_out, 0);
    assert_eq!(scoped.with(|s| Ok((s.find(ann).is_some(), s.query::<User>().count()?))).unwrap(), (false, 0));
    scoped.remove();
    scoped.remove();
}

fn s102_remove_inside_of_with_works_when_it_ends(lab: &Lab) {
    let db = lab.db();
    let scoped = ScopedSession::new(db.maker());
    scoped
        .with(|s| {
            s.add(User::named("ann"));
            scoped.remove();
            s.flush()
        })
        .unwrap();
    assert_eq!(db.engine.pool_status().checked_out, 0);
    assert_eq!(scoped.with(|s| s.query::<User>().count()).unwrap(), 0);
}

fn s102_a_nested_with_is_misuse(lab: &Lab) {
    let db = lab.db();
    let scoped = ScopedSession::new(db.maker());
    let error = scoped.with(|_| scoped.with(|s| s.flush())).unwrap_err();
    assert!(error.is_misuse(), "{error:?}");
    assert!(error.message().contains("with"), "{error}");
}

fn s102_the_outer_session_survives_a_nested_with(lab: &Lab) {
    let db = lab.db();
    let scoped = ScopedSession::new(db.maker());
    let ann = scoped
        .with(|s| {
            let ann = s.add(User::named("ann"));
            assert!(scoped.with(|_| Ok(())).is_err());
            assert!(scoped.with(|_| Ok(())).is_err());
            Ok(ann)
        })
        .unwrap();
    assert!(scoped.with(|s| Ok(s.find(ann).is_some())).unwrap());
}

fn s102_the_session_is_closed_when_its_thread_ends(lab: &Lab) {
    let db = lab.shared();
    let scoped = Arc::new(ScopedSession::new(db.maker()));
    let other = Arc::clone(&scoped);
    let thread = std::thread::spawn(move || {
        other.with(|s| {
            s.add(User::named("ann"));
            s.flush()
        })
    });
    thread.join().unwrap().unwrap();
    assert_eq!(db.engine.pool_status().checked_out, 0);
    assert_eq!(scoped.with(|s| s.query::<User>().count()).unwrap(), 0);
}

thread_local! {
    static REQUEST: Cell<u32> = const { Cell::new(0) };
}

fn s102_the_key_of_a_scope_is_asked_for_once(lab: &Lab) {
    thread_local! {
        static REQUEST: Cell<u32> = const { Cell::new(1) };
    }
    let db = lab.db();
    let scoped = ScopedSession::with_scope(db.maker(), || REQUEST.get());
    let add_and_go_on = |s: &mut Session<Blog>| {
        REQUEST.set(2);
        Ok(s.add(User::named("ann")))
    };
    let ann = scoped.with(add_and_go_on).unwrap();
    assert!(scoped.with(|s| Ok(s.find(ann).is_none())).unwrap());
    REQUEST.set(1);
    assert!(scoped.with(|s| Ok(s.find(ann).is_some())).unwrap());
}

fn s102_a_thread_that_dies_in_its_session_leaves_nothing(lab: &Lab) {
    let db = lab.shared();
    db.store_users(&["ann"]);
    let scoped = Arc::new(ScopedSession::new(db.maker()));
    let other = Arc::clone(&scoped);
    let thread = std::thread::spawn(move || {
        let _ = other.with::<()>(|s| {
            let ann = s.get_one::<User>(1)?;
            s[ann].age = 99;
            s.add(User::named("bob"));
            s.flush()?;
            std::panic::resume_unwind(Box::new("the thread dies"));
        });
    });
    assert!(thread.join().is_err());
    assert_eq!(db.engine.pool_status().checked_out, 0);
    let seen = scoped.with(|s| {
        let ann = s.get_one::<User>(1)?;
        s[ann].age += 1;
        s.commit()?;
        s.query::<User>().count()
    });
    assert_eq!(seen.unwrap(), 1);
    scoped.remove();
    assert_eq!(db.by_hand::<(String, i64)>("SELECT name, age FROM users"), [("ann".into(), 19)]);
}

fn s102_a_session_by_key(lab: &Lab) {
    let db = lab.shared();
    let scoped = ScopedSession::with_scope(db.maker(), || REQUEST.get());
    REQUEST.set(1);
    let ann = scoped.with(|s| Ok(s.add(User::named("ann")))).unwrap();
    REQUEST.set(2);
    assert!(scoped.with(|s| Ok(s.find(ann).is_none())).unwrap());
    scoped.remove();
    REQUEST.set(1);
    assert!(scoped.with(|s| Ok(s.find(ann).is_some())).unwrap());
    scoped.remove();
    assert!(scoped.with(|s| Ok(s.find(ann).is_none())).unwrap());
}

fn s102_a_busy_key_is_misuse_and_never_a_wait(lab: &Lab) {
    let db = lab.db();
    let scoped = ScopedSession::with_scope(db.maker(), || "the only scope");
    scoped
        .with(|_| {
            std::thread::scope(|threads| {
                let other = threads.spawn(|| scoped.with(|s| s.flush()));
                let error = other.join().unwrap().unwrap_err();
                assert!(error.is_misuse() && error.message().contains("thread"), "{error}");
            });
            Ok(())
        })
        .unwrap();
    std::thread::scope(|threads| threads.spawn(|| scoped.with(|s| s.flush())).join().unwrap().unwrap());
}

fn s102_two_scoped_sessions_are_two_sessions(lab: &Lab) {
    let db = lab.shared();
    let (a, b) = (ScopedSession::new(db.maker()), ScopedSession::new(db.maker()));
    let ann = a.with(|s| Ok(s.add(User::named("ann")))).unwrap();
    assert!(b.with(|s| Ok(s.find(ann).is_none())).unwrap());
    // One inside of the other is no nesting.
    a.with(|_| b.with(|s| s.flush())).unwrap();
}

fn s102_after_a_panic_the_scope_has_a_new_session(lab: &Lab) {
    let db = lab.db();
    let scoped = ScopedSession::new(db.maker());
    panic_text(|| {
        let _ = scoped.with::<()>(|s| {
            s.add(User::named("ann"));
            s.flush()?;
            panic!("in a request");
        });
    });
    assert_eq!(db.engine.pool_status().checked_out, 0);
    assert_eq!(scoped.with(|s| s.query::<User>().count()).unwrap(), 0);
}

fn s102_an_error_of_the_closure_keeps_the_session(lab: &Lab) {
    let db = lab.db();
    let scoped = ScopedSession::new(db.maker());
    let ann = scoped.with(|s| Ok(s.add(User::named("ann")))).unwrap();
    assert!(scoped.with(|s| s.get_one::<User>(99)).is_err());
    assert_eq!(scoped.with(|s| Ok(s.state(ann))).unwrap(), Some(State::Persistent));
}

/// A base of its own: what is bound to it is so for all tests of the process.
mod alone {
    use orm_core::prelude::*;

    #[derive(DeclarativeBase)]
    pub(super) struct Bound;

    #[derive(DeclarativeBase)]
    pub(super) struct Unbound;

    #[derive(DeclarativeBase)]
    pub(super) struct Log;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Bound, table = "things", default)]
    pub(super) struct Thing {
        #[column(primary_key)]
        pub id: Id<Thing>,
        pub name: String,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Log, table = "users", default)]
    pub(super) struct Line {
        #[column(primary_key)]
        pub id: Id<Line>,
        pub user_key: i64,
    }
}

use alone::{Bound, Line, Log, Thing, Unbound};

fn s102_a_scoped_session_can_be_static(_lab: &Lab) {
    static SESSION: LazyLock<ScopedSession<Log>> = LazyLock::new(|| {
        let driver = Probe::default().watch(crate::fixture::Backend::fresh(&crate::fixture::SqliteBackend));
        let engine = Engine::<Log>::builder(driver).build().unwrap();
        engine.create_all().unwrap();
        ScopedSession::new(SessionMaker::new(engine))
    });
    let line = SESSION.with(|s| Ok(s.add(Line::default()))).unwrap();
    SESSION.with(|s| s.commit()).unwrap();
    assert_eq!(SESSION.with(|s| Ok(s.key(line))).unwrap(), Some(1));
    SESSION.remove();
}

fn a_base_is_bound_once(lab: &Lab) {
    let db = lab.db_of::<Bound>();
    Bound::bind(db.engine.clone()).unwrap();
    let error = Bound::bind(db.engine.clone()).unwrap_err();
    assert!(error.is_misuse() && error.message().contains("Bound"), "{error}");
    let mut s = Bound::session().unwrap();
    s.add(Thing { name: "t".into(), ..Thing::default() });
    s.commit().unwrap();
    let mut other = Bound::engine().unwrap().session();
    assert_eq!(other.query::<Thing>().count().unwrap(), 1);
}

fn a_base_without_an_engine_says_so(_lab: &Lab) {
    let error = Unbound::engine().unwrap_err();
    assert!(
        error.is_misuse() && error.message().contains("Unbound") && error.message().contains("bind"),
        "{error}"
    );
    assert!(Unbound::session().unwrap_err().is_misuse());
}

fn s103_two_databases_in_one_program(lab: &Lab) {
    let (blog, log) = (lab.db(), lab.db_of::<Log>());
    let (mut in_blog, mut in_log) = (blog.session(), log.session());
    let ann = in_blog.add(User::named("ann"));
    in_blog.commit().unwrap();
    let line = in_log.add(Line { user_key: in_blog.key(ann).unwrap(), ..Line::default() });
    in_log.commit().unwrap();
    assert_eq!((in_blog.query::<User>().count().unwrap(), in_log.query::<Line>().count().unwrap()), (1, 1));
    assert_eq!(in_log[line].user_key, 1);
    // Both tables are named `users`, and neither base knows the other's.
    assert_eq!(Log::metadata().tables().len(), 1);
    assert!(Blog::metadata().tables().len() > 5);
    assert!(blog.sent().iter().all(|sql| !sql.contains("user_key")));
}

fn s109_threads_share_the_engine_and_not_the_session(lab: &Lab) {
    let db = lab.shared();
    db.store_users(&["ann"]);
    let (maker, together) = (db.maker(), Barrier::new(4));
    let handles: Vec<Handle<User>> = std::thread::scope(|threads| {
        let work = || {
            let mut s = maker.session();
            let ann = s.get_one::<User>(1).unwrap();
            together.wait();
            assert_eq!(s[ann].name, "ann");
            ann
        };
        let threads: Vec<_> = (0..4).map(|_| threads.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (place, handle) in handles.iter().enumerate() {
        assert!(!handles[..place].contains(handle), "two sessions gave one handle");
    }
    assert_eq!(db.engine.pool_status().checked_out, 0);
}

fn s109_writers_of_many_threads_lose_nothing(lab: &Lab) {
    // In memory there is one connection, so the threads wait for it instead of failing on each other's locks.
    let db = lab.db();
    let maker = db.maker();
    std::thread::scope(|threads| {
        for thread in 0..4 {
            let maker = maker.clone();
            threads.spawn(move || {
                for number in 0..10 {
                    let added = maker.transaction(|s| {
                        s.add(User::named(&format!("{thread}-{number}")));
                        Ok(())
                    });
                    added.unwrap();
                }
            });
        }
    });
    assert_eq!(db.session().query::<User>().count().unwrap(), 40);
}

fn a_session_can_be_sent_but_not_shared(_lab: &Lab) {
    /// There are two of these for what is `Sync`, so that `some` is ambiguous and does not compile.
    trait AmbiguousIfSync<A> {
        fn some() {}
    }
    struct Other;
    impl<T: ?Sized> AmbiguousIfSync<()> for T {}
    impl<T: ?Sized + Sync> AmbiguousIfSync<Other> for T {}
    <Session<Blog> as AmbiguousIfSync<_>>::some();

    fn assert_send<T: Send>() {}
    fn assert_shared<T: Send + Sync>() {}
    assert_send::<Session<Blog>>();
    assert_shared::<Engine<Blog>>();
    assert_shared::<SessionMaker<Blog>>();
    assert_shared::<ScopedSession<Blog>>();
    assert_shared::<Handle<User>>();
    assert_shared::<Id<User>>();
    assert_shared::<Error>();
    assert_shared::<orm_core::Select<User>>();
}

fn a_session_moves_to_another_thread_with_its_work(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let ann = s.add(User::named("ann"));
    s.flush().unwrap();
    let (mut s, bob) = std::thread::spawn(move || {
        s[ann].age = 99;
        let bob = s.add(User::named("bob"));
        s.flush().unwrap();
        (s, bob)
    })
    .join()
    .unwrap();
    s.commit().unwrap();
    assert_eq!((s[ann].age, s.key(bob)), (99, Some(2)));
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT age FROM users ORDER BY id"), [(99,), (18,)]);
}

fn sessions_of_an_engine_are_isolated(lab: &Lab) {
    let db = lab.shared();
    let (mut a, mut b) = (db.session(), db.session());
    a.add(User::named("ann"));
    a.flush().unwrap();
    assert_eq!(b.query::<User>().count().unwrap(), 0);
    a.commit().unwrap();
    assert_eq!(b.query::<User>().count().unwrap(), 0);
    b.commit().unwrap();
    assert_eq!(b.query::<User>().count().unwrap(), 1);
    // Two writers at once: the second one is told so.
    a.add(User::named("bob"));
    a.flush().unwrap();
    b.rollback().unwrap();
    let carl = b.add(User::named("carl"));
    let error = b.flush().unwrap_err();
    assert!(error.is_busy(), "{error:?}");
    a.commit().unwrap();
    b.rollback().unwrap();
    let carl = b.to_owned(carl).unwrap();
    b.add(carl);
    b.commit().unwrap();
    assert_eq!(b.query::<User>().count().unwrap(), 3);
}
