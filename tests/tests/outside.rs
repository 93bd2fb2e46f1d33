//! Models as plain data, outside of any session: serialised, read back, and stored.

#![allow(missing_docs, clippy::unwrap_used)]

use orm_core::prelude::*;
use orm_sqlite::Sqlite;
use serde::{Deserialize, Serialize};

#[derive(DeclarativeBase)]
struct NotesDb;

#[derive(Model, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[model(base = NotesDb, table = "notes", default)]
struct Note {
    #[column(primary_key)]
    id: Id<Note>,
    parent: Option<Id<Note>>,
    text: String,
    #[column(server_default = "'new'")]
    state: Generated<String>,
    #[column(version)]
    version: Version,
}

fn factory() -> SessionMaker<NotesDb> {
    let engine = Engine::<NotesDb>::builder(Sqlite::memory()).build().unwrap();
    engine.create_all().unwrap();
    SessionMaker::new(engine)
}

#[test]
fn a_stored_row_is_json_and_back() {
    let mut s = factory().session();
    let note = s.add(Note { text: "a".into(), ..Default::default() });
    s.commit().unwrap();
    let owned = s.to_owned(note).unwrap();
    let json = serde_json::to_string(&owned).unwrap();
    assert_eq!(json, r#"{"id":1,"parent":null,"text":"a","state":"new","version":1}"#);
    assert_eq!(serde_json::from_str::<Note>(&json).unwrap(), owned);
}

#[test]
fn a_row_from_json_without_a_key_is_inserted() {
    let mut s = factory().session();
    let json = r#"{"id":null,"parent":null,"text":"b","state":null,"version":0}"#;
    let note = s.add(serde_json::from_str::<Note>(json).unwrap());
    s.commit().unwrap();
    assert_eq!(s[note].id, Id::Key(1));
    assert_eq!(s[note].state.get().map(String::as_str), Some("new"));
}

#[test]
fn an_id_of_an_entity_means_nothing_outside_its_session() {
    let mut s = factory().session();
    let parent = s.add(Note::default());
    let child = Note { parent: parent.into(), ..Default::default() };
    let error = serde_json::to_string(&child).unwrap_err().to_string();
    assert!(error.contains("`Note`") && error.contains("`to_owned`"), "{error}");
    let other = child.clone();
    assert_eq!(other, child, "`==` is structural");
    assert_ne!(Id::Of(parent), Id::Key(1));
    s.flush().unwrap();
    assert_eq!(s.key(Id::Of(parent)), Some(1));
}

#[test]
fn s101_the_options_of_one_session_are_no_matter_of_the_others() {
    let factory = factory();
    let mut quiet = factory.clone().autoflush(false).session();
    quiet.add(Note::default());
    assert_eq!(quiet.query::<Note>().count().unwrap(), 0, "nothing is flushed first");
    drop(quiet);
    let mut s = factory.session();
    s.add(Note::default());
    assert_eq!(s.query::<Note>().count().unwrap(), 1, "the factory is as it was");
}

#[test]
fn s101_options_of_an_engine_are_those_of_its_sessions() {
    let factory = factory();
    let engine = factory
        .engine()
        .execution_options(ExecutionOptions::new().isolation_level(IsolationLevel::Autocommit));
    let mut s = SessionMaker::new(engine).session();
    s.add(Note::default());
    s.flush().unwrap();
    s.rollback().unwrap();
    drop(s);
    assert_eq!(
        factory.session().query::<Note>().count().unwrap(),
        1,
        "each statement was its own transaction"
    );
}
