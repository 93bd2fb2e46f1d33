//! Structs that the rows of typed queries become.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::*;

rules! { row_struct:
    each_field_is_filled_by_its_name,
    what_a_left_join_may_lack_is_an_option,
    a_struct_stands_beside_models_and_in_structs,
    models_in_a_struct_are_entities_or_structs,
    a_struct_of_one_field_and_of_many_is_filled,
    rows_as_structs_come_by_every_end,
}

#[derive(FromRow, Debug, PartialEq)]
struct Stats {
    posts: i64,
    name: String,
    mean: Option<f64>,
}

fn blog(lab: &Lab) -> Db<Blog> {
    let db = lab.db();
    db.store_users(&["ann", "bob"]);
    db.run(
        "INSERT INTO posts (author_id, title, views) VALUES (1, 'one', 10);
         INSERT INTO posts (author_id, title, views) VALUES (1, 'two', 20)",
    );
    db
}

fn each_field_is_filled_by_its_name(lab: &Lab) {
    let db = blog(lab);
    let mut s = db.session();
    let stats: Vec<Stats> = s
        .query::<User>()
        .left_join(User::posts)
        .group_by(User::id)
        .order_by(User::id)
        .select(StatsColumns { name: User::name, mean: avg(Post::views), posts: count(Post::id) })
        .fetch()
        .unwrap();
    let ann = Stats { name: "ann".into(), posts: 2, mean: Some(15.0) };
    assert_eq!(stats, [ann, Stats { name: "bob".into(), posts: 0, mean: None }]);
    assert_eq!(
        db.sent()[1],
        "SELECT COUNT(posts.id), users.name, AVG(posts.views) FROM users LEFT JOIN posts ON \
         posts.author_id = users.id GROUP BY users.id ORDER BY users.id"
    );
}

fn what_a_left_join_may_lack_is_an_option(lab: &Lab) {
    #[derive(FromRow, Debug, PartialEq)]
    #[row(columns = Filled)]
    struct Row {
        user: Id<User>,
        title: Option<String>,
    }
    let db = blog(lab);
    let mut s = db.session();
    let rows: Vec<Row> = s
        .query::<User>()
        .left_join(User::posts)
        .filter(User::name.eq("bob"))
        .select(Filled { user: User::id, title: Post::title })
        .fetch()
        .unwrap();
    assert_eq!(rows, [Row { user: Id::Key(2), title: None }]);
}

fn a_struct_stands_beside_models_and_in_structs(lab: &Lab) {
    #[derive(FromRow, Debug, PartialEq)]
    struct Views {
        least: Option<i64>,
        most: Option<i64>,
    }
    #[derive(FromRow, Debug, PartialEq)]
    struct Report {
        author: String,
        views: Views,
    }
    let db = blog(lab);
    let mut s = db.session();
    let views = ViewsColumns { least: min(Post::views), most: max(Post::views) };
    let rows: Vec<(Handle<User>, Report, i64)> = s
        .query::<Post>()
        .join(Post::author)
        .group_by(User::id)
        .select((entity::<User>(), ReportColumns { author: User::name, views }, count(Post::id)))
        .fetch()
        .unwrap();
    let [(ann, report, 2)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(s[*ann].name, "ann");
    let views = Views { least: Some(10), most: Some(20) };
    assert_eq!(*report, Report { author: "ann".into(), views });
}

fn models_in_a_struct_are_entities_or_structs(lab: &Lab) {
    #[derive(FromRow)]
    struct Tracked {
        post: Handle<Post>,
        editor: Option<Handle<User>>,
    }
    #[derive(FromRow)]
    struct Plain {
        post: Post,
        author: User,
    }
    let db = blog(lab);
    let mut s = db.session();
    let query = s.query::<Post>().left_join(Post::editor).order_by(Post::id);
    let row: Tracked = query
        .select(TrackedColumns { post: entity::<Post>(), editor: entity::<User>() })
        .first()
        .unwrap()
        .unwrap();
    assert_eq!((s[row.post].title.as_str(), row.editor), ("one", None));
    let query = s.query::<Post>().join(Post::author).order_by(Post::id).untracked();
    let row: Plain = query
        .select(PlainColumns { post: entity::<Post>(), author: entity::<User>() })
        .first()
        .unwrap()
        .unwrap();
    assert_eq!((row.post.title.as_str(), row.author.name.as_str()), ("one", "ann"));
}

fn a_struct_of_one_field_and_of_many_is_filled(lab: &Lab) {
    #[derive(FromRow)]
    struct One {
        name: String,
    }
    #[derive(FromRow)]
    struct Many {
        a: i64,
        b: i64,
        c: String,
        d: i64,
        e: i64,
        f: i64,
        g: i64,
        h: i64,
        i: i64,
        j: i64,
    }
    let db = blog(lab);
    let mut s = db.session();
    let one: One =
        s.query::<User>().filter(User::id.eq(1)).select(OneColumns { name: User::name }).one().unwrap();
    assert_eq!(one.name, "ann");
    let v = Post::views;
    let columns = ManyColumns {
        a: v + 1,
        b: v + 2,
        c: Post::title,
        d: v + 4,
        e: v + 5,
        f: v + 6,
        g: v + 7,
        h: v + 8,
        i: v + 9,
        j: v + 10,
    };
    let many: Many = s.query::<Post>().filter(Post::id.eq(1)).select(columns).one().unwrap();
    let numbers = [many.a, many.b, many.d, many.e, many.f, many.g, many.h, many.i, many.j];
    assert_eq!((numbers, many.c.as_str()), ([11, 12, 14, 15, 16, 17, 18, 19, 20], "one"));
}

fn rows_as_structs_come_by_every_end(lab: &Lab) {
    #[derive(FromRow, Debug, PartialEq)]
    struct Title {
        title: String,
    }
    let db = blog(lab);
    let mut s = db.session();
    let statement = select::<Post>().order_by(Post::id.desc()).select(TitleColumns { title: Post::title });
    let two = Title { title: "two".into() };
    assert_eq!(statement.all(&mut s).unwrap().len(), 2);
    assert_eq!(statement.first(&mut s).unwrap().as_ref(), Some(&two));
    let page = statement.page(&mut s, 1, 1).unwrap();
    assert_eq!((page.items, page.pages), (vec![two], 2));
    let query = s.query::<Post>().select(TitleColumns { title: Post::title });
    assert_eq!(query.stream().unwrap().count(), 2);
}
