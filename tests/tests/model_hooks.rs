//! Runs a part of the suite on SQLite.

orm_tests::model_hooks!(&orm_tests::fixture::SqliteBackend);
