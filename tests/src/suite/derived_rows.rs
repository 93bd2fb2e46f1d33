//! Subqueries and CTEs whose rows are structs: columns by their fields' names, and trees with a depth.

use orm_core::expr::{literal, order_by, partition_by, row_number};
use orm_core::prelude::*;

use crate::fixture::{Lab, seeded};
use crate::models::*;

rules! { derived_rows:
    a_subquery_with_computed_columns_is_joined,
    its_rows_are_structs,
    a_left_joined_struct_may_be_missing,
    a_window_is_filtered_by_in_a_subquery,
    aggregates_of_aggregates,
    a_cte_with_an_alias_stands_twice,
    a_chain_of_employees_with_its_depth,
    a_series_of_numbers,
    composite_ids_are_columns,
    a_cte_of_a_union,
    an_ungrouped_column_inside_is_refused,
    two_structs_of_one_name_are_refused,
}

#[derive(FromRow, Clone, Debug, PartialEq)]
struct Totals {
    author: Id<User>,
    posts: i64,
    most: Option<i64>,
}

#[derive(FromRow, Debug, PartialEq)]
struct Chain {
    id: Id<Employee>,
    name: String,
    depth: i64,
}

macro_rules! totals {
    () => {
        select::<Post>().group_by(Post::author).select(TotalsColumns {
            author: Post::author,
            posts: count(Post::id),
            most: max(Post::views),
        })
    };
}

fn a_subquery_with_computed_columns_is_joined(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let totals = totals!().subquery("totals");
    let rows: Vec<(String, i64)> = s
        .query::<User>()
        .join(totals.on(totals.c.author.eq(User::id)))
        .filter(totals.c.posts.gt(1).or(totals.c.most.is_null()))
        .order_by(totals.c.posts.desc())
        .select((User::name, totals.c.posts + 1))
        .fetch()
        .unwrap();
    assert_eq!(rows, [("ann".to_owned(), 3)]);
    assert_eq!(
        db.only(),
        "SELECT users.name, (totals.posts + ?) FROM users JOIN (SELECT posts.author_id AS author, COUNT(posts.id) AS posts, MAX(posts.views) AS most \
         FROM posts GROUP BY posts.author_id) AS totals ON totals.author = users.id \
         WHERE (totals.posts > ? OR totals.most IS NULL) ORDER BY totals.posts DESC"
    );
}

fn its_rows_are_structs(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let by_hand = [
        Totals { author: Id::Key(1), posts: 2, most: Some(15) },
        Totals { author: Id::Key(2), posts: 1, most: Some(30) },
    ];
    assert_eq!(totals!().order_by(Post::author).fetch(&mut s).unwrap(), by_hand);
    db.sent();
    let totals = totals!().subquery("t");
    let rows: Vec<Totals> = totals.select().order_by(totals.c.author).fetch(&mut s).unwrap();
    assert_eq!(rows, by_hand);
    assert_eq!(
        db.only(),
        "SELECT author, posts, most FROM (SELECT posts.author_id AS author, COUNT(posts.id) AS posts, MAX(posts.views) AS most \
         FROM posts GROUP BY posts.author_id) AS t ORDER BY author"
    );
    assert_eq!(totals.select().count(&mut s).unwrap(), 2);
    assert_eq!(totals.select().filter(totals.c.posts.gt(1)).one(&mut s).unwrap(), by_hand[0]);
}

fn a_left_joined_struct_may_be_missing(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let totals = totals!().subquery("totals");
    let rows: Vec<(String, Option<i64>, Option<i64>)> = s
        .query::<User>()
        .left_join(totals.on(totals.c.author.eq(User::id)))
        .order_by(User::id)
        .select((User::name, totals.c.posts, totals.c.most))
        .fetch()
        .unwrap();
    assert_eq!(rows[2], ("cid".to_owned(), None, None));
    let sure = s.query::<User>().left_join(totals.on(totals.c.author.eq(User::id))).order_by(User::id);
    assert_eq!(sure.select(coalesce(totals.c.posts, 0)).fetch().unwrap(), [2, 1, 0]);
}

fn a_window_is_filtered_by_in_a_subquery(lab: &Lab) {
    #[derive(FromRow)]
    struct Ranked {
        title: String,
        place: i64,
    }
    let db = seeded(lab);
    let mut s = db.session();
    let place = row_number().over(partition_by(Post::author).order_by(Post::views.desc()));
    let ranked = select::<Post>().select(RankedColumns { title: Post::title, place }).subquery("ranked");
    let best = ranked.select().filter(ranked.c.place.eq(1)).order_by(ranked.c.title).fetch(&mut s).unwrap();
    assert_eq!(best.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["rust and sql", "sql"]);
    assert!(best.iter().all(|row| row.place == 1));
    let by_title = row_number().over(order_by(Post::title));
    let other =
        select::<Post>().select(RankedColumns { title: Post::title, place: by_title }).subquery("other");
    assert_eq!(other.select().filter(other.c.place.gt(1)).count(&mut s).unwrap(), 2);
}

fn aggregates_of_aggregates(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let totals = totals!().cte("totals");
    let mean: Vec<(Option<f64>, Option<i64>)> =
        totals.select().select((avg(totals.c.posts), max(totals.c.most))).fetch(&mut s).unwrap();
    assert_eq!(mean, [(Some(1.5), Some(30))]);
    assert_eq!(
        db.only(),
        "WITH totals AS (SELECT author_id AS author, COUNT(id) AS posts, MAX(views) AS most FROM posts GROUP BY author_id) \
         SELECT AVG(posts), MAX(most) FROM totals"
    );
}

fn a_cte_with_an_alias_stands_twice(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let totals = totals!().cte("totals");
    let other = totals.alias(alias!(Totals as other));
    let pairs = totals
        .select()
        .join(other.on(other.c.posts.lt(totals.c.posts)))
        .select((totals.c.author, other.c.author))
        .fetch(&mut s)
        .unwrap();
    assert_eq!(pairs, [(Id::Key(1), Id::Key(2))]);
    assert!(db.only().ends_with("FROM totals JOIN totals AS other ON other.posts < totals.posts"));
}

fn a_chain_of_employees_with_its_depth(lab: &Lab) {
    let db = seeded(lab);
    let mut s = db.session();
    let chain = select::<Employee>()
        .filter(Employee::manager.is_null())
        .select(ChainColumns { id: Employee::id, name: Employee::name, depth: literal(0i64) })
        .cte("chain")
        .union_all(|chain| {
            let reports = select::<Employee>().join(chain.on(Employee::manager.eq(chain.c.id)));
            reports.select(ChainColumns { id: Employee::id, name: Employee::name, depth: chain.c.depth + 1 })
        });
    let rows: Vec<Chain> = chain.select().order_by((chain.c.depth, chain.c.id)).fetch(&mut s).unwrap();
    let rows: Vec<_> = rows.into_iter().map(|row| (row.name, row.depth)).collect();
    assert_eq!(
        db.only(),
        "WITH RECURSIVE chain AS (SELECT id, name, ? AS depth FROM employees WHERE manager_id IS NULL UNION ALL \
         SELECT employees.id, employees.name, (chain.depth + ?) FROM employees JOIN chain ON employees.manager_id = chain.id) \
         SELECT id, name, depth FROM chain ORDER BY depth, id"
    );
    let deepest = s
        .query::<Employee>()
        .join(chain.on(chain.c.id.eq(Employee::id)))
        .filter(chain.c.depth.eq(2))
        .order_by(Employee::id)
        .all()
        .unwrap();
    assert_eq!(deepest.iter().map(|e| s[*e].name.as_str()).collect::<Vec<_>>(), ["low", "new"]);
    drop(s);
    let by_hand = db.by_hand::<(String, i64)>(
        "WITH RECURSIVE c(id, name, depth) AS (SELECT id, name, 0 FROM employees WHERE manager_id IS NULL UNION ALL \
         SELECT e.id, e.name, c.depth + 1 FROM employees e JOIN c ON e.manager_id = c.id) SELECT name, depth FROM c ORDER BY depth, id",
    );
    assert_eq!(rows, by_hand);
}

fn a_series_of_numbers(lab: &Lab) {
    #[derive(FromRow)]
    struct Numbers {
        n: i64,
    }
    let db = seeded(lab);
    let mut s = db.session();
    let numbers =
        select::<User>().limit(1).select(NumbersColumns { n: literal(1i64) }).cte("numbers").union_all(
            |so_far| so_far.select().filter(so_far.c.n.lt(10)).select(NumbersColumns { n: so_far.c.n + 1 }),
        );
    let rows = numbers.select().order_by(numbers.c.n).fetch(&mut s).unwrap();
    assert_eq!(rows.iter().map(|row| row.n).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
}

fn composite_ids_are_columns(lab: &Lab) {
    #[derive(FromRow, Debug, PartialEq)]
    struct Seats {
        user: Id<User>,
        group: Id<Group>,
        editor: Option<Id<User>>,
    }
    let db = seeded(lab);
    let mut s = db.session();
    let seats = select::<Membership>()
        .left_join(to::<Post>().on(Post::editor.eq(Membership::user)))
        .select(SeatsColumns { user: Membership::user, group: Membership::group, editor: Post::editor })
        .subquery("seats");
    let rows = seats.select().filter(seats.c.editor.eq(1)).order_by(seats.c.group).fetch(&mut s).unwrap();
    let expected =
        [1, 2].map(|group| Seats { user: Id::Key(1), group: Id::Key(group), editor: Some(Id::Key(1)) });
    assert_eq!(rows, expected);
}

fn a_cte_of_a_union(lab: &Lab) {
    #[derive(FromRow)]
    struct People {
        name: String,
        is_user: bool,
    }
    let db = seeded(lab);
    let mut s = db.session();
    let users = select::<User>().select(PeopleColumns { name: User::name, is_user: literal(true) });
    let staff = select::<Employee>().select(PeopleColumns { name: Employee::name, is_user: literal(false) });
    let people = users.union_all(staff).cte("people");
    let found =
        people.select().filter(!people.c.is_user).order_by(people.c.name).limit(2).fetch(&mut s).unwrap();
    assert_eq!(
        found.iter().map(|row| (row.name.as_str(), row.is_user)).collect::<Vec<_>>(),
        [("low", false), ("mid", false)]
    );
    assert_eq!(
        db.only(),
        "WITH people AS (SELECT name, ? AS is_user FROM users UNION ALL SELECT name, ? FROM employees) \
         SELECT name, is_user FROM people WHERE NOT (is_user) ORDER BY name LIMIT 2"
    );
}

fn an_ungrouped_column_inside_is_refused(lab: &Lab) {
    #[derive(FromRow)]
    struct Wrong {
        #[allow(dead_code, reason = "the query is refused")]
        title: String,
        #[allow(dead_code, reason = "the query is refused")]
        posts: i64,
    }
    let db = seeded(lab);
    let mut s = db.session();
    let wrong = select::<Post>().select(WrongColumns { title: Post::title, posts: count(Post::id) });
    let error = wrong.clone().subquery("wrong").select().fetch(&mut s).err().unwrap();
    assert!(error.to_string().contains("`posts.title`"), "{error}");
    let error = wrong.cte("wrong").select().count(&mut s).unwrap_err();
    assert!(error.to_string().contains("`posts.title`"), "{error}");
    let grouped = totals!().subquery("totals");
    let error =
        grouped.select().select((grouped.c.author, count(grouped.c.posts))).fetch(&mut s).unwrap_err();
    assert!(error.to_string().contains("author"), "{error}");
    assert_eq!(db.sent(), [""; 0]);
}

fn two_structs_of_one_name_are_refused(lab: &Lab) {
    #[derive(FromRow)]
    struct Names {
        name: String,
    }
    let db = seeded(lab);
    let mut s = db.session();
    let totals = totals!().cte("same");
    let names = select::<User>().select(NamesColumns { name: User::name }).cte("same");
    let both = totals.select().join(names.on(names.c.name.ne("x"))).select(totals.c.posts);
    assert!(both.fetch(&mut s).unwrap_err().to_string().contains("same"));
    let name = names.select().first(&mut s).unwrap().unwrap().name;
    assert_eq!(name, "ann");
}
