//! Runs a part of the suite on SQLite.

orm_tests::begin!(&orm_tests::fixture::SqliteBackend);
