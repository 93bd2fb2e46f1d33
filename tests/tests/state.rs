//! Runs a part of the suite on SQLite.

orm_tests::state!(&orm_tests::fixture::SqliteBackend);
