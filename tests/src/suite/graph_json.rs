//! Untracked graphs as nested JSON.

use orm_core::prelude::*;
use serde::Serialize;
use serde_json::{json, to_string, to_value};

use crate::fixture::{Db, Lab};

rules! { graph_json:
    relations_stand_beside_the_fields,
    a_foreign_key_stands_as_the_row_that_it_names,
    what_serde_is_told_of_fields_holds,
    a_flattened_struct_has_relations_too,
    a_nested_model_that_is_not_serialised_is_an_error,
    a_page_is_serialised,
}

/// A shop.
#[derive(DeclarativeBase)]
pub struct Shop;

/// Who buys.
#[derive(Model, Clone, Debug, Serialize)]
#[model(base = Shop, table = "buyers", default)]
#[relation(orders = many(Order::buyer, order_by = Order::id))]
#[relation(card = one(Card::buyer))]
pub struct Buyer {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Buyer>,
    /// Shown.
    #[serde(rename = "called")]
    pub name: String,
    /// Never shown.
    #[serde(skip)]
    pub password: String,
}

/// What was bought.
#[derive(Model, Clone, Debug, Serialize)]
#[model(base = Shop, table = "orders", default)]
#[relation(secrets = many(Secret::order))]
pub struct Order {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Order>,
    /// Who.
    pub buyer: Id<Buyer>,
    /// For whom.
    pub receiver: Option<Id<Buyer>>,
    /// How much.
    pub total: i64,
}

/// One for each buyer.
#[derive(Model, Clone, Debug, Serialize)]
#[model(base = Shop, table = "cards", default)]
pub struct Card {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Card>,
    /// Whose.
    pub buyer: Id<Buyer>,
    /// Until when.
    #[column(embed)]
    #[serde(flatten)]
    pub end: End,
}

/// A month.
#[derive(ColumnType, Clone, Debug, PartialEq, Default, Serialize)]
pub struct End {
    /// Of four digits.
    pub year: i64,
    /// From 1.
    pub month: i64,
}

/// Not serialised.
#[derive(Model, Clone, Debug)]
#[model(base = Shop, table = "secrets", default)]
pub struct Secret {
    /// The key.
    #[column(primary_key)]
    pub id: Id<Secret>,
    /// Of what.
    pub order: Id<Order>,
}

fn store(lab: &Lab) -> Db<Shop> {
    let db = lab.db_of::<Shop>();
    db.run(
        "INSERT INTO buyers (id, name, password) VALUES (1, 'ann', 'x'), (2, 'bob', 'y');
         INSERT INTO orders (id, buyer_id, receiver_id, total) VALUES (1, 1, 2, 10), (2, 1, NULL, 20);
         INSERT INTO cards (id, buyer_id, end_year, end_month) VALUES (1, 1, 2030, 2)",
    );
    db
}

fn relations_stand_beside_the_fields(lab: &Lab) {
    let db = store(lab);
    let mut s = db.session();
    let query = s.query::<Buyer>().order_by(Buyer::id).untracked();
    let buyers = query.with(Buyer::orders).with(Buyer::card).all().unwrap();
    assert_eq!(
        to_string(&buyers).unwrap(),
        r#"[{"id":1,"called":"ann","orders":[{"id":1,"buyer":1,"receiver":2,"total":10},"#.to_owned()
            + r#"{"id":2,"buyer":1,"receiver":null,"total":20}],"card":{"id":1,"buyer":1,"year":2030,"month":2}},"#
            + r#"{"id":2,"called":"bob","orders":[],"card":null}]"#
    );
    let plain = s.query::<Buyer>().untracked().with(Buyer::card.then(Card::buyer)).first().unwrap();
    assert_eq!(plain.unwrap().into_inner().password, "x");
}

fn a_foreign_key_stands_as_the_row_that_it_names(lab: &Lab) {
    let db = store(lab);
    let mut s = db.session();
    let query = s.query::<Order>().order_by(Order::id).untracked();
    let orders = query.with(Order::buyer).with(Order::receiver).all().unwrap();
    let ann = json!({"id": 1, "called": "ann"});
    assert_eq!(
        to_value(&orders).unwrap(),
        json!([
            {"id": 1, "buyer": ann, "receiver": {"id": 2, "called": "bob"}, "total": 10},
            {"id": 2, "buyer": ann, "receiver": null, "total": 20}
        ])
    );
    let text = to_string(&orders[0]).unwrap();
    assert!(text.starts_with(r#"{"id":1,"buyer":{"id":1,"#), "it stands once, in its place: {text}");
}

fn what_serde_is_told_of_fields_holds(lab: &Lab) {
    let db = store(lab);
    let mut s = db.session();
    let orders = s.query::<Order>().untracked().with(Order::buyer.then(Buyer::orders)).all().unwrap();
    let text = to_string(&orders).unwrap();
    assert!(!text.contains("password") && !text.contains('x') && text.contains("called"), "{text}");
}

fn a_flattened_struct_has_relations_too(lab: &Lab) {
    let db = store(lab);
    let mut s = db.session();
    let card = s.query::<Card>().untracked().with(Card::buyer).one().unwrap();
    assert_eq!(
        to_string(&card).unwrap(),
        r#"{"id":1,"buyer":{"id":1,"called":"ann"},"year":2030,"month":2}"#
    );
}

fn a_nested_model_that_is_not_serialised_is_an_error(lab: &Lab) {
    let db = store(lab);
    db.run("INSERT INTO secrets (id, order_id) VALUES (1, 1)");
    let mut s = db.session();
    let orders = s.query::<Order>().untracked().with(Order::secrets).all().unwrap();
    let error = to_string(&orders).unwrap_err().to_string();
    assert!(error.contains("rows of `Secret` cannot be serialised: derive `serde::Serialize`"), "{error}");
    assert!(to_string(&orders[1]).is_ok(), "this one has none");
    assert!(format!("{:?}", orders[0]).contains("Secret { id: Key(1)"));
}

fn a_page_is_serialised(lab: &Lab) {
    let db = store(lab);
    let mut s = db.session();
    let page = s.query::<Buyer>().order_by(Buyer::id).untracked().with(Buyer::card).page(2, 1).unwrap();
    let value = to_value(&page).unwrap();
    assert_eq!(value["items"], json!([{"id": 2, "called": "bob", "card": null}]));
    assert_eq!((&value["total"], &value["has_next"]), (&json!(2), &json!(false)));
}
