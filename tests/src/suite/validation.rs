//! Validation on flush: one error lists everything, nothing is sent, nothing is lost.

use orm_core::prelude::*;

use self::shop::{Order, Shop};
use crate::fixture::{Db, Lab};

rules! { validation:
    s87_one_error_lists_every_field_of_every_entity,
    s87_values_from_the_database_are_not_validated,
    a_rule_of_the_whole_model_names_no_field,
    nothing_is_sent_and_the_values_can_be_corrected,
    a_refused_commit_can_be_corrected_and_called_again,
    a_refused_flush_in_a_savepoint_is_corrected_or_undone_with_it,
    rollback_after_a_refusal_undoes_all,
    an_update_is_validated_as_well,
    a_plan_is_validated_too,
    values_are_validated_after_the_hooks,
}

mod shop {
    use orm_core::prelude::*;

    #[derive(DeclarativeBase)]
    pub(super) struct Shop;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Shop, table = "orders", default, validate = in_order, hooks)]
    pub(super) struct Order {
        #[column(primary_key)]
        pub id: Id<Order>,
        #[column(validate = not_empty)]
        pub name: String,
        #[column(validate = positive)]
        pub first: i64,
        pub last: i64,
    }

    impl Hooks for Order {
        fn before_insert(&mut self, _: &HookContext<'_, Self>) -> orm_core::Result<()> {
            if self.name == "spoilt by a hook" {
                self.first = -1;
            }
            Ok(())
        }
    }

    fn not_empty(name: &str) -> Result<(), &'static str> {
        if name.is_empty() { Err("is empty") } else { Ok(()) }
    }

    fn positive(number: &i64) -> Result<(), String> {
        if *number > 0 { Ok(()) } else { Err(format!("{number} is not positive")) }
    }

    fn in_order(order: &Order) -> Result<(), &'static str> {
        if order.first <= order.last { Ok(()) } else { Err("ends before it begins") }
    }
}

fn order(name: &str, first: i64, last: i64) -> Order {
    Order { name: name.into(), first, last, ..Order::default() }
}

fn db(lab: &Lab) -> Db<Shop> {
    lab.db_of()
}

fn s87_one_error_lists_every_field_of_every_entity(lab: &Lab) {
    let db = db(lab);
    let mut s = db.session();
    let stored = s.add(order("stored", 1, 2));
    s.commit().unwrap();
    s.add(order("", -1, -5));
    s.add(order("fine", 1, 1));
    s[stored].name.clear();
    let error = s.flush().unwrap_err();
    assert!(error.is_value());
    assert_eq!(
        error.message(),
        "validation refused Order.name of Order#1: is empty; Order.first of Order#1: -1 is not positive; \
         Order of Order#1: ends before it begins; Order.name of key 1: is empty"
    );
    let fields: Vec<_> = error.refusals().iter().map(|refusal| refusal.field).collect();
    assert_eq!(fields, [Some("name"), Some("first"), None, Some("name")]);
    assert_eq!((error.refusals()[3].model, error.refusals()[3].entity.as_str()), ("Order", "key 1"));
}

fn s87_values_from_the_database_are_not_validated(lab: &Lab) {
    let db = db(lab);
    db.run("INSERT INTO orders (name, first, last) VALUES ('', -1, -2)");
    let mut s = db.session();
    let order = s.get_one::<Order>(1).unwrap();
    s.commit().unwrap();
    s[order].last = 7; // what is written is validated as a whole
    assert_eq!(s.flush().unwrap_err().refusals().len(), 2);
}

fn a_rule_of_the_whole_model_names_no_field(lab: &Lab) {
    let db = db(lab);
    let mut s = db.session();
    s.add(order("a", 2, 1));
    let error = s.flush().unwrap_err();
    assert_eq!(error.message(), "validation refused Order of Order#0: ends before it begins");
}

fn nothing_is_sent_and_the_values_can_be_corrected(lab: &Lab) {
    let db = db(lab);
    let mut s = db.session();
    let [good, bad] = [order("good", 1, 2), order("", 1, 2)].map(|order| s.add(order));
    s.flush().unwrap_err();
    assert_eq!(db.sent(), Vec::<String>::new());
    assert_eq!((s.state(good), s.state(bad)), (Some(State::Pending), Some(State::Pending)));
    s[bad].name = "corrected".into();
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT name FROM orders"), [("good".into(),), ("corrected".into(),)]);
}

fn a_refused_commit_can_be_corrected_and_called_again(lab: &Lab) {
    let db = db(lab);
    let mut s = db.session();
    let stored = s.add(order("stored", 1, 2));
    s.flush().unwrap();
    s[stored].name.clear();
    s.commit().unwrap_err();
    assert!(s.is_modified(stored));
    s[stored].name = "corrected".into();
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT name FROM orders"), [("corrected".to_owned(),)]);
}

fn a_refused_flush_in_a_savepoint_is_corrected_or_undone_with_it(lab: &Lab) {
    let db = db(lab);
    let mut s = db.session();
    let refused = s.nested(|s| {
        s.add(order("", 1, 2));
        s.flush()
    });
    assert_eq!(refused.unwrap_err().refusals().len(), 1);
    s.nested(|s| {
        let added = s.add(order("", 1, 2));
        s.flush().unwrap_err();
        s[added].name = "corrected".into();
        Ok(())
    })
    .unwrap();
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT name FROM orders"), [("corrected".to_owned(),)]);
}

fn rollback_after_a_refusal_undoes_all(lab: &Lab) {
    let db = db(lab);
    let mut s = db.session();
    let stored = s.add(order("stored", 1, 2));
    s.commit().unwrap();
    s[stored].name.clear();
    let added = s.add(order("", 1, 2));
    s.flush().unwrap_err();
    s.rollback().unwrap();
    assert_eq!((s[stored].name.as_str(), s.state(added)), ("stored", Some(State::Withdrawn)));
    s.commit().unwrap();
}

fn an_update_is_validated_as_well(lab: &Lab) {
    let db = db(lab);
    let mut s = db.session();
    let stored = s.add(order("stored", 1, 2));
    s.commit().unwrap();
    s[stored].first = 3;
    assert!(s.flush().unwrap_err().to_string().contains("Order of key 1: ends before it begins"));
}

fn a_plan_is_validated_too(lab: &Lab) {
    let db = db(lab);
    let mut s = db.session();
    s.add(order("", 1, 2));
    assert_eq!(s.plan().unwrap_err().refusals().len(), 1);
}

fn values_are_validated_after_the_hooks(lab: &Lab) {
    let db = db(lab);
    let mut s = db.session();
    s.add(order("spoilt by a hook", 1, 2));
    assert!(s.plan().is_ok());
    assert!(s.flush().unwrap_err().to_string().contains("-1 is not positive"));
}
