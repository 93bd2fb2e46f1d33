//! Runs a part of the suite on SQLite.

orm_tests::query!(&orm_tests::fixture::SqliteBackend);
