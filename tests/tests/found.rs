//! Runs a part of the suite on SQLite.

orm_tests::found!(&orm_tests::fixture::SqliteBackend);
