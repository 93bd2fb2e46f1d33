//! Runs a part of the suite on SQLite.

orm_tests::unique!(&orm_tests::fixture::SqliteBackend);
