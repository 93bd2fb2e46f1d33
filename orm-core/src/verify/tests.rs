use super::*;
use crate::compile::ddl::checks;
use crate::compile::probe::{EMBEDDED, SERVER};
use crate::schema::Model;
use crate::schema::fixture::*;
use crate::schema::live::{LiveCheck, LiveIndex};

/// The database that `tables` would make.
fn live_of(tables: &[&'static Table]) -> LiveSchema {
    LiveSchema { tables: tables.iter().map(|table| live_table(table)).collect() }
}

fn live_table(table: &'static Table) -> LiveTable {
    let owned = |columns: &[usize]| -> Vec<String> { table.names(columns).map(str::to_owned).collect() };
    let declared_type =
        |column: &TableColumn| EMBEDDED.column_type(&column.sql_type, column.length).into_owned();
    let column = |column: &TableColumn| LiveColumn {
        name: column.name.clone(),
        declared_type: declared_type(column),
        nullable: column.nullable,
        default: column.server_default.map(str::to_owned),
        computed: column.computed.is_some(),
        expression: column.computed.map(str::to_owned),
        collation: Some(column.collate.unwrap_or("plain").to_owned()),
        comment: column.comment.map(str::to_owned),
    };
    let key = |key: &ForeignKey| LiveForeignKey {
        columns: owned(&key.columns),
        table: key.target().name.to_owned(),
        references: key.target().names(&key.target().primary_key).map(str::to_owned).collect(),
        on_delete: key.on_delete_in_database().words().to_owned(),
        on_update: key.on_key_update.words().to_owned(),
    };
    let mut columns: Vec<LiveColumn> = table.columns.iter().map(column).collect();
    if let Some(key) = table.generated_key {
        columns[key].declared_type = "INTEGER".to_owned();
    }
    LiveTable {
        schema: table.schema.map(str::to_owned),
        name: table.name.to_owned(),
        columns,
        primary_key: owned(&table.primary_key),
        foreign_keys: table.foreign_keys.iter().map(key).collect(),
        uniques: table.uniques.iter().map(|unique| owned(&unique.columns)).collect(),
        indexes: table
            .indexes
            .iter()
            .map(|index| LiveIndex { name: "any".to_owned(), columns: owned(&index.columns) })
            .collect(),
        checks: Some(checks(table, &EMBEDDED).into_iter().map(live_check).collect()),
        comment: table.comment.map(str::to_owned),
    }
}

fn live_check(check: crate::compile::ddl::Check) -> LiveCheck {
    LiveCheck { name: Some(check.name), condition: check.condition }
}

/// The words of every difference after a change to the database of one table.
fn words_after(table: &'static Table, change: impl FnOnce(&mut LiveTable)) -> Vec<String> {
    let mut live = live_of(&[table]);
    change(&mut live.tables[0]);
    differences(&[table], &live, &EMBEDDED).iter().map(Difference::to_string).collect()
}

#[test]
fn a_database_made_from_the_models_has_no_difference() {
    let tables = crate::schema::Metadata::<Shop>::new().tables().to_vec();
    assert_eq!(differences(&tables, &live_of(&tables), &EMBEDDED), []);
}

#[test]
fn names_are_compared_as_the_database_compares_them() {
    let change = |live: &mut LiveTable| {
        live.name = "USERS".to_owned();
        live.columns.iter_mut().for_each(|column| column.name.make_ascii_uppercase());
        live.uniques.iter_mut().flatten().for_each(|name| name.make_ascii_uppercase());
    };
    assert_eq!(words_after(User::table(), change), [""; 0]);
}

#[test]
fn what_is_missing_is_named() {
    let found = differences(&[User::table(), Team::table()], &live_of(&[Team::table()]), &EMBEDDED);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].to_string(), "table `users` is missing");
    assert_eq!((found[0].table(), found[0].kind()), ("users", DifferenceKind::MissingTable));
    let change = |live: &mut LiveTable| live.columns.retain(|column| column.name != "active");
    assert_eq!(words_after(User::table(), change), ["column `users.active` is missing"]);
}

#[test]
fn a_table_of_another_schema_is_another_table() {
    let change = |live: &mut LiveTable| live.schema = None;
    assert_eq!(words_after(Odd::table(), change).len(), 1);
    let change = |live: &mut LiveTable| live.schema = Some("MY schema".to_owned());
    assert_eq!(words_after(Odd::table(), change), [""; 0]);
}

#[test]
fn columns_are_held_against_their_fields() {
    let change = |live: &mut LiveTable| {
        live.columns[0].declared_type = "TEXT".to_owned();
        live.columns[1].declared_type = "INTEGER".to_owned();
        live.columns[3].nullable = true;
        live.columns[5].declared_type = String::new();
        live.columns[6].nullable = false;
    };
    let expected = [
        "`users.active` allows NULL in the database, but `User::active` does not",
        "`users.email` is INTEGER in the database; `User::email` needs VARCHAR(100)",
        "`users.home_city` is NOT NULL in the database, but `User::home` allows NULL",
        "`users.home_street` has no type in the database; `User::home` needs TEXT",
        "`users.id` is TEXT in the database; `User::id` needs INTEGER",
    ];
    assert_eq!(words_after(User::table(), change), expected);
}

#[test]
fn what_the_database_shall_fill_in_it_must_fill_in() {
    let change = |live: &mut LiveTable| {
        live.columns[0].declared_type = "INT".to_owned();
        live.columns[2].default = None;
        live.columns[4].computed = false;
        live.columns[7].computed = true;
    };
    let expected = [
        "`users.folded` is not computed by the database; `User::folded` is `lower(email)`",
        "the database does not generate `users.id`, which is INT; `User::id` is left to it and needs INTEGER",
        "`users.plan` has no default in the database, and `User::plan` is left to it: an INSERT would fail",
        "`users.version` is computed by the database; `User::version` would be written",
    ];
    assert_eq!(words_after(User::table(), change), expected);
}

#[test]
fn an_unknown_column_is_a_difference_only_when_it_has_to_be_filled() {
    let extra = |nullable: bool, default: Option<&str>| LiveColumn {
        name: "extra".to_owned(),
        declared_type: "TEXT".to_owned(),
        nullable,
        default: default.map(str::to_owned),
        ..LiveColumn::default()
    };
    assert_eq!(words_after(User::table(), |live| live.columns.push(extra(true, None))), [""; 0]);
    assert_eq!(words_after(User::table(), |live| live.columns.push(extra(false, Some("''")))), [""; 0]);
    let expected = "the database has a column `users.extra` that is NOT NULL without a default, which `User` does not know: every INSERT would fail";
    assert_eq!(words_after(User::table(), |live| live.columns.push(extra(false, None))), [expected]);
}

#[test]
fn what_is_text_is_compared_as_text() {
    let change = |live: &mut LiveTable| {
        live.columns[1].collation = Some("plain".to_owned());
        live.columns[2].collation = Some("nocase".to_owned());
        live.columns[2].default = Some("'paid'".to_owned());
        live.columns[4].expression = Some("upper(email)".to_owned());
    };
    let expected = [
        "`users.email` compares texts by plain in the database, `User::email` by NOCASE",
        "`users.folded` is computed by `upper(email)` in the database, `User::folded` is `lower(email)`",
        "`users.plan` has the default `'paid'` in the database, `User::plan` says `'free'`",
        "`users.plan` compares texts by nocase in the database, `User::plan` by PLAIN",
    ];
    assert_eq!(words_after(User::table(), change), expected);
}

#[test]
fn a_check_is_looked_for_under_every_name() {
    let rename = |live: &mut LiveTable| live.checks.iter_mut().flatten().for_each(|check| check.name = None);
    assert_eq!(words_after(User::table(), rename), [""; 0]);
    let change = |live: &mut LiveTable| {
        let checks = live.checks.as_mut().unwrap();
        assert_eq!(checks.len(), 4);
        checks.iter_mut().for_each(|check| check.condition.push_str(" AND 1"));
        checks[2].name = Some("other".to_owned());
    };
    let expected = [
        "table `users` is checked by `length(email) > 2 AND 1` in the database, the model says `length(email) > 2`",
        "`users.plan` is checked by `plan IN ('free', 'editor''s') AND 1` in the database, the model says `plan IN ('free', 'editor''s')`",
        "`users.plan` is not checked by `plan <> 'x'` in the database",
    ];
    assert_eq!(words_after(User::table(), change), expected);
}

#[test]
fn what_the_driver_cannot_tell_is_no_difference() {
    let change = |live: &mut LiveTable| {
        live.checks = None;
        live.columns.iter_mut().for_each(|column| {
            column.expression = None;
            column.collation = None;
            column.comment = None;
        });
        live.comment = None;
    };
    assert_eq!(words_after(User::table(), change), [""; 0]);
}

#[test]
fn comments_are_compared_where_the_database_keeps_them() {
    let mut live = live_of(&[User::table()]);
    live.tables[0].columns[7].comment = Some("counted".to_owned());
    live.tables[0].comment = None;
    let found = differences(&[User::table()], &live, &SERVER);
    let comments = found.iter().filter(|found| found.kind() == DifferenceKind::Comment);
    let expected = [
        "table `users` has no comment in the database, the model's is `people`",
        "`users.version` has the comment `counted` in the database, the model's is `it's counted`",
    ];
    assert_eq!(comments.map(Difference::to_string).collect::<Vec<_>>(), expected);
}

#[test]
fn keys_are_compared_as_sets() {
    let swap = |live: &mut LiveTable| live.primary_key.reverse();
    assert_eq!(words_after(Node::table(), swap), [""; 0]);
    let change = |live: &mut LiveTable| live.primary_key = vec!["tree".to_owned()];
    assert_eq!(
        words_after(Node::table(), change),
        ["primary key of `nodes` is (tree), the model's is (tree, number)"]
    );
    let change = |live: &mut LiveTable| live.primary_key.clear();
    let expected = "table `countries` has no primary key in the database, the model's is (code)";
    assert_eq!(words_after(Country::table(), change), [expected]);
}

#[test]
fn foreign_keys_are_compared_with_their_rules() {
    let change = |live: &mut LiveTable| {
        live.foreign_keys[0].on_delete = "NO ACTION".to_owned();
        live.foreign_keys[0].on_update = "RESTRICT".to_owned();
        live.foreign_keys[1].on_delete = "SET NULL".to_owned();
        live.foreign_keys[2].table = "users".to_owned();
    };
    let expected = [
        "`posts.author_id` changes keys with RESTRICT, the model says CASCADE",
        "`posts.author_id` deletes with NO ACTION, the model says CASCADE",
        "`posts.country_id` has no foreign key to `countries(code)`",
        "`posts.editor_id` deletes with SET NULL, the model says NO ACTION, since the session does it",
    ];
    assert_eq!(words_after(Post::table(), change), expected);
}

#[test]
fn a_composite_foreign_key_is_one_of_pairs() {
    let swap = |live: &mut LiveTable| {
        live.foreign_keys[0].columns.reverse();
        live.foreign_keys[0].references.reverse();
        live.foreign_keys[1].references.clear();
    };
    assert_eq!(words_after(Badge::table(), swap), [""; 0]);
    let cross = |live: &mut LiveTable| live.foreign_keys[0].references.reverse();
    let expected = "`badges(membership_user_id, membership_country_id)` has no foreign key to `memberships(user_id, country_id)`";
    assert_eq!(words_after(Badge::table(), cross), [expected]);
}

#[test]
fn uniqueness_and_indexes_are_looked_for_in_whatever_gives_them() {
    let change = |live: &mut LiveTable| {
        live.uniques = vec![vec!["home_street".to_owned()]];
        live.indexes.clear();
        live.indexes.push(LiveIndex {
            name: "one".to_owned(),
            columns: vec!["folded".to_owned(), "plan".to_owned()],
        });
    };
    let expected =
        ["`users.email` is not unique in the database", "`users.home_city` has no index in the database"];
    assert_eq!(words_after(User::table(), change), expected);
}
