//! Runs a part of the suite on SQLite.

orm_tests::validation!(&orm_tests::fixture::SqliteBackend);
