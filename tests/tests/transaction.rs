//! Runs a part of the suite on SQLite.

orm_tests::transaction!(&orm_tests::fixture::SqliteBackend);
