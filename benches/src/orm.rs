//! The work written with the ORM, as its documentation shows it.

mod graph;
mod query;

use orm_core::prelude::*;
use orm_sqlite::Sqlite;

use crate::data;
use crate::witness::{Record, Witness};
use crate::workload::{Implementation, Task, Tracking, Work};

/// The work written with the ORM.
#[derive(Debug, Clone, Copy)]
pub struct Orm;

#[derive(DeclarativeBase)]
struct BenchDb;

#[derive(Model, Clone, Debug)]
#[model(base = BenchDb, table = "users")]
#[relation(posts = many(Post::user))]
struct User {
    #[column(primary_key)]
    id: Id<User>,
    name: String,
    hair_color: Option<String>,
}

#[derive(Model, Clone, Debug)]
#[model(base = BenchDb, table = "posts")]
#[relation(comments = many(Comment::post))]
struct Post {
    #[column(primary_key)]
    id: Id<Post>,
    #[column(name = "user_id")]
    user: Id<User>,
    title: String,
    body: Option<String>,
}

#[derive(Model, Clone, Debug)]
#[model(base = BenchDb, table = "comments")]
struct Comment {
    #[column(primary_key)]
    id: Id<Comment>,
    post: Id<Post>,
    body: String,
}

impl Implementation for Orm {
    fn name(&self) -> &'static str {
        "ORM"
    }

    fn task(&self, work: Work) -> Option<Box<dyn Task>> {
        Some(make_task(work).expect("a task opens its database"))
    }
}

fn make_task(work: Work) -> Result<Box<dyn Task>, Error> {
    Ok(match work {
        Work::LoadUsers { rows, tracking } => Box::new(Load::<User> {
            maker: open_with_users(rows)?,
            tracking,
            order: |s| s.query().order_by(User::id).all(),
            untracked: |s| s.query().order_by(User::id).untracked().all(),
            describe: describe_user,
        }),
        Work::LoadPosts { rows, tracking } => Box::new(Load::<Post> {
            maker: open_with_posts(rows)?,
            tracking,
            order: |s| s.query().order_by(Post::id).all(),
            untracked: |s| s.query().order_by(Post::id).untracked().all(),
            describe: describe_post,
        }),
        Work::LoadGraph { tracking } => Box::new(graph::LoadGraph::new(tracking)?),
        Work::GetByKey => {
            Box::new(GetByKey { maker: open_with_users(data::GETS)?, keys: data::shuffled_keys() })
        }
        Work::FilterByKey => Box::new(query::FilterByKey::new(open_with_users(data::GETS)?)),
        Work::LeftJoin { rows } => Box::new(query::LeftJoin::new(rows)?),
        Work::GetHit => Box::new(GetHit::new(&open_with_users(data::GETS)?)?),
        Work::Insert { rows } => {
            Box::new(Insert { maker: open()?, rows, users: Vec::new(), stored: Vec::new(), session: None })
        }
        Work::InsertFamilies { parents, children } => Box::new(InsertFamilies {
            maker: open()?,
            parents,
            children,
            users: Vec::new(),
            posts: Vec::new(),
            session: None,
        }),
        Work::FlushClean { rows } => Box::new(FlushClean::new(&open_with_users(rows)?)?),
        Work::Change { rows, step } => Box::new(Change { maker: open_with_users(rows)?, step, turn: 0 }),
    })
}

/// The entities of a model, as a session holds them.
type Entities<M> = Result<Vec<Handle<M>>, Error>;

struct Load<M> {
    maker: SessionMaker<BenchDb>,
    tracking: Tracking,
    order: fn(&mut Session<BenchDb>) -> Entities<M>,
    untracked: fn(&mut Session<BenchDb>) -> Result<Vec<M>, Error>,
    describe: fn(&M, &mut Record),
}

impl<M: orm_core::BelongsTo<BenchDb>> Task for Load<M> {
    fn run(&mut self, witness: &mut Witness) {
        let mut s = self.maker.session();
        match self.tracking {
            Tracking::Untracked => {
                let rows = (self.untracked)(&mut s).expect("rows load");
                witness.see(rows.as_slice(), |rows, record| {
                    rows.iter().for_each(|row| (self.describe)(row, record))
                });
            }
            Tracking::Tracked => {
                let rows = (self.order)(&mut s).expect("rows load");
                witness.see(rows.as_slice(), |rows, record| {
                    rows.iter().for_each(|&row| (self.describe)(&s[row], record));
                });
            }
        }
    }
}

struct GetByKey {
    maker: SessionMaker<BenchDb>,
    keys: Vec<i64>,
}

impl Task for GetByKey {
    fn run(&mut self, witness: &mut Witness) {
        let mut s = self.maker.session();
        for &key in &self.keys {
            let user = s.get_one::<User>(key).expect("each key has a user");
            witness.see(&s[user], describe_user);
        }
        s.commit().expect("the transaction ends");
    }
}

struct GetHit {
    session: Session<BenchDb>,
    keys: Vec<i64>,
}

impl GetHit {
    fn new(maker: &SessionMaker<BenchDb>) -> Result<Self, Error> {
        let mut session = maker.session();
        session.query::<User>().all()?;
        Ok(GetHit { session, keys: data::shuffled_keys() })
    }
}

impl Task for GetHit {
    fn run(&mut self, witness: &mut Witness) {
        for &key in &self.keys {
            let user = self.session.get::<User>(key).expect("no error").expect("a held user");
            witness.see(&user, |&user, record| describe_user(&self.session[user], record));
        }
    }
}

struct Insert {
    maker: SessionMaker<BenchDb>,
    rows: usize,
    users: Vec<User>,
    stored: Vec<Handle<User>>,
    session: Option<Session<BenchDb>>,
}

impl Task for Insert {
    fn prepare(&mut self) {
        self.users = new_users(self.rows);
    }

    fn run(&mut self, witness: &mut Witness) {
        let s = self.session.insert(self.maker.session());
        self.stored = s.add_all(self.users.drain(..));
        s.commit().expect("users are stored");
        witness.see(self.stored.as_slice(), |stored, record| {
            stored.iter().for_each(|&user| describe_user(&s[user], record));
        });
    }

    fn record_stored(&mut self, record: &mut Record) {
        record_users(&self.maker, record);
    }

    fn clear(&mut self) {
        self.session = None;
        self.stored.clear();
        clear(&self.maker);
    }
}

struct InsertFamilies {
    maker: SessionMaker<BenchDb>,
    parents: usize,
    children: usize,
    users: Vec<User>,
    posts: Vec<data::Post>,
    session: Option<Session<BenchDb>>,
}

impl Task for InsertFamilies {
    fn prepare(&mut self) {
        self.users = new_users(self.parents);
        self.posts = data::new_posts(self.parents, self.children);
    }

    fn run(&mut self, witness: &mut Witness) {
        let s = self.session.insert(self.maker.session());
        let users = s.add_all(self.users.drain(..));
        let posts = self.posts.drain(..).enumerate().map(|(index, post)| Post {
            id: Id::New,
            user: users[index / self.children].into(),
            title: post.title,
            body: post.body,
        });
        let posts = s.add_all(posts);
        s.commit().expect("users and posts are stored");
        witness.see(users.as_slice(), |users, record| {
            users.iter().for_each(|&user| describe_user(&s[user], record));
        });
        witness.see(posts.as_slice(), |posts, record| {
            posts.iter().for_each(|&post| describe_post(&s[post], record));
        });
    }

    fn record_stored(&mut self, record: &mut Record) {
        record_users(&self.maker, record);
        let posts = self.maker.transaction(|s| s.query::<Post>().order_by(Post::id).untracked().all());
        posts.expect("posts load").iter().for_each(|post| describe_post(post, record));
    }

    fn clear(&mut self) {
        self.session = None;
        clear(&self.maker);
    }
}

struct FlushClean {
    session: Session<BenchDb>,
    users: Vec<Handle<User>>,
}

impl FlushClean {
    fn new(maker: &SessionMaker<BenchDb>) -> Result<Self, Error> {
        let mut session = maker.session();
        let users = session.query::<User>().all()?;
        Ok(FlushClean { session, users })
    }
}

impl Task for FlushClean {
    fn run(&mut self, witness: &mut Witness) {
        for &user in &self.users[..data::FLUSHES] {
            self.session.flush().expect("nothing to flush");
            witness.see(&user, |&user, record| describe_user(&self.session[user], record));
        }
    }
}

struct Change {
    maker: SessionMaker<BenchDb>,
    step: usize,
    turn: usize,
}

impl Task for Change {
    fn run(&mut self, witness: &mut Witness) {
        let mut s = self.maker.session();
        let users = s.query::<User>().order_by(User::id).all().expect("users load");
        for &user in users.iter().step_by(self.step) {
            s[user].hair_color = Some(data::changed_hair_color(self.turn).to_owned());
        }
        s.commit().expect("users are changed");
        witness.see(users.as_slice(), |users, record| {
            users.iter().for_each(|&user| describe_user(&s[user], record));
        });
        self.turn += 1;
    }

    fn record_stored(&mut self, record: &mut Record) {
        record_users(&self.maker, record);
    }
}

fn clear(maker: &SessionMaker<BenchDb>) {
    let emptied = maker.transaction(|s| {
        s.execute("DELETE FROM posts", params![])?;
        s.execute("DELETE FROM users", params![])
    });
    emptied.expect("the tables are emptied");
}

fn open() -> Result<SessionMaker<BenchDb>, Error> {
    let engine = Engine::<BenchDb>::builder(Sqlite::memory()).build()?;
    engine.create_all()?;
    Ok(SessionMaker::new(engine))
}

fn open_with_users(count: usize) -> Result<SessionMaker<BenchDb>, Error> {
    let maker = open()?;
    maker.transaction(|s| {
        s.add_all(new_users(count));
        Ok(())
    })?;
    Ok(maker)
}

fn open_with_posts(count: usize) -> Result<SessionMaker<BenchDb>, Error> {
    let maker = open_with_users(data::AUTHORS)?;
    let posts = data::posts(count).into_iter().map(|post| Post {
        id: post.id.into(),
        user: post.user_id.into(),
        title: post.title,
        body: post.body,
    });
    maker.transaction(|s| {
        s.add_all(posts);
        Ok(())
    })?;
    Ok(maker)
}

fn new_users(count: usize) -> Vec<User> {
    let users = data::new_users(count).into_iter();
    users.map(|user| User { id: Id::New, name: user.name, hair_color: user.hair_color }).collect()
}

fn record_users(maker: &SessionMaker<BenchDb>, record: &mut Record) {
    let users = maker.transaction(|s| s.query::<User>().order_by(User::id).untracked().all());
    users.expect("users load").iter().for_each(|user| describe_user(user, record));
}

fn describe_user(user: &User, record: &mut Record) {
    record.user(key_of(&user.id), &user.name, user.hair_color.as_deref());
}

fn describe_post(post: &Post, record: &mut Record) {
    record.post(key_of(&post.id), key_of(&post.user), &post.title, post.body.as_deref());
}

fn key_of<M>(id: &Id<M>) -> i64 {
    *id.key().expect("a stored row has a key")
}
