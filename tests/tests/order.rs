//! Runs a part of the suite on SQLite.

orm_tests::order!(&orm_tests::fixture::SqliteBackend);
