//! Fresh databases for each test.

use std::path::Path;

use orm_core::driver::Driver;
use orm_core::prelude::*;
use tempfile::TempDir;

use crate::habits::Habits;
use crate::models::{Blog, User};
use crate::probe::Probe;

/// A database that the suite can run on.
pub trait Backend: Sync {
    /// A driver of a new, empty database that one connection at a time is enough for.
    fn fresh(&self) -> Box<dyn Driver>;

    /// A driver of a new, empty database that several connections use at once; the folder is new, and is removed with it.
    fn shared(&self, folder: &Path) -> Box<dyn Driver>;
}

/// SQLite, in memory or in a file.
pub struct SqliteBackend;

impl Backend for SqliteBackend {
    fn fresh(&self) -> Box<dyn Driver> {
        Box::new(orm_sqlite::Sqlite::memory())
    }

    fn shared(&self, folder: &Path) -> Box<dyn Driver> {
        let driver = orm_sqlite::Sqlite::file(folder.join("blog.db"));
        Box::new(driver.busy_timeout(std::time::Duration::from_millis(20)))
    }
}

/// What a test gets: a way to make databases.
pub struct Lab(pub &'static dyn Backend);

impl Lab {
    /// A new database with the tables of the suite.
    pub fn db(&self) -> Db<Blog> {
        self.db_of()
    }

    /// The same for another base.
    pub fn db_of<B: DeclarativeBase>(&self) -> Db<B> {
        Db::new(self.0.fresh(), None)
    }

    /// The same with the habits of other databases.
    pub fn other(&self) -> Db<Blog> {
        Db::new(Box::new(Habits::of(self.0.fresh())), None)
    }

    /// A new database with the tables of the suite that several sessions use at once.
    pub fn shared(&self) -> Db<Blog> {
        let folder = tempfile::tempdir().unwrap();
        Db::new(self.0.shared(folder.path()), Some(folder))
    }
}

/// A database, and the probe that watches it.
pub struct Db<B> {
    /// Its engine.
    pub engine: Engine<B>,
    /// What went over the wire since the tables were made.
    pub probe: Probe,
    _folder: Option<TempDir>,
}

impl<B: DeclarativeBase> Db<B> {
    fn new(driver: Box<dyn Driver>, folder: Option<TempDir>) -> Self {
        let probe = Probe::default();
        let engine = Engine::<B>::builder(probe.watch(driver)).build().unwrap();
        engine.create_all().unwrap();
        probe.take();
        Db { engine, probe, _folder: folder }
    }

    /// A factory with the defaults.
    pub fn maker(&self) -> SessionMaker<B> {
        SessionMaker::new(self.engine.clone())
    }

    /// A session with the defaults.
    pub fn session(&self) -> Session<B> {
        self.maker().session()
    }

    /// What was sent since this was asked last.
    pub fn sent(&self) -> Vec<String> {
        self.probe.take()
    }

    /// The rows of a query of your own, in a session of its own that leaves no trace.
    pub fn rows<T: FromRow>(&self, sql: &'static str) -> Vec<T> {
        let before = self.probe.take_steps();
        assert!(before.is_empty(), "look at what was sent before the rows: {before:?}");
        let rows = self.session().sql(sql, params![]).unwrap().fetch().unwrap();
        self.probe.take();
        rows
    }

    /// The same, whatever was sent before.
    pub fn by_hand<T: FromRow>(&self, sql: &'static str) -> Vec<T> {
        self.probe.take();
        self.rows(sql)
    }

    /// Runs statements of your own in a transaction of its own that leaves no trace.
    pub fn run(&self, script: &str) {
        self.engine.checkout().unwrap().run_script(script).unwrap();
        self.probe.take();
    }
}

impl Db<Blog> {
    /// Stores users of these names with the keys 1, 2 and so on, by a session of its own.
    pub fn store_users(&self, names: &[&str]) {
        let users = names.iter().map(|name| User::named(name));
        self.maker()
            .transaction(|s| {
                s.add_all(users);
                Ok(())
            })
            .unwrap();
        self.probe.take();
    }
}

/// The text of a panic.
pub fn panic_text(work: impl FnOnce()) -> String {
    let payload =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).expect_err("this was to panic");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().copied().unwrap_or_default().to_owned(),
    }
}

/// A blog with rows in most tables. Users ann, bob and cid; ann wrote two posts, bob one that ann edits; ann and bob are in
/// groups; four employees in three levels.
pub fn seeded(lab: &Lab) -> Db<Blog> {
    let db = lab.db();
    db.run(
        "INSERT INTO users (id, name, email, bio, age) VALUES (1, 'ann', '1', 'a', 10), (2, 'bob', '2', NULL, 20), (3, 'cid', '3', 'c', 30);
         INSERT INTO posts VALUES (1, 1, NULL, 'rust', 5), (2, 1, 2, 'sql', 15), (3, 2, 1, 'rust and sql', 30);
         INSERT INTO comments VALUES (1, 1, 'good'), (2, 1, 'bad'), (3, 3, 'good');
         INSERT INTO groups VALUES (1, 'admins'), (2, 'guests'), (3, 'ghosts');
         INSERT INTO memberships VALUES (1, 1, 'boss'), (1, 2, 'guest'), (2, 2, 'guest');
         INSERT INTO employees VALUES (1, NULL, 'top'), (2, 1, 'mid'), (3, 2, 'low'), (4, 2, 'new')",
    );
    db
}

impl<B> Db<B> {
    /// The only statement that was sent, beside what begins and ends transactions.
    pub fn only(&self) -> String {
        let mut sent = self.probe.take();
        sent.retain(|sql| sql != "BEGIN" && sql != "COMMIT");
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent.remove(0)
    }
}
