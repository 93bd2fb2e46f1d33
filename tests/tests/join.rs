//! Runs a part of the suite on SQLite.

orm_tests::join!(&orm_tests::fixture::SqliteBackend);
