//! Runs a part of the suite on SQLite.

orm_tests::key!(&orm_tests::fixture::SqliteBackend);
