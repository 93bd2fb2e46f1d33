//! Runs a part of the suite on SQLite.

orm_tests::undo!(&orm_tests::fixture::SqliteBackend);
