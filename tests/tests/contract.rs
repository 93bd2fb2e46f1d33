//! The public contract by example: a program for each part of it, as a user would write it.

#![allow(missing_docs, clippy::unwrap_used, clippy::type_complexity, clippy::redundant_closure)]

use std::sync::LazyLock;
use std::time::Duration;

use chrono::{DateTime, Utc};
use orm_core::expr::{avg, count};
use orm_core::prelude::*;
use orm_sqlite::Sqlite;

/// All that lives in the users database.
#[derive(DeclarativeBase)]
pub struct UsersDb;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = UsersDb, table = "users", default)]
#[relation(posts   = many(Post::author, order_by = Post::id))]
#[relation(profile = one(Profile::user))]
#[relation(groups  = many_through(Membership::user, Membership::group))]
pub struct User {
    #[column(primary_key)]
    pub id: Id<User>,
    #[column(length = 50)]
    pub name: String,
    #[column(length = 100, unique)]
    pub email: String,
    pub bio: Option<String>,
    #[column(default = Utc::now)]
    pub created_at: DateTime<Utc>,
    #[column(server_default = "'free'")]
    pub plan: Generated<String>,
    #[column(version)]
    pub version: Version,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = UsersDb, table = "posts", default, index(author, title))]
pub struct Post {
    #[column(primary_key)]
    pub id: Id<Post>,
    #[column(on_delete = cascade)]
    pub author: Id<User>,
    pub editor: Option<Id<User>>,
    pub title: String,
    #[column(default = 0)]
    pub views: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = UsersDb, table = "profiles", default)]
pub struct Profile {
    #[column(primary_key)]
    pub id: Id<Profile>,
    pub user: Id<User>,
    pub text: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = UsersDb, table = "groups", default)]
pub struct Group {
    #[column(primary_key)]
    pub id: Id<Group>,
    pub name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = UsersDb, table = "memberships", default)]
pub struct Membership {
    #[column(primary_key)]
    pub user: Id<User>,
    #[column(primary_key)]
    pub group: Id<Group>,
    #[column(default = Utc::now)]
    pub joined_at: DateTime<Utc>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = UsersDb, table = "countries")]
pub struct Country {
    #[column(primary_key)]
    pub code: String,
    pub parent: Option<Id<Country, String>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = UsersDb, table = "employees", default)]
pub struct Employee {
    #[column(primary_key)]
    pub id: Id<Employee>,
    pub manager: Option<Id<Employee>>,
    pub name: String,
}

fn engine() -> Result<Engine<UsersDb>, Error> {
    let engine = Engine::<UsersDb>::builder(Sqlite::url("sqlite:///:memory:")?)
        .pool_size(10)
        .max_overflow(5)
        .pool_timeout(Duration::from_secs(30))
        .pool_recycle(Duration::from_secs(3600))
        .pool_pre_ping(true)
        .connect_timeout(Duration::from_secs(5))
        .isolation_level(IsolationLevel::Serializable)
        .echo(false)
        .build()?;
    engine.create_all()?;
    engine.metadata().verify(&engine)?;
    Ok(engine)
}

fn factory() -> Result<SessionMaker<UsersDb>, Error> {
    Ok(SessionMaker::new(engine()?))
}

fn a_blog() -> Result<(Session<UsersDb>, Handle<User>, Handle<Post>), Error> {
    let mut s = factory()?.session();
    let alice = s.add(User { name: "alice".into(), email: "a@x.org".into(), ..Default::default() });
    let post =
        s.add(Post { id: Id::New, author: alice.into(), editor: None, title: "Hello".into(), views: 0 });
    s.commit()?;
    Ok((s, alice, post))
}

#[test]
fn sessions() -> Result<(), Error> {
    let (mut s, alice, post) = a_blog()?;
    s[post].views += 1;
    s[post].title = format!("{} by {}", s[post].title, s[alice].name);
    s.commit()?;
    let found = s.get::<User>(1)?;
    let same = s.get(s[post].author)?;
    assert_eq!(found, same);
    s.delete(post);
    s.rollback()?;
    assert_eq!(s[post].title, "Hello by alice");
    assert_eq!(s[alice].plan, Generated::from("free".to_owned()));
    Ok(())
}

#[test]
fn transactions() -> Result<(), Error> {
    let factory = factory()?;
    let bad_row = || Post { author: 99.into(), ..Default::default() };
    let total = factory.transaction(|s| {
        let u = s.add(User { name: "alice".into(), email: "a@x.org".into(), ..Default::default() });
        s[u].name = "Alice".into();
        s.nested(|s| {
            s.add(bad_row());
            s.flush()
        })
        .ok();
        s.query::<User>().count()
    })?;
    assert_eq!(total, 1);
    Ok(())
}

#[test]
fn queries() -> Result<(), Error> {
    let (mut s, alice, post) = a_blog()?;
    let page = s
        .query::<Post>()
        .join(Post::author)
        .filter(User::name.eq("alice"))
        .filter(Post::views.gt(10).or(Post::editor.is_null()))
        .order_by((Post::views.desc(), Post::id))
        .limit(20)
        .offset(0)
        .all()?;
    assert_eq!(page, [post]);

    let stats: Vec<(String, i64, Option<f64>)> = s
        .query::<User>()
        .left_join(User::posts)
        .group_by(User::id)
        .having(count(Post::id).ge(0))
        .select((User::name, count(Post::id), avg(Post::views)))
        .fetch()?;
    assert_eq!(stats, [("alice".to_owned(), 1, Some(0.0))]);

    let fans = s.query::<User>().filter(User::posts.any(Post::title.contains("ell"))).all()?;
    assert_eq!(fans, [alice]);
    let plain: Vec<User> = s.query::<User>().untracked().all()?;
    assert_eq!(plain.len(), 1);
    for user in s.query::<User>().untracked().stream()? {
        let user: User = user?;
        assert_eq!(user.name, "alice");
    }
    let p = s.query::<User>().order_by(User::id).page(1, 50)?;
    assert_eq!((p.items.len(), p.total, p.pages), (1, 1, 1));
    Ok(())
}

#[test]
fn statements() -> Result<(), Error> {
    let (mut s, alice, post) = a_blog()?;
    let stmt = select::<User>().filter(User::email.ends_with("@x.org"));
    assert_eq!(stmt.all(&mut s)?, [alice]);
    update::<Post>().set(Post::views, Post::views + 1).filter(Post::author.eq(alice)).execute(&mut s)?;
    s.refresh(post)?;
    assert_eq!(s[post].views, 1);
    let rows: Vec<(i64, String)> =
        s.sql("SELECT id, name FROM users WHERE name LIKE ?", params!["a%"])?.fetch()?;
    assert_eq!(rows, [(1, "alice".to_owned())]);
    delete::<Post>().filter(Post::views.lt(2)).execute(&mut s)?;
    assert_eq!(s.query::<Post>().count()?, 0);
    Ok(())
}

#[test]
fn aliases_and_correlation() -> Result<(), Error> {
    let mut s = factory()?.session();
    let ann = s.add(Employee { name: "ann".into(), ..Default::default() });
    s.add(Employee { name: "bob".into(), manager: ann.into(), ..Default::default() });
    let boss = alias!(Employee as boss);
    let pairs: Vec<(String, Option<String>)> = s
        .query::<Employee>()
        .left_join(Employee::manager.alias(boss))
        .order_by(Employee::id)
        .select((Employee::name, boss.col(Employee::name)))
        .fetch()?;
    assert_eq!(pairs, [("ann".into(), None), ("bob".into(), Some("ann".into()))]);
    let authors = s
        .query::<User>()
        .filter(exists(select::<Post>().correlate::<User>().filter(Post::author.eq(User::id))))
        .count()?;
    assert_eq!(authors, 0);
    Ok(())
}

#[test]
fn relations() -> Result<(), Error> {
    let (mut s, alice, post) = a_blog()?;
    let admins = s.add(Group { name: "admins".into(), ..Default::default() });
    let bob = s.add(User { name: "bob".into(), email: "b@x.org".into(), ..Default::default() });
    assert_eq!(s.related(alice, User::posts)?, [post]);
    let author: Handle<User> = s.related(post, Post::author)?;
    assert_eq!(author, alice);
    let editor: Option<Handle<User>> = s.related(post, Post::editor)?;
    assert_eq!(editor, None);
    s.link(alice, User::groups, admins)?;
    assert_eq!(s.related(alice, User::groups)?, [admins]);
    s[post].author = bob.into();
    assert_eq!(s.related(bob, User::posts)?, [post]);
    s.commit()?;
    let users = s
        .query::<User>()
        .with(User::profile)
        .with(User::posts.then(Post::editor))
        .order_by(User::id)
        .all()?;
    assert_eq!(users, [alice, bob]);
    assert_eq!(s.related(bob, User::posts)?, [post]);
    s.unlink(alice, User::groups, admins)?;
    s.commit()?;
    assert_eq!(s.query::<Membership>().count()?, 0);
    Ok(())
}

static SESSION: LazyLock<ScopedSession<UsersDb>> = LazyLock::new(|| ScopedSession::new(factory().unwrap()));

#[test]
fn scoped_sessions() -> Result<(), Error> {
    assert_eq!(SESSION.with(|s| s.get::<User>(1))?, None);
    SESSION.remove();
    let per_request = ScopedSession::with_scope(factory()?, || 7_u32);
    assert_eq!(per_request.with(|s| s.query::<User>().count())?, 0);
    Ok(())
}

fn load_front_page(s: &mut Session<UsersDb>) -> Result<(), Error> {
    for post in s.query::<Post>().limit(20).all()? {
        s.related(post, Post::author)?;
    }
    Ok(())
}

#[test]
fn tests_of_your_own() -> Result<(), Error> {
    let db = orm_sqlite::testing::fresh::<UsersDb>()?;
    let n = db.statements(|s| load_front_page(s))?;
    assert!(n.len() <= 3);
    Ok(())
}
