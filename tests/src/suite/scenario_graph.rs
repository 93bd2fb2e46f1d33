//! Scenarios of SQLAlchemy's own tests about rows that hang on each other: order, trees, orphans.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};
use crate::models::{Blog, Employee, Post, User};
use models::*;

rules! { scenario_graph:
    s26_a_list_with_orphans_is_as_it_was_after_rollback,
    s37_loaded_children_of_three_parents_go_first_and_by_key,
    s41_rows_that_name_keys_are_inserted_and_deleted_in_order,
    s42_children_go_before_the_parent_whatever_the_order_of_delete,
    s42_a_deleted_parent_clears_its_children_first,
    s42_a_tree_of_bare_keys_is_inserted_in_the_order_of_add,
    s44_a_removed_child_stays_until_the_flush,
    s44_a_cleared_list_deletes_all_of_it,
    s44_a_pending_child_that_is_removed_is_never_inserted,
    s44_a_row_that_never_had_a_parent_is_inserted,
    s44_a_child_of_two_parents_goes_when_either_is_cut,
    s44_a_removed_child_and_its_deleted_parent_both_go,
    s44_a_nullable_link_without_the_rule_is_cleared_and_kept,
    s44_what_hangs_on_an_orphan_goes_with_it,
    s117_three_levels_with_a_product_are_four_steps_and_go_in_three,
}

mod models {
    use orm_core::prelude::*;

    #[derive(DeclarativeBase)]
    pub(super) struct Trade;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Trade, table = "customers", default)]
    #[relation(orders = many(Order::customer, order_by = Order::id))]
    #[relation(notes = many(Note::customer, order_by = Note::id))]
    pub(super) struct Customer {
        #[column(primary_key)]
        pub id: Id<Customer>,
        pub name: String,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Trade, table = "products", default)]
    pub(super) struct Product {
        #[column(primary_key)]
        pub id: Id<Product>,
        pub name: String,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Trade, table = "orders", default)]
    #[relation(lines = many(Line::order, order_by = Line::id))]
    pub(super) struct Order {
        #[column(primary_key)]
        pub id: Id<Order>,
        #[column(on_delete = cascade, by = session)]
        pub customer: Id<Customer>,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Trade, table = "lines", default)]
    pub(super) struct Line {
        #[column(primary_key)]
        pub id: Id<Line>,
        #[column(on_delete = cascade, by = session)]
        pub order: Id<Order>,
        pub product: Id<Product>,
    }

    /// Nothing without its customer.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Trade, table = "notes", default)]
    pub(super) struct Note {
        #[column(primary_key)]
        pub id: Id<Note>,
        #[column(orphan = delete, on_delete = cascade)]
        pub customer: Option<Id<Customer>>,
    }

    /// Nothing without its customer, too.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Trade, table = "memos", default)]
    pub(super) struct Memo {
        #[column(primary_key)]
        pub id: Id<Memo>,
        #[column(orphan = delete)]
        pub customer: Option<Id<Customer>>,
    }

    /// Goes with its memo, and the session sees to it.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Trade, table = "remarks", default)]
    pub(super) struct Remark {
        #[column(primary_key)]
        pub id: Id<Remark>,
        #[column(on_delete = cascade, by = session)]
        pub memo: Id<Memo>,
    }

    /// Of two parents, and nothing without both.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Trade, table = "stars", default)]
    pub(super) struct Star {
        #[column(primary_key)]
        pub id: Id<Star>,
        #[column(orphan = delete)]
        pub customer: Option<Id<Customer>>,
        #[column(orphan = delete)]
        pub product: Option<Id<Product>>,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Trade, table = "folders", default)]
    pub(super) struct Folder {
        #[column(primary_key)]
        pub id: Id<Folder>,
        #[column(on_delete = set_null, by = session)]
        pub above: Option<Id<Folder>>,
    }
}

fn trade(lab: &Lab, rows: &str) -> (Db<Trade>, Session<Trade>) {
    let db: Db<Trade> = lab.db_of();
    db.run(rows);
    let session = db.session();
    (db, session)
}

const NOTES: &str =
    "INSERT INTO customers VALUES (1, 'ann'), (2, 'bob'); INSERT INTO notes VALUES (1, 1), (2, 1)";
const DELETE_NOTE: &str = "DELETE FROM notes WHERE id = ?";

/// Ann, and her notes in order.
fn ann(s: &mut Session<Trade>) -> (Handle<Customer>, Vec<Handle<Note>>) {
    let ann = s.get_one::<Customer>(1).unwrap();
    let notes = s.related(ann, Customer::notes).unwrap();
    (ann, notes)
}

fn s26_a_list_with_orphans_is_as_it_was_after_rollback(lab: &Lab) {
    let (db, mut s) = trade(lab, NOTES);
    let (ann, notes) = ann(&mut s);
    s[notes[0]].customer = None;
    let new = s.add(Note { customer: ann.into(), ..Note::default() });
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["INSERT INTO notes (customer_id) VALUES (?)", DELETE_NOTE]);
    assert_eq!(s.related(ann, Customer::notes).unwrap(), [notes[1], new]);
    s.rollback().unwrap();
    assert_eq!(s.related(ann, Customer::notes).unwrap(), notes);
    assert_eq!((s.state(notes[0]), s.state(new)), (Some(State::Persistent), Some(State::Withdrawn)));
    assert_eq!((s[notes[0]].customer, s[new].customer), (Some(1.into()), Some(ann.into())));
}

fn s37_loaded_children_of_three_parents_go_first_and_by_key(lab: &Lab) {
    let rows = "INSERT INTO customers VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO orders VALUES (1, 1), (2, 2), (3, 3)";
    let (db, _) = trade(lab, rows);
    let mut s = db.maker().autoflush(false).session();
    let customers = s.query::<Customer>().order_by(Customer::id).all().unwrap();
    s.related_all(&customers, Customer::orders).unwrap();
    db.sent();
    customers.iter().rev().for_each(|&customer| s.delete(customer));
    assert!(db.sent().is_empty(), "delete sends nothing and loads nothing");
    assert_eq!(
        s.plan().unwrap().to_string(),
        "1 delete orders where id in [1, 2, 3]\n2 delete customers where id in [1, 2, 3]"
    );
    s.commit().unwrap();
    let (order, customer) = ("DELETE FROM orders WHERE id = ?", "DELETE FROM customers WHERE id = ?");
    let sent = db.sent();
    assert_eq!(sent[sent.len() - 7..], [order, order, order, customer, customer, customer, "COMMIT"]);
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM orders"), [(0,)]);
}

fn s41_rows_that_name_keys_are_inserted_and_deleted_in_order(lab: &Lab) {
    let db: Db<Blog> = lab.db();
    let mut s = db.session();
    let post = s.add(Post { id: 1.into(), ..Post::by(1, "a") });
    let user = s.add(User { id: 1.into(), ..User::named("ann") });
    s.flush().unwrap();
    assert_eq!(
        db.sent(),
        [
            "BEGIN IMMEDIATE",
            "INSERT INTO users (id, name, email, bio, age) VALUES (?, ?, ?, ?, ?)",
            "INSERT INTO posts (id, author_id, editor_id, title, views) VALUES (?, ?, ?, ?, ?)"
        ]
    );
    s.delete(user);
    s.delete(post);
    s.commit().unwrap();
    assert_eq!(db.sent(), ["DELETE FROM posts WHERE id = ?", "DELETE FROM users WHERE id = ?", "COMMIT"]);
    assert_eq!(
        db.rows::<(i64,)>("SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM posts)"),
        [(0,)]
    );
}

fn s42_children_go_before_the_parent_whatever_the_order_of_delete(lab: &Lab) {
    let (db, mut s) = trade(lab, "INSERT INTO folders VALUES (1, NULL), (2, 1), (3, 1)");
    let folders = [1, 3, 2].map(|key| s.get_one::<Folder>(key).unwrap());
    folders.iter().for_each(|&folder| s.delete(folder));
    assert_eq!(s.plan().unwrap().to_string(), "1 delete folders where id in [2, 3, 1]");
    s.commit().unwrap();
    assert_eq!(db.by_hand::<(i64,)>("SELECT count(*) FROM folders"), [(0,)]);
}

fn s42_a_deleted_parent_clears_its_children_first(lab: &Lab) {
    let (db, mut s) = trade(lab, "INSERT INTO folders VALUES (1, NULL), (2, 1), (3, 1)");
    let root = s.get_one::<Folder>(1).unwrap();
    s.delete(root);
    db.sent();
    s.commit().unwrap();
    let clear = "UPDATE folders SET above_id = ? WHERE id = ?";
    assert_eq!(
        db.sent(),
        [
            "SELECT id, above_id FROM folders WHERE above_id IN (?) ORDER BY id",
            clear,
            clear,
            "DELETE FROM folders WHERE id = ?",
            "COMMIT"
        ]
    );
    assert_eq!(
        db.rows::<(i64, Option<i64>)>("SELECT id, above_id FROM folders ORDER BY id"),
        [(2, None), (3, None)]
    );
}

fn s42_a_tree_of_bare_keys_is_inserted_in_the_order_of_add(lab: &Lab) {
    let db: Db<Blog> = lab.db();
    let mut s = db.session();
    let row = |key: i64, above: Option<i64>| Employee {
        id: key.into(),
        ..Employee::under(above.map(Id::Key), &key.to_string())
    };
    s.add_all([row(1, None), row(2, Some(1)), row(3, Some(2))]);
    s.commit().unwrap();
    let insert = "INSERT INTO employees (id, manager_id, name) VALUES (?, ?, ?)";
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", insert, insert, insert, "COMMIT"]);
    assert_eq!(
        db.rows::<(i64, Option<i64>)>("SELECT id, manager_id FROM employees ORDER BY rowid"),
        [(1, None), (2, Some(1)), (3, Some(2))]
    );
}

fn s44_a_removed_child_stays_until_the_flush(lab: &Lab) {
    let (db, mut s) = trade(lab, NOTES);
    let (ann, notes) = ann(&mut s);
    db.sent();
    s[notes[0]].customer = None;
    assert_eq!(s.related(ann, Customer::notes).unwrap(), notes[1..]);
    assert_eq!((s.state(notes[0]), s.contains(notes[0])), (Some(State::Persistent), true));
    assert!(db.sent().is_empty());
    s.commit().unwrap();
    assert_eq!(db.sent(), [DELETE_NOTE, "COMMIT"]);
    assert_eq!(s.state(notes[0]), None);
    assert_eq!(db.rows::<(i64,)>("SELECT id FROM notes"), [(2,)]);
}

fn s44_a_cleared_list_deletes_all_of_it(lab: &Lab) {
    let (db, mut s) = trade(lab, NOTES);
    let (ann, _) = ann(&mut s);
    s.replace(ann, Customer::notes, &[]).unwrap();
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), [DELETE_NOTE, DELETE_NOTE, "COMMIT"]);
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM notes"), [(0,)]);
}

fn s44_a_pending_child_that_is_removed_is_never_inserted(lab: &Lab) {
    let (db, mut s) = trade(lab, NOTES);
    let (ann, notes) = ann(&mut s);
    let new = s.add(Note { customer: ann.into(), ..Note::default() });
    db.sent();
    s.replace(ann, Customer::notes, &notes).unwrap();
    assert_eq!(s.state(new), Some(State::Withdrawn));
    s.commit().unwrap();
    assert_eq!(db.sent(), ["COMMIT"]);
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM notes"), [(2,)]);
    // It can have another parent after all.
    let bob = s.get_one::<Customer>(2).unwrap();
    s[new].customer = bob.into();
    s.restore(new).unwrap();
    s.commit().unwrap();
    assert_eq!(db.by_hand::<(i64,)>("SELECT customer_id FROM notes WHERE id = 3"), [(2,)]);
}

fn s44_a_row_that_never_had_a_parent_is_inserted(lab: &Lab) {
    let (db, mut s) = trade(lab, NOTES);
    let loose = s.add(Note::default());
    s.commit().unwrap();
    assert_eq!(s.key(loose), Some(3));
    assert_eq!(db.by_hand::<(Option<i64>,)>("SELECT customer_id FROM notes WHERE id = 3"), [(None,)]);
    // It did not lose a parent, so a change of it is an UPDATE.
    let bob = s.get_one::<Customer>(2).unwrap();
    s[loose].customer = bob.into();
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), ["UPDATE notes SET customer_id = ? WHERE id = ?"]);
}

fn s44_a_child_of_two_parents_goes_when_either_is_cut(lab: &Lab) {
    let rows = "INSERT INTO customers VALUES (1, 'a'); INSERT INTO products VALUES (1, 'p');
                INSERT INTO stars VALUES (1, 1, 1), (2, 1, 1), (3, 1, NULL)";
    let (db, mut s) = trade(lab, rows);
    let stars = s.query::<Star>().order_by(Star::id).all().unwrap();
    s[stars[0]].customer = None;
    s[stars[1]].product = None;
    db.sent();
    s.commit().unwrap();
    let delete = "DELETE FROM stars WHERE id = ?";
    assert_eq!(db.sent(), [delete, delete, "COMMIT"]);
    assert_eq!(db.rows::<(i64,)>("SELECT id FROM stars"), [(3,)], "it lost no parent");
}

fn s44_a_removed_child_and_its_deleted_parent_both_go(lab: &Lab) {
    let (db, mut s) = trade(lab, NOTES);
    let (ann, notes) = ann(&mut s);
    s[notes[0]].customer = None;
    s.delete(ann);
    db.sent();
    s.commit().unwrap();
    // The other note goes with its customer, by the database.
    assert_eq!(db.sent()[1..], [DELETE_NOTE, "DELETE FROM customers WHERE id = ?", "COMMIT"]);
    assert_eq!((s.state(notes[0]), s.state(notes[1])), (None, None));
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM notes"), [(0,)]);
}

fn s44_a_nullable_link_without_the_rule_is_cleared_and_kept(lab: &Lab) {
    let db: Db<Blog> = lab.db();
    db.run("INSERT INTO employees VALUES (1, NULL, 'head'), (2, 1, 'clerk')");
    let mut s = db.session();
    let head = s.get_one::<Employee>(1).unwrap();
    let clerk = s.related(head, Employee::reports).unwrap()[0];
    let new = s.add(Employee::under(Id::Of(head), "new"));
    s.replace(head, Employee::reports, &[]).unwrap();
    assert_eq!((s[clerk].manager, s[new].manager, s.state(new)), (None, None, Some(State::Pending)));
    db.sent();
    s.commit().unwrap();
    assert_eq!(
        db.sent(),
        [
            "UPDATE employees SET manager_id = ? WHERE id = ?",
            "INSERT INTO employees (manager_id, name) VALUES (?, ?)",
            "COMMIT"
        ]
    );
    assert_eq!(
        db.rows::<(i64, Option<i64>)>("SELECT id, manager_id FROM employees ORDER BY id"),
        [(1, None), (2, None), (3, None)]
    );
}

fn s44_what_hangs_on_an_orphan_goes_with_it(lab: &Lab) {
    let rows = "INSERT INTO customers VALUES (1, 'ann'); INSERT INTO memos VALUES (1, 1), (2, 1);
                INSERT INTO remarks VALUES (1, 1), (2, 1), (3, 2)";
    let (db, mut s) = trade(lab, rows);
    let memo = s.get_one::<Memo>(1).unwrap();
    s[memo].customer = None;
    db.sent();
    s.commit().unwrap();
    let remark = "DELETE FROM remarks WHERE id = ?";
    assert_eq!(
        db.sent(),
        [
            "SELECT id, memo_id FROM remarks WHERE memo_id IN (?) ORDER BY id",
            remark,
            remark,
            "DELETE FROM memos WHERE id = ?",
            "COMMIT"
        ]
    );
    assert_eq!(db.rows::<(i64,)>("SELECT id FROM remarks"), [(3,)]);
}

fn s117_three_levels_with_a_product_are_four_steps_and_go_in_three(lab: &Lab) {
    let (db, mut s) = trade(lab, "");
    let orders = s.add_all([Order::default(), Order::default()]);
    let lines =
        s.add_all([0, 0, 1].map(|order: usize| Line { order: orders[order].into(), ..Line::default() }));
    let products = s.add_all(["p", "q"].map(|name| Product { name: name.into(), ..Product::default() }));
    let customer = s.add(Customer::default());
    orders.iter().for_each(|&order| s[order].customer = customer.into());
    lines.iter().zip([0, 1, 0]).for_each(|(&line, product)| s[line].product = products[product].into());
    let tables: Vec<&str> = s.plan().unwrap().steps().iter().map(|step| step.table()).collect();
    assert_eq!(tables, ["customers", "orders", "products", "lines"]);
    s.commit().unwrap();
    let (order, product) =
        ("INSERT INTO orders (customer_id) VALUES (?)", "INSERT INTO products (name) VALUES (?)");
    let line = "INSERT INTO lines (order_id, product_id) VALUES (?, ?)";
    let insert = "INSERT INTO customers (name) VALUES (?)";
    assert_eq!(
        db.sent(),
        ["BEGIN IMMEDIATE", insert, order, order, product, product, line, line, line, "COMMIT"]
    );
    s.close();
    let customer = s.get_one::<Customer>(1).unwrap();
    s.delete(customer);
    db.sent();
    s.commit().unwrap();
    let deletes: Vec<String> = db.sent().into_iter().filter(|sql| sql.starts_with("DELETE")).collect();
    let [line, order] = ["DELETE FROM lines WHERE id = ?", "DELETE FROM orders WHERE id = ?"];
    assert_eq!(deletes, [line, line, line, order, order, "DELETE FROM customers WHERE id = ?"]);
    assert_eq!(db.rows::<(i64,)>("SELECT count(*) FROM products"), [(2,)]);
}
