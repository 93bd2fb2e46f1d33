//! Runs a part of the suite on SQLite.

orm_tests::scope!(&orm_tests::fixture::SqliteBackend);
