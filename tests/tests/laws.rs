//! Runs a part of the suite on SQLite.

orm_tests::laws!(&orm_tests::fixture::SqliteBackend);
