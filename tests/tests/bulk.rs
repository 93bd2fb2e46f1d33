//! Runs a part of the suite on SQLite.

orm_tests::bulk!(&orm_tests::fixture::SqliteBackend);
