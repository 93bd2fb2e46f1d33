//! Runs a part of the suite on SQLite.

orm_tests::value!(&orm_tests::fixture::SqliteBackend);
