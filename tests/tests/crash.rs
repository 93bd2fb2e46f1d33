//! A process that is killed while it commits: the file has the units of work that were committed, whole, and nothing else.
//!
//! The child is this test itself, run again with `CRASH_FILE`. It writes a line after each commit; the parent kills it at a
//! moment that chance gives, and looks at the file.

#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use orm_core::prelude::*;
use orm_sqlite::Sqlite;
use orm_tests::models::Group;
use orm_tests::models::{Blog, Employee, Membership, Post, User};

const ROUNDS: u64 = 30;

fn engine(file: &Path) -> Engine<Blog> {
    Engine::builder(Sqlite::file(file)).build().unwrap()
}

/// A unit of work: a user named by the unit's number, three posts of theirs, and each is counted in the ledger, whose one row
/// every unit changes.
fn unit(factory: &SessionMaker<Blog>, number: i64) -> orm_core::Result<()> {
    factory.transaction(|s| {
        let ledger = s.get_one::<Post>(1)?;
        let user = s.add(User::named(&format!("user {number}")));
        let titles = ["a", "b", "c"].map(|title| format!("{title} {number}"));
        s.add_all(titles.iter().map(|title| Post::by(user, title)));
        let group = s.add(Group { name: number.to_string(), ..Group::default() });
        s.add(Membership { user: user.into(), group: group.into(), role: "owner".into() });
        s.flush()?;
        let clerk = s.add(Employee::under(None, &number.to_string()));
        s.add(Employee::under(Id::Of(clerk), &number.to_string()));
        s[ledger].views += 1;
        Ok(())
    })
}

/// The child: units of work until it is killed.
#[test]
fn child_that_is_killed() {
    let Ok(file) = std::env::var("CRASH_FILE") else { return };
    let factory = SessionMaker::new(engine(Path::new(&file)));
    let first = factory.session().query::<Group>().count().unwrap();
    for number in i64::try_from(first).unwrap() + 1.. {
        unit(&factory, number).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "committed {number}").unwrap();
        out.flush().unwrap();
    }
}

/// Runs the child, kills it after so many commits and a little, and gives the last unit that it told of.
fn run_and_kill(file: &Path, commits: usize, spin: u64) -> i64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child_that_is_killed", "--exact", "--nocapture"])
        .env("CRASH_FILE", file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut told = lines.filter_map(|line| line.strip_prefix("committed ")?.parse().ok());
    let reached = told.by_ref().take(commits).last();
    (0..spin).for_each(|turn| {
        std::hint::black_box(turn);
    });
    child.kill().unwrap();
    child.wait().unwrap();
    told.last().or(reached).expect("the child commits until it is killed")
}

/// How many whole units the file has.
fn whole_units(file: &Path) -> i64 {
    let mut s = engine(file).session();
    let count = |s: &mut Session<Blog>, sql| s.sql(sql, params![]).unwrap().one::<(i64,)>().unwrap().0;
    let units = count(&mut s, "SELECT views FROM posts WHERE id = 1");
    assert_eq!(count(&mut s, "SELECT count(*) FROM users"), units + 1);
    assert_eq!(count(&mut s, "SELECT count(*) FROM posts"), 3 * units + 1);
    assert_eq!(count(&mut s, "SELECT count(*) FROM groups"), units);
    assert_eq!(count(&mut s, "SELECT count(*) FROM memberships"), units);
    assert_eq!(count(&mut s, "SELECT count(*) FROM employees"), 2 * units);
    let linked =
        "SELECT count(*) FROM employees e JOIN employees m ON m.id = e.manager_id AND m.name = e.name";
    assert_eq!(count(&mut s, linked), units);
    let whole = "SELECT count(*) FROM users u JOIN memberships m ON m.user_id = u.id JOIN groups g ON g.id = m.group_id \
                 WHERE u.name = 'user ' || g.name AND 3 = (SELECT count(*) FROM posts p WHERE p.author_id = u.id)";
    assert_eq!(count(&mut s, whole), units);
    assert!(
        s.sql("PRAGMA foreign_key_check", params![])
            .unwrap()
            .fetch::<(String, i64, String, i64)>()
            .unwrap()
            .is_empty()
    );
    assert_eq!(s.sql("PRAGMA integrity_check", params![]).unwrap().one::<(String,)>().unwrap().0, "ok");
    units
}

#[test]
fn a_killed_process_leaves_exactly_the_units_that_it_committed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crash.db");
    let first = engine(&file);
    first.create_all().unwrap();
    SessionMaker::new(first)
        .transaction(|s| {
            let keeper = s.add(User::named("keeper"));
            s.add(Post::by(keeper, "ledger"));
            Ok(())
        })
        .unwrap();
    let mut chance = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..ROUNDS {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        let told = run_and_kill(&file, usize::try_from(chance % 7).unwrap() + 1, chance % 400_000);
        let units = whole_units(&file);
        // The last commit may have been done, and not told of.
        assert!(units == told || units == told + 1, "{units} units, but {told} were told of");
    }
}
