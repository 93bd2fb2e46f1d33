//! Runs a part of the suite on SQLite.

orm_tests::stream!(&orm_tests::fixture::SqliteBackend);
