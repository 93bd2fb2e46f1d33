//! Functions, CASE, CAST, windows and fragments: the SQL, and the rows of SQL written by hand.

use chrono::{NaiveDate, NaiveDateTime};
use orm_core::expr::{
    concat, cume_dist, day, dense_rank, everything, first_value, fragment, hour, lag, last_value, lead,
    length, literal, lower, minute, month, ntile, nullif, order_by, ordinal, partition_by, percent_rank,
    rank, replace, round, row_number, second, substr, sum_over, upper, weekday, year,
};
use orm_core::prelude::*;

use crate::fixture::{Db, Lab};

rules! { expression:
    case_takes_the_first_condition_that_is_true,
    case_without_otherwise_is_an_option,
    case_of_a_value_that_may_be_null_is_an_option,
    case_on_a_missing_model_is_a_value,
    coalesce_is_null_only_where_the_last_is,
    nullif_is_null_where_both_are_equal,
    cast_keeps_the_option,
    texts_are_cut_replaced_and_joined,
    round_keeps_so_many_digits,
    parts_of_days_and_times,
    parts_of_days_group_rows,
    json_paths_read_inside_of_documents,
    ranks_in_parts_of_the_rows,
    values_of_the_rows_around,
    aggregates_run_over_frames,
    windows_over_groups,
    a_query_is_ordered_by_a_window,
    nulls_stand_where_they_are_put,
    fragments_take_columns_and_values,
    a_fragment_counts_its_question_marks,
    declared_functions_have_types,
    expressions_of_one_shape_are_one_statement,
}

/// The base of the sales.
#[derive(DeclarativeBase)]
pub struct Shop;

/// What was sold.
#[derive(Model, Clone, Debug)]
#[model(base = Shop, table = "sales")]
pub struct Sale {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Sale>,
    /// NULL allowed.
    pub place: Option<String>,
    /// NOT NULL.
    pub name: String,
    /// NOT NULL.
    pub amount: i64,
    /// NULL allowed.
    pub price: Option<f64>,
    /// NOT NULL.
    pub at: NaiveDateTime,
    /// NULL allowed.
    pub due: Option<NaiveDate>,
    /// NOT NULL.
    pub info: Json<serde_json::Value>,
    /// The sale that this one undoes.
    pub undoes: Option<Id<Sale>>,
}

orm_core::sql_function! {
    /// A text as hexadecimal digits.
    fn hex(text: String) -> String;
    /// Where a text has another, from 1; 0 if it has not.
    fn instr(text: String, part: String) -> i64;
    /// The version of the library.
    fn sqlite_version() -> String;
}

fn shop(lab: &Lab) -> Db<Shop> {
    let db = lab.db_of();
    db.run(
        r#"INSERT INTO sales (id, place, name, amount, price, at, due, info, undoes_id) VALUES
           (1, 'Rome', 'Apple pie', 3, 1.255, '2024-02-29 08:05:09', '2024-03-01', '{"tags": ["a", "b"], "w": 1.5, "n": {"ok": true}}', NULL),
           (2, 'Rome', 'bread', 5, NULL, '2024-12-31 23:59:59.500', NULL, '{"tags": []}', NULL),
           (3, NULL, 'Cake', 5, 20.0, '2025-01-01 00:00:00', '2025-01-05', '{"tags": ["c"], "w": 7}', 1),
           (4, 'Oslo', 'dill', 8, 0.5, '2025-06-15 12:30:00', NULL, '[]', 2),
           (5, 'Oslo', 'egg', 8, 4.0, '2025-06-16 12:30:00', '2025-07-01', '{"w": null}', NULL)"#,
    );
    db
}

/// The rows of what is selected, and those of SQL written by hand, are the same.
macro_rules! same {
    ($db:ident, $selection:expr, $sql:literal: $type:ty) => {{
        let typed: Vec<$type> =
            $db.session().query::<Sale>().order_by(Sale::id).select($selection).fetch().unwrap();
        $db.sent();
        assert_eq!(typed, $db.rows::<$type>(concat!("SELECT ", $sql, " FROM sales ORDER BY id")));
        typed
    }};
}

/// The only statement that was sent.
fn sent(db: &Db<Shop>) -> String {
    let mut sent = db.sent();
    sent.retain(|sql| sql != "BEGIN" && sql != "ROLLBACK");
    assert_eq!(sent.len(), 1, "{sent:?}");
    sent.remove(0)
}

fn case_takes_the_first_condition_that_is_true(lab: &Lab) {
    let db = shop(lab);
    let size = || {
        case()
            .when(Sale::amount.gt(7), "much")
            .when(Sale::amount.gt(4).and(Sale::price.is_not_null()), Sale::name)
            .otherwise("few")
    };
    let found = db.session().query::<Sale>().order_by(Sale::id).select(size()).fetch().unwrap();
    assert_eq!(found, ["few", "few", "Cake", "much", "much"]);
    assert_eq!(
        sent(&db),
        "SELECT (CASE WHEN amount > ? THEN ? WHEN (amount > ? AND price IS NOT NULL) THEN name ELSE ? END) FROM sales ORDER BY id"
    );
    let much = db.session().query::<Sale>().filter(size().eq("much")).count().unwrap();
    assert_eq!(much, 2);
    let parts: Option<i64> = db
        .session()
        .query::<Sale>()
        .select(sum(case().when(Sale::place.eq("Rome"), Sale::amount).otherwise(0)))
        .one()
        .unwrap();
    assert_eq!(parts, Some(8));
}

fn case_without_otherwise_is_an_option(lab: &Lab) {
    let db = shop(lab);
    let small = case().when(Sale::amount.lt(5), Sale::amount * 2).or_null();
    let found = same!(db, (small,), "CASE WHEN amount < 5 THEN amount * 2 END": (Option<i64>,));
    assert_eq!(found[..2], [(Some(6),), (None,)]);
}

fn case_of_a_value_that_may_be_null_is_an_option(lab: &Lab) {
    let db = shop(lab);
    let place = case().when(Sale::amount.lt(6), Sale::place).otherwise("far");
    same!(db, (place,), "CASE WHEN amount < 6 THEN place ELSE 'far' END": (Option<String>,));
}

fn case_on_a_missing_model_is_a_value(lab: &Lab) {
    let db = shop(lab);
    let undone = alias!(Sale as undone);
    let kind = case().when(undone.col(Sale::amount).gt(4), "big").otherwise("none");
    let found: Vec<String> = db
        .session()
        .query::<Sale>()
        .left_join(Sale::undoes.alias(undone))
        .order_by(Sale::id)
        .select(kind)
        .fetch()
        .unwrap();
    assert_eq!(found, ["none", "none", "none", "big", "none"]);
    let name = case().when(Sale::amount.gt(0), undone.col(Sale::name)).otherwise("none");
    let found: Vec<Option<String>> = db
        .session()
        .query::<Sale>()
        .left_join(Sale::undoes.alias(undone))
        .order_by(Sale::id)
        .select(name)
        .fetch()
        .unwrap();
    assert_eq!(found[2], Some("Apple pie".to_owned()));
    assert_eq!(found[0], None);
}

fn coalesce_is_null_only_where_the_last_is(lab: &Lab) {
    let db = shop(lab);
    let place: Vec<(String,)> =
        same!(db, (coalesce(Sale::place, Sale::name),), "coalesce(place, name)": (String,));
    assert_eq!(place[2], ("Cake".to_owned(),));
    same!(
        db,
        (coalesce(Sale::place, "-"), coalesce(Sale::place, nullif(Sale::name, "Cake"))),
        "coalesce(place, '-'), coalesce(place, nullif(name, 'Cake'))": (String, Option<String>)
    );
}

fn nullif_is_null_where_both_are_equal(lab: &Lab) {
    let db = shop(lab);
    let found = same!(db, (nullif(Sale::amount, 5),), "nullif(amount, 5)": (Option<i64>,));
    assert_eq!(found[..2], [(Some(3),), (None,)]);
}

fn cast_keeps_the_option(lab: &Lab) {
    let db = shop(lab);
    same!(
        db,
        (Sale::amount.cast::<f64>() / 2.0, Sale::price.cast::<i64>(), Sale::amount.cast::<String>()),
        "amount / 2.0, CAST(price AS INTEGER), CAST(amount AS TEXT)": (f64, Option<i64>, String)
    );
}

fn texts_are_cut_replaced_and_joined(lab: &Lab) {
    let db = shop(lab);
    let found = same!(
        db,
        (
            concat((lower(Sale::name), "!")),
            concat((Sale::place, ": ", upper(Sale::name))),
            substr(Sale::name, 2, 3),
            replace(Sale::place, "o", Sale::name),
            length(Sale::name),
        ),
        "lower(name) || '!', place || ': ' || upper(name), substr(name, 2, 3), replace(place, 'o', name), length(name)":
            (String, Option<String>, String, Option<String>, i64)
    );
    assert_eq!(found[0].0, "apple pie!");
    assert_eq!(found[2].1, None);
}

fn round_keeps_so_many_digits(lab: &Lab) {
    let db = shop(lab);
    same!(
        db,
        (round(Sale::price, 1), round(coalesce(Sale::price, 2.0), 0)),
        "round(price, 1), round(coalesce(price, 2.0), 0)": (Option<f64>, f64)
    );
}

fn parts_of_days_and_times(lab: &Lab) {
    let db = shop(lab);
    let (at, due) = (Sale::at, Sale::due);
    let found: Vec<(i64, i64, i64, i64, i64)> = db
        .session()
        .query::<Sale>()
        .order_by(Sale::id)
        .select((year(at), month(at), day(at), weekday(at), ordinal(at)))
        .fetch()
        .unwrap();
    assert_eq!(found[..3], [(2024, 2, 29, 4, 60), (2024, 12, 31, 2, 366), (2025, 1, 1, 3, 1)]);
    let found: Vec<(i64, i64, i64, Option<i64>)> = db
        .session()
        .query::<Sale>()
        .order_by(Sale::id)
        .select((hour(at), minute(at), second(at), year(due)))
        .fetch()
        .unwrap();
    assert_eq!(found[..2], [(8, 5, 9, Some(2024)), (23, 59, 59, None)]);
}

fn parts_of_days_group_rows(lab: &Lab) {
    let db = shop(lab);
    let found: Vec<(i64, Option<i64>)> = db
        .session()
        .query::<Sale>()
        .group_by(year(Sale::at))
        .order_by(year(Sale::at).desc())
        .select((year(Sale::at), sum(Sale::amount)))
        .fetch()
        .unwrap();
    assert_eq!(found, [(2025, Some(21)), (2024, Some(8))]);
    let error = db
        .session()
        .query::<Sale>()
        .group_by(year(Sale::at))
        .select((month(Sale::at), sum(Sale::amount)))
        .fetch()
        .unwrap_err();
    assert!(error.to_string().contains("`sales.at`"), "{error}");
}

fn json_paths_read_inside_of_documents(lab: &Lab) {
    let db = shop(lab);
    let found = same!(
        db,
        (
            Sale::info.json_path::<String>("$.tags[0]"),
            Sale::info.json_path::<f64>("$.w"),
            Sale::info.json_path::<bool>("$.n.ok"),
        ),
        "json_extract(info, '$.tags[0]'), json_extract(info, '$.w'), json_extract(info, '$.n.ok')":
            (Option<String>, Option<f64>, Option<bool>)
    );
    assert_eq!(found[0], (Some("a".to_owned()), Some(1.5), Some(true)));
    assert_eq!(found[4], (None, None, None));
    let heavy = db.session().query::<Sale>().filter(Sale::info.json_path::<f64>("$.w").gt(2.0)).count();
    assert_eq!(heavy.unwrap(), 1);
}

fn ranks_in_parts_of_the_rows(lab: &Lab) {
    let db = shop(lab);
    let by_amount = || order_by(Sale::amount.desc());
    let found = same!(
        db,
        (
            row_number().over(partition_by(Sale::place).order_by((Sale::amount.desc(), Sale::id))),
            rank().over(by_amount()),
            dense_rank().over(by_amount()),
            percent_rank().over(by_amount()),
            cume_dist().over(by_amount()),
            ntile(2).over(order_by(Sale::id)),
        ),
        "row_number() OVER (PARTITION BY place ORDER BY amount DESC, id), rank() OVER (ORDER BY amount DESC),
         dense_rank() OVER (ORDER BY amount DESC), percent_rank() OVER (ORDER BY amount DESC),
         cume_dist() OVER (ORDER BY amount DESC), ntile(2) OVER (ORDER BY id)": (i64, i64, i64, f64, f64, i64)
    );
    assert_eq!(found[0], (2, 5, 3, 1.0, 1.0, 1));
    db.session()
        .query::<Sale>()
        .select(rank().over(partition_by((Sale::place, Sale::amount))))
        .fetch()
        .unwrap();
    assert_eq!(sent(&db), "SELECT RANK() OVER (PARTITION BY place, amount) FROM sales");
}

fn values_of_the_rows_around(lab: &Lab) {
    let db = shop(lab);
    let by_key = || order_by(Sale::id);
    let found = same!(
        db,
        (
            lag(Sale::name, 1).over(by_key()),
            lead(Sale::price, 2).over(by_key()),
            first_value(Sale::name).over(by_key()),
            last_value(Sale::amount + 1).over(by_key().rows(..)),
            Sale::amount - coalesce(literal(1_i64), 2),
        ),
        "lag(name, 1) OVER (ORDER BY id), lead(price, 2) OVER (ORDER BY id), first_value(name) OVER (ORDER BY id),
         last_value(amount + 1) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), amount - 1":
            (Option<String>, Option<f64>, Option<String>, Option<i64>, i64)
    );
    assert_eq!(found[1].0, Some("Apple pie".to_owned()));
    assert_eq!(found[0], (None, Some(20.0), Some("Apple pie".to_owned()), Some(9), 2));
}

fn aggregates_run_over_frames(lab: &Lab) {
    let db = shop(lab);
    let by_key = || order_by(Sale::id);
    let found = same!(
        db,
        (
            sum(Sale::amount).over(by_key().rows(..=0)),
            avg(Sale::price).over(by_key().rows(-1..=1)),
            count(Sale::price).filter(Sale::amount.gt(4)).over(by_key().rows(1..)),
            max(Sale::amount).over(order_by(Sale::amount).groups(-1..0)),
            orm_core::expr::count_all().over(everything()),
        ),
        "sum(amount) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
         avg(price) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING),
         count(price) FILTER (WHERE amount > 4) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING),
         max(amount) OVER (ORDER BY amount GROUPS BETWEEN 1 PRECEDING AND 1 PRECEDING),
         count(*) OVER ()": (Option<i64>, Option<f64>, i64, Option<i64>, i64)
    );
    assert_eq!(found.iter().map(|row| row.0).collect::<Vec<_>>(), [3, 8, 13, 21, 29].map(Some));
}

fn windows_over_groups(lab: &Lab) {
    let db = shop(lab);
    type Row = (Option<String>, Option<i64>, i64, Option<i64>);
    let found: Vec<Row> = db
        .session()
        .query::<Sale>()
        .group_by(Sale::place)
        .order_by(Sale::place)
        .select((
            Sale::place,
            sum(Sale::amount),
            rank().over(order_by(sum(Sale::amount).desc())),
            sum_over(sum(Sale::amount)).over(order_by(Sale::place)),
        ))
        .fetch()
        .unwrap();
    db.sent();
    let by_hand = db.rows::<Row>(
        "SELECT place, sum(amount), rank() OVER (ORDER BY sum(amount) DESC), sum(sum(amount)) OVER (ORDER BY place)
         FROM sales GROUP BY place ORDER BY place",
    );
    assert_eq!(found, by_hand);
    assert_eq!(found[2], (Some("Rome".to_owned()), Some(8), 2, Some(29)));
    let statement =
        select::<Sale>().group_by(Sale::place).select((Sale::place, rank().over(order_by(Sale::name))));
    let error = statement.fetch(&mut db.session()).unwrap_err();
    assert!(error.to_string().contains("`sales.name`"), "{error}");
    let whole = select::<Sale>().select((Sale::name, sum(Sale::amount).over(everything())));
    assert_eq!(whole.fetch(&mut db.session()).unwrap().len(), 5, "a window makes no group");
}

fn a_query_is_ordered_by_a_window(lab: &Lab) {
    let db = shop(lab);
    let place = row_number().over(order_by((Sale::amount.desc(), Sale::id)));
    let found = db.session().query::<Sale>().order_by(place.desc()).select(Sale::id).fetch().unwrap();
    assert_eq!(found, [1, 3, 2, 5, 4].map(Id::Key));
}

fn nulls_stand_where_they_are_put(lab: &Lab) {
    let db = shop(lab);
    let mut s = db.session();
    let last =
        s.query::<Sale>().order_by((Sale::price.asc().nulls_last(), Sale::id)).select(Sale::id).fetch();
    assert_eq!(last.unwrap(), [4, 1, 5, 3, 2].map(Id::Key));
    let first = s.query::<Sale>().order_by(Sale::price.desc().nulls_first()).select(Sale::id).fetch();
    assert_eq!(first.unwrap(), [2, 3, 5, 1, 4].map(Id::Key));
}

fn fragments_take_columns_and_values(lab: &Lab) {
    let db = shop(lab);
    let found = same!(
        db,
        (
            fragment::<i64, _>("instr(?, ?)", (Sale::name, "e")),
            fragment::<String, _>("'?' || ? || \"place\" || '?'", (Sale::place,)),
            fragment::<i64, _>("1 + 2", ()) * 3,
        ),
        "instr(name, 'e'), '?' || place || place || '?', 9": (i64, Option<String>, i64)
    );
    assert_eq!(found[0], (5, Some("?RomeRome?".to_owned()), 9));
    let sly = fragment::<bool, _>("? = ?", (Sale::name, "x' OR 1 = 1 --"));
    assert_eq!(db.session().query::<Sale>().filter(sly).count().unwrap(), 0);
}

fn a_fragment_counts_its_question_marks(lab: &Lab) {
    let db = shop(lab);
    let wrong = select::<Sale>().select(fragment::<i64, _>("instr(?, ?)", (Sale::name,)));
    let error = wrong.fetch(&mut db.session()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
    assert!(error.to_string().contains("`instr(?, ?)` has 2 question marks, but 1 argument"), "{error}");
    assert!(db.sent().iter().all(|sql| !sql.contains("instr")));
}

fn declared_functions_have_types(lab: &Lab) {
    let db = shop(lab);
    same!(
        db,
        (hex(Sale::name), hex(Sale::place), instr(Sale::name, "e") + 1, substr(sqlite_version(), 1, 1)),
        "hex(name), hex(place), instr(name, 'e') + 1, '3'": (String, Option<String>, i64, String)
    );
}

fn expressions_of_one_shape_are_one_statement(lab: &Lab) {
    let db = shop(lab);
    let mut s = db.session();
    for amount in 0..3 {
        let part = case().when(Sale::amount.gt(amount), concat((Sale::name, "!"))).otherwise("none");
        let rank = rank().over(partition_by(part.clone()).order_by(Sale::id).rows(-2..=0));
        s.query::<Sale>().select((part, rank)).fetch().unwrap();
    }
    let mut sent = db.sent();
    sent.dedup();
    assert_eq!(sent.len(), 2, "{sent:?}");
    s.query::<Sale>().select(rank().over(order_by(Sale::id).rows(-3..=0))).fetch().unwrap();
    s.query::<Sale>().select(rank().over(order_by(Sale::id).rows(-4..=0))).fetch().unwrap();
    let sent = db.sent();
    assert_ne!(sent[0], sent[1], "the edges of a frame are part of the text");
}
