//! Lines of the public contract that have to compile as they are written, and do what their comments say.

#![allow(missing_docs, clippy::unwrap_used, clippy::type_complexity)]

use orm_core::prelude::*;
use orm_sqlite::Sqlite;
use orm_tests::models::{Blog, Post, User};

fn factory() -> Result<SessionMaker<Blog>, Error> {
    let engine = Engine::<Blog>::builder(Sqlite::memory()).build()?;
    engine.create_all()?;
    assert!(engine.metadata().verify(&engine)?.is_empty());
    Ok(SessionMaker::new(engine))
}

fn two_rows(factory: &SessionMaker<Blog>) -> Result<(Session<Blog>, Handle<User>, Handle<Post>), Error> {
    let mut s = factory.session();
    let alice = s.add(User { name: "alice".into(), email: "a@x.org".into(), ..Default::default() });
    let post =
        s.add(Post { id: Id::New, author: alice.into(), editor: None, title: "Hello".into(), views: 0 });
    s.commit()?;
    Ok((s, alice, post))
}

#[test]
fn a_session_by_the_book() -> Result<(), Error> {
    let factory = factory()?;
    let (mut s, alice, post) = two_rows(&factory)?;
    s[post].views += 1;
    s[post].title = format!("{} by {}", s[post].title, s[alice].name);
    s.commit()?;
    let found = s.get::<User>(1)?;
    let same = s.get(s[post].author)?;
    assert_eq!(found, same);
    assert_eq!(found, Some(alice));
    s.delete(post);
    s.rollback()?;
    assert_eq!(s[post].title, "Hello by alice");
    Ok(())
}

#[test]
fn a_transaction_by_the_book() -> Result<(), Error> {
    let factory = factory()?;
    drop(two_rows(&factory)?);
    let total = factory.transaction(|s| {
        let u = s.get_one::<User>(1)?;
        s[u].name = "Alice".into();
        let bad_row = || Post::by(77, "of nobody");
        s.nested(|s| {
            s.add(bad_row());
            s.flush()
        })
        .ok();
        s.query::<User>().count()
    })?;
    assert_eq!(total, 1);
    let plain: Vec<User> = factory.session().query::<User>().untracked().all()?;
    assert_eq!(plain[0].name, "Alice");
    Ok(())
}

#[test]
fn a_loop_over_a_query_can_change_what_it_finds() -> Result<(), Error> {
    let factory = factory()?;
    let (mut s, ..) = two_rows(&factory)?;
    for h in s.query::<User>().all()? {
        s[h].age += 1;
    }
    assert_eq!(s.query::<User>().filter(User::age.eq(19)).count()?, 1);
    Ok(())
}

#[test]
fn statements_and_raw_sql_by_the_book() -> Result<(), Error> {
    let factory = factory()?;
    let (mut s, alice, post) = two_rows(&factory)?;
    let stmt = select::<User>().filter(User::email.ends_with("@x.org"));
    assert_eq!(stmt.all(&mut s)?, [alice]);
    let rows: Vec<(i64, String)> =
        s.sql("SELECT id, name FROM users WHERE name LIKE ?", params!["a%"])?.fetch()?;
    assert_eq!(rows, [(1, "alice".to_owned())]);
    let page = s
        .query::<Post>()
        .filter(Post::views.gt(10).or(Post::editor.is_null()))
        .order_by((Post::views.desc(), Post::id))
        .limit(20)
        .offset(0)
        .all()?;
    assert_eq!(page, [post]);
    Ok(())
}

#[test]
fn a_struct_outlives_its_session() -> Result<(), Error> {
    fn service(factory: &SessionMaker<Blog>) -> Result<Post, Error> {
        factory.transaction(|s| {
            let author = s.add(User::named("bob"));
            let post = s.add(Post::by(author, "a"));
            s.flush()?;
            s.to_owned(post)
        })
    }
    let post = service(&factory()?)?;
    assert_eq!((post.id, post.author), (Id::Key(1), Id::Key(1)));
    Ok(())
}

#[test]
#[allow(clippy::redundant_closure, reason = "as the contract writes it")]
fn tests_of_your_own_by_the_book() -> Result<(), Error> {
    fn load_front_page(s: &mut Session<Blog>) -> orm_core::Result<usize> {
        let users = s.query::<User>().with(User::posts.then(Post::editor)).all()?;
        users.into_iter().try_fold(0, |count, user| Ok(count + s.related(user, User::posts)?.len()))
    }
    let db = orm_sqlite::testing::fresh::<Blog>()?;
    let n = db.statements(|s| {
        let ann = s.add(User::named("ann"));
        s.add_all((0..3).map(|number| Post::by(ann, &format!("post {number}"))));
        s.commit()
    })?;
    assert_eq!(n.len(), 2, "{n:?}");
    let n = db.statements(|s| load_front_page(s))?;
    assert!(n.len() <= 3);
    assert_eq!(n.len(), 2, "no post has an editor: {n:?}");
    Ok(())
}
