//! Runs a part of the suite on SQLite.

orm_tests::column!(&orm_tests::fixture::SqliteBackend);
