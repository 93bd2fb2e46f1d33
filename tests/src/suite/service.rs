//! Long programs as a web service has them: what surprises nobody, from end to end.

use orm_core::prelude::*;
use orm_core::{Error, Result};

use crate::fixture::{Db, Lab};
use models::*;

rules! { service:
    an_order_takes_items_from_the_stock_or_nothing,
    two_orders_for_the_last_piece_are_one_order,
    an_import_goes_on_after_bad_rows_and_can_be_repeated,
    a_subtree_moves_and_is_deleted_as_one,
    a_soft_delete_frees_the_name_and_comes_back,
    a_request_that_fails_late_leaves_the_next_one_clean,
}

mod models {
    use orm_core::prelude::*;

    #[derive(DeclarativeBase)]
    pub(super) struct Shop;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Shop, table = "articles", default, check = "stock >= 0")]
    pub(super) struct Article {
        #[column(primary_key)]
        pub id: Id<Article>,
        #[column(unique)]
        pub code: String,
        pub price: i64,
        pub stock: i64,
        #[column(version)]
        pub version: Version,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Shop, table = "orders", default)]
    #[relation(items = many(Item::order, order_by = Item::article))]
    pub(super) struct Order {
        #[column(primary_key)]
        pub id: Id<Order>,
        pub customer: String,
        pub total: i64,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Shop, table = "items", default)]
    pub(super) struct Item {
        #[column(primary_key, on_delete = cascade)]
        pub order: Id<Order>,
        #[column(primary_key)]
        pub article: Id<Article>,
        pub pieces: i64,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Shop, table = "folders", default, unique(above, name))]
    #[relation(folders = many(Folder::above, order_by = Folder::name))]
    pub(super) struct Folder {
        #[column(primary_key)]
        pub id: Id<Folder>,
        #[column(on_delete = cascade)]
        pub above: Option<Id<Folder>>,
        pub name: String,
    }

    /// Deleted ones stay, and are named by the time of it.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Shop, table = "accounts", default, unique(name, deleted))]
    pub(super) struct Account {
        #[column(primary_key)]
        pub id: Id<Account>,
        pub name: String,
        /// 0 while it lives: NULL would be distinct from NULL in the unique constraint.
        pub deleted: i64,
    }
}

fn shop(lab: &Lab) -> Db<Shop> {
    let db: Db<Shop> = lab.db_of();
    db.run("INSERT INTO articles VALUES (1, 'nut', 5, 10, 1), (2, 'bolt', 7, 1, 1)");
    db
}

/// What a handler does: one unit of work.
fn order(factory: &SessionMaker<Shop>, customer: &str, wanted: &[(&str, i64)]) -> Result<Order> {
    factory.transaction(|s| {
        let order = s.add(Order { customer: customer.into(), ..Order::default() });
        for &(code, pieces) in wanted {
            let article = s
                .query::<Article>()
                .filter(Article::code.eq(code))
                .one_or_none()?
                .ok_or_else(|| Error::not_found(format!("no article {code}")))?;
            if s[article].stock < pieces {
                return Err(Error::misuse(format!("only {} of {code}", s[article].stock)));
            }
            s[article].stock -= pieces;
            s[order].total += pieces * s[article].price;
            let mut known = None;
            for item in s.related(order, Order::items)? {
                // Not by `==` of ids: one may be a key by now, and the other a handle still.
                if s.related(item, Item::article)? == article {
                    known = Some(item);
                }
            }
            match known {
                Some(item) => s[item].pieces += pieces,
                None => {
                    s.add(Item { order: order.into(), article: article.into(), pieces });
                }
            }
        }
        s.flush()?;
        s.to_owned(order)
    })
}

fn stock(db: &Db<Shop>) -> Vec<(i64, i64)> {
    db.by_hand("SELECT stock, version FROM articles ORDER BY id")
}

fn an_order_takes_items_from_the_stock_or_nothing(lab: &Lab) {
    let db = shop(lab);
    let factory = db.maker();
    let placed = order(&factory, "ann", &[("nut", 3), ("bolt", 1), ("nut", 1)]).unwrap();
    assert_eq!(placed, Order { id: 1.into(), customer: "ann".into(), total: 27 });
    // The second query for the nut flushes what the first one took.
    assert_eq!(stock(&db), [(6, 3), (0, 2)]);
    let items = "SELECT order_id, article_id, pieces FROM items ORDER BY 1, 2";
    assert_eq!(db.rows::<(i64, i64, i64)>(items), [(1, 1, 4), (1, 2, 1)]);
    let refused = order(&factory, "bob", &[("nut", 2), ("bolt", 1)]).unwrap_err();
    assert_eq!(refused.message(), "only 0 of bolt");
    assert!(order(&factory, "bob", &[("nut", 2), ("screw", 1)]).unwrap_err().is_not_found());
    assert_eq!(stock(&db), [(6, 3), (0, 2)]);
    assert_eq!(db.rows::<(String,)>("SELECT customer FROM orders"), [("ann".into(),)]);
}

fn two_orders_for_the_last_piece_are_one_order(lab: &Lab) {
    let db: Db<Shop> = lab.db_of();
    db.run("INSERT INTO articles VALUES (1, 'nut', 5, 1, 1)");
    // Both have read the article, the way a form shows it, before either writes.
    let mut first = db.maker().session();
    let seen = first.get_one::<Article>(1).unwrap();
    let form = first.to_owned(seen).unwrap();
    first.close();
    let take = |form: &Article| {
        db.maker().transaction(|s| {
            let article = s.merge(form.clone())?;
            s[article].stock -= 1;
            Ok(())
        })
    };
    take(&form).unwrap();
    let error = take(&form).unwrap_err();
    assert!(error.is_stale() && error.to_string().contains("`Article`"), "{error}");
    assert_eq!(stock(&db), [(0, 2)]);
    // With the row as it is now, the database has the last word.
    let now = db.maker().session().query::<Article>().untracked().one().unwrap();
    assert!(take(&now).unwrap_err().is_check());
    assert_eq!(stock(&db), [(0, 2)]);
}

/// Imports lines of `code,price`; gives those that were refused, and why.
fn import(factory: &SessionMaker<Shop>, lines: &[&str]) -> Result<Vec<(String, String)>> {
    let mut s = factory.session();
    let mut refused = Vec::new();
    for line in lines {
        let (code, price) = line.split_once(',').unwrap_or((line, ""));
        let done = s.nested(|s| {
            let price = price.parse().map_err(|_| Error::value(format!("no price in {line}")))?;
            match s.query::<Article>().filter(Article::code.eq(code)).one_or_none()? {
                Some(known) => s[known].price = price,
                None => {
                    s.add(Article { code: code.into(), price, stock: price - 1, ..Article::default() });
                }
            }
            s.flush()
        });
        if let Err(error) = done {
            refused.push((code.to_owned(), format!("{:?}", error.kind())));
        }
        s.evict_clean();
    }
    s.commit()?;
    Ok(refused)
}

fn an_import_goes_on_after_bad_rows_and_can_be_repeated(lab: &Lab) {
    let db = shop(lab);
    let factory = db.maker();
    // A line without a price, one that the database refuses, one that is there twice, one that is known.
    let lines = ["washer,3", "oops", "void,0", "nut,6", "washer,4"];
    let refused = import(&factory, &lines).unwrap();
    let expected =
        [("oops", "Value"), ("void", "Check")].map(|(code, why)| (code.to_owned(), why.to_owned()));
    assert_eq!(refused, expected);
    let rows = "SELECT code, price, version FROM articles ORDER BY code";
    let row = |code: &str, price, version| (code.to_owned(), price, version);
    let after = [row("bolt", 7, 1), row("nut", 6, 2), row("washer", 4, 2)];
    assert_eq!(db.by_hand::<(String, i64, i64)>(rows), after);
    assert_eq!(import(&factory, &lines).unwrap(), expected);
    // What is as it was is not written again, but the line that is there twice changes the price to and fro.
    let again = [row("bolt", 7, 1), row("nut", 6, 2), row("washer", 4, 4)];
    assert_eq!(db.by_hand::<(String, i64, i64)>(rows), again);
    // A job that is locked out in the middle loses nothing, and is run again.
    db.probe.fail_next("UPDATE", Error::busy("locked"));
    let busy = import(&factory, &["nut,9"]).unwrap();
    assert_eq!(busy, [("nut".to_owned(), "Busy".to_owned())]);
    assert_eq!(import(&factory, &["nut,9"]).unwrap(), []);
    assert_eq!(db.by_hand::<(i64,)>("SELECT price FROM articles WHERE code = 'nut'"), [(9,)]);
}

fn a_subtree_moves_and_is_deleted_as_one(lab: &Lab) {
    let db: Db<Shop> = lab.db_of();
    let mut s = db.session();
    let folder = |above: Option<Handle<Folder>>, name: &str| Folder {
        above: above.map(Id::Of),
        name: name.into(),
        ..Folder::default()
    };
    let root = s.add(folder(None, "root"));
    let [a, b] = ["a", "b"].map(|name| s.add(folder(Some(root), name)));
    let [x, y] = ["x", "y"].map(|name| s.add(folder(Some(a), name)));
    let deep = s.add(folder(Some(x), "deep"));
    s.commit().unwrap();
    // `a` goes below `b`; another `a` takes its place in the root, in the same flush.
    s[a].above = b.into();
    let other = s.add(folder(Some(root), "a"));
    assert_eq!(s.related(root, Folder::folders).unwrap(), [b, other]);
    db.sent();
    s.commit().unwrap();
    let sent = db.sent();
    assert_eq!(
        sent[sent.len() - 3..],
        [
            "UPDATE folders SET above_id = ? WHERE id = ?",
            "INSERT INTO folders (above_id, name) VALUES (?, ?)",
            "COMMIT"
        ]
    );
    // Below itself it cannot go; nothing in the database forbids it, and a program looks up the tree.
    let is_below = |s: &mut Session<Shop>, folder: Handle<Folder>, top: Handle<Folder>| {
        let mut at = Some(folder);
        while let Some(here) = at {
            if here == top {
                return true;
            }
            at = s.related(here, Folder::above).unwrap();
        }
        false
    };
    assert!(is_below(&mut s, deep, b) && !is_below(&mut s, b, deep));
    s.refresh_all(&[a, b, x, y, deep]).unwrap();
    s.delete(b);
    db.sent();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["DELETE FROM folders WHERE id = ?", "COMMIT"]);
    assert!([a, x, y, deep].iter().all(|&gone| s.find(gone).is_none()), "all that was held went with it");
    assert_eq!(s.related(root, Folder::folders).unwrap(), [other]);
    s.commit().unwrap();
    assert_eq!(
        db.by_hand::<(String,)>("SELECT name FROM folders ORDER BY id"),
        [("root".into(),), ("a".into(),)]
    );
}

fn a_soft_delete_frees_the_name_and_comes_back(lab: &Lab) {
    let db: Db<Shop> = lab.db_of();
    // Deleting is an UPDATE here: a hook of the flush turns one into the other.
    let factory = db.maker().before_flush(|s| {
        for account in s.deleted::<Account>() {
            s.restore(account)?;
            let highest = s.query::<Account>().order_by(Account::deleted.desc()).limit(1);
            let last = highest.select(Account::deleted).fetch()?.first().copied().unwrap_or(0);
            s[account].deleted = last + 1;
        }
        Ok(())
    });
    let named = |name: &str| Account { name: name.into(), ..Account::default() };
    let mut s = factory.session();
    let old = s.add(named("ann"));
    s.commit().unwrap();
    s.delete(old);
    let new = s.add(named("ann"));
    db.sent();
    s.commit().unwrap();
    let writes: Vec<String> = db.sent().into_iter().filter(|sql| !sql.starts_with("SELECT")).collect();
    assert_eq!(
        writes,
        [
            "BEGIN",
            "UPDATE accounts SET deleted = ? WHERE id = ?",
            "INSERT INTO accounts (name, deleted) VALUES (?, ?)",
            "COMMIT"
        ]
    );
    assert_eq!((s.state(old), s[old].deleted, s[new].deleted), (Some(State::Persistent), 1, 0));
    s.delete(new);
    s.commit().unwrap();
    s[old].deleted = 0;
    s.commit().unwrap();
    assert_eq!(
        db.by_hand::<(i64, String, i64)>("SELECT * FROM accounts ORDER BY id"),
        [(1, "ann".into(), 0), (2, "ann".into(), 2)]
    );
}

fn a_request_that_fails_late_leaves_the_next_one_clean(lab: &Lab) {
    let db = shop(lab);
    let scope = ScopedSession::new(db.maker());
    let request = |code: &str, price: i64| {
        scope.with(|s| {
            let nut = s.get_one::<Article>(1)?;
            s[nut].price = price;
            s.add(Article { code: code.into(), ..Article::default() });
            s.commit()
        })
    };
    // The scope's session is not removed, as a forgotten teardown would have it.
    let error = request("bolt", 8).unwrap_err();
    assert!(error.is_unique());
    let again = request("washer", 8).unwrap_err();
    assert!(
        again.is_unique() && again.to_string().contains("call `rollback()`"),
        "it says what to do: {again}"
    );
    scope.remove();
    request("washer", 9).unwrap();
    assert_eq!(
        db.by_hand::<(String, i64)>("SELECT code, price FROM articles ORDER BY id"),
        [("nut".into(), 9), ("bolt".into(), 7), ("washer".into(), 0)]
    );
    assert_eq!(db.engine.pool_status().checked_out, 0);
}
