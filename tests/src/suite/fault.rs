//! Faults at every statement of a big flush: memory and database are as before, nothing pending is lost, and after `rollback`
//! the same work succeeds.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use orm_core::prelude::*;

use crate::fixture::{Db, Lab, panic_text};
use crate::models::*;
use crate::probe::Harm;

rules! { fault:
    a_constraint_at_any_statement_leaves_everything_as_before,
    a_busy_database_at_any_statement_leaves_everything_as_before,
    a_full_disk_that_ends_the_transaction_leaves_everything_as_before,
    a_lost_connection_at_any_statement_leaves_everything_as_before,
    an_error_that_makes_the_transaction_unusable_is_followed_by_rollback_only,
    a_fault_in_a_savepoint_undoes_the_savepoint_or_all,
    a_fault_while_a_savepoint_is_undone_leaves_everything_as_before,
    a_database_that_returns_nothing_is_not_asked_to,
    a_panic_at_any_statement_leaves_everything_as_before,
    a_panic_while_children_are_loaded_leaves_what_is_marked,
}

/// What the flush works on: committed rows, held by a session.
struct Stock {
    ann: Handle<User>,
    bob: Handle<User>,
    post: Handle<Post>,
    doomed: Handle<Post>,
    member: Handle<Membership>,
    owner: Handle<Person>,
    ball: Handle<Ball>,
    doc: Handle<Doc>,
}

impl Stock {
    fn store(s: &mut Session<Blog>) -> Self {
        let (ann, bob) = (s.add(User::named("ann")), s.add(User::named("bob")));
        let (post, doomed) = (s.add(Post::by(ann, "post")), s.add(Post::by(bob, "doomed")));
        let group = s.add(Group { name: "group".into(), ..Group::default() });
        let member = s.add(Membership { user: ann.into(), group: group.into(), role: "old".into() });
        let owner = s.add(Person { name: "owner".into(), ..Person::default() });
        let ball = s.add(Ball { owner: owner.into(), colour: "red".into(), ..Ball::default() });
        let doc = s.add(Doc::titled("doc"));
        s.commit().unwrap();
        s[owner].favourite = ball.into();
        s.commit().unwrap();
        Stock { ann, bob, post, doomed, member, owner, ball, doc }
    }

    /// Everything that the session shows of it.
    fn shown(&self, s: &Session<Blog>) -> String {
        let states = (s.state(self.doomed), s.state(self.member), s.state(self.owner), s.state(self.ball));
        let rows = (&s[self.ann], &s[self.bob], &s[self.post], &s[self.doomed], &s[self.member]);
        format!("{states:?} {rows:?} {:?}", (&s[self.owner], &s[self.ball], &s[self.doc]))
    }

    /// Edits and deletes: unique values are swapped, a post moves to an author without a row, a cycle goes.
    fn change(&self, s: &mut Session<Blog>, new: &New) {
        let (one, other) = (s[self.ann].email.clone(), s[self.bob].email.clone());
        s[self.ann].email = other;
        s[self.bob].email = one;
        s[self.post].author = new.user.into();
        s[self.post].views += 1;
        s[self.doc].title = "changed".into();
        s.delete(self.doomed);
        s.delete(self.member);
        s.delete(self.owner);
        s.delete(self.ball);
    }
}

/// What the flush adds: rows of several tables that name each other, a cycle among them.
struct New {
    user: Handle<User>,
    posts: Vec<Handle<Post>>,
    comment: Handle<Comment>,
    head: Handle<Employee>,
    clerk: Handle<Employee>,
    person: Handle<Person>,
    ball: Handle<Ball>,
    doc: Handle<Doc>,
    doc2: Handle<Doc>,
    /// What it shows before the flush.
    given: String,
}

impl New {
    fn add(s: &mut Session<Blog>) -> Self {
        let user = s.add(User::named("new"));
        let posts = s.add_all([Post::by(user, "one"), Post::by(user, "two")]);
        let comment = s.add(Comment { post: posts[0].into(), body: "well".into(), ..Comment::default() });
        let head = s.add(Employee::under(None, "head"));
        let clerk = s.add(Employee::under(Id::Of(head), "clerk"));
        let person = s.add(Person { name: "person".into(), ..Person::default() });
        let ball = s.add(Ball { owner: person.into(), colour: "blue".into(), ..Ball::default() });
        s[person].favourite = ball.into();
        let doc = s.add(Doc::titled("new"));
        let doc2 = s.add(Doc::titled("new2"));
        let mut new =
            New { user, posts, comment, head, clerk, person, ball, doc, doc2, given: String::new() };
        new.given = new.shown(s);
        new
    }

    fn shown(&self, s: &Session<Blog>) -> String {
        let rows = (&s[self.user], &s[self.posts[0]], &s[self.posts[1]], &s[self.comment], &s[self.head]);
        format!(
            "{rows:?} {:?}",
            (&s[self.clerk], &s[self.person], &s[self.ball], &s[self.doc], &s[self.doc2])
        )
    }

    fn states(&self, s: &Session<Blog>) -> [Option<State>; 9] {
        let [one, two] = [self.posts[0], self.posts[1]].map(|post| s.state(post));
        let rest = (s.state(self.person), s.state(self.ball), s.state(self.doc));
        let staff = (s.state(self.head), s.state(self.clerk));
        [s.state(self.user), one, two, s.state(self.comment), staff.0, staff.1, rest.0, rest.1, rest.2]
    }

    fn restore(&self, s: &mut Session<Blog>) -> orm_core::Result<()> {
        s.restore(self.user)?;
        s.restore(self.posts[0])?;
        s.restore(self.posts[1])?;
        s.restore(self.comment)?;
        s.restore(self.head)?;
        s.restore(self.clerk)?;
        s.restore(self.person)?;
        s.restore(self.ball)?;
        s.restore(self.doc)?;
        s.restore(self.doc2)
    }
}

/// Every row of the tables of the work, as text.
fn rows(db: &Db<Blog>) -> Vec<String> {
    db.sent();
    let rows = db.rows::<(String,)>(
        "SELECT 'user ' || id || ' ' || name || ' ' || email FROM users \
         UNION ALL SELECT 'post ' || id || ' ' || author_id || ' ' || title || ' ' || views FROM posts \
         UNION ALL SELECT 'comment ' || id || ' ' || post_id FROM comments \
         UNION ALL SELECT 'member ' || user_id || ' ' || group_id FROM memberships \
         UNION ALL SELECT 'employee ' || id || ' ' || coalesce(manager_id, 'none') FROM employees \
         UNION ALL SELECT 'person ' || id || ' ' || coalesce(favourite_id, 'none') FROM persons \
         UNION ALL SELECT 'ball ' || id || ' ' || owner_id FROM balls \
         UNION ALL SELECT 'doc ' || id || ' ' || title || ' ' || version FROM docs ORDER BY 1",
    );
    rows.into_iter().map(|(row,)| row).collect()
}

/// How the work is wrapped: what is sent around it differs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrap {
    /// BEGIN, the flush, COMMIT.
    Commit,
    /// The same in a savepoint, which is released.
    Nested,
    /// The same in a savepoint, which is undone.
    Undone,
    /// The same with a savepoint as a value.
    Value,
}

fn run(s: &mut Session<Blog>, wrap: Wrap, work: impl Fn(&mut Session<Blog>)) -> orm_core::Result<()> {
    if wrap == Wrap::Commit {
        work(s);
        return s.commit();
    }
    if wrap == Wrap::Value {
        let savepoint = s.begin_nested()?;
        work(s);
        savepoint.commit(s)?;
        return s.commit();
    }
    s.nested(|s| {
        work(s);
        s.flush()?;
        if wrap == Wrap::Undone { Err(Error::unsupported("undone on purpose")) } else { Ok(()) }
    })?;
    s.commit()
}

/// A fault: what it does beside failing, and its error.
type Fault = (Harm, fn(String) -> Error);

/// Lets each statement fail in turn; gives how many there are.
fn sweep(db_of: &dyn Fn() -> Db<Blog>, wrap: Wrap, (harm, error): Fault) -> usize {
    for nth in 1.. {
        let db = db_of();
        let mut s = db.session();
        let stock = Stock::store(&mut s);
        let before = (stock.shown(&s), rows(&db));
        let mut new = None;
        let place = RefCell::new(&mut new);
        db.probe.harm_nth(nth, harm, error(format!("fault {nth}")));
        let result = run(&mut s, wrap, |s| {
            place.borrow_mut().replace(New::add(s));
            stock.change(s, place.borrow().as_ref().unwrap());
        });
        if db.probe.has_faults() {
            db.probe.forget_faults();
            return nth - 1;
        }
        let failed = result.expect_err("the fault was met");
        let at = format!("{wrap:?}, statement {nth}: {failed}");
        let sent = db.probe.take();
        // A busy COMMIT may be called again, a savepoint whose end failed be ended again; all else is undone at once.
        let is_open = match sent.last().map(String::as_str) {
            Some("COMMIT") => failed.is_busy(),
            Some(last) => wrap == Wrap::Value && last.starts_with("RELEASE"),
            None => false,
        };
        if !is_open {
            assert_eq!(stock.shown(&s), before.0, "{at}");
            let states = new.as_ref().map(|new| new.states(&s));
            assert!(states.is_none_or(|states| states == [Some(State::Withdrawn); 9]), "{at}");
            if wrap == Wrap::Commit {
                assert_eq!(s.query::<User>().count().unwrap_err().kind(), failed.kind(), "{at}");
            }
        }
        after_fault(&mut s, &db, &stock, new.as_ref(), &before, &at);
    }
    0
}

fn after_fault(
    s: &mut Session<Blog>,
    db: &Db<Blog>,
    stock: &Stock,
    new: Option<&New>,
    before: &(String, Vec<String>),
    at: &str,
) {
    s.rollback().unwrap();
    assert_eq!(stock.shown(s), before.0, "{at}");
    assert_eq!(rows(db), before.1, "{at}");
    assert_eq!(db.probe.sent_in_aborted(), 0, "{at}");
    let Some(new) = new else { return };
    assert_eq!(new.states(s), [Some(State::Withdrawn); 9], "{at}");
    assert_eq!(new.shown(s), new.given, "{at}");
    new.restore(s).unwrap();
    stock.change(s, new);
    s.commit().unwrap_or_else(|error| panic!("{at}: the same work failed: {error}"));
    assert_eq!(rows(db), rows_of_the_work(), "{at}");
}

/// The rows that the work leads to.
fn rows_of_the_work() -> Vec<String> {
    let rows = [
        "ball 2 2",
        "comment 1 3",
        "doc 1 changed 2",
        "doc 2 new 1",
        "doc 3 new2 1",
        "employee 1 none",
        "employee 2 1",
        "person 2 2",
        "post 1 3 post 1",
        "post 3 3 one 0",
        "post 4 3 two 0",
        "user 1 ann bob@x.org",
        "user 2 bob ann@x.org",
        "user 3 new new@x.org",
    ];
    rows.map(str::to_owned).to_vec()
}

fn a_constraint_at_any_statement_leaves_everything_as_before(lab: &Lab) {
    assert!(sweep(&|| lab.db(), Wrap::Commit, (Harm::Statement, Error::unique)) > 20);
    sweep(&|| lab.db(), Wrap::Commit, (Harm::Statement, Error::database));
}

fn a_busy_database_at_any_statement_leaves_everything_as_before(lab: &Lab) {
    for wrap in [Wrap::Commit, Wrap::Nested, Wrap::Value, Wrap::Undone] {
        assert!(sweep(&|| lab.db(), wrap, (Harm::Statement, Error::busy)) > 20);
    }
}

fn a_full_disk_that_ends_the_transaction_leaves_everything_as_before(lab: &Lab) {
    for wrap in [Wrap::Commit, Wrap::Nested, Wrap::Value, Wrap::Undone] {
        assert!(sweep(&|| lab.db(), wrap, (Harm::Transaction, Error::full)) > 20);
    }
}

fn a_lost_connection_at_any_statement_leaves_everything_as_before(lab: &Lab) {
    assert!(sweep(&|| lab.shared(), Wrap::Commit, (Harm::Connection, Error::disconnected)) > 20);
    assert!(sweep(&|| lab.shared(), Wrap::Nested, (Harm::Connection, Error::disconnected)) > 20);
}

fn an_error_that_makes_the_transaction_unusable_is_followed_by_rollback_only(lab: &Lab) {
    assert!(sweep(&|| lab.db(), Wrap::Commit, (Harm::Abort, Error::unique)) > 20);
    assert!(sweep(&|| lab.db(), Wrap::Nested, (Harm::Abort, Error::unique)) > 20);
    assert!(sweep(&|| lab.db(), Wrap::Undone, (Harm::Abort, Error::unique)) > 20);
}

fn a_fault_in_a_savepoint_undoes_the_savepoint_or_all(lab: &Lab) {
    for wrap in [Wrap::Nested, Wrap::Value, Wrap::Undone] {
        assert!(sweep(&|| lab.db(), wrap, (Harm::Statement, Error::unique)) > 20);
    }
}

fn a_fault_while_a_savepoint_is_undone_leaves_everything_as_before(lab: &Lab) {
    for nth in ["ROLLBACK TO", "RELEASE"] {
        let db = lab.db();
        let mut s = db.session();
        let stock = Stock::store(&mut s);
        let before = (stock.shown(&s), rows(&db));
        db.probe.fail_next(nth, Error::database("a fault"));
        let mut new = None;
        let place = RefCell::new(&mut new);
        let undone = run(&mut s, Wrap::Undone, |s| {
            place.borrow_mut().replace(New::add(s));
            stock.change(s, place.borrow().as_ref().unwrap());
        });
        assert!(undone.is_err() && !db.probe.has_faults(), "{nth}");
        after_fault(&mut s, &db, &stock, new.as_ref(), &before, nth);
    }
}

/// A countdown to a panic: at the statement that is the `nth` from when it is set.
fn bomb(s: &mut Session<Blog>) -> Arc<AtomicUsize> {
    let left = Arc::new(AtomicUsize::new(0));
    let own = Arc::clone(&left);
    s.before_execute(move |_| {
        assert!(
            own.load(Ordering::Relaxed) == 0 || own.fetch_sub(1, Ordering::Relaxed) > 1,
            "in a statement"
        );
        Ok(())
    });
    left
}

/// What the program's code panics in while a flush is sent undoes it, whether the session is rolled back or told to go on.
fn a_panic_at_any_statement_leaves_everything_as_before(lab: &Lab) {
    for (nth, wrap) in (1..).flat_map(|nth| [(nth, Wrap::Commit), (nth, Wrap::Nested)]) {
        let db = lab.db();
        let mut s = db.session();
        let stock = Stock::store(&mut s);
        let before = (stock.shown(&s), rows(&db));
        let left = bomb(&mut s);
        left.store(nth, Ordering::Relaxed);
        let mut new = None;
        let place = RefCell::new(&mut new);
        let work = |s: &mut Session<Blog>| {
            place.borrow_mut().replace(New::add(s));
            stock.change(s, place.borrow().as_ref().unwrap());
        };
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&mut s, wrap, work)));
        if done.is_ok() {
            assert!(nth > 20 && wrap == Wrap::Commit, "{nth} statements are no test");
            return;
        }
        left.store(0, Ordering::Relaxed);
        let at = format!("{wrap:?}, statement {nth}");
        assert_eq!(stock.shown(&s), before.0, "{at}");
        if wrap == Wrap::Commit {
            let error = s.commit().unwrap_err();
            assert!(
                error.is_misuse() && error.to_string().contains("a panic interrupted a flush"),
                "{at}: {error}"
            );
        } else {
            // The savepoint is undone, and nothing else.
            s.commit().unwrap();
            assert_eq!(rows(&db), before.1, "{at}");
        }
        after_fault(&mut s, &db, &stock, new.as_ref(), &before, &at);
    }
}

fn a_panic_while_children_are_loaded_leaves_what_is_marked(lab: &Lab) {
    use super::by_session::models::{Firm, Team};
    let db: Db<Firm> = lab.db_of();
    db.run("INSERT INTO teams VALUES (1, NULL), (2, 1)");
    let mut s = db.session();
    let team = s.get_one::<Team>(1).unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let own = Arc::clone(&calls);
    s.before_execute(move |_| {
        assert!(own.fetch_add(1, Ordering::Relaxed) > 0, "in a load");
        Ok(())
    });
    s.delete(team);
    assert_eq!(panic_text(|| s.flush().unwrap()), "in a load");
    assert_eq!((s.state(team), s.deleted::<Team>()), (Some(State::Deleted), vec![team]));
    s.commit().unwrap();
    assert_eq!(db.by_hand::<(i64,)>("SELECT count(*) FROM teams"), [(0,)]);
}

fn a_database_that_returns_nothing_is_not_asked_to(lab: &Lab) {
    let db = lab.other();
    let mut s = db.session();
    let user = s.add(User::named("ann"));
    let doc = s.add(Doc::titled("doc"));
    let error = s.flush().unwrap_err();
    assert!(error.is_unsupported(), "{error}");
    assert!(error.to_string().contains("docs.plan is left to the database"), "{error}");
    assert!(db.sent().is_empty());
    s.rollback().unwrap();
    s[doc].plan = "free".to_owned().into();
    s.restore(user).unwrap();
    s.restore(doc).unwrap();
    s.commit().unwrap();
    assert_eq!((s.key(user), s.key(doc)), (Some(1), Some(1)));
}
