//! Runs a part of the suite on SQLite.

orm_tests::savepoint!(&orm_tests::fixture::SqliteBackend);
