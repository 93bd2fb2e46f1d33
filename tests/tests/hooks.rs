//! Runs a part of the suite on SQLite.

orm_tests::hooks!(&orm_tests::fixture::SqliteBackend);
