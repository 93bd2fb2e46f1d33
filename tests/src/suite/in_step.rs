//! What an UPDATE or DELETE of all rows that meet conditions does to what the session holds: as the database does it, without a
//! SELECT where memory can tell.

use orm_core::expr::{Expr, Of, lower};
use orm_core::prelude::*;

use crate::dice::Dice;
use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { in_step:
    s70_an_update_changes_what_is_held,
    s70_a_delete_deletes_what_is_held,
    s70_what_memory_cannot_tell_the_update_returns,
    s70_what_memory_cannot_tell_the_delete_returns,
    s70_a_savepoint_puts_back_what_was_changed_and_deleted,
    s70_an_entity_that_was_changed_keeps_its_edits,
    a_set_foreign_key_moves_held_rows,
    an_update_counts_the_version_of_what_is_held,
    new_keys_make_what_is_held_stale,
    what_does_not_fit_its_field_is_read_anew,
    rows_under_a_deleted_one_are_stale,
    a_failed_update_changes_nothing_that_is_held,
    a_key_under_a_collation_reaches_what_the_database_takes_for_equal,
    a_loop_over_keys_reaches_each_row,
    conditions_in_memory_agree_with_the_database,
}

fn blog(lab: &Lab) -> (Db<Blog>, Session<Blog>) {
    let db = lab.db();
    db.run(
        "INSERT INTO users (id, name, email, bio, age) VALUES (1, 'ann', '1', 'a', 10), (2, 'bob', '2', NULL, 20), (3, 'cid', '3', 'c', 30);
         INSERT INTO posts VALUES (1, 1, NULL, 'rust', 5), (2, 1, 2, 'sql', 15), (3, 2, 1, 'both', 30)",
    );
    let session = db.session();
    (db, session)
}

fn posts(db: &Db<Blog>, s: &mut Session<Blog>) -> Vec<Handle<Post>> {
    let posts = s.query::<Post>().order_by(Post::id).all().unwrap();
    db.sent();
    posts
}

/// Whether all are as they are without a look at the database.
fn are_known(db: &Db<Blog>, s: &mut Session<Blog>, posts: &[Handle<Post>]) -> bool {
    posts.iter().for_each(|&post| assert_eq!(s.get(Id::<Post>::from(post)).unwrap(), Some(post)));
    db.sent().is_empty()
}

fn s70_an_update_changes_what_is_held(lab: &Lab) {
    let (db, mut s) = blog(lab);
    let posts = posts(&db, &mut s);
    let changed = update::<Post>()
        .set(Post::views, Post::views * 2 + 1)
        .set(Post::title, "new")
        .filter(Post::views.ge(15).and(Post::editor.is_not_null()))
        .execute(&mut s);
    assert_eq!(changed.unwrap(), 2);
    assert_eq!(
        db.sent(),
        ["UPDATE posts SET views = (views * ?) + ?, title = ? WHERE (views >= ? AND editor_id IS NOT NULL)"]
    );
    let held = |s: &Session<Blog>, post: Handle<Post>| (s[post].views, s[post].title.clone());
    assert_eq!(held(&s, posts[0]), (5, "rust".into()));
    assert_eq!(held(&s, posts[1]), (31, "new".into()));
    assert_eq!(held(&s, posts[2]), (61, "new".into()));
    assert!(are_known(&db, &mut s, &posts) && s.dirty::<Post>().is_empty());
    s[posts[1]].views = 31;
    s.commit().unwrap();
    assert_eq!(db.sent(), ["COMMIT"]);
}

fn s70_a_delete_deletes_what_is_held(lab: &Lab) {
    let (db, mut s) = blog(lab);
    let posts = posts(&db, &mut s);
    let gone = delete::<Post>().filter(Post::author.eq(1)).filter(Post::views.lt(10)).execute(&mut s);
    assert_eq!(gone.unwrap(), 1);
    assert_eq!(db.sent(), ["DELETE FROM posts WHERE author_id = ? AND views < ?"]);
    assert_eq!(s.state(posts[0]), Some(State::DeletedFlushed));
    assert!(are_known(&db, &mut s, &posts[1..]));
    assert_eq!(s.get::<Post>(1).unwrap(), None);
    s.commit().unwrap();
    assert_eq!(s.state(posts[0]), None);
}

fn s70_what_memory_cannot_tell_the_update_returns(lab: &Lab) {
    let (db, mut s) = blog(lab);
    let posts = posts(&db, &mut s);
    let changed =
        update::<Post>().set(Post::views, 7).filter(lower(Post::title).ne("rust")).execute(&mut s).unwrap();
    assert_eq!(changed, 2);
    assert_eq!(
        db.sent(),
        [
            "UPDATE posts SET views = ? WHERE LOWER(title) <> ? RETURNING id, id, author_id, editor_id, title, views"
        ]
    );
    assert_eq!(posts.iter().map(|&post| s[post].views).collect::<Vec<_>>(), [5, 7, 7]);
    assert!(are_known(&db, &mut s, &posts));
    s.rollback().unwrap();
    s.refresh_all(&posts).unwrap();
    assert_eq!(s[posts[1]].views, 15);
}

fn s70_what_memory_cannot_tell_the_delete_returns(lab: &Lab) {
    let (db, mut s) = blog(lab);
    let posts = posts(&db, &mut s);
    assert_eq!(delete::<Post>().filter(lower(Post::title).ne("rust")).execute(&mut s).unwrap(), 2);
    assert_eq!(db.sent(), ["DELETE FROM posts WHERE LOWER(title) <> ? RETURNING id"]);
    let states: Vec<_> = posts.iter().map(|&post| s.state(post).unwrap()).collect();
    assert_eq!(states, [State::Persistent, State::DeletedFlushed, State::DeletedFlushed]);
    assert!(are_known(&db, &mut s, &posts[..1]));
    s.rollback().unwrap();
    assert_eq!(s.get::<Post>(2).unwrap(), Some(posts[1]));
}

fn s70_a_savepoint_puts_back_what_was_changed_and_deleted(lab: &Lab) {
    let (db, mut s) = blog(lab);
    let posts = posts(&db, &mut s);
    update::<Post>().set(Post::views, 100).filter(Post::id.eq(2)).execute(&mut s).unwrap();
    s.nested(|s| {
        update::<Post>().set(Post::views, Post::views + 1).execute(s)?;
        assert_eq!((s[posts[0]].views, s[posts[1]].views), (6, 101));
        delete::<Post>().filter(Post::views.eq(101)).execute(s)?;
        assert_eq!(s.state(posts[1]), Some(State::DeletedFlushed));
        Err::<(), _>(Error::misuse("undo it"))
    })
    .unwrap_err();
    db.sent();
    assert_eq!(s.state(posts[1]), Some(State::Persistent));
    assert_eq!(posts.iter().map(|&post| s[post].views).collect::<Vec<_>>(), [5, 100, 30]);
    assert!(are_known(&db, &mut s, &posts));
}

fn s70_an_entity_that_was_changed_keeps_its_edits(lab: &Lab) {
    let (db, mut s) = blog(lab);
    let posts = posts(&db, &mut s);
    s.no_autoflush(|s| {
        s[posts[0]].title = "mine".into();
        update::<Post>().set(Post::views, 50).filter(Post::title.eq("rust")).execute(s).unwrap();
    });
    assert_eq!((s[posts[0]].views, s[posts[0]].title.as_str()), (50, "mine"));
    s.commit().unwrap();
    db.sent();
    assert_eq!(
        db.rows::<(i64, String)>("SELECT views, title FROM posts WHERE id = 1"),
        [(50, "mine".into())]
    );
}

fn a_set_foreign_key_moves_held_rows(lab: &Lab) {
    let (db, mut s) = blog(lab);
    let (ann, cid) = (s.get_one::<User>(1).unwrap(), s.get_one::<User>(3).unwrap());
    let of_ann = s.related(ann, User::posts).unwrap();
    db.sent();
    update::<Post>().set(Post::author, cid).filter(Post::author.eq(ann)).execute(&mut s).unwrap();
    assert_eq!(s.related(of_ann[0], Post::author).unwrap(), cid);
    assert_eq!(s.related(cid, User::posts).unwrap(), of_ann);
    assert!(s.related(ann, User::posts).unwrap().is_empty());
}

fn an_update_counts_the_version_of_what_is_held(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let doc = s.add(Doc::titled("a"));
    s.flush().unwrap();
    update::<Doc>().set(Doc::title, "b").set(Doc::plan, "gold").execute(&mut s).unwrap();
    let held = &s[doc];
    assert_eq!((held.title.as_str(), held.version.get()), ("b", 2));
    assert_eq!(held.plan, Generated::from("gold"));
    s[doc].title = "c".into();
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String, i64)>("SELECT title, version FROM docs"), [("c".into(), 3)]);
}

fn new_keys_make_what_is_held_stale(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let old = s.add(Country::new("de", "Germany"));
    s.flush().unwrap();
    update::<Country>().set(Country::code, "DE").filter(Country::code.eq("de")).execute(&mut s).unwrap();
    let new = s.get_one::<Country>("DE").unwrap();
    assert_ne!(new, old);
    assert_eq!((s.get::<Country>("de").unwrap(), s.state(old)), (None, Some(State::Missing)));
}

fn what_does_not_fit_its_field_is_read_anew(lab: &Lab) {
    let db = lab.db();
    let mut s = db.session();
    let sample = s.add(Sample { small: i16::MAX, ..Sample::default() });
    s.flush().unwrap();
    update::<Sample>().set(Sample::small, Sample::small + 1).execute(&mut s).unwrap();
    assert_eq!(s[sample].small, i16::MAX, "the last known value");
    assert!(s.refresh(sample).unwrap_err().is_value());
}

fn rows_under_a_deleted_one_are_stale(lab: &Lab) {
    let (db, mut s) = blog(lab);
    update::<Post>().set(Post::editor, None).execute(&mut s).unwrap();
    let posts = posts(&db, &mut s);
    let ann = s.get_one::<User>(1).unwrap();
    assert_eq!(delete::<User>().filter(User::age.lt(15)).execute(&mut s).unwrap(), 1);
    assert_eq!(s.state(ann), Some(State::DeletedFlushed));
    db.sent();
    assert_eq!((s.get::<Post>(1).unwrap(), s.state(posts[0])), (None, Some(State::Missing)));
    assert_eq!(s.get::<Post>(3).unwrap(), Some(posts[2]));
    assert_eq!(db.sent().len(), 2);
}

fn a_failed_update_changes_nothing_that_is_held(lab: &Lab) {
    let (db, mut s) = blog(lab);
    let users = s.query::<User>().order_by(User::id).all().unwrap();
    let failed = update::<User>().set(User::email, "same").execute(&mut s);
    assert!(failed.unwrap_err().is_unique());
    db.sent();
    assert_eq!(s[users[1]].email, "2");
    assert_eq!(s.get::<User>(2).unwrap(), Some(users[1]));
    assert!(db.sent().is_empty());
}

mod shops {
    use orm_core::prelude::*;

    #[derive(DeclarativeBase)]
    pub(super) struct Mall;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Mall, table = "shops")]
    pub(super) struct Shop {
        #[column(primary_key, collate = "NOCASE")]
        pub name: String,
        pub rank: i64,
    }
}

fn a_key_under_a_collation_reaches_what_the_database_takes_for_equal(lab: &Lab) {
    let db: Db<shops::Mall> = lab.db_of();
    let mut s = db.session();
    let shop = s.add(shops::Shop { name: "Zoe".into(), rank: 1 });
    s.flush().unwrap();
    let by_key = || shops::Shop::name.eq("zoe");
    update::<shops::Shop>().set(shops::Shop::rank, 2).filter(by_key()).execute(&mut s).unwrap();
    assert_eq!(s[shop].rank, 2);
    delete::<shops::Shop>().filter(by_key()).execute(&mut s).unwrap();
    assert_eq!(s.state(shop), Some(State::DeletedFlushed));
}

fn a_loop_over_keys_reaches_each_row(lab: &Lab) {
    let (db, mut s) = blog(lab);
    let posts = posts(&db, &mut s);
    for (id, views) in [(1, 10), (2, 20), (9, 90)] {
        update::<Post>().set(Post::views, views).filter(Post::id.eq(id)).execute(&mut s).unwrap();
    }
    update::<Post>().set(Post::views, 30).filter(Post::id.eq(posts[2])).execute(&mut s).unwrap();
    assert_eq!(posts.iter().map(|&post| s[post].views).collect::<Vec<_>>(), [10, 20, 30]);
    db.sent();
    assert!(are_known(&db, &mut s, &posts));
    delete::<Post>().filter(Post::id.eq(2)).execute(&mut s).unwrap();
    assert_eq!(s.state(posts[1]), Some(State::DeletedFlushed));
    assert_eq!(s.state(posts[0]), Some(State::Persistent));
}

struct Random(Dice);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0.below(limit)
    }

    fn sample(&mut self) -> Sample {
        let texts = ["", "a", "A", "b", "\u{e9}", "a\0b", "10"];
        Sample {
            small: self.below(5) as i16 - 2,
            count: self.below(4) as u32,
            ratio: [0.0, -0.0, 0.5, 1e18][self.below(4)],
            factor: [None, Some(-1.5), Some(0.0)][self.below(3)],
            text: texts[self.below(7)].into(),
            bytes: vec![self.below(2) as u8; self.below(3)],
            mood: [Mood::Calm, Mood::Cross][self.below(2)],
            flag: self.below(2) == 1,
            ..Sample::default()
        }
    }

    fn condition(&mut self, depth: u32) -> Expr<bool, Of<Sample>> {
        if depth > 0 && self.below(3) > 0 {
            let parts = [self.condition(depth - 1), self.condition(depth - 1)];
            return match self.below(3) {
                0 => any_of(parts),
                1 => all_of(parts),
                _ => !any_of(parts),
            };
        }
        let (like, small) = (self.sample(), self.below(5) as i16 - 2);
        match self.below(15) {
            0 => Sample::small.lt(small),
            1 => Sample::small.ge(like.small).of(),
            2 => Sample::count.eq(Sample::count * 1 / like.count).of(),
            3 => Sample::ratio.le(like.ratio),
            4 => Sample::factor.gt(0.0),
            5 => Sample::factor.is_null().of(),
            6 => Sample::factor.is_not_distinct_from(like.factor.unwrap_or(9.0)).of(),
            7 => Sample::text.gt(like.text),
            8 => Sample::text.in_([like.text, "b".to_owned()]),
            9 => Sample::bytes.ne(like.bytes),
            10 => Sample::mood.eq(like.mood),
            11 => all_of([Sample::flag.eq(true)]),
            12 => Sample::factor.in_([-1.5, 9.0]),
            13 => Sample::small.between(-1, small),
            _ => (Sample::small + 3).eq(Sample::small * small).of(),
        }
    }
}

fn conditions_in_memory_agree_with_the_database(lab: &Lab) {
    let db = lab.db();
    let mut random = Random(Dice::new(1));
    let mut s = db.session();
    let samples = s.add_all((0..60).map(|_| random.sample()));
    s.flush().unwrap();
    let mut evaluated = 0;
    for round in 1..=300 {
        let condition = random.condition(3);
        db.sent();
        update::<Sample>().set(Sample::score, round).filter(condition.clone()).execute(&mut s).unwrap();
        let sent = db.sent();
        evaluated += usize::from(!sent[0].contains("RETURNING"));
        let found = s.query::<Sample>().filter(Sample::score.eq(round)).order_by(Sample::id).all().unwrap();
        let held: Vec<_> = samples.iter().copied().filter(|&sample| s[sample].score == round).collect();
        assert_eq!(held, found, "round {round}: {sent:?}");
    }
    assert!(evaluated > 200, "{evaluated}");
}
