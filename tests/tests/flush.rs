//! Runs a part of the suite on SQLite.

orm_tests::flush!(&orm_tests::fixture::SqliteBackend);
