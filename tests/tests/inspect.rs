//! Runs a part of the suite on SQLite.

orm_tests::inspect!(&orm_tests::fixture::SqliteBackend);
