//! Hooks of models: when each runs, what it may change, and what its error undoes.

use std::cell::RefCell;

use orm_core::prelude::*;
use orm_core::{Error, Result};

use self::desk::{Desk, Note, Plain};
use crate::fixture::{Db, Lab};

rules! { model_hooks:
    s112_hooks_of_add_change_and_delete_come_in_order,
    s112_hooks_and_events_come_in_order,
    what_a_before_hook_changes_is_in_the_same_statement,
    before_update_runs_only_for_a_net_change,
    before_update_sees_what_the_row_has,
    what_an_after_hook_changes_belongs_to_the_next_flush,
    an_after_hook_that_changes_nothing_leaves_the_session_clean,
    a_hook_reads_keys_and_other_entities,
    the_update_that_closes_a_cycle_runs_no_hook,
    load_shows_the_row_in_its_own_way_and_is_no_change,
    load_runs_for_every_way_to_read_a_row,
    an_error_of_a_hook_aborts_and_restores,
    an_error_of_an_after_hook_undoes_the_rows,
    an_error_of_any_after_hook_undoes_all_that_was_sent,
    an_error_of_load_aborts_the_query,
    a_panic_in_a_hook_loses_nothing,
    before_insert_may_set_the_key,
    a_row_switch_runs_the_hooks_of_both,
    a_plan_runs_no_hook_of_a_model,
    s71_statements_over_rows_run_no_hook,
    models_without_hooks_are_left_alone,
}

thread_local! {
    /// What the hooks of this thread's test have seen.
    static DIARY: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn note(what: String) {
    DIARY.with_borrow_mut(|diary| diary.push(what));
}

fn noted(what: impl Into<String>) -> Result<()> {
    note(what.into());
    Ok(())
}

fn diary() -> Vec<String> {
    DIARY.take()
}

mod desk {
    use orm_core::prelude::*;

    #[derive(DeclarativeBase)]
    pub(super) struct Desk;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Desk, table = "notes", default, hooks)]
    pub(super) struct Note {
        #[column(primary_key)]
        pub id: Id<Note>,
        pub parent: Option<Id<Note>>,
        pub title: String,
        pub slug: String,
        pub path: String,
    }

    /// Without hooks.
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(base = Desk, table = "plains", default)]
    pub(super) struct Plain {
        #[column(primary_key)]
        pub id: Id<Plain>,
        pub note: Option<Id<Note>>,
    }
}

impl Note {
    fn tell(&self, what: &str) -> Result<()> {
        note(format!("{what} {}", self.title));
        match self.title.strip_prefix("no ") {
            Some(hook) if hook == what => Err(Error::misuse("the hook says no")),
            Some(_) | None => Ok(()),
        }
    }
}

impl Hooks for Note {
    fn before_insert(&mut self, context: &HookContext<'_, Self>) -> Result<()> {
        self.tell("before_insert")?;
        self.slug = self.title.to_lowercase();
        if let Some(Id::Of(parent)) = self.parent {
            let parent = context.find(parent).expect("the parent is in the session");
            self.path = format!("{}/{}", parent.path, self.slug);
        }
        if let Some(key) = self.title.strip_prefix("key ") {
            self.id = Id::Key(key.parse().expect("a number"));
        }
        assert!(self.title != "panic", "in a hook");
        Ok(())
    }

    fn after_insert(&mut self, context: &HookContext<'_, Self>) -> Result<()> {
        self.tell("after_insert")?;
        if self.title == "later" {
            self.path = format!("#{:?}", context.key(self.id));
        }
        Ok(())
    }

    fn before_update(&mut self, context: &HookContext<'_, Self>) -> Result<()> {
        let old = context.old().expect("a changed row has old values");
        self.tell(&format!("before_update {} ->", old.title))?;
        if self.title == "no before_update" {
            return Err(Error::misuse("the hook says no"));
        }
        self.slug = self.title.to_lowercase();
        Ok(())
    }

    fn after_update(&mut self, _: &HookContext<'_, Self>) -> Result<()> {
        self.tell("after_update")
    }

    fn before_delete(&self, _: &HookContext<'_, Self>) -> Result<()> {
        self.tell("before_delete")
    }

    fn after_delete(&self, context: &HookContext<'_, Self>) -> Result<()> {
        assert!(context.old().is_none());
        self.tell("after_delete")
    }

    fn load(&mut self) -> Result<()> {
        self.tell("load")?;
        self.path = self.path.to_uppercase();
        Ok(())
    }
}

fn desk(lab: &Lab) -> Db<Desk> {
    lab.db_of()
}

fn titled(title: &str) -> Note {
    Note { title: title.into(), ..Note::default() }
}

fn s112_hooks_of_add_change_and_delete_come_in_order(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    let [a, b] = ["A", "B"].map(|title| s.add(titled(title)));
    s.flush().unwrap();
    assert_eq!(diary(), ["before_insert A", "before_insert B", "after_insert A", "after_insert B"]);
    s[b].title = "B2".into();
    s[a].title = "A2".into();
    s.flush().unwrap();
    let updates = ["before_update A -> A2", "before_update B -> B2", "after_update A2", "after_update B2"];
    assert_eq!(diary(), updates);
    s.delete(b);
    s.add(titled("C"));
    s.flush().unwrap();
    assert_eq!(diary(), ["before_insert C", "before_delete B2", "after_insert C", "after_delete B2"]);
    s.rollback().unwrap();
    assert_eq!(diary(), Vec::<String>::new());
}

fn s112_hooks_and_events_come_in_order(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    s.before_commit(|_| noted("before_commit"));
    s.before_flush(|_| noted("before_flush"));
    s.after_begin(|_| noted("after_begin"));
    s.before_execute(|statement| noted(statement.sql.split(' ').next().unwrap().to_owned()));
    s.after_flush(|_| noted("after_flush"));
    s.after_commit(|_| note("after_commit".to_owned()));
    s.after_rollback(|_| note("after_rollback".into()));
    let a = s.add(titled("A"));
    s.commit().unwrap();
    let order = "before_commit, before_flush, before_insert A, after_begin, INSERT, after_insert A, after_flush, after_commit";
    assert_eq!(diary().join(", "), order);
    s.delete(a);
    s.commit().unwrap();
    let order = "before_commit, before_flush, before_delete A, after_begin, DELETE, after_delete A, after_flush, after_commit";
    assert_eq!(diary().join(", "), order);
    s.add(titled("B"));
    s.rollback().unwrap();
    assert_eq!(diary(), ["after_rollback"]);
}

fn what_a_before_hook_changes_is_in_the_same_statement(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    let a = s.add(titled("A"));
    s.commit().unwrap();
    db.sent();
    s[a].title = "B".into();
    s.commit().unwrap();
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE", "UPDATE notes SET title = ?, slug = ? WHERE id = ?", "COMMIT"]);
    assert_eq!(s[a].slug, "b");
    assert_eq!(db.rows::<(String, String)>("SELECT title, slug FROM notes"), [("B".into(), "b".into())]);
}

fn before_update_runs_only_for_a_net_change(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    let a = s.add(titled("A"));
    s.commit().unwrap();
    diary();
    db.sent();
    s[a].title = "B".into();
    s[a].title = "A".into();
    s.commit().unwrap();
    assert_eq!((diary(), db.sent()), (vec![], vec![]));
}

fn before_update_sees_what_the_row_has(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    let a = s.add(titled("A"));
    s.commit().unwrap();
    diary();
    s[a].title = "B".into();
    s[a].title = "C".into();
    s.flush().unwrap();
    assert_eq!(diary(), ["before_update A -> C", "after_update C"]);
}

fn what_an_after_hook_changes_belongs_to_the_next_flush(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    let later = s.add(titled("later"));
    s.flush().unwrap();
    assert_eq!((db.sent().len(), s[later].path.as_str()), (2, "#Some(1)"));
    assert_eq!(s.plan().unwrap().to_string(), "1 update notes set path where id = 1");
    s.commit().unwrap();
    assert_eq!(db.sent(), ["UPDATE notes SET path = ? WHERE id = ?", "COMMIT"]);
    assert_eq!(db.rows::<(String,)>("SELECT path FROM notes"), [("#Some(1)".to_owned(),)]);
}

fn an_after_hook_that_changes_nothing_leaves_the_session_clean(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    s.before_flush(|_| noted("before_flush"));
    s.add(titled("A"));
    s.flush().unwrap();
    diary();
    s.flush().unwrap();
    assert_eq!(diary(), Vec::<String>::new());
}

fn a_hook_reads_keys_and_other_entities(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    let root = s.add(Note { path: "top".into(), ..titled("Root") });
    let leaf = s.add(Note { parent: Some(root.into()), ..titled("Leaf") });
    s.flush().unwrap();
    assert_eq!(s[leaf].path, "top/leaf");
}

fn the_update_that_closes_a_cycle_runs_no_hook(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    let a = s.add(titled("A"));
    let b = s.add(Note { parent: Some(a.into()), ..titled("B") });
    s[a].parent = Some(b.into());
    s.flush().unwrap();
    assert_eq!(db.sent().iter().filter(|sql| sql.starts_with("UPDATE")).count(), 1);
    assert_eq!(diary().iter().filter(|what| what.contains("update")).count(), 0);
}

fn load_shows_the_row_in_its_own_way_and_is_no_change(lab: &Lab) {
    let db = desk(lab);
    db.run("INSERT INTO notes (title, slug, path) VALUES ('A', 'a', 'x')");
    let mut s = db.session();
    let a = s.get_one::<Note>(1).unwrap();
    assert_eq!(s[a].path, "X");
    db.sent();
    s.flush().unwrap();
    assert_eq!(db.sent(), Vec::<String>::new());
    s[a].title = "B".into();
    s.commit().unwrap();
    assert_eq!(db.sent()[0], "UPDATE notes SET title = ?, slug = ? WHERE id = ?");
    assert_eq!(db.rows::<(String,)>("SELECT path FROM notes"), [("x".to_owned(),)]);
}

fn load_runs_for_every_way_to_read_a_row(lab: &Lab) {
    let db = desk(lab);
    db.run("INSERT INTO notes (title, slug, path) VALUES ('A', 'a', 'x')");
    let mut s = db.session();
    let a = s.query::<Note>().one().unwrap();
    assert_eq!(diary(), ["load A"]);
    s.query::<Note>().one().unwrap(); // it is known, and not read again
    s.get_one::<Note>(1).unwrap();
    assert_eq!(diary(), Vec::<String>::new());
    s.rollback().unwrap();
    s.get_one::<Note>(1).unwrap();
    assert_eq!((diary(), s[a].path.as_str()), (vec!["load A".to_owned()], "X"));
    s.refresh(a).unwrap();
    assert_eq!((diary(), s[a].path.as_str()), (vec!["load A".to_owned()], "X"));
    assert_eq!(s.query::<Note>().untracked().one().unwrap().path, "X");
    assert_eq!(diary(), ["load A"]);
}

fn an_error_of_a_hook_aborts_and_restores(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    let [kept, no_delete] = ["kept", "no before_delete"].map(|title| s.add(titled(title)));
    s.commit().unwrap();
    db.sent();
    let mut check = |work: &dyn Fn(&mut Session<Desk>)| {
        s[kept].path = "changed".into();
        work(&mut s);
        let error = s.commit().unwrap_err().to_string();
        assert!(error.contains("the hook says no") && error.contains("of a `Note`"), "{error}");
        s.rollback().unwrap();
        assert_eq!((s[kept].path.as_str(), s.state(no_delete)), ("", Some(State::Persistent)));
        assert_eq!(db.sent(), Vec::<String>::new());
    };
    check(&|s| {
        s.add(titled("no before_insert"));
    });
    check(&|s| s[kept].title = "no before_update".into());
    check(&|s| s.delete(no_delete));
}

fn an_error_of_an_after_hook_undoes_the_rows(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    let a = s.add(titled("A"));
    s.commit().unwrap();
    let added = s.add(titled("no after_insert"));
    s[a].title = "B".into();
    s.commit().unwrap_err();
    s.rollback().unwrap();
    assert_eq!((s[a].title.as_str(), s.state(added), s.key(added)), ("A", Some(State::Withdrawn), None));
    s.delete(a);
    s[added].title = "after all".into();
    s.restore(added).unwrap();
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String,)>("SELECT title FROM notes"), [("after all".to_owned(),)]);
}

/// What is done to a note.
type Work = fn(&mut Session<Desk>, Handle<Note>);

fn an_error_of_any_after_hook_undoes_all_that_was_sent(lab: &Lab) {
    let works: [(&str, Work); 3] = [
        ("no after_insert", |s, _| {
            s.add(titled("no after_insert"));
        }),
        ("no after_update", |s, note| s[note].path = "new".into()),
        ("no after_delete", |s, note| s.delete(note)),
    ];
    for (title, work) in works {
        let db = desk(lab);
        db.run("INSERT INTO notes (title, slug, path) VALUES ('other', '', '')");
        db.run(match title {
            "no after_update" => "INSERT INTO notes (title, slug, path) VALUES ('no after_update', '', '')",
            _ => "INSERT INTO notes (title, slug, path) VALUES ('no after_delete', '', '')",
        });
        let mut s = db.session();
        let notes = s.query::<Note>().order_by(Note::id).all().unwrap();
        s[notes[0]].path = "sent as well".into();
        work(&mut s, notes[1]);
        db.sent();
        let error = s.commit().unwrap_err().to_string();
        assert!(error.contains("the hook says no") && error.contains(&title[3..]), "{error}");
        assert_eq!(db.sent().last().unwrap(), "ROLLBACK", "{title}");
        assert!(s.commit().is_err());
        s.rollback().unwrap();
        assert_eq!((s[notes[0]].path.as_str(), s[notes[1]].path.as_str()), ("", ""), "{title}");
        assert!(notes.iter().all(|&note| s.state(note) == Some(State::Persistent)), "{title}");
        assert_eq!(
            db.by_hand::<(i64, String)>("SELECT id, path FROM notes"),
            [(1, "".into()), (2, "".into())]
        );
        diary();
    }
}

fn an_error_of_load_aborts_the_query(lab: &Lab) {
    let db = desk(lab);
    db.run("INSERT INTO notes (title, slug, path) VALUES ('no load', 'a', 'x')");
    let mut s = db.session();
    let error = s.query::<Note>().all().unwrap_err().to_string();
    assert!(error.contains("in `load` of a `Note`") && error.contains("key 1"), "{error}");
    assert_eq!(s.query::<Note>().count().unwrap(), 1);
}

fn a_panic_in_a_hook_loses_nothing(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    let a = s.add(titled("A"));
    s.flush().unwrap();
    let bad = s.add(titled("panic"));
    assert_eq!(crate::fixture::panic_text(|| s.flush().unwrap()), "in a hook");
    assert_eq!((s[a].title.as_str(), s[bad].title.as_str()), ("A", "panic"));
    s[bad].title = "B".into();
    s.commit().unwrap();
    assert_eq!(s.key(bad), Some(2));
}

fn before_insert_may_set_the_key(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    let [a, b] = ["key 70", "free"].map(|title| s.add(titled(title)));
    s.commit().unwrap();
    assert_eq!((s.key(a), s.key(b)), (Some(70), Some(71)));
}

fn a_row_switch_runs_the_hooks_of_both(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    let old = s.add(Note { id: Id::Key(5), ..titled("old") });
    s.commit().unwrap();
    diary();
    s.delete(old);
    s.add(Note { id: Id::Key(5), ..titled("new") });
    s.commit().unwrap();
    let mut seen = diary();
    seen.sort();
    assert_eq!(seen, ["after_delete old", "after_insert new", "before_delete old", "before_insert new"]);
}

fn a_plan_runs_no_hook_of_a_model(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    let a = s.add(titled("A"));
    s.plan().unwrap();
    assert_eq!((diary(), s[a].slug.as_str()), (vec![], ""));
}

fn s71_statements_over_rows_run_no_hook(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    s.insert_many([titled("A"), titled("B")]).unwrap();
    let again = Note { id: Id::Key(1), ..titled("C") };
    insert().values([again]).on_conflict_do_update(Note::id, Note::title).execute(&mut s).unwrap();
    update::<Note>().set(Note::slug, "s").execute(&mut s).unwrap();
    delete::<Note>().filter(Note::title.eq("B")).execute(&mut s).unwrap();
    assert_eq!(diary(), Vec::<String>::new());
    s.commit().unwrap();
    db.sent();
    assert_eq!(db.rows::<(String, String)>("SELECT title, slug FROM notes"), [("C".into(), "s".into())]);
}

fn models_without_hooks_are_left_alone(lab: &Lab) {
    let db = desk(lab);
    let mut s = db.session();
    let note = s.add(titled("A"));
    s.add(Plain { note: Some(note.into()), ..Plain::default() });
    s.commit().unwrap();
    assert_eq!(diary(), ["before_insert A", "after_insert A"]);
    db.sent();
    assert_eq!(db.rows::<(i64,)>("SELECT note_id FROM plains"), [(1,)]);
}
