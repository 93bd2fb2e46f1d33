//! Runs a part of the suite on SQLite.

orm_tests::expression!(&orm_tests::fixture::SqliteBackend);
