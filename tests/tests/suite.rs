//! The whole suite on SQLite.

orm_tests::suite!(&orm_tests::fixture::SqliteBackend);
