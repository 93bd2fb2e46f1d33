//! What the derives make of a struct, seen through its table, its default and its decoding; no database.

use chrono::{DateTime, Utc};
use orm_core::Fields;
use orm_core::driver::Value;
use orm_core::prelude::*;
use orm_core::schema::{ForeignKey, RowRule, Table, TableColumn};

#[derive(DeclarativeBase)]
struct Db;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Db, table = "users", default)]
#[relation(posts = many(Post::author, order_by = Post::id))]
#[relation(groups = many_through(Membership::user, Membership::group))]
#[relation(comments = many_via(Post::author, Comment::post))]
#[relation(profile = one(Profile::owner))]
struct User {
    #[column(primary_key)]
    id: Id<User>,
    #[column(length = 50, default = "nobody", collate = "NOCASE")]
    name: String,
    #[column(unique, validate = has_an_at)]
    email: String,
    bio: Option<String>,
    #[column(default = Utc::now, on_update = Utc::now)]
    seen_at: DateTime<Utc>,
    #[column(server_default = "'free'")]
    plan: Generated<String>,
    #[column(version)]
    version: Version,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Db, table = "posts", default, index(author, title), unique(title), check = "views >= 0", comment = "texts")]
struct Post {
    #[column(primary_key, never_reuse)]
    id: Id<Post>,
    #[column(on_delete = cascade, by = session)]
    author: Id<User>,
    #[column(on_delete = set_null, orphan = delete, on_key_update = cascade)]
    editor: Option<Id<User>>,
    #[column(name = "headline", comment = "what it is about")]
    title: String,
    #[column(default = 10, check = "views < 1000000", index)]
    views: i64,
    #[column(default = -1.5)]
    score: Option<f64>,
    #[column(computed = "length(headline)", deferred)]
    letters: Generated<i64>,
    #[column(default = Status::Draft)]
    status: Status,
    #[column(default = "AB1")]
    from: Option<ZipCode>,
    #[column(default = 3)]
    size: Generated<Size>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Db)]
struct Membership {
    #[column(primary_key)]
    user: Id<User>,
    #[column(primary_key)]
    group: Id<UserGroup>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Db)]
struct UserGroup {
    #[column(primary_key)]
    id: Id<UserGroup>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Db, table = "comments")]
struct Comment {
    #[column(primary_key)]
    id: Id<Comment>,
    post: Id<Post>,
    membership: Option<Id<Membership, (i64, i64)>>,
    #[column(names("by_user", "by_group"))]
    seen: Option<Id<Membership, (i64, i64)>>,
    #[column(embed)]
    from: Address,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Db, table = "profiles")]
struct Profile {
    #[column(primary_key)]
    id: Id<Profile>,
    #[column(unique)]
    owner: Id<User>,
}

#[derive(ColumnType, Clone, Debug, Default, PartialEq)]
struct Address {
    street: String,
    #[column(name = "zip_code")]
    zip: Option<ZipCode>,
    #[column(name = "geo")]
    place: Point,
}

#[derive(ColumnType, Clone, Debug, Default, PartialEq)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(ColumnType, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct ZipCode(String);

#[derive(ColumnType, Clone, Copy, Debug, PartialEq)]
struct Size(u8);

#[derive(ColumnEnum, Clone, Copy, Debug, PartialEq)]
#[column(rename_all = "snake_case")]
enum Status {
    Draft,
    InReview,
    #[column(rename = "out")]
    Published,
}

#[derive(ColumnEnum, Clone, Copy, Debug, PartialEq)]
#[column(integer)]
enum Level {
    Low = -1,
    High = 7,
}

fn has_an_at(email: &str) -> Result<(), String> {
    email.contains('@').then_some(()).ok_or_else(|| format!("`{email}` has no @"))
}

fn names(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

fn column<'table>(table: &'table Table, name: &str) -> &'table TableColumn {
    table.column(name).expect("the column is there")
}

fn decode<M: Model>(values: &[Value<'_>]) -> orm_core::Result<M> {
    M::decode(&mut Fields::new(&values, 0))
}

#[test]
fn columns_are_named_after_fields_and_what_they_name() {
    assert_eq!(names(User::table()), ["id", "name", "email", "bio", "seen_at", "plan", "version"]);
    assert_eq!(
        names(Comment::table()),
        [
            "id",
            "post_id",
            "membership_user_id",
            "membership_group_id",
            "by_user",
            "by_group",
            "from_street",
            "from_zip_code",
            "from_geo_x",
            "from_geo_y"
        ]
    );
}

#[test]
fn a_table_without_a_name_is_named_after_its_model() {
    assert_eq!(UserGroup::table().name, "user_group");
    assert_eq!(UserGroup::table().model, "UserGroup");
}

#[test]
fn nullable_is_what_is_an_option() {
    let nullable = |table: &'static Table| {
        table
            .columns
            .iter()
            .filter(|column| column.nullable)
            .map(|column| column.name.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(nullable(User::table()), ["bio"]);
    assert_eq!(
        nullable(Comment::table()),
        ["membership_user_id", "membership_group_id", "by_user", "by_group", "from_zip_code"]
    );
}

#[test]
fn what_attributes_say_is_in_the_table() {
    let table = Post::table();
    assert_eq!(table.comment, Some("texts"));
    assert_eq!(table.checks, ["views >= 0"]);
    assert_eq!(column(table, "headline").comment, Some("what it is about"));
    assert_eq!(column(table, "views").check, Some("views < 1000000"));
    assert_eq!(column(table, "letters").computed, Some("length(headline)"));
    assert!(column(table, "letters").deferred && column(table, "id").never_reuse);
    let users = User::table();
    assert_eq!((column(users, "name").length, column(users, "name").collate), (Some(50), Some("NOCASE")));
    assert_eq!(column(users, "plan").server_default, Some("'free'"));
    assert_eq!((users.generated_key, users.version), (Some(0), Some(6)));
}

#[test]
fn indexes_and_unique_constraints_have_stable_names() {
    let named = |indexes: &'static [orm_core::schema::Index]| {
        indexes.iter().map(|index| index.name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(named(&Post::table().indexes), ["ix_posts_views", "ix_posts_author_id_headline"]);
    assert_eq!(named(&Post::table().uniques), ["uq_posts_headline"]);
    assert_eq!(named(&User::table().uniques), ["uq_users_email"]);
}

#[test]
fn foreign_keys_have_their_rules() {
    let keys = &Post::table().foreign_keys;
    assert_eq!(keys.iter().map(|key| key.target().name).collect::<Vec<_>>(), ["users", "users"]);
    assert_eq!(
        keys.iter().map(|key| key.on_delete).collect::<Vec<_>>(),
        [RowRule::Cascade, RowRule::SetNull]
    );
    assert!(keys[0].by_session && !keys[0].orphan_delete);
    assert!(keys[1].orphan_delete && !keys[1].by_session);
}

#[test]
fn a_relation_goes_by_foreign_keys() {
    assert_eq!(User::posts.target().name, "posts");
    assert_eq!(path(User::posts.foreign_key()), "author -> users");
    assert_eq!(User::profile.target().name, "profiles");
    assert_eq!(path(User::profile.foreign_key()), "owner -> users");
}

#[test]
fn a_relation_over_a_model_between_goes_by_two_foreign_keys() {
    assert_eq!(User::groups.target().name, UserGroup::table().name);
    assert_eq!(path(User::groups.foreign_key()), "user -> users");
    assert_eq!(path(User::groups.second_foreign_key()), "group -> user_group");
    assert_eq!(User::comments.target().name, "comments");
    let way: Vec<String> = User::comments.foreign_keys().map(path).collect();
    assert_eq!(way, ["author -> users", "post -> posts"]);
}

fn path(key: &ForeignKey) -> String {
    format!("{} -> {}", key.field, key.target().name)
}

#[test]
fn a_key_of_ids_of_other_models_is_foreign_too_and_not_generated() {
    let table = Membership::table();
    assert_eq!(table.primary_key, [0, 1]);
    assert_eq!(table.foreign_keys.len(), 2);
    assert_eq!(table.generated_key, None);
}

#[test]
fn a_default_takes_values_texts_and_functions() {
    let before = Utc::now();
    let user = User::default();
    assert_eq!((user.id, user.name.as_str(), user.email.as_str()), (Id::New, "nobody", ""));
    assert!(user.seen_at >= before);
    assert_eq!(user.plan, Generated::Unset);
    let post = Post::default();
    assert_eq!((post.views, post.score, post.status), (10, Some(-1.5), Status::Draft));
}

#[test]
fn a_row_decodes_field_by_field() {
    let values = [
        Value::Int(1),
        Value::Int(2),
        Value::Null,
        Value::Null,
        Value::Int(3),
        Value::Int(4),
        Value::Text("Way 1".into()),
        Value::Text("AB1".into()),
        Value::Real(1.5),
        Value::Real(2.5),
    ];
    let comment: Comment = decode(&values).expect("the row fits");
    let expected = Comment {
        id: 1.into(),
        post: 2.into(),
        membership: None,
        seen: Some(Id::Key((3, 4))),
        from: Address {
            street: "Way 1".to_owned(),
            zip: Some(ZipCode("AB1".to_owned())),
            place: Point { x: 1.5, y: 2.5 },
        },
    };
    assert_eq!(comment, expected);
}

#[test]
fn a_value_of_the_wrong_kind_does_not_decode() {
    let error = decode::<UserGroup>(&[Value::Text("seven".into())]).expect_err("a text is no key");
    assert!(error.is_value(), "{error:?}");
}

#[test]
fn an_enum_is_stored_as_its_texts() {
    let stored = [Status::Draft, Status::InReview, Status::Published].map(|status| text_of(&status));
    assert_eq!(stored, ["'draft'", "'in_review'", "'out'"]);
    let review = <Status as ColumnType>::decode(Value::Text("in_review".into()).as_ref());
    assert_eq!(review.expect("the text is known"), Status::InReview);
}

#[test]
fn an_integer_enum_is_stored_as_its_discriminants() {
    assert_eq!([Level::Low, Level::High].map(|level| text_of(&level)), ["-1", "7"]);
    let high = <Level as ColumnType>::decode(Value::Int(7).as_ref());
    assert_eq!(high.expect("the number is known"), Level::High);
}

#[test]
fn an_unknown_value_of_an_enum_is_named_with_the_known_ones() {
    let unknown =
        |value: Value<'_>| <Status as ColumnType>::decode(value.as_ref()).expect_err("unknown").to_string();
    assert_eq!(
        unknown(Value::Text("gone".into())),
        "\"gone\" is no value of `Status`, which knows draft, in_review, out"
    );
    let long = unknown(Value::Text("é".repeat(50).into()));
    assert!(long.contains(&format!("\"{}...\"", "é".repeat(40))), "{long}");
    let level = <Level as ColumnType>::decode(Value::Int(3).as_ref()).expect_err("unknown");
    assert_eq!(level.to_string(), "3 is no value of `Level`, which knows -1, 7");
}

#[test]
fn validate_names_the_field_and_the_reason() {
    let mut refused = Vec::new();
    User::default().validate(&mut |field, reason| refused.push((field, reason)));
    assert_eq!(refused, [("email", "`` has no @".to_owned())]);
}

#[test]
fn keys_are_set_and_forgotten() {
    let mut membership = Membership { user: Id::New, group: Id::New };
    membership.set_key((1, 2));
    assert_eq!((membership.user, membership.group), (Id::Key(1), Id::Key(2)));
    let mut user = User::default();
    user.set_key(5);
    user.unset_key();
    assert_eq!(user.id, Id::New);
}

#[test]
fn a_base_finds_its_models_in_foreign_key_order() {
    let metadata = Db::metadata();
    let names: Vec<&str> = metadata.tables().iter().map(|table| table.name).collect();
    let at = |name: &str| names.iter().position(|other| *other == name);
    assert_eq!(names.len(), 6);
    assert!(at("users") < at("posts") && at("posts") < at("comments") && at("user_group") < at("membership"));
}

fn text_of<T: ColumnType>(value: &T) -> String {
    format!("{:?}", ColumnType::encode(value).expect("the value can be stored"))
}
