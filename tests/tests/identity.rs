//! Runs a part of the suite on SQLite.

orm_tests::identity!(&orm_tests::fixture::SqliteBackend);
