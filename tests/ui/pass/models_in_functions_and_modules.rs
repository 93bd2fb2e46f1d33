//! A model can stand in a function, in a module, and beside one of the same name in another.

#![allow(missing_docs, unused_qualifications)]

use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

mod inner {
    use super::Db;
    use orm_core::prelude::*;

    #[derive(Model, Clone)]
    #[model(base = Db, table = "inner_notes")]
    pub(super) struct Note {
        #[column(primary_key)]
        pub(super) id: Id<Note>,
        pub(super) outer: Option<Id<super::Note>>,
    }
}

#[derive(Model, Clone)]
#[model(base = crate::Db, crate = ::orm_core)]
#[relation(inner = many(inner::Note::outer))]
pub(crate) struct Note {
    #[column(primary_key)]
    id: Id<Note>,
}

fn main() {
    #[derive(Model, Clone)]
    #[model(base = Db, table = "local_notes")]
    struct Note {
        #[column(primary_key)]
        id: Id<Note>,
        outer: Id<crate::Note>,
    }
    let note = Note { id: Id::New, outer: Id::Key(3) };
    let _ = (note.id, note.outer, Note::outer, crate::Note::inner, inner::Note::outer);
    let inner = inner::Note { id: Id::New, outer: None };
    let _ = (inner.id, inner.outer);
    let _ = crate::Note { id: Id::New }.id;
    let mut tables: Vec<_> =
        [Note::table(), crate::Note::table(), inner::Note::table()].map(|t| t.name).into();
    tables.sort_unstable();
    assert_eq!(tables, ["inner_notes", "local_notes", "note"]);
}
