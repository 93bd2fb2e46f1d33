//! Runs a part of the suite on SQLite.

orm_tests::version!(&orm_tests::fixture::SqliteBackend);
