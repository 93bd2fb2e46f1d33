//! Runs a part of the suite on SQLite.

orm_tests::merge!(&orm_tests::fixture::SqliteBackend);
