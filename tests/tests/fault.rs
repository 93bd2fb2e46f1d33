//! Runs a part of the suite on SQLite.

orm_tests::fault!(&orm_tests::fixture::SqliteBackend);
